"""A new copy of the volume at a secondary, while users go on writing (FIG 11; L1372-1392, L1135-1142).

    the copy is of a snapshot taken at a cut and stamped with it; playback goes on after the stamp (V6, E10)
    only blocks in use are copied; sets cut meanwhile wait in the secondary's save volume
    until the copy is complete the secondary can be neither read nor promoted (V7)

One way is one snapshot with sets flowing at once; the other two snapshots and what changed between them, with sets
flowing from the second.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine.bitmap import Bitmap
from sim.engine.delta import delta
from sim.engine.identity import START, SetId
from sim.engine.resync import Leg
from sim.engine.snapshot_errors import SnapshotError
from sim.engine.snapshots import SnapshotQueue
from sim.records import CopyBegan, CopyFinished, SecondaryDropped
from sim.world.blocksleft import BlocksLeft
from sim.world.carriage import Carriage
from sim.world.clock import Order, Process, Signal, Wait
from sim.world.copyports import Returning, Route
from sim.world.fluid import Flow
from sim.world.localfeed import LocalFeed
from sim.world.network import Direction, Network
from sim.world.network import Flow as NetworkFlow
from sim.world.primary import Primary
from sim.world.secondary import Secondary
from sim.world.sender import Sender

_CAUSES = {"undo": "undo", "copy": "resync_delta", "full": "full_copy"}  # of what links carry, by leg


RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class _Request:
    cause: str  # initial_copy | full_copy | resync
    why: str
    two_snapshots: bool


class BreakOff(Exception):
    """Something else is asked of a copy while it is being updated."""


class _GivenUp(Exception):
    """The copy under way was overtaken: a newer one is asked for."""


class Copier:
    """Seeds one secondary, the first time or again, or brings it back by what differs."""

    def __init__(
        self,
        primary: Primary,
        secondary: Secondary,
        sender: Sender | LocalFeed,
        network: Network,
        two_snapshots: bool,
        retries: int,
    ) -> None:
        self.primary, self.secondary, self.sender = primary, secondary, sender
        self._network, self._carriage = network, Carriage(primary.ledger, primary.clock, primary.name)
        self.route: Route
        self._two_snapshots, self._retries = two_snapshots, retries
        self._clock = primary.clock
        self._asked = Signal(self._clock, Order.NETWORK)
        self._request: _Request | None = None
        self._attempts = 0
        self.gave_up = False  # after too many attempts, until it is asked again
        self._out = False  # the secondary is no member of the replication
        self._retired = False
        self._flow: NetworkFlow | None = None
        self._disk_flows: tuple[Flow, ...] = ()
        self._breaks, self._broke_ns = 0, -1  # how often it broke, and when last: what was on its way is lost
        self._cause = ""
        self._snapshots: list[int] = []
        self._returning: Returning | None = None  # what to do for a copy that is off this history

    @property
    def _queue(self) -> SnapshotQueue:
        return self.primary.snapshots.queue

    def ask(self, cause: str, why: str) -> None:
        """Ask for a new copy; one under way is given up. What can be read there stays readable until it begins.

        One that was on its way back to the history goes on with that: its disks say how.
        """
        if self._retired:
            return
        cause = cause if self._returning is None else RESYNC
        self._request, self._out = _Request(cause, why, self._two_snapshots), False
        self._let_go()
        self._break_off()
        self._asked.fire()

    def stay_out(self) -> None:
        """The secondary is no member, until it is asked to be copied again: nothing there can be read."""
        self._request, self._out = None, True
        self._let_go()
        self._break_off()
        self.secondary.forget_everything()

    def _let_go(self) -> None:
        """Keep no sets for the secondary, and send it none: what it would need first is a copy (C12)."""
        used = self.primary.save_volume.used_blocks
        self.primary.distribution.mark_out_of_sync(self.secondary.name)
        self.sender.enabled = False
        self.sender.disconnect()
        self.route.forget()
        self.secondary.let_go()
        self.primary.space_changed(used)

    def update(self, base: int, snapshot: int) -> Process:
        """Bring a copy that is no member, and equals snapshot `base`, to another one by what differs (L2218-2229).

        Raises SnapshotError when one of them is gone, BreakOff when the copy is to become a member meanwhile.
        """
        self._out = False
        try:
            with delta(self._queue, base, snapshot) as changed:
                blocks = Bitmap.of(self.primary.source.volume.n_blocks, changed.addresses)
                yield from self._carry(snapshot, blocks, "snapshot_delta")
            self.secondary.playback.volume.restore_use(self._queue.entry(snapshot).allocation)
        except _GivenUp:
            raise BreakOff from None
        finally:
            self._out = self._request is None

    def ask_back(self, returning: Returning) -> None:
        """Ask for a copy that is off this history to be brought back to it."""
        self._returning, self.gave_up, self._attempts = returning, False, 0
        self.ask(RESYNC, "")

    def retire(self) -> None:
        """Its generation is over: a copy under way breaks off where it is."""
        self._out = self._retired = True
        self.tell_unfinished()
        self._break_off()
        self._flow, self._disk_flows = None, ()
        self._delete_snapshots()

    def go_on(self) -> None:
        """Replication to the secondary is started again: a copy that was asked for meanwhile can begin."""
        self._asked.fire()

    def look_at_snapshots(self) -> None:
        """A snapshot had to go because the store was full: a copy of it is pointless from now on."""
        if any(snapshot not in self._queue.snapshots for snapshot in self._snapshots):
            self._break_off()

    def crash(self) -> None:
        """Either node stopped: the transfer breaks off, and goes on from what had arrived when both are up."""
        self._breaks, self._broke_ns = self._breaks + 1, self._clock.now_ns
        self._break_off()

    def is_on(self, direction: Direction) -> bool:
        """Whether a copy is on its way over a direction, there or back."""
        if self._flow is None:
            return False
        way = self._flow.session.way
        return direction in (*way.directions, *way.back)

    def serve(self) -> Process:
        """Make copies when asked, for ever (FIG 11)."""
        while True:
            while self._request is None or self.sender.stopped:
                yield self._asked.wait()
            request, self._request = self._request, None
            try:
                yield from self._copy(request)
            except _GivenUp:
                pass
            except SnapshotError:
                self._ask_again(request)
            else:
                self._attempts = 0
            self._delete_snapshots()

    # -- FIG 11 -------------------------------------------------------------------------------------------------------

    def _copy(self, request: _Request) -> Process:
        """Snapshot and stamp -> start sending sets -> copy extents in use [-> differential] -> start playback."""
        if request.cause == RESYNC and self._returning is not None:
            why = yield from self._by_difference(request, self._returning)
            if not why:
                return
            request = _Request("full_copy", why, self._returning.two_snapshots)
        snapshot, stamp = yield from self._take_snapshot(request.cause)
        in_use = self._queue.entry(snapshot).use.blocks()
        self._begin(request, stamp, in_use.count())
        self.secondary.forget_everything()
        if not request.two_snapshots:
            self._start_sending(stamp)
        yield from self._carry(snapshot, in_use, request.cause)
        if request.two_snapshots:
            snapshot, stamp = yield from self._differential(snapshot, request)
        self._finish(request, stamp, snapshot)

    def _by_difference(self, request: _Request, returning: Returning) -> Wait[str]:
        """Undo, intermediate point, and what changed up to it (steps 531-535); or why it takes a whole copy."""
        yield from self._until_all_up()
        plan = returning.plan()
        if plan.cause is not None:
            returning.wholly(plan.cause.value)
            return plan.cause.value
        self.secondary.forget_everything()
        yield from self._carry_legs(returning, returning.first(plan))
        snapshot, stamp = yield from self._take_snapshot(request.cause)
        legs = returning.then(plan, snapshot, stamp)
        self._begin(request, stamp, sum(leg.addresses.size for leg in legs))
        self._start_sending(stamp)
        yield from self._carry_legs(returning, legs)
        self._finish(request, stamp, snapshot)
        return ""

    def _carry_legs(self, returning: Returning, legs: tuple[Leg, ...]) -> Process:
        n_blocks = self.primary.source.volume.n_blocks
        for leg in legs:
            yield from self._carry(leg.snapshot, Bitmap.of(n_blocks, leg.addresses), _CAUSES[leg.name])
            returning.carried(leg)

    def _differential(self, first: int, request: _Request) -> Wait[tuple[int, SetId]]:
        """The second snapshot, sets flowing from there, and what changed between the two (L1135-1142)."""
        second, stamp = yield from self._take_snapshot(request.cause)
        self._start_sending(stamp)
        changed = delta(self._queue, first, second).addresses
        yield from self._carry(second, Bitmap.of(self.primary.source.volume.n_blocks, changed), "snapshot_delta")
        return second, stamp

    def _take_snapshot(self, cause: str) -> Wait[tuple[int, SetId]]:
        """A snapshot at a boundary, stamped with it; at the start of a run the start itself is one."""
        yield from self.primary.node.until_up()
        if self._clock.now_ns > 0 or self.primary.last_cut != START:
            yield self.primary.cut_now(cause)
        self._stop_if_overtaken()
        stamp = self.primary.last_cut
        snapshot = self._queue.create(stamp)
        self._snapshots.append(snapshot)
        self.primary.snapshots.note("copy")
        return snapshot, stamp

    def _start_sending(self, stamp: SetId) -> None:
        self.primary.distribution.join(self.secondary.name, stamp)
        self.sender.enabled = True
        self.secondary.expect_after(stamp)
        self.route.keep(stamp)
        self.sender.start_after(stamp)

    def _carry(self, snapshot: int, blocks: Bitmap, cause: str) -> Process:
        """Read at the primary, send, write at the secondary, all at once: the slowest sets the pace."""
        todo = BlocksLeft(blocks)
        while True:
            yield from self._until_all_up()
            breaks = self._breaks
            flow, disks = self._begin_flows(todo.left * self.primary.block_bytes, cause)
            yield self._clock.both(flow.ended, *(disk.ended for disk in disks))
            if self._flow is None:  # its generation ended meanwhile
                raise _GivenUp
            self._account(cause)
            self._flow, self._disk_flows = None, ()
            self._stop_if_overtaken()
            self._queue.entry(snapshot)  # raises if it had to go
            if self._breaks == breaks:
                yield self._clock.at(max(flow.arrives_ns, self._clock.now_ns), Order.NETWORK)
                self._stop_if_overtaken()
            broken = self._breaks != breaks
            arrived = flow.arrived_bytes(self._broke_ns if broken else self._clock.now_ns)
            written = min(arrived, *(disk.served_bytes(self._clock.now_ns) for disk in disks))
            for part in todo.take(written // self.primary.block_bytes):
                self.secondary.write_copy(part, self._queue.read(snapshot, part))
            if not todo.left and not broken:
                return

    def _begin_flows(self, size_bytes: int, cause: str) -> tuple[NetworkFlow, tuple[Flow, ...]]:
        session = self.route.session()
        wire_bytes = session.way.wire_bytes(size_bytes, 0)
        self._cause = cause
        self._flow = self._network.begin(session, size_bytes, wire_bytes=wire_bytes)
        servers = (self.primary.node.disk.reading, self.secondary.node.disk.writing)
        self._disk_flows = tuple(server.begin(size_bytes) for server in servers)
        return self._flow, self._disk_flows

    def _until_all_up(self) -> Process:
        """Wait until there is a way on which every data mover is up, forwarders too."""
        while not all(node.up for node in self.route.nodes()):
            down = next(node for node in self.route.nodes() if not node.up)
            yield self._clock.either(down.changed.wait(), self.route.changed.wait())

    # -- the ends -----------------------------------------------------------------------------------------------------

    def _begin(self, request: _Request, stamp: SetId, blocks: int) -> None:
        self.primary.ledger.append(
            CopyBegan(
                time_ns=self._clock.now_ns,
                replication=self.primary.name,
                secondary=self.secondary.name,
                cause=request.cause,
                why=request.why,
                generation=stamp.generation,
                number=stamp.number,
                copy_bytes=blocks * self.primary.block_bytes,
            )
        )

    def _finish(self, request: _Request, stamp: SetId, snapshot: int) -> None:
        self.secondary.playback.volume.restore_use(self._queue.entry(snapshot).allocation)
        self.primary.ledger.append(
            CopyFinished(
                time_ns=self._clock.now_ns,
                replication=self.primary.name,
                secondary=self.secondary.name,
                cause=request.cause,
                generation=stamp.generation,
                number=stamp.number,
                boundary_time_ns=self.primary.boundary_time_ns[stamp],
            )
        )
        self.secondary.start_over()
        returning, self._returning = self._returning, None
        if returning is not None:
            returning.finished(stamp, snapshot)

    def _ask_again(self, request: _Request) -> None:
        """The snapshot store ran full and the snapshot under the copy is gone: begin anew, and say why (E28)."""
        self._attempts += 1
        again = self._attempts <= self._retries
        why = "snapshot_store_full" if again else "copies_failed"
        self.primary.ledger.append(
            SecondaryDropped(
                time_ns=self._clock.now_ns,
                replication=self.primary.name,
                secondary=self.secondary.name,
                cause=why,
                sets_behind=0,
            )
        )
        if again and request.cause == RESYNC:  # what is left on the disks says how
            self.ask(RESYNC, why)
        elif again:
            self.ask("full_copy", why)
        else:
            self.gave_up = True
            self._let_go()
            self.secondary.forget_everything()

    def _stop_if_overtaken(self) -> None:
        if self._request is not None or self._out:
            raise _GivenUp

    def _break_off(self) -> None:
        if self._flow is not None:
            self._network.break_off(self._flow)
        servers = (self.primary.node.disk.reading, self.secondary.node.disk.writing)
        for server, flow in zip(servers, self._disk_flows, strict=False):
            server.break_off(flow)

    def _delete_snapshots(self) -> None:
        for snapshot in self._snapshots:
            self.primary.snapshots.delete(snapshot, "copy_ended")
        self._snapshots = []

    def tell_unfinished(self) -> None:
        """The run ends in mid-copy: enter what the links carried so far."""
        if self._flow is not None:
            self._account(self._cause)

    def _account(self, cause: str) -> None:
        assert self._flow is not None
        self._carriage.tell(self._flow, self._flow.session.way, cause)
