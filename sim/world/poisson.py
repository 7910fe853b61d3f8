"""Independent (Poisson) writes over any popularity, drawn per distinct block (DESIGN.md decision 2).

exact in distribution, at a cost that grows with the distinct blocks touched, not with the writes
memoryless: a take ends an epoch, and what was drawn beyond it never happened
prefix-consistent: what is drawn one by one and what in windows follows from the takes, never from how far one looks

Popular slots draw one exponential each and epoch, their first touch; the cold rest is drawn write by write, in windows.
Thinning of a Poisson process: Kingman 1993, "Poisson Processes", 5.1. Number of distinct blocks: NUMBERS.md 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.world.drawn import NOTHING, Longs, Luck
from sim.world.earliest import earliest
from sim.world.poisson_law import Cold, PoissonLaw, Reals

FINE = 1 << 20  # expected writes are added up in whole parts of this size: the order of addition cannot matter
REMEMBERED = 4  # takes: a look just after a cut must not make the next epoch believe that intervals are short


class PoissonEpoch:
    """What the Poisson writes of a source do between two takes."""

    def __init__(self, law: PoissonLaw, luck: Luck, recent: tuple[int, ...] = ()) -> None:
        self.luck = luck
        self._law, self._recent = law, recent
        self._popular, self._cold = law.split(max(recent, default=law.typical_ops))
        self._popular_ops: Longs | None = None  # first touch of each popular slot
        self._windows: list[Longs] = []  # the instants of all cold writes, a window each
        self._slots, self._ops = NOTHING, NOTHING

    def touched(self, ops: int) -> tuple[Longs, Longs]:
        """Slots first written in (0, ops], increasing, and when."""
        if ops == 0:
            return NOTHING, NOTHING
        self._draw_until(ops)
        within = self._ops <= ops
        return self._slots[within], self._ops[within]

    def writes(self, ops: int) -> int:
        """How many writes (0, ops] has: those drawn, and for popular slots as many as may follow the first."""
        if ops == 0:
            return 0
        self._draw_until(ops)
        _, first, expected = self.popular(ops)
        return self._cold_count(ops) + first.size + self.rest(expected)

    def freed(self, ops: int) -> Longs:
        """Nothing: these writes free no block."""
        return NOTHING

    def following(self, ops: int, luck: Luck) -> PoissonEpoch:
        """A fresh epoch: the process has no memory, the tuning has a little."""
        return PoissonEpoch(self._law, luck, (*self._recent, ops)[-REMEMBERED:])

    def ops_until(self, slots: int) -> int:
        """A guess: by when so many slots have been touched."""
        return self._law.ops_until(slots)

    def popular(self, ops: int) -> tuple[Longs, Longs, Reals]:
        """Popular slots touched in (0, ops]: which, when first, and how many writes to expect after the first."""
        first = self._popular_first()
        within = np.flatnonzero(first <= ops)
        first = first[within]
        return self._popular.slots[within], first, (ops - first) / self._popular.gaps[within]

    def rest(self, expected: Reals) -> int:
        """How many writes the popular slots had after their first, all together: one Poisson draw."""
        mean = int((expected * FINE).astype(np.int64).sum()) / FINE
        return int(self.luck("rest").poisson(mean))

    def cold_writes(self, ops: int) -> Iterator[tuple[Longs, Longs]]:
        """Slots and instants of the cold writes, window by window, to the end of the window in which `ops` falls."""
        if self._cold is not None:
            for window in range(-(-ops // self._cold.window)):
                yield self._draw_window(self._cold, window)

    def _popular_first(self) -> Longs:
        if self._popular_ops is None:
            self._popular_ops = self._popular.draw(self.luck("popular"))
        return self._popular_ops

    def _draw_until(self, ops: int) -> None:
        parts = [] if self._popular_ops is not None else [(self._popular.slots, self._popular_first())]
        while self._cold is not None and len(self._windows) * self._cold.window < ops:
            parts.append(self._draw_window(self._cold, len(self._windows)))
            self._windows.append(parts[-1][1])
        if parts:
            self._merge([(self._slots, self._ops), *parts])

    def _draw_window(self, cold: Cold, window: int) -> tuple[Longs, Longs]:
        ranks, instants = cold.draw(self.luck("cold", window), window * cold.window)
        return self._law.scatter.slots(ranks), instants

    def _merge(self, parts: list[tuple[Longs, Longs]]) -> None:
        parts = [part for part in parts if part[0].size]
        if len(parts) == 1 and parts[0][0] is self._popular.slots:  # in order already
            self._slots, self._ops = parts[0]
        elif parts:
            slots, instants = zip(*parts, strict=True)
            self._slots, self._ops = earliest(np.concatenate(slots), np.concatenate(instants))

    def _cold_count(self, ops: int) -> int:
        if self._cold is None:
            return 0
        whole = ops // self._cold.window
        drawn = sum(window.size for window in self._windows[:whole])
        return drawn + sum(int(np.count_nonzero(window <= ops)) for window in self._windows[whole : whole + 1])
