"""The ledger's facts: one frozen class for each kind of thing that became true.

append only; times are integer nanoseconds of the world's clock; sizes are bytes and blocks
a metric reads facts and never a process; a new metric needs no new run
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A fact with the instant it became true."""

    time_ns: int

    def items(self) -> Iterator[tuple[str, Any]]:
        """Field names and values, in the order they are declared."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan(Record):
    """The world stands; nothing has happened."""

    scenario: str
    seed: int
    replication_index: int
    until_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeStood(Record):
    """A volume at the start of the run."""

    volume: str
    site: str
    n_blocks: int
    block_bytes: int
    in_use_blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStood(Record):
    """A link at the start of the run; bits a second each way for itself: 0 for unlimited, of a profile the highest."""

    link: str
    bits_per_s: int
    rtt_ns: int
    ends: tuple[str, str] = ("", "")
    back_bits_per_s: int | None = None  # from the second end to the first, where that differs
    congestion: str = "ideal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStood(Record):
    """Where a member of a replication is fed from at the start of the run, and over which links."""

    replication: str
    member: str
    role: str  # secondary | forwarder
    site: str
    feeder: str  # the primary's site, or a member's name
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChanged(Record):
    """A member is fed by another from now on: a forwarder is passed by, or took its children back (L1660-1672)."""

    replication: str
    member: str
    feeder: str
    before: str
    links: tuple[str, ...]
    cause: str  # bypass | restored


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUnreachable(Record):
    """All attempts to reach a member failed: it alone is marked, the group goes on (T7; L1416-1428)."""

    replication: str
    member: str
    feeder: str
    attempts: int  # 1 + retries
    since_ns: int  # when the first of them began to fail


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReachable(Record):
    """A marked member answers again."""

    replication: str
    member: str
    feeder: str
    unreachable_ns: int  # since the first attempt that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryJoined(Record):
    """A secondary was added while everything runs: it needs a first copy."""

    replication: str
    secondary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryLeft(Record):
    """A secondary was removed, or is not there at the start: nothing is kept or sent for it."""

    replication: str
    secondary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetForwarded(Record):
    """A set is complete and durable at a forwarder that keeps no copy of its own."""

    replication: str
    forwarder: str
    generation: int
    number: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationMoved(Record):
    """A replication goes on on another data mover of its site (L1073-1095)."""

    replication: str
    site: str
    data_mover: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultBegan(Record):
    """Something on a link, a direction of it or a node went wrong; several at a time combine."""

    fault: str  # the entry's id or the fault's name, else kind and number
    kind: str  # link-down | link-slow | ... | reboot
    target: str  # the link, or the site
    direction: str  # "madrid -> lisbon"; empty for both ways and for sites
    detail: str  # how much: "10 % of the bandwidth", "loss 1 %"
    hit: tuple[str, ...]  # what was on its way there: "home-mirror g1.7 to lisbon"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEnded(Record):
    """A fault is over; others on the same target may not be."""

    fault: str
    kind: str
    target: str
    direction: str
    lasted_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationBegan(Record):
    """A primary began to log and cut: the boundary (generation, 0) is the state at this instant."""

    replication: str
    volume: str
    primary: str
    secondaries: tuple[str, ...]
    generation: int
    timeout_ns: int
    high_water_mark_bytes: int
    save_volume_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WritesLooked(Record):
    """The volume was brought up to date: what was written in (since_ns, time_ns].

    `new_blocks` were not in Open before. `growth[d][i]` counts those first touched in the first i + 1 of equal
    steps of the window whose last earlier set is more than `d` sets before the open one (never counts as more than any
    `d`): with it the distinct blocks that a disaster would lose are exact at the step instants.
    """

    replication: str
    generation: int
    number: int  # of the set that is open
    since_ns: int
    writes: int
    written_bytes: int
    distinct_blocks: int
    new_blocks: int
    growth: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaSetCut(Record):
    """A delta set was closed; the volume at this instant is its boundary."""

    replication: str
    generation: int
    number: int
    blocks: int
    payload_bytes: int
    cause: str  # timeout | high_water_mark | demand | save_volume | snapshot | initial_copy
    late_ns: int  # how long the cut had to wait after its trigger (copy-out of the set before, full save volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSkipped(Record):
    """The timeout came, nothing had been written, and the policy is not to send empty sets (C8)."""

    replication: str
    generation: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOutFinished(Record):
    """Every block of a set lies in the primary's save volume; the mailbox shows it."""

    replication: str
    generation: int
    number: int
    blocks_before_write: int  # copied early because a write wanted the block


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveVolumeChanged(Record):
    """Space in a site's save volume was reserved or freed."""

    replication: str
    site: str
    used_bytes: int
    capacity_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesCarried(Record):
    """A transfer over a link ended (or broke off): what it carried and why."""

    replication: str
    link: str
    source: str
    destination: str
    cause: str  # delta_set | initial_copy | full_copy | snapshot_delta | retransmission
    began_ns: int
    carried_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReceived(Record):
    """A set is complete and durable in a secondary's save volume."""

    replication: str
    secondary: str
    generation: int
    number: int
    blocks: int
    boundary_time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBegan(Record):
    """A secondary's view switched to the boundary of `number`; sets from `first_number` are being integrated."""

    replication: str
    secondary: str
    generation: int
    first_number: int
    number: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReplayed(Record):
    """A group of sets up to `number` is integrated in a secondary's volume, durably."""

    replication: str
    secondary: str
    generation: int
    number: int
    sets: int
    blocks: int
    boundary_time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Record):
    """The primary learned that a secondary received, or replayed, everything up to a set."""

    replication: str
    secondary: str
    what: str  # received | replayed
    generation: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunksDiscarded(Record):
    """A receiver threw chunks away: duplicates, an older generation, or a checksum that does not match."""

    replication: str
    secondary: str  # or the forwarder
    generation: int
    number: int
    chunks: int  # the header of a set counts as one
    cause: str  # duplicate | corrupt | old_generation | already_complete | ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WritesSuspended(Record):
    """The workload of a replication's volume stands still."""

    replication: str
    cause: str  # save_volume_full | snapshot_store_full | reboot | read_only
    generation: int = 1  # of the source that they wrote to


