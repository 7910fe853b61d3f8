"""When a fault comes and when it goes, as pairs of instants: no clock, nothing but luck.

spells of one fault do not overlap, and each lasts at least a nanosecond
how long something stays broken changes nothing about when it breaks again after that: two streams of luck a member
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from sim.scenario.distributions import Distribution
from sim.world.chance import draw_ns, drawn_order

Spell: TypeAlias = tuple[int, int]  # begin and end, nanoseconds from the start of the run
Spells: TypeAlias = Iterator[Spell]


def once(begin_ns: int, lasts_ns: int) -> Spells:
    """One spell."""
    yield begin_ns, begin_ns + lasts_ns


def flapping(begin_ns: int, end_ns: int, down_ns: int, up_ns: int) -> Spells:
    """Down first, then up, and so on; at `end_ns` all is over."""
    while begin_ns < end_ns:
        yield begin_ns, min(begin_ns + down_ns, end_ns)
        begin_ns += down_ns + up_ns


def renewals(mtbf: Distribution, mttr: Distribution, ups: np.random.Generator, downs: np.random.Generator) -> Spells:
    """Up for as long as drawn from `mtbf`, down for as long as drawn from `mttr`, and so on for ever (NUMBERS 1.4)."""
    end_ns = 0
    while True:
        begin_ns = end_ns + draw_ns(mtbf, ups)
        end_ns = begin_ns + draw_ns(mttr, downs)
        yield begin_ns, end_ns


def swizzled(
    names: Sequence[str], share: Fraction, begin_ns: int, lasts_ns: int, every_ns: int, luck: np.random.Generator
) -> dict[str, Spell]:
    """A random part of `names` stops one by one, and returns one by one in another order from `lasts_ns` later on.

    At least one stops, else the nearest number to the share; whoever would return before it stopped returns
    `every_ns` after it stopped.
    """
    stopping = drawn_order(names, luck)[: max(1, int(share * len(names) + Fraction(1, 2)))]
    returning = drawn_order(stopping, luck)
    if returning == stopping:
        returning = [*stopping[1:], stopping[0]]
    back_ns = {name: begin_ns + lasts_ns + place * every_ns for place, name in enumerate(returning)}
    stops = ((name, begin_ns + place * every_ns) for place, name in enumerate(stopping))
    return {name: (stop_ns, max(back_ns[name], stop_ns + every_ns)) for name, stop_ns in stops}
