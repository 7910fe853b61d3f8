"""What an operator can order: failover, resync, failback, swap, status (L2033-2255).

a command that cannot be carried out is refused with its reason, and changes nothing
the same command again is no fault: it finds nothing to do (F11, L2215)
one command of a replication at a time
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.engine.roles import Role
from sim.records import CommandDone, CommandGiven, CommandRefused, DifferenceAsked
from sim.world.clock import Process, Stop
from sim.world.holding import Holding
from sim.world.recovery.deltacopy import DeltaCopy
from sim.world.recovery.failover import Failover
from sim.world.recovery.refusals import (
    Refused,
    different_blocks,
    why_no_resync,
    why_not_in_step,
    why_not_promotable,
)
from sim.world.recovery.succession import Succession
from sim.world.recovery.switch import Switch

Act = Callable[[], Process]


@dataclass(frozen=True, slots=True)
class Directive:
    """A command as it was given; `since_ns` is when what it answers began, if anybody said so."""

    command: str  # failover | resync | failback | swap | copy | status
    name: str
    target: str = ""
    mode: str = ""
    since_ns: int | None = None
    base: int | None = None  # snapshots, of a copy
    snapshot: int | None = None


class Commands:
    """Takes the orders for one replication."""

    def __init__(self, succession: Succession) -> None:
        self._succession = succession
        self._under_way: Directive | None = None
        self._stop: Stop = lambda: None

    def give(self, order: Directive) -> None:
        """Carry a command out, or refuse it."""
        succession = self._succession
        succession.enter(CommandGiven, command=order.command, name=order.name, target=order.target, mode=order.mode)
        try:
            act = self._act(order)
        except Refused as refusal:
            self._refuse(order, str(refusal))
            return
        if act is not None:
            self._under_way = order
            self._stop = succession.clock.start(self._carry_out(order, act))

    def refuse(self, order: Directive, why: str) -> None:
        """Somebody ordered what makes no sense now."""
        self._succession.enter(
            CommandGiven, command=order.command, name=order.name, target=order.target, mode=order.mode
        )
        self._refuse(order, why)

    def _carry_out(self, order: Directive, act: Act) -> Process:
        try:
            yield from act()
            self._done(order, "done")
        except Refused as refusal:
            self._refuse(order, str(refusal))
        self._under_way = None

    def _act(self, order: Directive) -> Act | None:
        """What is to be done in a while, or None where it is done. Raises Refused."""
        if order.command == "status":
            return self._status(order)
        self._give_up_what_cannot_end()
        if self._under_way is not None and order.command != "resync":
            if (order.command, order.target) == (self._under_way.command, self._under_way.target):
                return self._nothing(order)
            raise Refused(f"{self._under_way.command} '{self._under_way.name}' is under way")
        match order.command:
            case "failover":
                return self._failover(order)
            case "resync":
                return self._resync(order)
            case "failback" | "swap":
                return self._switch(order)
            case "copy":
                return DeltaCopy(self._succession, self._target(order), order.base, order.snapshot).run
        raise Refused("nobody knows this command")

    def _give_up_what_cannot_end(self) -> None:
        """Whoever was to be promoted is down: people do not wait for it when they order something else."""
        under_way = self._under_way
        if under_way is None or under_way.command != "failover":
            return
        held = self._succession.called(under_way.target)
        if held is not None and not held.seat.up:
            self._stop()
            self._under_way = None
            self._refuse(under_way, f"{held.site} went down before it was promoted")

    # -- one by one ---------------------------------------------------------------------------------------------------

    def _failover(self, order: Directive) -> Act | None:
        succession = self._succession
        held = self._target(order)
        if held is succession.source:
            if succession.recovery is not None and succession.recovery.promoted_by == held.name:
                return self._nothing(order)
            raise Refused(f"{held.site} is the primary already")
        why = why_not_promotable(succession, held)
        if why:
            raise Refused(why)
        self._recovery(order)
        return Failover(succession, held, order.mode, order.target).run

    def _recovery(self, order: Directive) -> None:
        """The recovery that this failover is of: from the disaster on, if there was one and it took users' service."""
        succession = self._succession
        if succession.recovery is None or succession.recovery.promoted:
            source = succession.source
            began_ns = succession.struck_ns if not source.seat.up else order.since_ns
            if began_ns is None or succession.reaches(succession.called(order.target) or source):
                began_ns = succession.now_ns  # a false alarm: users were served until now
            succession.begin_recovery(began_ns)
        succession.mark("decide")

    def _resync(self, order: Directive) -> Act | None:
        succession = self._succession
        succession.replaced.tell_all()
        some = [self._target(order)] if order.target else list(succession.others())
        refusals = [(held, why_no_resync(succession, held)) for held in some]
        waiting = [held for held, why in refusals if not why and self._waits(held)]
        for held in waiting:
            succession.bring_back(held)
        if order.target and refusals[0][1]:
            raise Refused(refusals[0][1])
        if not order.target and all(why for _, why in refusals):
            raise Refused("; ".join(why for _, why in refusals))
        self._done(order, "begun" if waiting else "")
        return None

    def _waits(self, held: Holding) -> bool:
        """Whether a copy is off the history and nothing brings it back now."""
        if held.role is Role.RESYNCING:
            return self._succession.arm(held).copier.gave_up
        return held.role in (Role.DEMOTED, Role.AWAITING)

    def _switch(self, order: Directive) -> Act | None:
        succession = self._succession
        held = self._target(order) if order.target else succession.holdings[succession.spec.primary]
        if held is succession.source:
            return self._nothing(order)
        why = why_not_promotable(succession, held) or why_not_in_step(succession, held)
        if why:
            raise Refused(why)
        recovery = succession.recovery
        if recovery is not None and recovery.promoted and recovery.old_primary == held.name:
            recovery.mark("catch_up")
        return Switch(succession, held, order.command, order.name).run

    def _status(self, order: Directive) -> Act | None:
        succession = self._succession
        some = [self._target(order)] if order.target else list(succession.others())
        for held in some:
            blocks = different_blocks(succession, held)
            if blocks is not None:
                succession.enter(DifferenceAsked, site=held.site, blocks=blocks)
        self._done(order, "told")
        return None

    def _target(self, order: Directive) -> Holding:
        held = self._succession.called(order.target)
        if held is None:
            raise Refused(f"there is no copy at '{order.target}'")
        return held

    def _nothing(self, order: Directive) -> Act | None:
        self._done(order, "")
        return None

    def _done(self, order: Directive, effect: str) -> None:
        self._succession.enter(CommandDone, command=order.command, name=order.name, effect=effect)

    def _refuse(self, order: Directive, why: str) -> None:
        self._succession.enter(CommandRefused, command=order.command, name=order.name, why=why)