@dataclass(frozen=True, slots=True, kw_only=True)
class WritesResumed(Record):
    """The workload goes on after `stalled_ns`."""

    replication: str
    cause: str
    stalled_ns: int
    generation: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryDropped(Record):
    """A secondary lost the thread and needs a full copy."""

    replication: str
    secondary: str
    cause: str  # save_volume_full | ...
    sets_behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyBegan(Record):
    """A whole copy of the blocks in use is on its way to a secondary, which cannot be read meanwhile (FIG 11)."""

    replication: str
    secondary: str
    cause: str  # initial_copy | full_copy
    why: str  # first_copy | save_volume_full | ...
    generation: int
    number: int  # the stamp: the last boundary that the copy includes
    copy_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFinished(Record):
    """The copy is complete: the secondary serves the stamped boundary and plays back from the next set."""

    replication: str
    secondary: str
    cause: str
    generation: int
    number: int
    boundary_time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationStopped(Record):
    """Sets are no longer sent to a secondary; a replay in progress is finished first."""

    replication: str
    secondary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationStarted(Record):
    """Sets are sent to a secondary again."""

    replication: str
    secondary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged(Record):
    """A trigger was changed while it ran; an empty secondary means the source's own triggers."""

    replication: str
    secondary: str
    timeout_ns: int
    high_water_mark_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWentDown(Record):
    """A data mover stopped; what is volatile is gone. `data_mover`: which, where its site has several."""

    site: str
    data_mover: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCameUp(Record):
    """A data mover restarted from what is durable. `data_mover` as in `NodeWentDown`."""

    site: str
    down_ns: int
    data_mover: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(Record):
    """A snapshot joined the tail of a queue."""

    volume: str
    site: str
    snapshot: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDeleted(Record):
    """A snapshot left the queue; `cause` is schedule, operator, copy_finished or store_full."""

    volume: str
    site: str
    snapshot: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotStoreChanged(Record):
    """How many bytes of before-images a site's snapshot store holds."""

    volume: str
    site: str
    used_bytes: int
    capacity_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLost(Record):
    """A disaster struck a site: its data movers stop, and what it destroys is gone for good (SCENARIO: site-lost)."""

    disaster: str  # the entry's id, else kind and number
    site: str
    destroys: tuple[str, ...]  # volume | save_volume | save_volume_part | snapshot_store | modification_log


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBack(Record):
    """A site that was lost is repaired and has power again."""

    disaster: str
    site: str
    lost_ns: int  # for how long it was lost


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven(Record):
    """An operator gave a command of recovery to a replication."""

    replication: str
    command: str  # failover | resync | failback | swap | copy | status
    name: str  # the entry's id, else kind and number
    target: str  # the site that it names; empty where it names none
    mode: str  # default | sync | now for a failover; else empty


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused(Record):
    """A command could not be carried out, and changed nothing."""

    replication: str
    command: str
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone(Record):
    """A command came to its end; `effect` is empty where it found nothing to do (F11)."""

    replication: str
    command: str
    name: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(Record):
    """A site's copy has another role or is mounted in another way from now on (the table of sim/engine/roles.py)."""

    replication: str
    site: str
    role: str  # primary | secondary | stale_primary | demoted | resyncing | awaiting | lost
    mount: str  # read_write | read_only | raw | none
    generation: int  # of the history that it belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPhase(Record):
    """A phase of a recovery ended: phases of one recovery follow one another without a gap, so their sum is exact."""

    replication: str
    recovery: int  # counts the failovers of this replication, from 1
    phase: str  # detect | decide | drain | snapshot | promote | repair | undo | copy | catch_up | fail_back
    began_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPointTaken(Record):
    """Playback stopped at a boundary, and its snapshot is what resync starts from (FIG 23, step 473; F1)."""

    replication: str
    recovery: int
    site: str
    generation: int
    number: int
    boundary_time_ns: int
    snapshot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted(Record):
    """A site serves users read-write as the source of a new generation (step 474; F5, F6)."""

    replication: str
    recovery: int
    site: str
    secondary: str  # its name as a member
    mode: str
    generation: int  # the new one
    disaster_ns: int  # since when users had no service; the command's own instant where nothing was lost
    planned: bool  # a swap or failback rather than a failover


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCounted(Record):
    """What a failover lost: acknowledged writes of the old primary that are not in the restart point (F4, R14).

    `kind` failover: lost at the promotion; doomed: written at a stale primary after it (split brain), counted when that
    one is demoted or the run ends. Each write is in one of them only; `blocks` are distinct within each.
    """

    replication: str
    recovery: int
    kind: str  # failover | doomed
    site: str  # where they were written
    generation: int
    number: int  # of the restart point
    writes: int
    blocks: int
    lost_bytes: int  # blocks x block size
    written_bytes: int
    rpo_ns: int  # age of the restart point at the disaster; 0 exactly when no write is lost; of doomed writes 0
    sets: int  # delta sets that were cut and are lost


