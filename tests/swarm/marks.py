"""Whether the interesting things did happen: a swarm in which nothing goes wrong proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.records import (
    BytesCarried,
    CopyBegan,
    CopyFinished,
    CopyOutFinished,
    CutSkipped,
    DeltaSetCut,
    NodeCameUp,
    NodeWentDown,
    Record,
    ReplayBegan,
    SecondaryDropped,
    SetReplayed,
    SnapshotDeleted,
    WritesSuspended,
)
from sim.simulation import Run

Rule = Callable[[Record], bool]

RULES: dict[str, Rule] = {
    "dropped for want of room": lambda f: isinstance(f, SecondaryDropped) and f.cause == "save_volume_full",
    "copy begun again": lambda f: isinstance(f, CopyBegan) and f.cause == "full_copy",
    "copies given up": lambda f: isinstance(f, SecondaryDropped) and f.cause == "copies_failed",
    "copy of a full store begun again": lambda f: isinstance(f, CopyBegan) and f.why == "snapshot_store_full",
    "copy finished": lambda f: isinstance(f, CopyFinished),
    "retransmission": lambda f: isinstance(f, BytesCarried) and f.cause == "retransmission",
    "difference of two snapshots": lambda f: isinstance(f, BytesCarried) and f.cause == "snapshot_delta",
    "writes suspended": lambda f: isinstance(f, WritesSuspended) and f.cause == "save_volume_full",
    "grouped playback": lambda f: isinstance(f, SetReplayed) and f.sets > 1,
    "snapshot given up": lambda f: isinstance(f, SnapshotDeleted) and f.cause == "store_full",
    "empty cut skipped": lambda f: isinstance(f, CutSkipped),
    "empty set": lambda f: isinstance(f, DeltaSetCut) and f.blocks == 0,
    "late cut": lambda f: isinstance(f, DeltaSetCut) and f.late_ns > 0,
    "set as large as fits": lambda f: isinstance(f, DeltaSetCut) and f.cause == "save_volume",
    "high-water mark": lambda f: isinstance(f, DeltaSetCut) and f.cause == "high_water_mark",
    "copied before a write": lambda f: isinstance(f, CopyOutFinished) and f.blocks_before_write > 0,
    "reboot": lambda f: isinstance(f, NodeCameUp),
}
BROKEN_OFF = "replay broken off by a reboot"
OVERLAP = "both sites down at once"
ALL = {*RULES, BROKEN_OFF, OVERLAP}


def seen(run: Run) -> Iterator[str]:
    """What happened in a run, some of it more than once."""
    replaying: set[str] = set()
    down: set[str] = set()
    mirror = run.scenario.replication["mirror"]
    for fact in run.ledger:
        yield from (name for name, rule in RULES.items() if rule(fact))
        if isinstance(fact, ReplayBegan):
            replaying.add(mirror.site_of(fact.secondary))
        elif isinstance(fact, SetReplayed):
            replaying.discard(mirror.site_of(fact.secondary))
        elif isinstance(fact, NodeCameUp):
            down.discard(fact.site)
        elif isinstance(fact, NodeWentDown):
            down.add(fact.site)
            if fact.site in replaying:
                yield BROKEN_OFF
            if len(down) > 1:
                yield OVERLAP
