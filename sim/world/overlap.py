"""Which set last held a block: what makes distinct loss countable at every instant from the ledger alone.

The blocks that a disaster would lose, with boundary r served and set n open, are the blocks of sets r + 1 .. n counted
once. A block of set j counts there unless an earlier one of these sets held it: unless its last earlier set is > r.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.world.contents import sparse_zeros

MANY_ROWS = 16


class SetHistory:
    """For each block the number of the last set that held it; 0 for none."""

    def __init__(self, n_blocks: int) -> None:
        self._last_set = sparse_zeros(n_blocks, np.int32)

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
        step = np.clip(((first_ns - since_ns) * steps - 1) // max(now_ns - since_ns, 1), 0, steps - 1)
        if rows == 1:  # nothing is outstanding: every block counts, whenever it was held before
            counts = np.bincount(step, minlength=steps).reshape(1, steps)
        else:
            counts = self._by_distance(addresses, step, number, rows, steps)
        self._last_set[addresses] = number
        return tuple(tuple(row) for row in counts.cumsum(axis=1).tolist())

    def _by_distance(
        self, addresses: NDArray[np.int64], step: NDArray[np.int64], number: int, rows: int, steps: int
    ) -> NDArray[np.int64]:
        """Row d, column i: blocks first touched in step i whose last earlier set is more than d before `number`."""
        before = self._last_set[addresses]
        distance = np.where(before == 0, rows, np.minimum(number - before, rows)).astype(np.int64)
        counts = np.bincount(distance * steps + step, minlength=(rows + 1) * steps).reshape(rows + 1, steps)
        return counts[::-1].cumsum(axis=0)[::-1][1:]
