"""Another copy becomes the source: what it needs, what users and members do, what the ledger hears (F1, F4, F6; C9).

loss is counted, users go over, members of the old generation stop where they are, the new generation stands
the restart point is taken before users write (step 473), so that whoever is off the history can be compared with it
"""

from __future__ import annotations

from sim.engine.identity import SetId
from sim.engine.roles import Role
from sim.records import LossCounted, Promoted, RestartPointTaken
from sim.scenario.routes import tree_from
from sim.world.activity import Activity
from sim.world.holding import Holding
from sim.world.mirror import Mirror
from sim.world.recovery.succession import RestartPoint, Succession
from sim.world.written import Doomed


class Handover:
    """Makes one copy the source of one replication."""

    def __init__(self, succession: Succession) -> None:
        self._of = succession

    def prepare(self, held: Holding, boundary: SetId, here: frozenset[str]) -> None:
        """Take the restart point, if anybody will have to come back to it (step 473)."""
        self._of.drop_restart_point()
        awaited = {other.name for other in self._of.holdings.values() if other is not held and other.name not in here}
        if not awaited:
            return
        snapshot = held.snapshots.queue.create(boundary)
        held.snapshots.note("restart")
        self._of.restart = RestartPoint(snapshot, boundary, awaited, held)
        self._of.enter(
            RestartPointTaken,
            recovery=self._of.recovery_number,
            site=held.site,
            generation=boundary.generation,
            number=boundary.number,
            boundary_time_ns=self._of.mirror.primary.boundary_time_ns[boundary],
            snapshot=snapshot,
        )

    def at(self, boundary: SetId, promoted: Holding) -> frozenset[str]:
        """Who else is at a boundary, whole, and can follow at once."""
        arms = self._of.mirror.arms.values()
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
            primary.activity.take_up(self._of.wiring.other_users(self._of.generation))
            return users
        primary.gate.abandon("promoted")
        return primary.activity.hand_over()

    def promote(self, held: Holding, boundary: SetId, here: frozenset[str], told: bool, mode: str) -> None:
        """Another copy, which is at `boundary`, is the source from now on; those who are `here` too follow at once.

        `told`: the old source knows, and takes no more writes. Planned is what leaves the old source at the boundary.
        """
        old, old_source = self._of.mirror, self._of.source
        planned = old_source.name in here
        if not planned:
            self._tell_loss(old, boundary, told)
        users = self._users(old, told)
        old.retire_members()
        self._leave(old)
        self._of.generation, self._of.why_anew = self._of.generation + 1, ""
        self._of.began_at[self._of.generation] = boundary
        self._of.source, held.generation = held, self._of.generation
        self._wire(old, users, here)
        self._demoted(old, old_source, boundary, planned, told)
        self._of.becomes(held, Role.PRIMARY)
        self._of.mirror.start("done")
        self._of.mirror.primary.tell_save_volume()
        self._of.enter(
            Promoted,
            recovery=self._of.recovery_number,
            site=held.site,
            secondary=held.name,
            mode=mode,
            generation=self._of.generation,
            disaster_ns=self._of.now_ns if self._of.recovery is None else self._of.recovery.began_ns,
            planned=planned,
        )
        self._of.replaced.hear_of_another()
        self._of.call_back()

    def _leave(self, old: Mirror) -> None:
        """All copies are off the history of what comes: what is on their disks says how far they were."""
        for arm in old.arms.values():
            held, playback = self._of.holdings[arm.member.name], arm.secondary.playback
            if playback.readable:
                held.left_ns = self._of.now_ns
                held.position = playback.boundary
                held.begun = playback.view if playback.view != playback.boundary else None
                held.played_from = arm.secondary.save_volume
            elif arm.member.present and held.undo is None:  # a copy was on its way: what is there is no boundary
                held.position = held.begun = None

    def _tell_loss(self, old: Mirror, boundary: SetId, told: bool) -> None:
        primary = old.primary
        if primary.node.up and not told:
            primary.look()
            self._of.struck_ns = self._of.now_ns
        loss = primary.lost_after(boundary)
        self._of.enter(
            LossCounted,
            recovery=self._of.recovery_number,
            kind="failover",
            site=self._of.source.site,
            generation=boundary.generation,
            number=boundary.number,
            writes=loss.writes,
            blocks=loss.blocks,
            lost_bytes=loss.blocks * primary.block_bytes,
            written_bytes=loss.written_bytes,
            rpo_ns=max(0, self._of.struck_ns - primary.boundary_time_ns[boundary]) if loss.writes else 0,
            sets=loss.sets,
        )

    def _demoted(self, old: Mirror, old_source: Holding, boundary: SetId, planned: bool, told: bool) -> None:
        """What becomes of the source that was."""
        if planned:
            old.retire_primary()
            self._of.becomes(old_source, Role.SECONDARY)
            return
        old_source.left_ns = self._of.now_ns
        self._of.replaced.add(old, old_source, boundary, told)

    def begin_anew(self, why: str) -> None:
        """The source has lost track of what its copies lack: another generation, and whole copies (C13)."""
        old = self._of.mirror
        old.primary.gate.abandon("restart")
        users = old.primary.activity.hand_over()
        old.retire_members()
        old.retire_primary()
        self._leave(old)
        self._of.drop_restart_point()
        self._of.generation, self._of.why_anew = self._of.generation + 1, why
        self._of.source.joined(SetId(self._of.generation, 0))
        self._wire(old, users, frozenset())
        self._of.mirror.start("done")
        self._of.call_back()

    def _wire(self, old: Mirror, users: Activity, here: frozenset[str]) -> None:
        """The generation of now stands, and has not begun; who is `here` holds what it begins with."""
        of = self._of
        begin = SetId(of.generation, 0)
        for name in sorted(here):
            of.holdings[name].joined(begin)
        absent = frozenset(other.name for other in of.others() if other.name not in here)
        of.wiring.triggers = old.primary.schedule.triggers  # an operator may have changed these
        of.wiring.playback_triggers |= {name: arm.secondary.triggers for name, arm in old.arms.items()}
        hops = tree_from(of.scenario, of.name, of.source.name)
        of.mirrors[of.name] = of.wiring.next_mirror(of.source, begin, hops, users, absent)
