"""What does not change about Poisson writes: rate, popularity, places; and which slots deserve a draw of their own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.world.drawn import Longs, draws_within, with_margin
from sim.world.earliest import by_address
from sim.world.popularity import Bin, Popularity
from sim.world.scatter import Scatter

Reals = NDArray[np.float64]

THRESHOLD = 1.0  # expected writes in an interval: above, one draw for a slot costs less than a draw for each write
WINDOW_WRITES = 1 << 16  # expected writes of a window: as many as stay in the cache
MOST_WINDOWS = 16  # in an interval
LONGEST = 1 << 53  # operational nanoseconds (104 days): an exponential of a popular slot fits in 63 bits
COARSE = 1.5  # popularity within a bin of the guesses


@dataclass(frozen=True, slots=True)
class Popular:
    """Slots drawn one by one: int64 increasing, and the mean operational nanoseconds between two writes of each."""

    slots: Longs
    gaps: Reals

    def draw(self, luck: np.random.Generator) -> Longs:
        """The first touch of each, in whole operational nanoseconds."""
        first = luck.standard_exponential(self.slots.size)
        first *= self.gaps
        return first.astype(np.int64) + 1


@dataclass(frozen=True, slots=True)
class Cold:
    """Bins drawn write by write: ranks [first, first + count) get `rates` writes per window of `window` ops."""

    first: Longs
    count: Reals
    rates: Reals
    window: int

    def draw(self, luck: np.random.Generator, begin: int) -> tuple[Longs, Longs]:
        """Ranks and instants of all the writes in the window that begins at `begin`."""
        counts = luck.poisson(self.rates)
        total = int(counts.sum())
        ranks = (luck.random(total) * np.repeat(self.count, counts)).astype(np.int64)
        ranks += np.repeat(self.first, counts)
        instants = draws_within(luck, total, self.window)
        instants += begin
        return ranks, instants


class PoissonLaw:
    """Writes at `writes_per_op` per operational nanosecond, spread as `popularity` says, placed by `scatter`.

    `typical_ops`: how long an epoch will be, about; it decides what is fast, never what comes out in distribution.
    """

    def __init__(self, popularity: Popularity, scatter: Scatter, writes_per_op: float, typical_ops: int) -> None:
        self.popularity = popularity
        self.scatter = scatter
        self.writes_per_op = writes_per_op
        self.typical_ops = min(max(1, typical_ops), LONGEST)
        self._splits: dict[int, tuple[Popular, Cold | None]] = {}
        self._coarse = popularity.coarsened(COARSE)
        self._guesses: dict[int, int] = {}

    def split(self, interval_ops: int) -> tuple[Popular, Cold | None]:
        """What is drawn by the slot and what by the write, for epochs of about this length (within a factor of 2)."""
        level = self._level(interval_ops)
        if level not in self._splits:
            interval = min(max(1, _times_four(self.typical_ops, level)), LONGEST)
            self._splits[level] = self._popular(interval), self._cold(interval)
        return self._splits[level]

    def ops_until(self, slots: int) -> int:
        """By when a little more than `slots` distinct slots should have been touched (a guess)."""
        if slots not in self._guesses:
            self._guesses[slots] = math.ceil(self._coarse.writes_until(with_margin(slots)) / self.writes_per_op)
        return self._guesses[slots]

    def _level(self, interval_ops: int) -> int:
        """Power of four nearest to interval / typical, at most 64 either way."""
        level = -3
        while level < 3 and interval_ops > 2 * _times_four(self.typical_ops, level):
            level += 1
        return level

    def _is_popular(self, one: Bin, interval: int) -> bool:
        return self.writes_per_op * interval * one.each >= THRESHOLD

    def _popular(self, interval: int) -> Popular:
        bins = [one for one in self.popularity.bins if self._is_popular(one, interval)]
        ranks = [np.arange(one.first, one.first + one.count) for one in bins]
        slots, rank = by_address(self.scatter.slots(np.concatenate([np.zeros(0, dtype=np.int64), *ranks])))
        gaps = np.repeat([1.0 / (self.writes_per_op * one.each) for one in bins], [one.count for one in bins])
        return Popular(slots, gaps[rank])

    def _cold(self, interval: int) -> Cold | None:
        bins = [one for one in self.popularity.bins if one.mass and not self._is_popular(one, interval)]
        if not bins:
            return None
        expected = self.writes_per_op * interval * math.fsum(one.mass for one in bins)
        window = -(-interval // min(max(1, math.ceil(expected / WINDOW_WRITES)), MOST_WINDOWS))
        return Cold(
            first=np.array([one.first for one in bins], dtype=np.int64),
            count=np.array([one.count for one in bins], dtype=np.float64),
            rates=np.array([self.writes_per_op * one.mass * window for one in bins]),
            window=window,
        )


def _times_four(ops: int, level: int) -> int:
    return ops << 2 * level if level >= 0 else ops >> -2 * level
