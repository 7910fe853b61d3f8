"""A stretch of Poisson writes with one split into popular slots (a draw each) and cold ones (a draw for each write).

A stage speaks of operational nanoseconds since it began. Draws come from its own streams, a window at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.world.drawn import NOTHING, Longs, Luck, poisson
from sim.world.earliest import chosen
from sim.world.lots import ColdLot, Lot, PopularLot
from sim.world.poisson_law import ColdWrites, Reals, Split
from sim.world.scatter import Scatter

MOST_WINDOWS = 1 << 20  # of a stage: each has its own stream key
NEVER = 1 << 62


class Stage:
    """Stage `number` of an epoch."""

    def __init__(self, split: Split, scatter: Scatter, luck: Luck, number: int) -> None:
        self.ops = split.stage_ops
        self._split, self._scatter, self._luck, self._number = split, scatter, luck, number
        self._first: Longs | None = None  # touch of each popular slot
        self._begun = False  # whether those have been handed out
        self._windows: list[Longs] = []  # the instants of all cold writes drawn so far, a window each

    def draw_until(self, ops: int) -> Iterator[Lot]:
        """What (0, ops] needs and was not drawn before: touches, some of them beyond `ops`."""
        if not self._begun:
            self._begun = True
            yield PopularLot(self._split.popular.slots, self._popular_first())
        cold = self._split.cold
        while cold is not None and len(self._windows) * cold.window < ops:
            writes = self._draw_window(len(self._windows))
            self._windows.append(writes.instants)
            yield ColdLot(writes, self._scatter)

    def writes(self, ops: int) -> int:
        """How many writes (0, ops] has; it must have been drawn."""
        first = self._popular_first()
        if first.size == 0:
            return self._cold_writes(ops)
        first, gaps = chosen(first <= ops, first, self._split.popular.gaps)
        return self._cold_writes(ops) + first.size + self.rest((ops - first) / gaps)

    def popular(self, ops: int) -> tuple[Longs, Longs, Reals]:
        """Popular slots touched in (0, ops]: which, when first, and how many writes to expect after the first."""
        popular, first = self._split.popular, self._popular_first()
        slots, first, gaps = chosen(first <= ops, popular.slots, first, popular.gaps)
        return slots, first, (ops - first) / gaps

    def rest(self, expected: Reals) -> int:
        """How many writes the popular slots had after their first, all together: one Poisson draw."""
        if expected.size == 0:
            return 0
        return poisson(self._luck("rest", self._number), _total(expected))

    def cold_writes(self, ops: int) -> Iterator[tuple[Longs, Longs]]:
        """Slots and instants of the cold writes, window by window, to the end of the window in which `ops` falls."""
        cold = self._split.cold
        windows = 0 if cold is None else -(-ops // cold.window)
        lots = (ColdLot(self._draw_window(window), self._scatter) for window in range(windows))
        return ((lot.slots(), lot.instants) for lot in lots)

    def listing_luck(self) -> np.random.Generator:
        """For whoever lists the writes of popular slots."""
        return self._luck("listing", self._number)

    def _popular_first(self) -> Longs:
        if self._first is None and self._split.popular.slots.size == 0:
            self._first = NOTHING  # a stream costs more to open than all else here
        if self._first is None:
            self._first = self._split.popular.draw(self._luck("popular", self._number))
            self._first[self._first > self.ops] = NEVER
        return self._first

    def _draw_window(self, window: int) -> ColdWrites:
        cold = self._split.cold
        assert cold is not None
        luck = self._luck("cold", self._number * MOST_WINDOWS + window)
        return cold.writes(luck, window * cold.window)

    def _cold_writes(self, ops: int) -> int:
        cold = self._split.cold
        if cold is None:
            return 0
        whole = ops // cold.window
        drawn = sum(window.size for window in self._windows[:whole])
        return drawn + sum(int(np.count_nonzero(window <= ops)) for window in self._windows[whole : whole + 1])


def _total(expected: Reals) -> float:
    """The sum, in whole parts so fine that 61 bits just hold it: the order of addition cannot matter."""
    if expected.size == 0:
        return 0.0
    _, bits = math.frexp(float(expected.max()) * expected.size)
    grain = math.ldexp(1.0, 61 - bits)
    return int((expected * grain).astype(np.int64).sum()) / grain
