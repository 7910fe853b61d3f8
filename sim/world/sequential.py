"""Sequential writes: a cursor runs through a region, an extent at a time, and starts again at its end.

the k-th write covers extent (k - 1) mod n, whoever looks and whenever
an epoch touches the next min(writes, n) extents; writes beyond a full turn are only counted

Arrivals are Poisson, or even: then the k-th write comes at exactly ceil(k / rate), which closed forms build on.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

import numpy as np

from sim.world.drawn import NOTHING, Longs, Luck, draws_within, poisson, with_margin
from sim.world.rates import ROOM

NS = 10**9
WINDOW_WRITES = 1 << 12  # expected writes of a window in which Poisson arrivals are drawn


class Arrivals(Protocol):
    """When writes come, in whole operational nanoseconds since the epoch began."""

    def first(self, ops: int, most: int) -> Longs:
        """The instants of the first `most` writes of (0, ops], increasing; fewer if there are fewer."""
        ...

    def writes(self, ops: int, most: int) -> int:
        """How many writes (0, ops] has, given what `first(ops, most)` says."""
        ...

    def following(self, ops: int, luck: Luck) -> Arrivals:
        """The arrivals after `ops`."""
        ...

    def ops_until(self, writes: int) -> int:
        """A guess: by when so many have come."""
        ...


class EvenArrivals:
    """Writes at exactly even distance in operational time: the k-th one at ceil(k * 1e9 / rate)."""

    def __init__(self, per_second: Fraction, passed: int = 0) -> None:
        self._rate = per_second / NS  # writes per operational nanosecond
        self._passed = passed  # operational nanoseconds before this epoch

    def first(self, ops: int, most: int) -> Longs:
        """The instants of the first `most` writes."""
        done = self._by(0)
        how_many = min(self._by(ops) - done, most)
        gap, extra = divmod(self._rate.denominator, self._rate.numerator)
        whole, rest = divmod((done + 1) * self._rate.denominator, self._rate.numerator)
        index = np.arange(how_many)
        if (rest + how_many * extra) >= ROOM:  # a rate of very many digits
            return np.array([self._instant(done + 1 + k) for k in range(how_many)], dtype=np.int64)
        return index * gap - (-(rest + index * extra) // self._rate.numerator) + (whole - self._passed)

    def writes(self, ops: int, most: int) -> int:
        """How many come in (0, ops]; nothing about them is random."""
        return self._by(ops) - self._by(0)

    def following(self, ops: int, luck: Luck) -> EvenArrivals:
        """The same row, further on."""
        return EvenArrivals(self._rate * NS, self._passed + ops)

    def ops_until(self, writes: int) -> int:
        """Exactly when so many have come."""
        return self._instant(self._by(0) + writes)

    def _by(self, ops: int) -> int:
        return int((self._passed + ops) * self._rate // 1)

    def _instant(self, k: int) -> int:
        return -(-k * self._rate.denominator // self._rate.numerator) - self._passed


class PoissonArrivals:
    """Writes at the instants of a Poisson process, drawn in windows that hold WINDOW_WRITES on average."""

    def __init__(self, per_second: Fraction, luck: Luck) -> None:
        self._per_second, self._luck = per_second, luck
        self._per_op = float(per_second / NS)
        self._window = max(1, int(WINDOW_WRITES * NS / per_second))
        self._windows = 0
        self._instants = NOTHING

    def first(self, ops: int, most: int) -> Longs:
        """The instants of the first `most` writes."""
        self._draw_until(ops, most)
        return self._instants[: min(most, self._drawn_by(ops))]

    def writes(self, ops: int, most: int) -> int:
        """Those drawn, and where `most` made drawing stop early, as many as may have come after."""
        self._draw_until(ops, most)
        beyond = max(0, ops - self._windows * self._window)
        return self._drawn_by(ops) + poisson(self._luck("rest"), self._per_op * beyond)

    def following(self, ops: int, luck: Luck) -> PoissonArrivals:
        """A fresh process: it has no memory."""
        return PoissonArrivals(self._per_second, luck)

    def ops_until(self, writes: int) -> int:
        """By when a few more than so many should have come."""
        return int(with_margin(writes) / self._per_op) + 1

    def _drawn_by(self, ops: int) -> int:
        return int(np.searchsorted(self._instants, ops, side="right"))

    def _draw_until(self, ops: int, most: int) -> None:
        parts, drawn = [self._instants], self._instants.size
        while self._windows * self._window < ops and drawn < most:
            parts.append(self._draw_window())
            drawn += parts[-1].size
        if len(parts) > 1:
            self._instants = np.concatenate(parts)

    def _draw_window(self) -> Longs:
        luck = self._luck("arrivals", self._windows)
        arrivals = int(luck.poisson(self._per_op * self._window))
        instants = draws_within(luck, arrivals, self._window, self._windows * self._window)
        instants.sort()
        self._windows += 1
        return instants


class SequentialEpoch:
    """The next writes of a cursor over `slots` extents."""

    def __init__(self, arrivals: Arrivals, slots: int, cursor: int = 0) -> None:
        self._arrivals, self._slots, self._cursor = arrivals, slots, cursor

    def touched(self, ops: int) -> tuple[Longs, Longs]:
        """The extents from the cursor on, by address: those after the turn come first."""
        instants = self._arrivals.first(ops, self._slots)
        to_end = self._slots - self._cursor
        if instants.size <= to_end:
            return np.arange(self._cursor, self._cursor + instants.size), instants
        turned = np.arange(instants.size - to_end)
        ahead = np.arange(self._cursor, self._slots)
        return np.concatenate([turned, ahead]), np.concatenate([instants[to_end:], instants[:to_end]])

    def writes(self, ops: int) -> int:
        """How many writes (0, ops] has."""
        return self._arrivals.writes(ops, self._slots)

    def freed(self, ops: int) -> Longs:
        """Nothing: these writes free no block."""
        return NOTHING

    def following(self, ops: int, luck: Luck) -> SequentialEpoch:
        """The cursor goes on from where it is."""
        cursor = (self._cursor + self.writes(ops)) % self._slots
        return SequentialEpoch(self._arrivals.following(ops, luck), self._slots, cursor)

    def ops_until(self, slots: int) -> int:
        """A guess: by when so many extents have been touched."""
        return self._arrivals.ops_until(slots)
