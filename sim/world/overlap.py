"""Which set last held a block: what makes distinct loss countable at every instant from the ledger alone.

The blocks that a disaster would lose, with boundary r served and set n open, are the blocks of sets r + 1 .. n counted
once. A block of set j counts there unless an earlier one of these sets held it: unless its last earlier set is > r.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.world.contents import sparse_zeros

Counts = NDArray[np.int64]
Sets = NDArray[np.int32]

FEW_ROWS = 4
MANY_ROWS = 16  # from here on with fewer time steps, so that a long outage does not fill the ledger


class SetHistory:
    """For each block the number of the last set that held it; 0 for none."""

    def __init__(self, n_blocks: int) -> None:
        self._last_set = sparse_zeros(n_blocks, np.int32)

    def blocks_after(self, number: int, pages: NDArray[np.int64], page_blocks: int) -> int:
        """How many distinct blocks sets after `number` hold, the open one too; looks only at pages ever written."""
        found = 0
        for page in pages.tolist():
            found += int(np.count_nonzero(self._last_set[page * page_blocks : (page + 1) * page_blocks] > number))
        return found

    def growth(
        self,
        addresses: NDArray[np.int64],
        first_ns: NDArray[np.int64],
        since_ns: int,
        now_ns: int,
        number: int,
        rows: int,
    ) -> tuple[tuple[int, ...], ...]:
        """How the open set `number` grew by new blocks in (since_ns, now_ns]; remembers them as its blocks.

        `addresses` are new in the set, first written at `first_ns` (wall time). Row d counts those whose last earlier
        set is more than d sets before; columns are equal time steps, each counting from the start of the window.
        """
        steps = 64 if rows <= MANY_ROWS else 16
        step = _steps_of(first_ns, since_ns, now_ns, steps)
        before = self._last_set[addresses]
        count = _few_rows if rows <= FEW_ROWS else _many_rows
        counts = count(step, before, number, rows, steps)
        self._last_set[addresses] = number
        return tuple(map(tuple, counts.cumsum(axis=1).tolist()))


def _steps_of(first_ns: NDArray[np.int64], since_ns: int, now_ns: int, steps: int) -> Counts:
    """In which of so many equal steps of (since_ns, now_ns] each instant falls; those outside in the nearest."""
    step = first_ns - since_ns
    step *= steps
    step -= 1
    step //= now_ns - since_ns if now_ns > since_ns else 1
    np.maximum(step, 0, out=step)
    return np.minimum(step, steps - 1, out=step)


def _few_rows(step: Counts, before: Sets, number: int, rows: int, steps: int) -> Counts:
    """One row after the other, each without the blocks of one set more: the usual case, and the fast one."""
    counts = np.empty((rows, steps), dtype=np.int64)
    counts[0] = np.bincount(step, minlength=steps)
    for row in range(1, rows):
        held = step[before == number - row] if row < number else step[:0]  # set 0 stands for none
        counts[row] = counts[row - 1] - np.bincount(held, minlength=steps)
    return counts


def _many_rows(step: Counts, before: Sets, number: int, rows: int, steps: int) -> Counts:
    """All rows at once: the cost does not grow with them."""
    far = np.where(before == 0, rows, np.minimum(number - before, rows)).astype(np.int64)
    counts = np.bincount(far * steps + step, minlength=(rows + 1) * steps).reshape(rows + 1, steps)
    beyond: Counts = counts[::-1].cumsum(axis=0)[::-1][1:]
    return beyond
