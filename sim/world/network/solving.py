"""Shares of the flows that are connected by the directions they cross, and what each connection then sees.

a connection plans anew only if what it sees has changed
a fed flow keeps its share also while it waits for what it has to send
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

from sim.world.network.direction import Direction
from sim.world.network.flow import Flow
from sim.world.network.shares import Demand, part, shares
from sim.world.network.way import Conditions
from sim.world.tcp import Congestion, PathView, steady_bits_per_s, weight
from sim.world.tcp.path import PACKET_BYTES, PAYLOAD_BYTES

ROOM: Final = 2  # a flow is left this many times what it can use for long, for the ups and downs of its window
_ANYTHING: Final = Fraction(10**9)  # the share of one that begins where nothing passes, until something does


def connected(directions: Iterable[Direction]) -> list[Flow]:
    """The flows with a share that cross these directions, and those they share others with; oldest first."""
    found: dict[Flow, None] = {}
    todo, seen = list(directions), dict.fromkeys(directions)
    while todo:
        for flow in todo.pop().flows:
            if (flow.moving or flow.draining) and flow not in found:
                found[flow] = None
                new = [direction for direction in flow.directions if direction not in seen]
                seen.update(dict.fromkeys(new))
                todo.extend(new)
    return sorted(found, key=lambda flow: flow.number)


def share_out(flows: Sequence[Flow]) -> None:
    """Give each moving flow its share; what still drains out of a window keeps the one it had."""
    if len(flows) == 1 and flows[0].moving:
        ways = flows[0].directions
        limits = [part(way.capacity, ways.count(way)) for way in ways if way.capacity is not None]
        _weigh(flows[0])
        flows[0].share = _told(flows[0], min(limits), alone=True) if limits else None
        return
    left: dict[Direction, Fraction] = {}
    movers, demands = [], []
    for flow in flows:
        limited = _limited(flow, left)
        if flow.draining:
            for direction in limited:
                left[direction] = max(Fraction(0), left[direction] - (flow.share or 0))
        elif limited:
            movers.append(flow)
            _weigh(flow)
            demands.append(Demand(flow.weight, limited, flow.cap))
        else:
            flow.share = None
    for flow, share in zip(movers, shares(demands, left), strict=True):
        flow.share = _told(flow, share, alone=False)


def _told(flow: Flow, share: Fraction, alone: bool) -> Fraction:
    """What a connection is told of its share: where losses or a window hold it back anyway, no more than it must know.

    It need not plan anew at every change. Alone it is told all of it when it begins; with others, a power of two times
    what it can use.
    """
    cap = flow.cap
    if cap is None:
        return share
    known = flow.share if flow.view is not None and not flow.asleep else None
    if known is not None and cap <= known <= share:
        return known
    times = share // cap
    return share if alone or times < ROOM else cap * (1 << (times.bit_length() - 1))


def _limited(flow: Flow, left: dict[Direction, Fraction]) -> tuple[Direction, ...]:
    limited = []
    for direction in flow.directions:
        if direction not in left:
            capacity = direction.capacity
            if capacity is None:
                continue
            left[direction] = part(capacity, 1)
        limited.append(direction)
    return tuple(limited)


def _weigh(flow: Flow) -> None:
    """Its weight, and the most that it can use, as its way is now."""
    conditions = flow.session.way.conditions
    if conditions is flow.conditions:
        return
    flow.conditions = conditions
    flow.weight, flow.cap = _weight_and_cap(flow.session.congestion, conditions._replace(narrowest=None))


@lru_cache(maxsize=1024)
def _weight_and_cap(congestion: Congestion, conditions: Conditions) -> tuple[Fraction, Fraction | None]:
    view = _view(Fraction(0), conditions, 0)
    steady = steady_bits_per_s(congestion, view)
    cap = None if math.isinf(steady) else Fraction(ROOM * (int(steady) + 1) * PACKET_BYTES, PAYLOAD_BYTES)
    return weight(congestion, conditions.rtt_ns), cap


def view_of(flow: Flow) -> PathView:
    """What the connection of a flow sees of its path now."""
    share = Fraction(0) if flow.share is None else flow.share
    if flow.session.congestion == "ideal":
        return PathView(share, 0)
    session, way = flow.session, flow.session.way
    conditions, jitter_ns = way.conditions, flow.delay_now_ns - way.delay_ns
    queue_bytes = _queue_bytes(share, conditions)
    facts = conditions, jitter_ns, queue_bytes, share
    if session.seen is None or session.seen[0] != facts:  # mostly transfer after transfer sees the same
        there = conditions._replace(rtt_ns=conditions.rtt_ns + jitter_ns)
        session.seen = facts, _view(share, there, queue_bytes)
    return session.seen[1]


def view_of_nothing(flow: Flow) -> PathView:
    """What a connection is told that begins where nothing passes."""
    if flow.session.congestion == "ideal":
        return PathView(_ANYTHING, 0)
    return _view(_ANYTHING, flow.session.way.conditions._replace(loss=0.0), 0)


def _view(share: Fraction, conditions: Conditions, queue_bytes: int) -> PathView:
    return PathView(
        bits_per_s=share,
        rtt_ns=conditions.rtt_ns,
        loss=conditions.loss,
        queue_bytes=queue_bytes,
        window_bytes=conditions.window_bytes,
        reorder=conditions.reorder,
    )


def _queue_bytes(share: Fraction, conditions: Conditions) -> int:
    """Its part of the queue before the narrowest link: as of the bandwidth."""
    narrowest = conditions.narrowest
    if narrowest is None or not narrowest.capacity:
        return 0
    return narrowest.queue_bytes * share.numerator // (share.denominator * narrowest.capacity)
