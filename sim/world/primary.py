"""The primary data mover: users write, delta sets are cut and copied out (FIG 8, 10; L1306-1366).

a cut comes at the exact instant of its trigger, or as soon as the copy-out before it is done (C4, C6)
space for a set is reserved when it is cut; what does not fit suspends the writes or drops a laggard (C10, C12)
whoever looks brings the volume up to date first, in one batch
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from simpy.events import Event

from sim.engine.distribution import Distribution, FullPolicy, make_room
from sim.engine.identity import SetId
from sim.engine.source import Source
from sim.engine.triggers import Triggers
from sim.engine.volume import PAGE_BLOCKS
from sim.oracle import Oracle
from sim.records import (
    Acknowledged,
    CopyOutFinished,
    CutSkipped,
    DeltaSetCut,
    SaveVolumeChanged,
    WritesLooked,
)
from sim.world.activity import Activity
from sim.world.clock import Clock, Order, Process, Signal, Wait
from sim.world.contents import rows_of
from sim.world.copyout import CopyOut
from sim.world.earliest import chosen
from sim.world.fluid import Flow
from sim.world.gate import Gate
from sim.world.ledger import Ledger
from sim.world.node import Seat
from sim.world.overlap import SetHistory
from sim.world.schedule import Schedule
from sim.world.snapshotwatch import SnapshotWatch
from sim.world.source import Addresses, Batch, Mask, Times
from sim.world.transfer import Offer
from sim.world.written import Doomed, Loss, Written


@dataclass(frozen=True, slots=True)
class Policy:
    """What the scenario says about one source."""

    volume: str
    block_bytes: int
    secondaries: tuple[str, ...]
    triggers: Triggers
    send_empty_sets: bool
    on_full: FullPolicy


FULL = "save_volume_full"
READ_ONLY = "read_only"


class Primary:
    """The replication service of one volume at its primary site."""

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        clock: Clock,
        ledger: Ledger,
        node: Seat,
        name: str,
        policy: Policy,
        source: Source,
        snapshots: SnapshotWatch,
        activity: Activity,
        oracle: Oracle,
        begin: SetId,
    ) -> None:
        """`begin`: the boundary that its generation begins with, which the volume is at now."""
        self.clock, self.ledger, self.node, self.name = clock, ledger, node, name
        self.block_bytes, self._policy = policy.block_bytes, policy
        self.volume = policy.volume
        self.source, self.activity, self.oracle = source, activity, oracle
        self.snapshots = snapshots
        self.save_volume, self.distribution = (
            source.save_volume,
            Distribution(source.save_volume, policy.secondaries, begin),
        )
        self.schedule = Schedule(clock, policy.triggers, source, activity)
        self.gate = Gate(clock, ledger, name, activity, begin.generation)
        self._copy_out = CopyOut(clock, node, source, activity, policy.block_bytes)
        self.boundary_time_ns: dict[SetId, int] = {begin: clock.now_ns}
        self.begin, self.last_cut, self.last_copied_out = begin, begin, begin
        self.written = Written(begin)
        self.doomed: Doomed | None = None  # what is written here in vain, after another took its place
        self.ready = Signal(clock, Order.NETWORK)  # there is another set to pass on
        self.space_freed = Signal(clock, Order.CUT)
        self._poked = Signal(clock, Order.CUT)
        self._history = SetHistory(source.volume.n_blocks)
        self._looked_ns = clock.now_ns
        self._needed_then = begin.number  # the oldest boundary that was needed at the last look
        self._demand: str | None = None
        self._at_cut: list[Event] = []
        self.retired = False  # its generation is over, and it knows
        self.drop: Callable[[str, str], None] = lambda _secondary, _cause: None
        self.ask_for_room: Callable[[], None] = lambda: None
        self.oldest_needed: Callable[[], int] = lambda: self.last_cut.number

    # -- what others ask for ------------------------------------------------------------------------------------------

    @property
    def feeder_name(self) -> str:
        """What facts call it where it feeds others: its site."""
        return self.node.site

    def offer(self, set_id: SetId) -> Offer | None:
        """A set that can be passed on, once it is copied out and as long as it is kept."""
        stored = None if set_id > self.last_copied_out else self.save_volume.holding(set_id)
        return None if stored is None else Offer(stored, None)

    def lacks(self, set_id: SetId) -> bool:
        """Whether a set was let go: nobody in sync needed it any more."""
        return set_id <= self.last_copied_out and self.save_volume.holding(set_id) is None

    def cut_now(self, cause: str) -> Event:
        """Ask for a cut on demand (L1485); the event fires at the instant of the cut."""
        cut = self.clock.event()
        self._at_cut.append(cut)
        self._demand = self._demand or cause
        self._poked.fire()
        return cut

    def set_triggers(self, timeout_ns: int | None, high_water_blocks: int | None) -> None:
        """Change the policy while it runs."""
        self.schedule.change(timeout_ns, high_water_blocks)
        self._poked.fire()

    def acknowledge(self, secondary: str, what: str, set_id: SetId) -> None:
        """Hear that a secondary received, or replayed, everything up to a set; the two are not the same (finding 4)."""
        used = self.save_volume.used_blocks
        released: tuple[SetId, ...] = ()
        if what == "replayed":
            released = self.distribution.replayed(secondary, set_id)
        else:
            self.distribution.received(secondary, set_id)
        self._tell(Acknowledged, secondary=secondary, what=what, generation=set_id.generation, number=set_id.number)
        if released:  # the last one came past a boundary
            oldest = self.last_cut._replace(number=self.oldest_needed())
            self.oracle.forget_before(oldest)
            self.written.forget_before(oldest)
        self.space_changed(used)

    def space_changed(self, used_before: int) -> None:
        """Tell the ledger and whoever waits for space, if there is more of it than before."""
        if self.save_volume.used_blocks != used_before:
            self.tell_save_volume()
            self.space_freed.fire()

    def crash(self) -> None:
        """The node stops: users are cut off, and what was written before this instant is on disk (L1490-1495)."""
        self.look(exclusive=True)
        self.gate.shut("reboot")
        self._copy_out.break_off()

    def read_only(self) -> None:
        """Let nobody write from now on; what was written until now is in (step 471, 542)."""
        self.look()
        self.gate.shut(READ_ONLY)

    def read_write(self) -> None:
        """Take `read_only` back."""
        self.gate.open(READ_ONLY)
        self._poked.fire()

    def retire(self) -> None:
        """Its generation is over: it cuts and copies out nothing more. What is on its disks stays as it is."""
        if self.node.up:
            self.look()
        self.retired = True
        self._copy_out.break_off()

    def leave_behind(self, secondary: str) -> None:
        """Keep nothing for a secondary any more."""
        used = self.save_volume.used_blocks
        self.distribution.mark_out_of_sync(secondary)
        self.space_changed(used)

    def lost_after(self, boundary: SetId) -> Loss:
        """What was written and acknowledged after a boundary of its own; it must have been looked at."""
        volume = self.source.volume
        writes, written_bytes = self.written.since(boundary)
        blocks = self._history.blocks_after(boundary.number, volume.touched_pages(), PAGE_BLOCKS) if writes else 0
        return Loss(writes, written_bytes, blocks, self.last_cut.number - boundary.number)

    def recover(self) -> None:
        """The node is back: users are let in, and what is durable goes on."""
        self.gate.open("reboot")
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
                self.schedule.arm()
                self._tell(CutSkipped, generation=self.begin.generation)
                continue
            self.schedule.decide()
            yield from self._until_room()
            yield from self.node.until_up()
            self._cut(cause)
            yield from self._until_copied_out()
            self._show_in_mailbox()

    def look(self, exclusive: bool = False) -> None:
        """Bring the volume up to date, in one batch, and tell the ledger.

        `exclusive` leaves out what falls exactly on this instant.
        """
        batch = self.activity.take(exclusive)
        self._copy_out.advance(batch)
        if batch is not None:
            self._apply(batch)
        self._looked_ns = self.clock.now_ns
        self._needed_then = self.oldest_needed()
        self._poked.fire()

    def _until_trigger(self) -> Wait[str]:
        """Wait for the first trigger, or for somebody to ask; answers the cause."""
        while True:
            yield from self.node.until_up()
            if self._demand is not None:
                self.look()
                cause, self._demand = self._demand, None
                return cause
            if self.gate.shut_for(READ_ONLY):  # all that there is was cut: the last set stays the last
                yield self._poked.wait()
                continue
            if self.gate.shut_for(FULL):  # Open filled a whole save volume while the set before was copied out (C10)
                return "save_volume"
            instant, cause = self.schedule.next_cut()
            if instant > self.clock.now_ns:
                yield self.clock.either(self.clock.at(instant, Order.CUT), self._poked.wait())
            if self.clock.now_ns >= instant and self.node.up and self._demand is None:
                self.look()
                return cause

    def _nothing_to_send(self, cause: str) -> bool:
        return not self._policy.send_empty_sets and cause == "timeout" and self.source.open_count == 0

    def _until_room(self) -> Process:
        """Wait, writes suspended, or drop who is furthest behind, until the open set fits (E54)."""
        while True:
            room = make_room(self.save_volume, self.distribution, self.source.open_count, self._policy.on_full)
            if room.fits:
                break
            for laggard in room.drop:
                self.drop(laggard, FULL)
            if not room.drop:
                self._stall()
                self.ask_for_room()
                yield self.space_freed.wait()
        self.gate.open(FULL)

    def _stall(self) -> None:
        self.look()
        self.gate.shut(FULL)

    def _cut(self, cause: str) -> None:
        """Pause, swap Open and Old, resume: no time passes (steps 347-351)."""
        builder = self.source.cut()
        self._tell(
            DeltaSetCut,
            generation=builder.id.generation,
            number=builder.id.number,
            blocks=builder.blocks,
            payload_bytes=builder.blocks * self.block_bytes,
            cause=cause,
            late_ns=self.schedule.late_ns(),
        )
        self.schedule.arm()
        self.last_cut = builder.id
        self.boundary_time_ns[builder.id] = self.clock.now_ns
        self.written.cut(builder.id)
        self.tell_save_volume()
        self._tell_oracle(builder.id)
        waiting, self._at_cut = self._at_cut, []
        for cut in waiting:
            self.clock.fire(cut, Order.CUT)

    def _tell_oracle(self, set_id: SetId) -> None:
        volume = self.source.volume
        every = np.arange(volume.n_blocks if self.oracle.wants_views else 0)
        self.oracle.boundary(set_id, volume.contents, volume.allocated(every))

    def _until_copied_out(self) -> Process:
        """Wait for the background copy; a restart goes on with what is left (C13)."""
        while True:
            yield from self.node.until_up()
            flow = self._copy_out.begin()
            yield from self._until_ended(flow)
            if not flow.broken_off:
                break
            self._copy_out.end()
            self.source.recover()
        self.look()
        self._copy_out.end()

    def _until_ended(self, flow: Flow) -> Process:
        """Wait for the disk; writes stand still as soon as Open fills the whole save volume meanwhile (C10)."""
        while not flow.ended.processed:
            full = self.schedule.full_ns(self._copy_out.ends_at_ns())
            timers = [] if full is None else [self.clock.at(full, Order.CUT)]
            yield self.clock.either(flow.ended, self._poked.wait(), self._copy_out.moved(), *timers)
            if full is not None and self.clock.now_ns >= full and not flow.ended.processed:
                self._stall()

    def _show_in_mailbox(self) -> None:
        """The set is ready for transmission (L1367-1371)."""
        assert self.source.builder is not None
        early = self.source.builder.walk.early_count
        stored = self.source.finish_copy_out()
        self.last_copied_out = stored.id
        self._tell(CopyOutFinished, generation=stored.id.generation, number=stored.id.number, blocks_before_write=early)
        used = self.save_volume.used_blocks
        self.distribution.settle()  # with nobody in sync it is not kept (case 11)
        self.space_changed(used)
        self.ready.fire()

    # -- writes -------------------------------------------------------------------------------------------------------

    def _apply(self, batch: Batch) -> None:
        rows = rows_of(batch.contents, self.source.volume.contents)
        if batch.unchanged is not None:
            rows[batch.unchanged] = self.source.volume.read(batch.addresses[batch.unchanged])
        self.oracle.wrote(batch.addresses, rows)
        open_before = self.source.open_count
        new = self.source.write(batch.addresses, rows)
        added, first = self._added(batch, new)
        if self._copy_out.under_way:
            self.schedule.note_touches(first, open_before)
        number = self.last_cut.number + 1
        # a boundary that was served when the window began counts too, though a newer one is served by now
        oldest = min(self._needed_then, self.oldest_needed())
        growth = self._history.growth(added, first, self._looked_ns, self.clock.now_ns, number, number - oldest)
        if batch.freed.size:
            self.source.free(batch.freed)
        self.written.add(batch.writes, batch.written_bytes)
        if self.doomed is not None:
            self.doomed.add(batch.writes, batch.written_bytes, batch.addresses)
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

    def _added(self, batch: Batch, new: Mask) -> tuple[Addresses, Times]:
        """The blocks that are new in Open, and the instants at which they were first written."""
        addresses, first_ns = chosen(new, batch.addresses, batch.first_ns)
        return addresses, self.activity.to_wall(first_ns)

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
