"""When writes come faster or slower: operational time, the integral of a piecewise constant rate factor.

sources draw in operational time, where their rate is constant; this module maps it to and from the clock
exact: a factor is an integer number of 1/per_ns, so both ways are integer arithmetic, rounded up to whole nanoseconds
pieces come lazily and may go on for ever: profiles loop, bursts are drawn as far as someone looks

(The inversion method for non-homogeneous Poisson processes: Cinlar 1975, "Introduction to Stochastic Processes", 4.7.)
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]
Step = tuple[int, Fraction]
"""(start_ns, factor): it lasts until the next step starts, the last one for ever."""

FINEST = 1_000_000
GREATEST = 1_000_000_000  # of a factor in its units: what passes in four seconds fits in an int64, in hours at factor 1
ROOM = 1 << 62  # what an int64 holds with room to add


def operational_time(
    profile: Iterable[Step] = ((0, Fraction(1)),), factors: Iterable[Fraction] = (Fraction(1),)
) -> OperationalTime:
    """Operational time for steps of a rate factor; `factors` are all those that may come, in any order.

    Raises ValueError for a negative factor.
    """
    known = tuple(factors)
    if min(known) < 0 or max(known) > GREATEST:
        raise ValueError(f"rate factors lie between 0 and {GREATEST}, not {float(min(known))} .. {float(max(known))}")
    per_ns = _grain(known)
    return OperationalTime(((start, round(factor * per_ns)) for start, factor in profile), per_ns)


def _grain(factors: Sequence[Fraction]) -> int:
    """Factors in units of 1 / grain are whole, or right to a millionth where such units would be too small."""
    most = GREATEST // max(1, math.ceil(max(factors)))
    exact = math.lcm(*(factor.denominator for factor in factors))
    return exact if exact <= min(most, 10 * FINEST) else min(most, FINEST)


def looped(steps: Sequence[Step], loop_ns: int | None) -> Iterator[Step]:
    """A profile's steps, again every loop_ns; without a loop the last factor stays."""
    if loop_ns is None:
        yield from steps
        return
    for turn in count():
        yield from ((turn * loop_ns + start, factor) for start, factor in steps)


def bursts(every_ns: Callable[[], int], lasts_ns: Callable[[], int], factor: Fraction) -> Iterator[Step]:
    """Factor 1 for `every_ns()`, then `factor` for `lasts_ns()`, and so on for ever."""
    start = 0
    while True:
        yield start, Fraction(1)
        start += max(1, every_ns())
        yield start, factor
        start += max(1, lasts_ns())


def silent_until(begin_ns: int, steps: Iterator[Step]) -> Iterator[Step]:
    """Nothing before begin_ns; then the steps, counted from there."""
    if begin_ns > 0:
        yield 0, Fraction(0)
    yield from ((begin_ns + start, factor) for start, factor in steps)


def product(left: Iterator[Step], right: Iterator[Step]) -> Iterator[Step]:
    """Both factors at every instant, multiplied."""
    (start, a), (_, b) = next(left), next(right)
    next_left, next_right = next(left, None), next(right, None)
    yield start, a * b
    while next_left or next_right:
        start = min(step[0] for step in (next_left, next_right) if step)
        if next_left and next_left[0] == start:
            a, next_left = next_left[1], next(left, None)
        if next_right and next_right[0] == start:
            b, next_right = next_right[1], next(right, None)
        yield start, a * b


