"""The primary data mover: users write, delta sets are cut and copied out (FIG 8, 10; L1306-1366).

a cut comes at the exact instant of its trigger, or as soon as the copy-out before it is done (C4, C6)
space for a set is reserved when it is cut; what does not fit suspends the writes or drops a laggard (C10, C12)
whoever looks brings the volume up to date first, in one batch
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from sim.engine.distribution import Distribution, FullPolicy, make_room
from sim.engine.identity import START, SetId
from sim.engine.source import Source
from sim.engine.triggers import NextCut, Triggers
from sim.oracle import Oracle
from sim.records import (
    Acknowledged,
    CopyOutFinished,
    CutSkipped,
    DeltaSetCut,
    SaveVolumeChanged,
    WritesLooked,
    WritesResumed,
    WritesSuspended,
)
from sim.world.activity import Activity
from sim.world.clock import Clock, Order, Process, Signal, Wait
from sim.world.contents import rows_of
from sim.world.fluid import Flow
from sim.world.ledger import Ledger
from sim.world.node import Node
from sim.world.overlap import SetHistory
from sim.world.snapshotwatch import SnapshotWatch
from sim.world.source import Batch


@dataclass(frozen=True, slots=True)
class Policy:
    """What the scenario says about one source."""

    volume: str
    block_bytes: int
    secondaries: tuple[str, ...]
    triggers: Triggers
    send_empty_sets: bool
    on_full: FullPolicy


_NOTHING: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


class Primary:
    """The replication service of one volume at its primary site."""

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger,
        node: Node,
        name: str,
        policy: Policy,
        source: Source,
        snapshots: SnapshotWatch,
        activity: Activity,
        oracle: Oracle,
    ) -> None:
        self.clock, self.ledger, self.node, self.name = clock, ledger, node, name
        self.block_bytes, self.triggers, self._policy = policy.block_bytes, policy.triggers, policy
        self.volume = policy.volume
        self.source, self.activity, self.oracle = source, activity, oracle
        self.snapshots = snapshots
        self.save_volume, self.distribution = source.save_volume, Distribution(source.save_volume, policy.secondaries)
        self.boundary_time_ns: dict[SetId, int] = {START: clock.now_ns}
        self.last_cut = START
        self.last_copied_out = START
        self.set_ready = Signal(clock, Order.NETWORK)
        self.space_freed = Signal(clock, Order.CUT)
        self._poked = Signal(clock, Order.CUT)
        self._history = SetHistory(source.volume.n_blocks)
        self._armed_ns = clock.now_ns
        self._looked_ns = clock.now_ns
        self._policy_since_ns = clock.now_ns
        self._demand: str | None = None
        self._at_cut: list[Event] = []
        self._copying: Flow | None = None
        self._high_water_since_ns: int | None = None
        self._full_since_ns: int | None = None
        self.drop: Callable[[str, str], None] = lambda _secondary, _cause: None
        self.oldest_needed: Callable[[], int] = lambda: self.last_cut.number

    # -- what others ask for ------------------------------------------------------------------------------------------

    def cut_now(self, cause: str) -> Event:
        """Ask for a cut on demand (L1485); the event fires at the instant of the cut."""
        cut = self.clock.event()
        self._at_cut.append(cut)
        self._demand = self._demand or cause
        self._poked.fire()
        return cut

    def set_triggers(self, timeout_ns: int | None, high_water_blocks: int | None) -> None:
        """Change the policy while it runs; the timeout counts from the last cut."""
        self.triggers = Triggers(
            timeout_ns or self.triggers.timeout,
            high_water_blocks or self.triggers.high_water_blocks,
            self.triggers.poll,
        )
        self._policy_since_ns = self.clock.now_ns
        self._poked.fire()

    def acknowledge(self, secondary: str, what: str, set_id: SetId) -> None:
        """Hear that a secondary received, or replayed, everything up to a set; the two are not the same (finding 4)."""
        used = self.save_volume.used_blocks
        acknowledge = self.distribution.replayed if what == "replayed" else self.distribution.received
        acknowledge(secondary, set_id)
        self._tell(Acknowledged, secondary=secondary, what=what, generation=set_id.generation, number=set_id.number)
        self.space_changed(used)

    def space_changed(self, used_before: int) -> None:
        """Tell the ledger and whoever waits for space, if there is more of it than before."""
        if self.save_volume.used_blocks != used_before:
            self.tell_save_volume()
            self.space_freed.fire()

    def crash(self) -> None:
        """The node stops: users are cut off, and what was written before this instant is on disk (L1490-1495)."""
        self.look(exclusive=True)
        if self.activity.running:
            self._suspend("reboot")
        if self._copying is not None:
            self.node.disk.copying.break_off(self._copying)

    def recover(self) -> None:
        """The node is back: what is durable goes on before users are let in."""
        if self._full_since_ns is None:
            self._resume("reboot")
        self._poked.fire()

    # -- FIG 10 -------------------------------------------------------------------------------------------------------

    def replicate(self) -> Process:
        """Cut delta sets, for ever (FIG 10).

        wait for high water, timeout or demand -> room in the save volume -> pause, swap tables, resume -> copy out
             ^--------------------------------------------------------------------------------------------+
        """
        while True:
            cause = yield from self._until_trigger()
            if self._nothing_to_send(cause):
                self._armed_ns = self.clock.now_ns
                self._tell(CutSkipped)
                continue
            yield from self._until_room()
            yield from self.node.until_up()
            self._cut(cause)
            yield from self._copy_out()

    def look(self, exclusive: bool = False) -> None:
        """Bring the volume up to date, in one batch, and tell the ledger.

        `exclusive` leaves out what falls exactly on this instant.
        """
        batch = self.activity.take(exclusive)
        if self._copying is not None:
            self._copy_on(self._copying, batch)
        if batch is not None:
            self._apply(batch)
        self._looked_ns = self.clock.now_ns
        self._poked.fire()

    # -- triggers -----------------------------------------------------------------------------------------------------

    def _until_trigger(self) -> Wait[str]:
        """Wait for the first trigger, or for somebody to ask; answers the cause."""
        while True:
            yield from self.node.until_up()
            if self._demand is not None:
                self.look()
                cause, self._demand = self._demand, None
                return cause
            instant, cause = self._next_trigger()
            if instant > self.clock.now_ns:
                yield self.clock.either(self.clock.at(instant, Order.CUT), self._poked.wait())
            if self.clock.now_ns >= instant and self.node.up and self._demand is None:
                self.look()
                return cause

    def _next_trigger(self) -> tuple[int, str]:
        """The instant and cause of the next cut, as far as anyone knows now (C6, C10)."""
        open_blocks = self.source.open_count
        wanted = self.triggers.touches_left(open_blocks)
        touch = self.activity.crossing_ns(wanted, self.source.not_in_open, self._deadline_ns()) if wanted else None
        coming = self.triggers.next_cut(self._armed_ns, self.clock.now_ns, open_blocks, touch)
        assert coming is not None  # a timeout is always armed
        overflow = self._overflow_ns(coming)
        return (coming.at, coming.cause.value) if overflow is None else (overflow, "save_volume")

    def _deadline_ns(self) -> int:
        assert self.triggers.timeout is not None
        return max(self._armed_ns + self.triggers.timeout, self._policy_since_ns)

    def _overflow_ns(self, coming: NextCut) -> int | None:
        """When Open would outgrow the whole save volume before the next cut; asked only where that can be."""
        if 2 * (self.triggers.high_water_blocks or 0) <= self.save_volume.capacity_blocks:
            return None
        return self._fits_until_ns(coming.at)

    def _fits_until_ns(self, limit_ns: int) -> int | None:
        """The last instant at which Open fits the save volume, if it outgrows it by `limit_ns` (C10)."""
        room = self.save_volume.capacity_blocks - self.source.open_count
        crossing = self.activity.crossing_ns(room + 1, self.source.not_in_open, limit_ns)
        return None if crossing is None else max(crossing - 1, self.clock.now_ns)

    def _nothing_to_send(self, cause: str) -> bool:
        return not self._policy.send_empty_sets and cause == "timeout" and self.source.open_count == 0

    # -- room ---------------------------------------------------------------------------------------------------------

    def _until_room(self) -> Process:
        """Wait, writes suspended, or drop who is furthest behind, until the open set fits (E54)."""
        while True:
            room = make_room(self.save_volume, self.distribution, self.source.open_count, self._policy.on_full)
            if room.fits:
                break
            for laggard in room.drop:
                self.drop(laggard, "save_volume_full")
            if not room.drop:
                self._stall()
                yield self.space_freed.wait()
        self._end_stall()

    def _stall(self) -> None:
        if self._full_since_ns is None:
            self._full_since_ns = self.clock.now_ns
            self.look()
            if self.activity.running:
                self._suspend("save_volume_full")

    def _end_stall(self) -> None:
        if self._full_since_ns is not None:
            self._full_since_ns = None
            if self.node.up:
                self._resume("save_volume_full")

    def _suspend(self, cause: str) -> None:
        self.activity.suspend()
        self._tell(WritesSuspended, cause=cause)

    def _resume(self, cause: str) -> None:
        if not self.activity.running:
            self._tell(WritesResumed, cause=cause, stalled_ns=self.activity.resume())

    # -- the cut ------------------------------------------------------------------------------------------------------

    def _cut(self, cause: str) -> None:
        """Pause, swap Open and Old, resume: no time passes (steps 347-351)."""
        now = self.clock.now_ns
        builder = self.source.cut()
        late = max(0, now - min(self._deadline_ns(), self._high_water_since_ns or now))
        self._tell(
            DeltaSetCut,
            generation=builder.id.generation,
            number=builder.id.number,
            blocks=builder.blocks,
            payload_bytes=builder.blocks * self.block_bytes,
            cause=cause,
            late_ns=late,
        )
        self.last_cut, self._armed_ns, self._high_water_since_ns = builder.id, now, None
        self.boundary_time_ns[builder.id] = now
        self.tell_save_volume()
        self._tell_oracle(builder.id)
        waiting, self._at_cut = self._at_cut, []
        for cut in waiting:
            self.clock.fire(cut, Order.CUT)

    def _tell_oracle(self, set_id: SetId) -> None:
        volume = self.source.volume
        every = np.arange(volume.n_blocks if self.oracle.wants_views else 0)
        self.oracle.boundary(set_id, volume.contents, volume.allocated(every))

    # -- copy-out -----------------------------------------------------------------------------------------------------

    def _copy_out(self) -> Process:
        """Copy Old to the save volume in the background; a write to a block that waits copies it first (L1355-1363)."""
        while True:
            yield from self.node.until_up()
            assert self.source.builder is not None
            flow = self.node.disk.copying.begin(self.source.builder.remaining * self.block_bytes)
            self._copying = flow
            yield from self._until_copied(flow)
            if not flow.broken_off:
                break
            self._copying = None
            self.source.recover()
        self.look()
        self._copying = None
        self._copied_out()

    def _copied_out(self) -> None:
        assert self.source.builder is not None
        early = self.source.builder.walk.early_count
        stored = self.source.finish_copy_out()
        self.last_copied_out = stored.id
        self._tell(CopyOutFinished, generation=stored.id.generation, number=stored.id.number, blocks_before_write=early)
        used = self.save_volume.used_blocks
        self.distribution.settle()  # with nobody in sync it is not kept (case 11)
        self.space_changed(used)
        self.set_ready.fire()

    def _until_copied(self, flow: Flow) -> Process:
        """Wait for the copy; writes stand still as soon as Open fills the whole save volume meanwhile (C10)."""
        while not flow.ended.processed:
            full = self._fits_until_ns(self.node.disk.copying.ends_at_ns(flow))
            timers = [] if full is None else [self.clock.at(full, Order.CUT)]
            yield self.clock.either(flow.ended, self._poked.wait(), *timers)
            if full is not None and self.clock.now_ns >= full and not flow.ended.processed:
                self._stall()

    def _copy_on(self, flow: Flow, batch: Batch | None) -> None:
        """Let the disk's walk come up to now; blocks that these writes pull forward are copied before they change."""
        now = np.array([self.clock.now_ns], dtype=np.int64)
        steps_now = int(flow.steps_at(now, self.block_bytes)[0])
        if batch is None:
            self.source.copy_out_while(_NOTHING, _NOTHING, steps_now)
            return
        waiting = self.source.in_old(batch.addresses)
        first = self.activity.to_wall(batch.first_ns[waiting])
        in_time = np.argsort(first, kind="stable")
        steps = flow.steps_at(first[in_time], self.block_bytes)
        self.source.copy_out_while(batch.addresses[waiting][in_time], steps, steps_now)

    # -- writes -------------------------------------------------------------------------------------------------------

    def _apply(self, batch: Batch) -> None:
        new = self.source.not_in_open(batch.addresses)
        first = np.maximum(self.activity.to_wall(batch.first_ns[new]), 0)
        self._note_high_water(first)
        number = self.last_cut.number + 1
        growth = self._history.growth(
            batch.addresses[new], first, self._looked_ns, self.clock.now_ns, number, number - self.oldest_needed()
        )
        rows = rows_of(batch.contents, self.source.volume.contents)
        if batch.unchanged is not None:
            rows[batch.unchanged] = self.source.volume.read(batch.addresses[batch.unchanged])
        self.oracle.wrote(batch.addresses, rows)
        self.source.write(batch.addresses, rows)
        self.source.free(batch.freed)
        self.snapshots.note()
        self._tell(
            WritesLooked,
            generation=self.last_cut.generation,
            number=number,
            since_ns=self._looked_ns,
            writes=batch.writes,
            written_bytes=batch.written_bytes,
            distinct_blocks=int(batch.addresses.size),
            new_blocks=int(first.size),
            growth=growth,
        )

    def _note_high_water(self, first_ns: NDArray[np.int64]) -> None:
        """Remember when Open reached the mark, for a cut that has to wait (C4: stall and report)."""
        left = self.triggers.touches_left(self.source.open_count)
        if self._copying is not None and left and first_ns.size >= left:
            self._high_water_since_ns = int(np.partition(first_ns, left - 1)[left - 1])

    # -- the ledger ---------------------------------------------------------------------------------------------------

    def tell_save_volume(self) -> None:
        """Enter how full the save volume is."""
        self._tell(
            SaveVolumeChanged,
            site=self.node.site,
            used_bytes=self.save_volume.used_blocks * self.block_bytes,
            capacity_bytes=self.save_volume.capacity_blocks * self.block_bytes,
        )

    def _tell(self, kind: type, **facts: object) -> None:
        self.ledger.append(kind(time_ns=self.clock.now_ns, replication=self.name, **facts))
