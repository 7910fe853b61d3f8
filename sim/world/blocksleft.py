"""Blocks that are still to be copied, in increasing order, a window at a time: no list of all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Bitmap

SLICE_BLOCKS = 1 << 18  # looked up at a time: bounds memory, decides nothing


class BlocksLeft:
    """Blocks that are still to be copied, in increasing order, a window at a time: no list of all of them."""

    def __init__(self, blocks: Bitmap) -> None:
        self.left = blocks.count()
        self._blocks = blocks
        self._window = self._windows()
        self._rest: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def take(self, count: int) -> Iterator[NDArray[np.int64]]:
        """The next `count` blocks, in pieces."""
        self.left -= count
        while count > 0:
            if not self._rest.size:
                self._rest = next(self._window)
            part, self._rest = self._rest[:count], self._rest[count:]
            count -= part.size
            yield part

    def _windows(self) -> Iterator[NDArray[np.int64]]:
        for start in range(0, self._blocks.n_bits, SLICE_BLOCKS):
            every = np.arange(start, min(start + SLICE_BLOCKS, self._blocks.n_bits))
            yield every[self._blocks.test(every)]