@dataclass(frozen=True, slots=True, kw_only=True)
class ResyncPlanned(Record):
    """How a site's copy is brought back to the source's history, and what each way would send (FIG 28; R5, R6)."""

    replication: str
    site: str
    member: str
    way: str  # incremental | full
    cause: str  # why it is a full copy; empty for an incremental one
    transfer: str  # literal | merged; of a full copy: full
    generation: int  # of the restart point
    number: int
    sets: int  # whose blocks are undone or caught up with
    undo_bytes: int
    copy_bytes: int  # the delta from the restart point to the intermediate point
    merged_bytes: int  # both, each block once
    full_bytes: int  # the alternative
    time_away_ns: int  # since the copy left the history


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoListStored(Record):
    """The list of blocks to undo is durable at a site; only then may its save volume take new sets (R7)."""

    replication: str
    site: str
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResyncFinished(Record):
    """A site's copy is at the intermediate point, read-only, and plays back what came since (step 535)."""

    replication: str
    site: str
    member: str
    way: str
    generation: int
    number: int  # of the intermediate point
    began_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvergenceFailed(Record):
    """A failback, swap or sync failover gave up: what is written is more than the way back can carry (B4; L2015)."""

    replication: str
    command: str
    name: str
    sets_outstanding: int
    written_bytes_per_s: int
    carried_bytes_per_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesChanged(Record):
    """How many consistent copies of a replication's volume there are, sites that are down not counted (R10)."""

    replication: str
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceAsked(Record):
    """What the status command answered: so many blocks may differ between a copy and its source (L2129; R13)."""

    replication: str
    site: str
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Record):
    """The last instant of the run, which still belongs to it."""

    finished: bool
