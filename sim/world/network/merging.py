"""A transfer that waits for what it has to send: two piecewise-linear curves made one, in integers.

Its connection has a plan: when which byte leaves, by the connection's own time. That time stands still while the bytes
have not come in: a sender with nothing to send neither grows its window nor meets losses (congestion window validation,
RFC 7661, in its simplest form). A handshake, and a wait for a timer, pass whether or not there is something to send.

    served(t) = min(plan(own time at t), supply(t)); own time runs with t, but no faster than the supply lets it

Where a supply jumps, its knots are a nanosecond apart. One long loop, because every fed transfer goes through it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

Columns = tuple[list[int], list[int]]  # instants in order, and amounts that never fall


class Merged(NamedTuple):
    """A curve and the connection's own time at each of its knots; the first is where it was begun."""

    times_ns: list[int]
    served: list[int]
    own_ns: list[int]
    starved: bool  # at the last knot the supply is used up, and no more is to come


def merge(plan: Columns, supply: Columns, time_ns: int, served: int, own_ns: int) -> Merged:
    """Follow plan and supply from an instant on; the first knot of either is not later."""
    merged = Merged([time_ns], [served], [own_ns], False)
    times_ns, amounts, owns_ns, _ = merged
    plan_ns, wants = plan
    supply_ns, gives = supply
    ahead, part = bisect_right(plan_ns, own_ns), bisect_right(supply_ns, time_ns)  # the next knot of each
    if wants[ahead - 1] > served and (plan_ns[ahead - 1] == own_ns or ahead == len(plan_ns)):
        plan_ns, wants, ahead = *_spread((plan_ns, wants), ahead, served, own_ns), 1
    knots, parts = len(plan_ns), len(supply_ns)
    while ahead < knots:
        lasts_ns, wanted = plan_ns[ahead] - own_ns, wants[ahead]
        there = gives[part - 1]  # that much at least
        if wanted > there and part < parts:
            until_ns = supply_ns[part] - time_ns
            there = gives[part] if until_ns <= lasts_ns else between(supply_ns, gives, part, time_ns + lasts_ns)
            if until_ns < lasts_ns:
                lasts_ns, wanted = until_ns, between(plan_ns, wants, ahead, own_ns + until_ns)
        if wanted > there and wanted > served:  # rounding may have put what was served ahead of what comes in
            spare = between(supply_ns, gives, part, time_ns) - served
            free_ns = lasts_ns * spare // (wanted - there + spare) if spare > 0 else 0
            if free_ns > 0:  # the supply lasts so long
                lasts_ns = free_ns
                wanted = min(
                    between(plan_ns, wants, ahead, own_ns + free_ns), between(supply_ns, gives, part, time_ns + free_ns)
                )
            elif part == parts:
                return merged._replace(starved=True)
            else:
                wanted, lasts_ns, own_ns = _follow((plan_ns, wants), ahead, (supply_ns[part], gives[part]), merged)
                own_ns -= lasts_ns
        time_ns, own_ns = time_ns + lasts_ns, own_ns + lasts_ns
        served = wanted if wanted > served else served
        if lasts_ns:
            times_ns.append(time_ns)
            amounts.append(served)
            owns_ns.append(own_ns)
        else:  # a knot at the instant of the last takes its place
            amounts[-1], owns_ns[-1] = served, own_ns
        while ahead < knots and plan_ns[ahead] <= own_ns:
            ahead += 1
        while part < parts and supply_ns[part] <= time_ns:
            part += 1
    return merged


def between(times_ns: list[int], amounts: list[int], after: int, time_ns: int) -> int:
    """The amount at an instant before knot `after` and not before the one before it; level after the last."""
    amount = amounts[after - 1]
    if after == len(times_ns):
        return amount
    start_ns = times_ns[after - 1]
    return amount + (amounts[after] - amount) * (time_ns - start_ns) // (times_ns[after] - start_ns)


def _spread(plan: Columns, ahead: int, served: int, own_ns: int) -> Columns:
    """An unlimited line takes some, or all, at once: here in a nanosecond, to be followed as it comes in."""
    plan_ns, wants = plan
    if ahead < len(plan_ns) and plan_ns[ahead] == own_ns + 1:
        return [own_ns, *plan_ns[ahead:]], [served, *wants[ahead:]]
    return [own_ns, own_ns + 1, *plan_ns[ahead:]], [served, wants[ahead - 1], *wants[ahead:]]


def _follow(plan: Columns, ahead: int, supply: tuple[int, int], merged: Merged) -> tuple[int, int, int]:
    """Serve what comes in as it comes, to the supply's next knot or to the end of this piece of the plan.

    Answers how much is served then, how long it takes, and the connection's own time then.
    """
    time_ns, served, own_ns = merged.times_ns[-1], merged.served[-1], merged.own_ns[-1]
    lasts_ns, there = supply[0] - time_ns, supply[1]
    start_ns, end_ns, before, end = plan[0][ahead - 1], plan[0][ahead], plan[1][ahead - 1], plan[1][ahead]
    if there >= end:
        lasts_ns = -(-lasts_ns * (end - served) // (there - served))
        return end, lasts_ns, min(end_ns, own_ns + lasts_ns)
    mark_ns = start_ns + (there - before) * (end_ns - start_ns) // (end - before)
    return there, lasts_ns, min(max(own_ns, mark_ns), own_ns + lasts_ns)
