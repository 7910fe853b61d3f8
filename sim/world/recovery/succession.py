"""One replication through all its generations: whose copy users write, who knows it, who is off its history.

never two writable copies that know of each other; a source that could not be told is stale, and its writes are doomed
every change of the source begins a generation (C9, F6); what is left of the one before is evidence on the disks
a copy that is off the history comes back by what differs, or by a whole copy, never silently either way (R5)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sim.engine.identity import SetId
from sim.engine.roles import NotAllowed, Role, allowed, mount_of
from sim.records import CopiesChanged, RoleChanged
from sim.scenario import schema
from sim.world.clock import Clock
from sim.world.holding import Holding
from sim.world.mirror import Arm, Mirror
from sim.world.network import Network
from sim.world.node import Node
from sim.world.primary import Primary
from sim.world.recovery.phases import Recovery
from sim.world.recovery.reach import reaches
from sim.world.recovery.replaced import Replaced
from sim.world.recovery.returning import Return
from sim.world.secondary import Secondary
from sim.world.wiring import Wiring


@dataclass(slots=True)
class RestartPoint:
    """The snapshot that copies off the history are compared with, kept until the last of them is back (R11)."""

    snapshot: int
    stamp: SetId
    awaited: set[str]
    held: Holding  # whose snapshot it is


@dataclass(slots=True)
class Succession:
    """Who is the source of one replication, and what becomes of the others."""

    name: str
    scenario: schema.Scenario
    wiring: Wiring
    network: Network
    mirrors: dict[str, Mirror]  # of all replications; this one's is replaced with each generation
    begin_anew: Callable[[str], None] = lambda _why: None  # another generation at the same site (C13)
    source: Holding = field(init=False)
    generation: int = 1
    restart: RestartPoint | None = None
    replaced: Replaced = field(init=False)
    recovery: Recovery | None = None
    recoveries: int = 0
    began_at: dict[int, SetId] = field(default_factory=dict)  # the boundary that each later generation began with
    switching: bool = False  # a failback or swap is under way
    why_anew: str = ""  # what a disaster took from the source, so that no copy can be compared with it
    struck_ns: int = 0  # when the source took its last write
    _before: dict[str, Role] = field(default_factory=dict)  # the roles of copies whose site is down
    _copies: int = -1

    def begin(self, hops_absent: frozenset[str]) -> None:
        """The world begins: roles as the scenario has them."""
        self.source, self.replaced = next(iter(self.holdings.values())), Replaced(self)
        for name in sorted(hops_absent):
            self.holdings[name].role, self.holdings[name].out = Role.AWAITING, True

    @property
    def spec(self) -> schema.Replication:
        """What the scenario says."""
        return self.scenario.replication[self.name]

    @property
    def policy(self) -> schema.RecoveryPolicy:
        """How recoveries go."""
        return self.spec.recovery

    @property
    def mirror(self) -> Mirror:
        """The generation of now."""
        return self.mirrors[self.name]

    @property
    def holdings(self) -> dict[str, Holding]:
        """All copies, by name."""
        return self.wiring.holdings

    @property
    def now_ns(self) -> int:
        """What time it is."""
        return self.mirror.primary.clock.now_ns

    def others(self) -> Iterator[Holding]:
        """All copies but the source's."""
        return (held for held in self.holdings.values() if held is not self.source)

    def called(self, name: str) -> Holding | None:
        """The copy of this name, or else at this site."""
        at_site = (held for held in self.holdings.values() if held.site == name)
        return self.holdings.get(name) or next(at_site, None)

    def arm(self, held: Holding) -> Arm:
        """A copy as a member of the generation of now."""
        return self.mirror.arms[held.name]

    def reaches(self, held: Holding) -> bool:
        """Whether word gets from the source's site to another copy's."""
        return reaches(self.network, self.source.seat, held.seat)

    def actor(self, held: Holding) -> Primary | Secondary:
        """Who speaks for a copy's volume now."""
        return self.mirror.primary if held is self.source else self.arm(held).secondary

    # -- roles --------------------------------------------------------------------------------------------------------

    def becomes(self, held: Holding, role: Role) -> None:
        """A copy has another role from now on."""
        if held.role is role:
            return
        if not allowed(held.role, role):
            raise NotAllowed(held.role, f"become {role.value}")
        held.role = role
        if self.holdings.get(held.site, held) is held:  # a copy beside the primary's does not speak for their site
            self.enter(
                RoleChanged, site=held.site, role=role.value, mount=mount_of(role).value, generation=held.generation
            )
        self.count_copies()

    def is_again(self, held: Holding, role: Role) -> None:
        """A copy is what it was; where its site is down, from when it is up again."""
        if held.role is Role.LOST:
            self._before[held.name] = role
        else:
            self.becomes(held, role)

    def returns_as(self, held: Holding, role: Role) -> None:
        """A copy of which a new role is known, whether its site is up or not."""
        if held.seat.up:
            self._before.pop(held.name, None)
            self.becomes(held, role)
        else:
            self.is_again(held, role)

    def _role_when_up(self, held: Holding) -> Role:
        """A copy's role; of one whose site is down, what it will be again."""
        return self._before.get(held.name, held.role)

    def look(self) -> None:
        """The run ends."""
        self.replaced.look()

    def count_copies(self) -> None:
        """Enter how many consistent copies there are, if that changed (R10)."""
        copies = sum(self._is_consistent(held) for held in self.holdings.values())
        if copies != self._copies:
            before, self._copies = self._copies, copies
            if before >= 0 or copies != len(self.holdings):
                self.enter(CopiesChanged, copies=copies)

    def _is_consistent(self, held: Holding) -> bool:
        if held.role is Role.LOST or held.volume_lost:
            return False
        if held is self.source or held.role in (Role.DEMOTED, Role.STALE_PRIMARY):
            return True
        if held.name in self.mirror.arms and self.arm(held).secondary.playback.readable:
            return True
        if held.role is Role.SECONDARY and held.position is not None and held.begun is None:
            return held.generation < self.generation  # off the history, and whole
        return held.protective is not None and held.protective in held.snapshots.queue.snapshots

    # -- members ------------------------------------------------------------------------------------------------------

    def join(self, name: str) -> None:
        """An operator wants a secondary in: a first copy, or the way back to a history that went on without it."""
        held = self.holdings[name]
        if not held.out:
            return
        held.out = False
        role = self._role_when_up(held)
        if held.volume_lost:
            self.mirror.bring_back(name, Return(self, held, held.why_anew))
        elif role not in (Role.SECONDARY, Role.AWAITING) or held.generation < self.generation:
            self.bring_back(held)
        else:
            self.mirror.add(name)
            self.returns_as(held, Role.SECONDARY)

    def leave(self, name: str) -> None:
        """An operator wants a secondary out: it stays so, whoever is the source, until it joins."""
        self.holdings[name].out = True
        self.mirror.remove(name)

    # -- data movers --------------------------------------------------------------------------------------------------

    def node_went_down(self, node: Node) -> None:
        """Everything of this replication on that data mover stops where it is."""
        if self.source.seat.node is node and node.up:
            self.struck_ns = self.now_ns
        self.mirror.node_went_down(node)
        for stale in self.replaced.on(node):
            stale.mirror.primary.crash()
        for held in self.holdings.values():
            if held.seat.node is node and held.role is not Role.LOST:
                self._before[held.name] = held.role
                self.becomes(held, Role.LOST)

    def node_came_up(self, node: Node) -> None:
        """Go on from what is durable; a source that was replaced meanwhile is told, if word gets there."""
        untold = self.replaced.on(node)
        for held in self.holdings.values():
            if held.seat.node is node and held.role is Role.LOST and held not in self.replaced:
                self.becomes(held, self._before.pop(held.name))
        self._source_came_up(node)
        for stale in untold:
            if not self.replaced.tell(stale):
                self.replaced.goes_on(stale)
        if self.source.seat.node is node:
            self.replaced.tell_all()

    def _source_came_up(self, node: Node) -> None:
        source = self.source
        if source.seat.node is not node:
            self.mirror.node_came_up(node)
        elif source.volume_lost:
            pass  # there is nothing to serve: somebody has to fail over
        elif (source.log_lost or source.lost) and source.role is Role.PRIMARY:  # else another is about to be it
            self.begin_anew("modification_log_lost" if source.log_lost else source.why_anew)
            self.mirror.node_came_up(node)
        else:
            self.mirror.node_came_up(node)

    def destroyed(self, site: str, parts: tuple[str, ...], corrupts: tuple[str, ...]) -> None:
        """A disaster took these parts of what lies at a site; its data movers are down already."""
        for held in self.holdings.values():
            if held.site == site:
                held.destroy(parts)
                held.corrupt(corrupts)
                if held is self.source and held.volume_lost:
                    self._source_is_gone()
                self._must_copy(held)
        self.wiring.destroy_buffers(site, parts)
        self.count_copies()

    def _source_is_gone(self) -> None:
        """The volume of the source is empty: nothing is cut there or copied from there (V7)."""
        self._before[self.source.name] = Role.AWAITING
        self.mirror.retire_primary()
        for arm in self.mirror.arms.values():
            arm.copier.retire()

    def _must_copy(self, held: Holding) -> None:
        """A copy on the history whose disks lost something begins anew when it is back."""
        arm = self.mirror.arms.get(held.name)
        why = held.why_anew
        if arm is None or not arm.member.present or not why:
            return
        playback = arm.secondary.playback
        if held.volume_lost or (playback.readable and playback.view != playback.boundary):
            arm.secondary.forget_everything()  # what is there is no boundary any more
        if self._role_when_up(held) is not Role.RESYNCING:
            self.mirror.drop(held.name, why)
            self.mirror.bring_back(held.name, Return(self, held, why))
        else:  # what it had received is gone, and its undo list is there, or its volume is not
            self.bring_back(held)

    # -- the recovery of now ------------------------------------------------------------------------------------------

    def begin_recovery(self, began_ns: int) -> None:
        """A disaster, or what people take for one, is being answered."""
        self.recoveries += 1
        primary = self.mirror.primary
        self.recovery = Recovery(primary.clock, primary.ledger, self.name, self.recoveries, began_ns, self.source.name)

    def detected(self, began_ns: int) -> None:
        """People know of a disaster."""
        if self.recovery is None or self.recovery.promoted:
            self.begin_recovery(began_ns)
            self.mark("detect")

    def mark(self, phase: str) -> None:
        """A phase of the recovery ends."""
        if self.recovery is not None:
            self.recovery.mark(phase)

    def promoted(self) -> None:
        """Users have service again."""
        if self.recovery is not None:
            self.recovery.promoted = True
            self.recovery.promoted_by = self.source.name

    def returned(self, held: Holding) -> None:
        """A change of direction is done; when it went back to the old primary, the recovery is over."""
        if self.recovery is not None and self.recovery.old_primary == held.name:
            self.mark("fail_back")
            self.recovery = None

    @property
    def recovery_number(self) -> int:
        """Which recovery is under way; 0 for none."""
        return 0 if self.recovery is None else self.recovery.number

    def drop_restart_point(self) -> None:
        """Nobody has to be compared with it any more (B7)."""
        if self.restart is not None:
            self.restart.held.snapshots.delete(self.restart.snapshot, "recovered")
            self.restart = None

    def came_back(self, held: Holding) -> None:
        """A copy is on the history again; the last one lets the restart point go (R11)."""
        if self.restart is not None:
            self.restart.awaited.discard(held.name)
            if not self.restart.awaited:
                self.drop_restart_point()
        self.becomes(held, Role.SECONDARY)
        self.count_copies()

    def call_back(self) -> None:
        """The other secondaries come back by themselves; the old source waits for the operator's word."""
        for arm in list(self.mirror.arms.values()):
            held = self.holdings[arm.member.name]
            waits = not arm.member.present and held not in self.replaced and held.role is not Role.DEMOTED
            if waits and not held.out:
                self.bring_back(held)

    def bring_back(self, held: Holding) -> None:
        """A copy comes back to the history of now (FIG 28)."""
        self.mirror.bring_back(held.name, Return(self, held))

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.mirror.primary.clock

    def enter(self, fact: type, /, **facts: object) -> None:
        """Enter a fact."""
        self.mirror.primary.ledger.append(fact(time_ns=self.now_ns, replication=self.name, **facts))
