"""Churn: extents of a volume that are allocated and written, freed again, and so on.

at the instants of a Poisson process a random extent changes: in use -> freed; free -> allocated and written
what was in use when an epoch began is so at its end if it changed an even number of times; what was not, if an odd one
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Bitmap
from sim.world.drawn import NOTHING, Longs, Luck, with_margin
from sim.world.earliest import run_starts
from sim.world.poisson_law import WINDOW_WRITES, Cold


@dataclass(frozen=True, slots=True)
class Changes:
    """What an epoch did up to some instant, by extent: int64 increasing; `first_ops` of those written."""

    changed: Longs
    times: Longs
    was_in_use: NDArray[np.bool_]
    written: Longs
    first_ops: Longs

    @property
    def freed(self) -> Longs:
        """Extents that are free now."""
        free: Longs = self.changed[self.was_in_use == (self.times % 2 == 1)]
        return free

    @property
    def writes(self) -> int:
        """How many extents were allocated and written, counted each time."""
        return int(((self.times + ~self.was_in_use) // 2).sum())


def churn(slots: int, changes_per_op: float, typical_ops: int) -> Cold:
    """The law of a churn: every extent alike, drawn in windows of fixed length."""
    window = max(1, min(typical_ops, int(WINDOW_WRITES / changes_per_op)))
    return Cold(
        first=np.zeros(1, dtype=np.int64),
        count=np.array([float(slots)]),
        rates=np.array([changes_per_op * window]),
        window=window,
    )


class ChurnEpoch:
    """Changes since the last take; `in_use` holds the extents in use when the epoch began."""

    def __init__(self, law: Cold, in_use: Bitmap, luck: Luck) -> None:
        self._law, self._in_use, self._luck = law, in_use, luck
        self._slots, self._ops = NOTHING, NOTHING  # by slot, and in order of time within one
        self._windows = 0
        self._seen: tuple[int, Changes] | None = None

    def touched(self, ops: int) -> tuple[Longs, Longs]:
        """Extents first allocated and written in (0, ops], increasing, and when."""
        changes = self.changes(ops)
        return changes.written, changes.first_ops

    def writes(self, ops: int) -> int:
        """How many times an extent was allocated and written in (0, ops]."""
        return self.changes(ops).writes

    def freed(self, ops: int) -> Longs:
        """Extents that changed and are free at `ops`."""
        return self.changes(ops).freed

    def following(self, ops: int, luck: Luck) -> ChurnEpoch:
        """What changed an odd number of times is now the other thing; the process itself has no memory."""
        changes = self.changes(ops)
        odd = changes.times % 2 == 1
        self._in_use.clear(changes.changed[odd & changes.was_in_use])
        self._in_use.set(changes.changed[odd & ~changes.was_in_use])
        return ChurnEpoch(self._law, self._in_use, luck)

    def ops_until(self, slots: int) -> int:
        """A guess: by when so many extents have been written; every other change is a write."""
        return int(2 * with_margin(slots) * self._law.window / float(self._law.rates[0])) + 1

    def changes(self, ops: int) -> Changes:
        """What happened in (0, ops]."""
        if self._seen is None or self._seen[0] != ops:
            self._draw_until(ops)
            within = self._ops <= ops
            self._seen = ops, _folded(self._slots[within], self._ops[within], self._in_use)
        return self._seen[1]

    def _draw_until(self, ops: int) -> None:
        parts = [(self._slots, self._ops)]
        while self._windows * self._law.window < ops:
            parts.append(self._law.draw(self._luck("changes", self._windows), self._windows * self._law.window))
            self._windows += 1
        if len(parts) > 1:
            slots, instants = (np.concatenate(column) for column in zip(*parts, strict=True))
            order = np.lexsort((instants, slots))
            self._slots, self._ops = slots[order], instants[order]


def _folded(slots: Longs, ops: Longs, in_use: Bitmap) -> Changes:
    """All changes of an extent become one row; its first write is its first change, or its second if it was in use."""
    first = np.flatnonzero(run_starts(slots))
    times = np.diff(first, append=slots.size)
    was_in_use = in_use.test(slots[first])
    written = times > was_in_use
    return Changes(
        changed=slots[first],
        times=times,
        was_in_use=was_in_use,
        written=slots[first[written]],
        first_ops=ops[(first + was_in_use)[written]],
    )
