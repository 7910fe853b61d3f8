"""One replication as a whole: a primary and its members, wired together, with what an operator can ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from sim.engine.storedset import StoredSet
from sim.records import (
    PolicyChanged,
    ReplicationMoved,
    ReplicationStarted,
    ReplicationStopped,
    RouteStood,
    SecondaryDropped,
    SecondaryJoined,
    SecondaryLeft,
    SetForwarded,
)
from sim.world.clock import Order, Stop
from sim.world.copier import Copier
from sim.world.copyports import Returning
from sim.world.copyroute import CopyRoute
from sim.world.inbox import Inbox
from sim.world.member import Member
from sim.world.network import Network
from sim.world.node import Node, Seat
from sim.world.primary import Primary
from sim.world.secondary import Secondary
from sim.world.sender import Sender
from sim.world.tree import Tree


@dataclass(frozen=True, slots=True)
class Arm:
    """A member that keeps a copy: `secondary` and `copier` are there for certain."""

    member: Member
    secondary: Secondary
    copier: Copier


@dataclass(slots=True)
class Mirror:
    """A replication: its primary, the tree of its members, and those of them that keep a copy."""

    name: str
    primary: Primary
    network: Network
    tree: Tree
    seats: dict[str, Seat]  # by site
    arms: dict[str, Arm] = field(default_factory=dict)
    _processes: list[Stop] = field(default_factory=list)  # of its members
    _cutting: Stop = lambda: None

    def join(self, member: Member) -> None:
        """Wire a member in: its acknowledgements travel back, its node's fate breaks connections."""
        self.tree.join(member)
        if member.inbox is not None:
            self.primary.schedule.limit(member.inbox.save_volume.capacity_blocks)
            self._wire_inbox(member, member.inbox)
        elif member.home is not None and member.home.inbox is not None and member.secondary is not None:
            member.home.inbox.on_no_room.append(member.secondary.urge)
        if member.secondary is None or member.copier is None:
            return
        self.arms[member.name] = Arm(member, member.secondary, member.copier)
        member.secondary.on_received = partial(self.tree.report, member, member.name, "received")
        member.secondary.on_replayed = partial(self.tree.report, member, member.name, "replayed")
        member.copier.route = CopyRoute(self.primary, self.network, self.tree, member)

    def start(self, copies: str) -> None:
        """Let every process run; `copies` says whether secondaries are seeded first (run, two-snapshots) or done."""
        clock = self.primary.clock
        self.primary.drop = self.drop
        self.primary.ask_for_room = self._urge
        self.primary.snapshots.on_given_up = self._look_at_snapshots
        self.primary.oldest_needed = self._oldest_needed
        for member in self.tree.members.values():
            self._tell_route(member)
            if member.present:
                self.tree.keep(member, self.primary.begin)
        for member in self.tree.members.values():
            self._start(member, copies)
        self._cutting = clock.start(self.primary.replicate())

    def _start(self, member: Member, copies: str) -> None:
        clock = self.primary.clock
        if member.copier is not None and member.secondary is not None:
            if not member.present:
                self._tell(SecondaryLeft, secondary=member.name)
                member.copier.stay_out()
            elif copies != "done":
                member.copier.ask("initial_copy", "first_copy")
            self._processes.append(clock.start(member.copier.serve()))
        self._processes.append(clock.start(member.feed.send()))
        if member.secondary is not None:
            self._processes.append(clock.start(member.secondary.play_back()))

    # -- the operator -------------------------------------------------------------------------------------------------

    def stop(self, secondary: str) -> None:
        """Stop sending to a secondary and playing back there; a replay in progress is finished (L1481-1484)."""
        arm = self.arms[secondary]
        arm.member.feed.stopped = True
        arm.secondary.playing = False
        arm.member.feed.disconnect()
        self._tell(ReplicationStopped, secondary=secondary)
        self.tree.rethink_below(arm.member)

    def restart(self, secondary: str) -> None:
        """Go on from what both sides hold (L1490-1495)."""
        arm = self.arms[secondary]
        arm.secondary.playing = True
        arm.member.feed.stopped = False
        self._tell(ReplicationStarted, secondary=secondary)
        arm.member.feed.reconnect()
        self.tree.wake_host(arm.member)
        self.tree.rethink(arm.member)
        self.tree.rethink_below(arm.member)
        arm.copier.go_on()
        arm.secondary.changed.fire()

    def set_policy(self, secondary: str | None, timeout_ns: int | None, high_water_bytes: int | None) -> None:
        """Change the triggers of the source, or of one destination (L1486-1488)."""
        block = self.primary.block_bytes
        blocks = None if high_water_bytes is None else -(-high_water_bytes // block)
        if secondary is None:
            self.primary.set_triggers(timeout_ns, blocks)
            triggers = self.primary.schedule.triggers
            now = (triggers.timeout or 0, (triggers.high_water_blocks or 0) * block)
        else:
            copy = self.arms[secondary].secondary
            copy.set_triggers(timeout_ns, blocks)
            now = (copy.triggers.timeout_ns or 0, (copy.triggers.high_water_blocks or 0) * block)
        self._tell(PolicyChanged, secondary=secondary or "", timeout_ns=now[0], high_water_mark_bytes=now[1])

    def drop(self, secondary: str, cause: str) -> None:
        """A secondary has lost the thread: free what was held for it, and copy the volume anew (L1235-1239)."""
        arm = self.arms[secondary]
        behind = self.primary.last_cut.number - arm.secondary.oldest_needed.number
        self._tell(SecondaryDropped, secondary=secondary, cause=cause, sets_behind=behind)
        arm.copier.ask("full_copy", cause)

    def add(self, secondary: str) -> None:
        """A secondary joins while everything runs: it gets a first copy (L1228-1232). One that is there stays."""
        if self._comes_in(secondary):
            self.arms[secondary].copier.ask("initial_copy", "joined")

    def remove(self, secondary: str) -> None:
        """A secondary leaves: nothing is kept or sent for it, and nothing can be read there. Twice is no fault."""
        arm = self.arms[secondary]
        if arm.member.present:
            arm.member.present = False
            self._tell(SecondaryLeft, secondary=secondary)
            arm.copier.stay_out()

    def bring_back(self, secondary: str, returning: Returning) -> None:
        """A copy that is off this history comes back to it, by what differs or by a whole copy (FIG 28)."""
        self._comes_in(secondary)
        self.arms[secondary].copier.ask_back(returning)

    def _comes_in(self, secondary: str) -> bool:
        """Make it a member; False for one that is there."""
        arm = self.arms[secondary]
        if arm.member.present:
            return False
        arm.member.present = True
        arm.secondary.playing = True
        self._tell(SecondaryJoined, secondary=secondary)
        return True

    # -- the end of its generation ------------------------------------------------------------------------------------

    def retire_members(self) -> None:
        """Another is the source from now on: nothing more is sent, received or replayed here (fence first: E6)."""
        self.tree.retire()
        for member in self.tree.members.values():
            member.feed.tell_unfinished()
            if member.copier is not None:
                member.copier.retire()
            member.feed.retire()
            if member.secondary is not None:
                member.secondary.retire()
        for stop in self._processes:
            stop()
        self._processes.clear()
        self.primary.drop = lambda secondary, _cause: self.primary.leave_behind(secondary)
        self.primary.ask_for_room = lambda: None

    def retire_primary(self) -> None:
        """The source of this generation knows that it is none any more."""
        self.primary.retire()
        self._cutting()

    def move(self, site: str, data_mover: Node) -> None:
        """Go on on another data mover of a site: sockets break, what is on its disks is there (L1073-1095)."""
        seat = self.seats.get(site)
        if seat is None or seat.node is data_mover:
            return
        self._went_down(seat)
        seat.sit_on(data_mover)
        self._tell(ReplicationMoved, site=site, data_mover=data_mover.name)
        if seat.up:
            self._came_up(seat)

    # -- nodes --------------------------------------------------------------------------------------------------------

    def node_went_down(self, node: Node) -> None:
        """Everything of this replication on that node stops where it is."""
        for seat in self.seats.values():
            if seat.node is node:
                self._went_down(seat)

    def node_came_up(self, node: Node) -> None:
        """Go on from what is durable, before users are let in."""
        for seat in self.seats.values():
            if seat.node is node:
                self._came_up(seat)

    def _went_down(self, seat: Seat) -> None:
        if self.primary.node is seat:
            self.primary.crash()
        for member in self.tree.members.values():
            if seat in (member.node, self.tree.feeder_node(member)):
                member.feed.disconnect()
            if member.copier is not None and seat in member.copier.route.nodes():
                member.copier.crash()
            if member.secondary is not None and member.node is seat:
                member.secondary.crash()

    def _came_up(self, seat: Seat) -> None:
        for member in self.tree.members.values():
            if member.secondary is not None and member.node is seat:
                member.secondary.recover()
            if seat in (member.node, self.tree.feeder_node(member)):
                member.feed.reconnect()
                self.tree.tell_again(member)
        if self.primary.node is seat:
            self.primary.recover()

    # -- wiring -------------------------------------------------------------------------------------------------------

    def _wire_inbox(self, member: Member, inbox: Inbox) -> None:
        inbox.oldest_needed = lambda: self.tree.oldest_needed(member)
        inbox.on_complete = partial(self._came_in, member)
        if isinstance(member.feed, Sender):
            member.feed.is_shared = lambda: any(one.present and one.feed.serves for one in self.tree.beside(member))

    def _came_in(self, member: Member, stored: StoredSet) -> None:
        """A set is complete at a member: for its own copy, or only for others."""
        if member.secondary is not None and member.feed.enabled and stored.id > member.secondary.stamp:
            member.secondary.received(stored.id, stored.blocks)
            return
        self._tell(
            SetForwarded, forwarder=member.name, generation=stored.id.generation, number=stored.id.number,
            blocks=stored.blocks,
        )  # fmt: skip

    def _urge(self) -> None:
        """The primary waits for room: ask whoever it keeps sets for to play back what it has (V8)."""
        clock, through = self.primary.clock, self.primary.last_cut
        for name in self.primary.distribution.in_sync():
            arm = self.arms[name]
            way_ns = arm.member.feed.way.delay_ns + sum(one.feed.way.delay_ns for one in arm.member.above())
            clock.call_at(clock.now_ns + way_ns, Order.NETWORK, partial(arm.secondary.urge, through))

    def _look_at_snapshots(self) -> None:
        for arm in self.arms.values():
            arm.copier.look_at_snapshots()

    def _oldest_needed(self) -> int:
        """The oldest boundary that any secondary serves or will serve: loss is never counted from before it."""
        needed = [arm.secondary.oldest_needed.number for arm in self.arms.values() if arm.member.present]
        return min(needed) if needed else self.primary.last_cut.number

    def _tell_route(self, member: Member) -> None:
        self._tell(
            RouteStood,
            member=member.name,
            role="forwarder" if member.secondary is None else "secondary",
            site=member.node.site,
            feeder=self.primary.feeder_name if member.home is None else member.home.name,
            links=tuple(direction.link for direction in member.feed.way.directions),
        )

    def _tell(self, kind: type, **facts: object) -> None:
        primary = self.primary
        primary.ledger.append(kind(time_ns=primary.clock.now_ns, replication=self.name, **facts))
