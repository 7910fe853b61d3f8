"""Failover: another copy takes over, with what it has or with everything (FIG 22, 23, 31-33; L1778-1790, L2052-2072).

default: all that was received whole, without a gap, at the command; now: a set that was begun is finished, no other
sync: nobody writes, everything is sent and replayed; needs the primary, else the command changes nothing (F3)
fence first (E6); then drain, snapshot, mount: the new generation is tracked from its first write (F1, F6)
"""

from __future__ import annotations

from sim.engine.identity import SetId
from sim.engine.roles import Role
from sim.world.clock import Order, Process, Wait
from sim.world.holding import Holding
from sim.world.recovery.handover import Handover
from sim.world.recovery.refusals import Refused
from sim.world.recovery.settling import Settling
from sim.world.recovery.succession import Succession


class Failover:
    """One failover to one copy."""

    def __init__(self, succession: Succession, held: Holding, mode: str, name: str) -> None:
        self._succession, self._held, self._mode, self._name = succession, held, mode, name

    def run(self) -> Process:
        """Fence -> drain -> restart point -> mount -> promote."""
        succession, held = self._succession, self._held
        if self._mode == "sync":
            yield from Settling(succession, held, "failover", self._name).settle()
        told = self._fence()
        try:
            yield from self._take_over(told)
        except Refused:
            self._reinstate()
            raise

    def _take_over(self, told: bool) -> Process:
        succession, held = self._succession, self._held
        handover = Handover(succession)
        boundary = yield from self._drain()
        succession.mark("drain")
        yield from held.seat.until_up()
        handover.prepare(held, boundary, frozenset())
        succession.mark("snapshot")
        yield from self._mount()
        self._must_be_whole()
        handover.promote(held, boundary, frozenset(), told, self._mode)
        succession.mark("promote")
        succession.promoted()

    def _fence(self) -> bool:
        """Nothing more reaches the copy; the old source is told to take no more writes, if word gets there (L1778)."""
        succession = self._succession
        source, primary = succession.source, succession.mirror.primary
        told = source.role is Role.DEMOTED or succession.reaches(self._held)
        for arm in succession.mirror.arms.values():
            arm.member.feed.tell_unfinished()
            arm.copier.retire()
            arm.member.feed.retire()
        if told and source.role is Role.PRIMARY:
            primary.read_only()
            succession.struck_ns = succession.now_ns
            succession.becomes(source, Role.DEMOTED)
        return told

    def _drain(self) -> Wait[SetId]:
        """Replay what the mode asks for, and stop; answers the boundary."""
        secondary = self._succession.arm(self._held).secondary
        secondary.playing = self._mode != "now"  # also where the operator had stopped it
        if secondary.playing and secondary.inbox is not None:
            secondary.urge(secondary.inbox.received)
        while not (secondary.at_boundary and (self._mode == "now" or not secondary.playback.playable())):
            yield secondary.changed.wait()
            self._must_be_whole()
        secondary.playing = False
        return secondary.playback.boundary

    def _reinstate(self) -> None:
        """The source that was told is it again, if it is up; what its copies lack nobody knows after the fence (B5)."""
        succession = self._succession
        source = succession.source
        if source.seat.up and source.role is Role.DEMOTED:
            succession.becomes(source, Role.PRIMARY)
            succession.begin_anew("restart_snapshot_lost")

    def _must_be_whole(self) -> None:
        """Raises Refused when a disaster took what was to be promoted."""
        if self._held.volume_lost or not self._succession.arm(self._held).secondary.playback.readable:
            raise Refused(f"what there was at {self._held.site} was destroyed before it was promoted")

    def _mount(self) -> Process:
        """Mount the volume for users; a data mover that restarts meanwhile begins anew (case 45)."""
        seat, clock = self._held.seat, self._succession.clock
        while True:
            yield from seat.until_up()
            life = seat.life
            yield clock.at(clock.now_ns + self._succession.policy.mount, Order.COMMAND)
            if seat.up and seat.life == life:
                return
