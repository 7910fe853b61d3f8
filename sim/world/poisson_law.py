"""What does not change about Poisson writes: rate, popularity, places; and which slots deserve a draw of their own."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import count, takewhile

import numpy as np
from numpy.typing import NDArray

from sim.world.drawn import Longs, draws_within, with_margin
from sim.world.earliest import by_address
from sim.world.popularity import Bin, Popularity
from sim.world.scatter import Scatter

Reals = NDArray[np.float64]

THRESHOLD = 0.5  # expected writes in an interval: above, one draw for a slot costs less than a draw for each write
WINDOW_WRITES = 1 << 16  # expected writes of a window: as many as stay in the cache
MOST_WINDOWS = 16  # in an interval
LEAST_LEVEL = -8  # powers of four that an interval may be shorter than the typical one
STAGE_INTERVALS = 4  # an epoch that lasts longer than so many of its intervals goes on with the next level's split
LONGEST = 1 << 53  # operational nanoseconds (104 days): an exponential of a popular slot fits in 63 bits
MOST_GUESSES = 1000  # are remembered
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
        writes = self.writes(luck, begin)
        return writes.ranks(), writes.instants

    def writes(self, luck: np.random.Generator, begin: int) -> ColdWrites:
        """The same, with the ranks still to be worked out."""
        # for one bin the same number, without what NumPy does around an array
        counts = luck.poisson(self.rates) if self.rates.size > 1 else np.array([luck.poisson(float(self.rates[0]))])
        places = luck.random(int(np.add.reduce(counts)))
        return ColdWrites(self, counts, places, draws_within(luck, places.size, self.window, begin))


class ColdWrites:
    """All the writes of a window: their instants, and where each falls within its bin, which says its rank."""

    __slots__ = ("_cold", "_counts", "_places", "instants")

    def __init__(self, cold: Cold, counts: Longs, places: Reals, instants: Longs) -> None:
        """`counts`: writes of each bin, which come one bin after the other; `places` in [0, 1)."""
        self._cold, self._counts, self._places, self.instants = cold, counts, places, instants

    def ranks(self) -> Longs:
        """The rank of each write; works in place and uses up what was drawn, so it is asked for last and once."""
        count, first = self._cold.count, self._cold.first
        if count.size == 1:
            return self._ranks(self._places, count[0], first[0])
        return self._ranks(self._places, np.repeat(count, self._counts), np.repeat(first, self._counts))

    def ranks_of(self, chosen: Longs) -> Longs:
        """The ranks of these writes (int64 indices)."""
        count, first = self._cold.count, self._cold.first
        if count.size == 1:
            return self._ranks(self._places[chosen], count[0], first[0])
        bins = np.searchsorted(np.cumsum(self._counts), chosen, side="right")
        return self._ranks(self._places[chosen], count[bins], first[bins])

    @staticmethod
    def _ranks(places: Reals, count: Reals, first: Longs) -> Longs:
        places *= count
        ranks = places.astype(np.int64)
        ranks += first
        return ranks


@dataclass(frozen=True, slots=True)
class Split:
    """What is drawn by the slot and what by the write, for epochs of one length; good for `stage_ops`."""

    popular: Popular
    cold: Cold | None
    stage_ops: int


class PoissonLaw:
    """Writes at `writes_per_op` per operational nanosecond, spread as `popularity` says, placed by `scatter`.

    `typical_ops`: how long an epoch will be, about; it decides what is fast, never what comes out in distribution.
    """

    def __init__(self, popularity: Popularity, scatter: Scatter, writes_per_op: float, typical_ops: int) -> None:
        self.popularity = popularity
        self.scatter = scatter
        self.writes_per_op = writes_per_op
        self.typical_ops = min(max(1, typical_ops), LONGEST)
        self._splits: dict[int, Split] = {}
        self._coarse = popularity.coarsened(COARSE)
        self._guesses: dict[int, int] = {}
        ends = (2 * self._interval(level) for level in count(LEAST_LEVEL))
        self._levels_end = [*takewhile(lambda end: end < LONGEST, ends)]  # the longest interval of each level

    def level(self, interval_ops: int) -> int:
        """The power of four nearest to interval / typical: what a split is made for."""
        return LEAST_LEVEL + bisect_left(self._levels_end, interval_ops)

    def split(self, level: int) -> Split:
        """What is drawn by the slot and what by the write, for epochs of 4 ** level typical lengths."""
        level = min(level, (LONGEST // self.typical_ops).bit_length() // 2 + 1)  # there the interval is LONGEST
        if level not in self._splits:
            interval = self._interval(level)
            cold = self._cold(interval)
            window = interval if cold is None else cold.window
            stage_ops = -(-STAGE_INTERVALS * interval // window) * window  # whole windows: none is in two stages
            self._splits[level] = Split(self._popular(interval), cold, stage_ops)
        return self._splits[level]

    def ops_until(self, slots: int) -> int:
        """By when a little more than `slots` distinct slots should have been touched (a guess)."""
        if len(self._guesses) > MOST_GUESSES:
            self._guesses.clear()
        if slots not in self._guesses:
            self._guesses[slots] = math.ceil(self._coarse.writes_until(with_margin(slots)) / self.writes_per_op)
        return self._guesses[slots]

    def _interval(self, level: int) -> int:
        ops = self.typical_ops
        return min(ops << 2 * level, LONGEST) if level >= 0 else max(ops >> -2 * level, 1)

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