class OperationalTime:
    """The integral of a rate factor over the clock's time, both ways.

    `pieces` are (start_ns, factor in units of 1 / per_ns); they start at 0 and then strictly later each, and are asked
    for only as far as someone looks.
    """

    __slots__ = ("_factors", "_next", "_passed", "_pieces", "_starts", "per_ns")

    def __init__(self, pieces: Iterator[tuple[int, int]], per_ns: int) -> None:
        self.per_ns = per_ns
        self._pieces = _short(pieces)
        start, factor = next(self._pieces)
        if start != 0:
            raise ValueError(f"the first piece starts at {start}, not at 0")
        self._next = next(self._pieces, None)
        self._starts, self._factors, self._passed = [0], [factor], [0]

    def passed(self, start_ns: int, to_ns: int) -> int:
        """How many whole operational nanoseconds end in (start_ns, to_ns]; adjoining windows add up exactly."""
        return self._at(to_ns) // self.per_ns - self._at(start_ns) // self.per_ns

    def instants(self, start_ns: int, to_ns: int, ops: Instants) -> Instants:
        """When each of these whole operational nanoseconds of (start_ns, to_ns] ends, rounded up to a nanosecond.

        `ops` int64, any order, in [1, passed(start_ns, to_ns)]; what comes back lies in (start_ns, to_ns].
        """
        start_ns = max(start_ns, 0)
        first, last = self._piece(start_ns), self._piece(to_ns)
        if first == last:
            part = self._at(start_ns) % self.per_ns
            return start_ns + _ceil_divide(ops, self.per_ns, part, self._factors[first])
        return self._over_pieces(start_ns, first, last, ops)

    def reach(self, start_ns: int, ops: int, limit_ns: int) -> int:
        """When the `ops`-th whole operational nanosecond after start_ns ends; limit_ns where that is later."""
        if self.passed(start_ns, limit_ns) < ops:
            return limit_ns
        wanted = (self._at(start_ns) // self.per_ns + ops) * self.per_ns
        piece = bisect_right(self._passed, wanted - 1) - 1
        return self._starts[piece] - (self._passed[piece] - wanted) // self._factors[piece]

    def forget(self, before_ns: int) -> None:
        """Give the memory of pieces back that nobody asks for any more: all later calls start at before_ns or later."""
        gone = self._piece(before_ns)
        if gone > 1024:
            del self._starts[:gone], self._factors[:gone], self._passed[:gone]

    def _at(self, time_ns: int) -> int:
        """The integral from 0 to an instant, in 1 / per_ns operational nanoseconds."""
        if time_ns <= 0:
            return 0
        piece = self._piece(time_ns)
        return self._passed[piece] + (time_ns - self._starts[piece]) * self._factors[piece]

    def _piece(self, time_ns: int) -> int:
        while self._next is not None and self._next[0] <= time_ns:
            self._append(self._next)
            self._next = next(self._pieces, None)
        return bisect_right(self._starts, time_ns) - 1

    def _append(self, piece: tuple[int, int]) -> None:
        start, factor = piece
        self._passed.append(self._passed[-1] + (start - self._starts[-1]) * self._factors[-1])
        self._starts.append(start)
        self._factors.append(factor)

    def _over_pieces(self, start_ns: int, first: int, last: int, ops: Instants) -> Instants:
        begun = self._at(start_ns)
        origin = begun - begun % self.per_ns
        starts = [start_ns, *self._starts[first + 1 : last + 1]]
        passed = [passed - origin for passed in (begun, *self._passed[first + 1 : last + 1])]
        knots = np.array([p // self.per_ns for p in passed], dtype=np.int64)
        parts = np.array([p % self.per_ns for p in passed], dtype=np.int64)
        piece = np.searchsorted(knots, ops, side="left") - 1
        factors = np.array(self._factors[first : last + 1], dtype=np.int64)
        into = _ceil_divide(ops - knots[piece], self.per_ns, parts[piece], factors[piece])
        found: Instants = np.array(starts, dtype=np.int64)[piece] + into
        return found


def _ceil_divide(ops: Instants, per_ns: int, part: Instants | int, factor: Instants | int) -> Instants:
    """How many nanoseconds at `factor` bring `ops` operational ones, of which part / per_ns has passed already."""
    if isinstance(factor, int) and factor == per_ns and part == 0:
        return ops
    needed: Instants = -((part - per_ns * ops) // factor)
    return needed


def _short(pieces: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same, with pieces so short that their integral fits in an int64, even the last one that lasts for ever."""
    start, factor = next(pieces)
    while True:
        following = next(pieces, None)
        longest = ROOM // max(factor, 1)
        stops = count(start, longest) if following is None else range(start, following[0], longest)
        if following is not None and following[0] <= start:
            raise ValueError(f"a piece starts at {following[0]} ns, not after the one before")
        yield from ((stop, factor) for stop in stops)
        if following is None:
            return
        start, factor = following
