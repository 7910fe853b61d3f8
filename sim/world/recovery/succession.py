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
from sim.records import CopiesChanged, LossCounted, Promoted, RestartPointTaken, RoleChanged
from sim.scenario import schema
from sim.scenario.routes import tree_from
from sim.world.activity import Activity
from sim.world.clock import Clock, Order
from sim.world.holding import Holding
from sim.world.mirror import Arm, Mirror
from sim.world.network import Network
from sim.world.node import Node
from sim.world.primary import Primary
from sim.world.recovery.phases import Recovery
from sim.world.recovery.reach import news_of, reaches
from sim.world.recovery.returning import Return
from sim.world.secondary import Secondary
from sim.world.wiring import Wiring
from sim.world.written import Doomed


@dataclass(slots=True)
class RestartPoint:
    """The snapshot that copies off the history are compared with, kept until the last of them is back (R11)."""

    snapshot: int
    stamp: SetId
    awaited: set[str]
    held: Holding  # whose snapshot it is


@dataclass(slots=True)
class Stale:
    """A source that was replaced and may not know it: it is told as soon as word gets through."""

    mirror: Mirror
    holding: Holding
    restart: SetId


@dataclass(slots=True)
class Succession:
    """Who is the source of one replication, and what becomes of the others."""

    name: str
    scenario: schema.Scenario
    wiring: Wiring
    network: Network
    mirrors: dict[str, Mirror]  # of all replications; this one's is replaced with each generation
    on_change: Callable[[], None] = lambda: None
    source: Holding = field(init=False)
    generation: int = 1
    restart: RestartPoint | None = None
    stale: list[Stale] = field(default_factory=list)  # sources that were replaced and may not know it
    recovery: Recovery | None = None
    recoveries: int = 0
    began_at: dict[int, SetId] = field(default_factory=dict)  # the boundary that each later generation began with
    switching: bool = False  # a failback or swap is under way
    why_anew: str = ""  # what a disaster took from the source, so that no copy can be compared with it
    struck_ns: int = 0  # when the source took its last write
    _before: dict[str, Role] = field(default_factory=dict)  # the roles of copies whose site is down
    _copies: int = -1
    _listened: set[tuple[str, str]] = field(default_factory=set)

    def begin(self, hops_absent: frozenset[str]) -> None:
        """The world begins: roles as the scenario has them."""
        self.source = next(iter(self.holdings.values()))
        for name in sorted(hops_absent):
            self.holdings[name].role = Role.AWAITING

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
        self.enter(RoleChanged, site=held.site, role=role.value, mount=mount_of(role).value, generation=held.generation)
        self.count_copies()

    def is_again(self, held: Holding, role: Role) -> None:
        """A copy is what it was; where its site is down, from when it is up again."""
        if held.role is Role.LOST:
            self._before[held.name] = role
        else:
            self.becomes(held, role)

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

    # -- data movers --------------------------------------------------------------------------------------------------

    def node_went_down(self, node: Node) -> None:
        """Everything of this replication on that data mover stops where it is."""
        if self.source.seat.node is node and node.up:
            self.struck_ns = self.now_ns
        self.mirror.node_went_down(node)
        for stale in self.stale:
            if stale.holding.seat.node is node:
                stale.mirror.primary.crash()
        for held in self.holdings.values():
            if held.seat.node is node and held.role is not Role.LOST:
                self._before[held.name] = held.role
                self.becomes(held, Role.LOST)

    def node_came_up(self, node: Node) -> None:
        """Go on from what is durable; a source that was replaced meanwhile is told, if word gets there."""
        untold = [stale for stale in self.stale if stale.holding.seat.node is node]
        for held in self.holdings.values():
            if held.seat.node is node and held.role is Role.LOST and held not in [stale.holding for stale in untold]:
                self.becomes(held, self._before.pop(held.name))
        self._source_came_up(node)
        for stale in untold:
            if not self.tell(stale):
                self._goes_on_writing(stale)
        self.on_change()

    def _source_came_up(self, node: Node) -> None:
        source = self.source
        if source.seat.node is not node:
            self.mirror.node_came_up(node)
        elif source.volume_lost:
            self.becomes(source, Role.AWAITING)  # there is nothing to serve: somebody has to fail over
        elif source.log_lost or source.lost:
            self.begin_anew("modification_log_lost" if source.log_lost else "save_volume_lost")
            self.mirror.node_came_up(node)
        else:
            self.mirror.node_came_up(node)

    def destroyed(self, site: str, parts: tuple[str, ...], corrupts: tuple[str, ...]) -> None:
        """A disaster took these parts of what lies at a site; its data movers are down already."""
        for held in self.holdings.values():
            if held.site == site:
                held.destroy(parts)
                held.corrupt(corrupts)
                self._must_copy(held)
        self.wiring.destroy_buffers(site, parts)
        self.count_copies()

    def _must_copy(self, held: Holding) -> None:
        """A copy on the history whose disks lost something begins anew when it is back."""
        arm = self.mirror.arms.get(held.name)
        if arm is None or not arm.member.present or (held.role is Role.RESYNCING and not held.volume_lost):
            return
        if held.volume_lost or held.lost:
            self.mirror.drop(held.name, "volume_lost" if held.volume_lost else "save_volume_lost")

    def begin_anew(self, why: str) -> None:
        """The source has lost track of what its copies lack: another generation, and whole copies (C13)."""
        old = self.mirror
        old.primary.gate.abandon("restart")
        users = old.primary.activity.hand_over()
        old.retire_members()
        old.retire_primary()
        self._leave(old)
        self._drop_restart_point()
        self.generation, self.why_anew = self.generation + 1, why
        self.source.joined(SetId(self.generation, 0))
        hops = tree_from(self.scenario, self.name, self.source.name)
        absent = frozenset(other.name for other in self.others())
        begin = SetId(self.generation, 0)
        self.mirrors[self.name] = self.wiring.next_mirror(self.source, begin, hops, users, absent)
        self.mirror.start("done")
        self._call_back()

    # -- a source that was replaced -----------------------------------------------------------------------------------

    def tell(self, stale: Stale) -> bool:
        """Tell a source that it was replaced, if word gets through: it takes no more writes (L1778; F5)."""
        if not self.reaches(stale.holding):
            return False
        self._demote(stale)
        return True

    def _demote(self, stale: Stale) -> None:
        primary, held = stale.mirror.primary, stale.holding
        self.stale.remove(stale)
        stale.mirror.retire_primary()
        self._tell_doomed(stale)
        held.position, held.log = primary.last_cut, primary.source.log
        role = Role.AWAITING if held.volume_lost else Role.DEMOTED
        if held.seat.up:
            self._before.pop(held.name, None)
            self.becomes(held, role)
        else:
            self.is_again(held, role)
        self.on_change()

    def look(self) -> None:
        """The run ends: what was written in vain until now is counted."""
        for stale in self.stale:
            if stale.mirror.primary.node.up:
                stale.mirror.primary.look()
            self._tell_doomed(stale)

    def _goes_on_writing(self, stale: Stale) -> None:
        """Users go on at a source that does not know that it was replaced: split brain (case 42)."""
        primary, held = stale.mirror.primary, stale.holding
        self._before.pop(held.name, None)
        if held.volume_lost or held.log_lost:
            self.becomes(held, Role.AWAITING)
            return
        if primary.doomed is None:
            primary.doomed = Doomed(primary.source.volume.n_blocks)
            primary.activity.take_up(self.wiring.other_users(self.generation - 1))
        self.becomes(held, Role.STALE_PRIMARY)
        primary.recover()

    def _tell_doomed(self, stale: Stale) -> None:
        primary = stale.mirror.primary
        doomed, primary.doomed = primary.doomed, None
        if doomed is not None and doomed.writes:
            self.enter(
                LossCounted,
                recovery=self.recoveries,
                kind="doomed",
                site=stale.holding.site,
                generation=stale.restart.generation,
                number=stale.restart.number,
                writes=doomed.writes,
                blocks=doomed.blocks,
                lost_bytes=doomed.blocks * primary.block_bytes,
                written_bytes=doomed.written_bytes,
                rpo_ns=0,
                sets=0,
            )

    def _listen(self, stale: Stale) -> None:
        """Word may get through later."""
        pair = self.source.site, stale.holding.site
        if pair not in self._listened:
            self._listened.add(pair)
            for signal in news_of(self.network, self.source.seat, stale.holding.seat):
                signal.calls(lambda: self.clock.call_at(self.now_ns, Order.NETWORK, self._heard))

    def _heard(self) -> None:
        for stale in list(self.stale):
            self.tell(stale)

    # -- a new generation ---------------------------------------------------------------------------------------------

    def promote(self, held: Holding, boundary: SetId, here: frozenset[str], told: bool, mode: str) -> None:
        """Another copy, which is at `boundary`, is the source from now on; those who are `here` too follow at once.

        `told`: the old source knows, and takes no more writes. Planned is what leaves the old source at the boundary.
        """
        old, old_source = self.mirror, self.source
        planned = old_source.name in here
        if not planned:
            self._tell_loss(old, boundary, told)
        users = self._users(old, told)
        old.retire_members()
        self._leave(old)
        self.generation, self.why_anew = self.generation + 1, ""
        self.began_at[self.generation] = boundary
        self.source, held.generation = held, self.generation
        absent = frozenset(other.name for other in self.others() if other.name not in here)
        begin = SetId(self.generation, 0)
        for name in sorted(here):
            self.holdings[name].joined(begin)
        hops = tree_from(self.scenario, self.name, held.name)
        self.mirrors[self.name] = self.wiring.next_mirror(held, begin, hops, users, absent)
        self._demoted(old, old_source, boundary, planned, told)
        self.becomes(held, Role.PRIMARY)
        self.mirror.start("done")
        self.mirror.primary.tell_save_volume()
        self.enter(
            Promoted,
            recovery=self.recovery_number,
            site=held.site,
            secondary=held.name,
            mode=mode,
            generation=self.generation,
            disaster_ns=self.now_ns if self.recovery is None else self.recovery.began_ns,
            planned=planned,
        )
        self._call_back()
        self.on_change()

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

    def prepare(self, held: Holding, boundary: SetId, here: frozenset[str]) -> None:
        """Take the restart point, if anybody will have to come back to it (step 473)."""
        self._drop_restart_point()
        awaited = {other.name for other in self.holdings.values() if other is not held and other.name not in here}
        if not awaited:
            return
        snapshot = held.snapshots.queue.create(boundary)
        held.snapshots.note("restart")
        self.restart = RestartPoint(snapshot, boundary, awaited, held)
        self.enter(
            RestartPointTaken,
            recovery=self.recovery_number,
            site=held.site,
            generation=boundary.generation,
            number=boundary.number,
            boundary_time_ns=self.mirror.primary.boundary_time_ns[boundary],
            snapshot=snapshot,
        )

    def at(self, boundary: SetId, promoted: Holding) -> frozenset[str]:
        """Who else is at a boundary, whole, and can follow at once."""
        arms = self.mirror.arms.values()
        whole = (arm for arm in arms if arm.member.present and arm.secondary.in_sync and arm.secondary.at_boundary)
        return frozenset(
            arm.member.name
            for arm in whole
            if arm.secondary.playback.boundary == boundary and arm.member.name != promoted.name
            if not arm.secondary.shares_save_volume
        )

    def _users(self, old: Mirror, told: bool) -> Activity:
        """The users go to the new source; where the old one does not know, others go on there."""
        primary = old.primary
        if primary.node.up and not told:
            primary.look()
            users = primary.activity.hand_over()
            primary.doomed = Doomed(primary.source.volume.n_blocks)
            primary.activity.take_up(self.wiring.other_users(self.generation))
            return users
        primary.gate.abandon("promoted")
        return primary.activity.hand_over()

    def _leave(self, old: Mirror) -> None:
        """All copies are off the history of what comes: what is on their disks says how far they were."""
        for arm in old.arms.values():
            held, playback = self.holdings[arm.member.name], arm.secondary.playback
            if playback.readable:
                held.left_ns = self.now_ns
                held.position = playback.boundary
                held.begun = playback.view if playback.view != playback.boundary else None
                held.played_from = arm.secondary.save_volume
            elif arm.member.present:  # a copy was on its way: what is there is a mixture, and no boundary
                held.position = held.begun = held.undo = None

    def _drop_restart_point(self) -> None:
        if self.restart is not None:
            self.restart.held.snapshots.delete(self.restart.snapshot, "recovered")
            self.restart = None

    def came_back(self, held: Holding) -> None:
        """A copy is on the history again; the last one lets the restart point go (R11)."""
        if self.restart is not None:
            self.restart.awaited.discard(held.name)
            if not self.restart.awaited:
                self._drop_restart_point()
        self.becomes(held, Role.SECONDARY)
        self.count_copies()
        self.on_change()

    def _tell_loss(self, old: Mirror, boundary: SetId, told: bool) -> None:
        primary = old.primary
        if primary.node.up and not told:
            primary.look()
            self.struck_ns = self.now_ns
        loss = primary.lost_after(boundary)
        self.enter(
            LossCounted,
            recovery=self.recovery_number,
            kind="failover",
            site=self.source.site,
            generation=boundary.generation,
            number=boundary.number,
            writes=loss.writes,
            blocks=loss.blocks,
            lost_bytes=loss.blocks * primary.block_bytes,
            written_bytes=loss.written_bytes,
            rpo_ns=max(0, self.struck_ns - primary.boundary_time_ns[boundary]) if loss.writes else 0,
            sets=loss.sets,
        )

    def _demoted(self, old: Mirror, old_source: Holding, boundary: SetId, planned: bool, told: bool) -> None:
        """What becomes of the source that was."""
        if planned:
            old.retire_primary()
            self.becomes(old_source, Role.SECONDARY)
            return
        old_source.left_ns = self.now_ns
        stale = Stale(old, old_source, boundary)
        self.stale.append(stale)
        if told:
            self._demote(stale)
        elif old.primary.node.up:
            self.becomes(old_source, Role.STALE_PRIMARY)
        for one in self.stale:
            self._listen(one)

    def _call_back(self) -> None:
        """The other secondaries come back by themselves; the old source waits for the operator's word."""
        for arm in list(self.mirror.arms.values()):
            held = self.holdings[arm.member.name]
            untold = any(held is stale.holding for stale in self.stale)
            if not arm.member.present and not untold and held.role is not Role.DEMOTED:
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
