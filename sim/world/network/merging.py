"""A transfer that waits for what it has to send: two piecewise-linear curves made one, in integers.

Its connection has a plan: when which byte leaves, by the connection's own time. That time stands still while the bytes
have not come in: a sender with nothing to send neither grows its window nor meets losses (congestion window validation,
RFC 7661, in its simplest form). A handshake, and a wait for a timer, pass whether or not there is something to send.

    served(t) = min(plan(own time at t), supply(t)); own time runs with t, but no faster than the supply lets it
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from sim.world.tcp import Plan


class Supply(NamedTuple):
    """What may have been served by when: knots from some instant on, straight between them, then level."""

    times_ns: list[int]
    amounts: list[int]

    def at(self, time_ns: int) -> int:
        """The amount at an instant, rounded down."""
        after = bisect_right(self.times_ns, time_ns)
        if after in (0, len(self.times_ns)):
            return self.amounts[max(after - 1, 0)]
        return _between(
            (self.times_ns[after - 1], self.amounts[after - 1]), (self.times_ns[after], self.amounts[after]), time_ns
        )


class Knot(NamedTuple):
    """At `time_ns` so much is served, and it is `own_ns` for the connection."""

    time_ns: int
    served: int
    own_ns: int


class Merge:
    """Follows plan and supply from a knot on, a piece at a time."""

    def __init__(self, plan: Plan, supply: Supply, start: Knot) -> None:
        self._plan, self._supply = plan, supply
        self.knots = [start]
        self._step = bisect_right(plan.times_ns, start.own_ns)  # the plan's next knot
        self._part = bisect_right(supply.times_ns, start.time_ns)  # the supply's next knot
        self.starved = False  # at the last knot the supply is used up, and no more is to come
        while self._step < len(plan.times_ns) and not self.starved:
            self._advance()

    def _advance(self) -> None:
        time_ns, served, own_ns = self.knots[-1]
        next_own_ns, supply_ns = self._plan.times_ns[self._step], self._next_supply_ns()
        lasts_ns = next_own_ns - own_ns
        if supply_ns is not None:
            lasts_ns = min(lasts_ns, supply_ns - time_ns)
        wanted, there = self._plan.served_bytes(own_ns + lasts_ns), self._supply.at(time_ns + lasts_ns)
        if wanted <= there:
            self._reach(time_ns + lasts_ns, wanted, own_ns + lasts_ns)
            return
        ahead = self._supply.at(time_ns) - served
        free_ns = lasts_ns * ahead // (wanted - served - there + served + ahead) if ahead > 0 else 0
        if free_ns > 0:
            reached = min(self._plan.served_bytes(own_ns + free_ns), self._supply.at(time_ns + free_ns))
            self._reach(time_ns + free_ns, reached, own_ns + free_ns)
        self._follow_supply()

    def _follow_supply(self) -> None:
        """Serve what comes in as it comes, to the supply's next knot or to the end of this piece of the plan."""
        time_ns, served, own_ns = self.knots[-1]
        supply_ns = self._next_supply_ns()
        if supply_ns is None:
            self.starved = True
            return
        there = self._supply.amounts[self._part]
        before, end = self._plan_knot(self._step - 1), self._plan_knot(self._step)
        if there >= end[1]:
            ready_ns = time_ns + -(-(supply_ns - time_ns) * (end[1] - served) // (there - served))
            self._reach(ready_ns, end[1], min(end[0], own_ns + ready_ns - time_ns))
            return
        mark_ns = before[0] + (there - before[1]) * (end[0] - before[0]) // (end[1] - before[1])
        mark_ns = min(max(own_ns, mark_ns), own_ns + supply_ns - time_ns)
        self._reach(supply_ns, there, mark_ns)

    def _reach(self, time_ns: int, served: int, own_ns: int) -> None:
        """A further knot; one at the instant of the last takes its place."""
        last = self.knots[-1]
        if time_ns == last.time_ns:
            self.knots.pop()
        self.knots.append(Knot(time_ns, max(served, last.served), own_ns))
        while self._step < len(self._plan.times_ns) and self._plan.times_ns[self._step] <= own_ns:
            self._step += 1
        while self._part < len(self._supply.times_ns) and self._supply.times_ns[self._part] <= time_ns:
            self._part += 1

    def _next_supply_ns(self) -> int | None:
        return self._supply.times_ns[self._part] if self._part < len(self._supply.times_ns) else None

    def _plan_knot(self, index: int) -> tuple[int, int]:
        return self._plan.times_ns[index], self._plan.payload_bytes[index]


def _between(before: tuple[int, int], after: tuple[int, int], time_ns: int) -> int:
    return before[1] + (after[1] - before[1]) * (time_ns - before[0]) // (after[0] - before[0])
