"""The block map of a snapshot: block address -> save address (FIG 24, 44; L2549-2566).

FIG 44 keeps hash lists, good for one block at a time. Here blocks come in sorted batches, so the map is a list of
sorted runs: a batch is appended as a run, and before the next look runs of like size are merged, so that few are left.
Looking a sorted batch up is then a binary search that walks through memory in order, the memory is 16 bytes an entry,
and the entries in block order, which merging, bit maps and differences need, are there without sorting a hash table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.engine.bitmap import Addresses, Bitmap, Mask

ABSENT = -1
MOST_UNTIDY = 64  # runs that may wait for the next look


class Run(NamedTuple):
    """Entries in block order; no block is in two runs."""

    blocks: Addresses
    saves: Addresses


NO_ENTRIES = Run(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class BlockMap:
    """Where the before-image of a block lies. Batches are int64, increasing, each block once."""

    __slots__ = ("_count", "_runs", "_untidy")

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._untidy = 0  # runs at the end that came since the last look
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def insert(self, blocks: Addresses, saves: Addresses) -> None:
        """Add entries for blocks that have none yet (a before-image is saved once, S3).

        Raises ValueError when the two differ in length.
        """
        if blocks.size != saves.size:
            raise ValueError(f"{blocks.size} blocks but {saves.size} save addresses")
        if blocks.size:
            self._runs.append(Run(blocks.copy(), saves.copy()))
            self._untidy += 1
            self._count += blocks.size
        if self._untidy == MOST_UNTIDY:
            self._tidy()

    def lookup(self, blocks: Addresses) -> Addresses:
        """The save address of each block, ABSENT (-1) where it has none."""
        self._tidy()
        saves = np.full(blocks.size, ABSENT, dtype=np.int64)
        for run in self._runs:
            place, found = _find(run, blocks)
            saves[found] = run.saves[place[found]]
        return saves

    def contains(self, blocks: Addresses) -> Mask:
        """Which of the blocks have an entry."""
        self._tidy()
        held = np.zeros(blocks.size, dtype=np.bool_)
        for run in self._runs:
            held |= _find(run, blocks)[1]
        return held

    def items(self) -> Run:
        """All entries in block order: (blocks, saves)."""
        if not self._runs:
            return NO_ENTRIES
        self._merge_last(len(self._runs))
        self._untidy = 0
        return self._runs[0]

    def remove(self, blocks: Addresses) -> None:
        """Forget these blocks; those without an entry are passed over."""
        held = self.items()
        keep = np.isin(held.blocks, blocks, assume_unique=True, invert=True)
        left = Run(held.blocks[keep], held.saves[keep])
        self._count = left.blocks.size
        self._runs = [left] if self._count else []

    def bitmap(self, n_blocks: int) -> Bitmap:
        """The bit map that says the same: which blocks have an entry (L2557-2566)."""
        bitmap = Bitmap(n_blocks)
        for run in self._runs:
            bitmap.set(run.blocks)
        return bitmap

    def _tidy(self) -> None:
        """Merge the batches since the last look, then runs until each is more than twice the next."""
        if not self._untidy:
            return
        self._merge_last(self._untidy)
        self._untidy = 0
        while len(self._runs) > 1 and self._runs[-2].blocks.size <= 2 * self._runs[-1].blocks.size:
            self._merge_last(2)

    def _merge_last(self, count: int) -> None:
        if count < 2:
            return
        blocks = np.concatenate([run.blocks for run in self._runs[-count:]])
        saves = np.concatenate([run.saves for run in self._runs[-count:]])
        order = np.argsort(blocks, kind="stable")  # a merge sort: fast on runs that are sorted already
        self._runs[-count:] = [Run(blocks[order], saves[order])]


def _find(run: Run, blocks: Addresses) -> tuple[Addresses, Mask]:
    """For each block its place in the run, and whether it is really there."""
    place = np.searchsorted(run.blocks, blocks)
    np.minimum(place, run.blocks.size - 1, out=place)
    found: Mask = run.blocks[place] == blocks
    return place, found
