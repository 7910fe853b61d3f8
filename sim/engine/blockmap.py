"""The block map of a snapshot: block address -> save address (FIG 24, 44; L2549-2566).

FIG 44 keeps hash lists, good for one block at a time. Here blocks come in sorted batches, so the map is a few sorted
runs of growing size: a batch is appended as a run, and runs of like size are merged. Looking a sorted batch up is then
a binary search that walks through memory in order, the memory is 16 bytes an entry, and the entries in block order,
which merging, bit maps and differences need, are there without sorting a hash table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.engine.bitmap import Addresses, Bitmap, Mask

ABSENT = -1


class Run(NamedTuple):
    """Entries in block order; no block is in two runs."""

    blocks: Addresses
    saves: Addresses


NO_ENTRIES = Run(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class BlockMap:
    """Where the before-image of a block lies. Batches are int64, increasing, each block once."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def __len__(self) -> int:
        return sum(run.blocks.size for run in self._runs)

    def insert(self, blocks: Addresses, saves: Addresses) -> None:
        """Add entries for blocks that have none yet (a before-image is saved once, S3).

        Raises ValueError when the two differ in length.
        """
        if blocks.size != saves.size:
            raise ValueError(f"{blocks.size} blocks but {saves.size} save addresses")
        if blocks.size:
            self._runs.append(Run(blocks.copy(), saves.copy()))
        while len(self._runs) > 1 and self._runs[-2].blocks.size <= 2 * self._runs[-1].blocks.size:
            younger, older = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(older, younger))

    def lookup(self, blocks: Addresses) -> Addresses:
        """The save address of each block, ABSENT (-1) where it has none."""
        saves = np.full(blocks.size, ABSENT, dtype=np.int64)
        for run in self._runs:
            place, found = _find(run, blocks)
            saves[found] = run.saves[place[found]]
        return saves

    def contains(self, blocks: Addresses) -> Mask:
        """Which of the blocks have an entry."""
        held = np.zeros(blocks.size, dtype=np.bool_)
        for run in self._runs:
            held |= _find(run, blocks)[1]
        return held

    def items(self) -> Run:
        """All entries in block order: (blocks, saves)."""
        while len(self._runs) > 1:
            younger, older = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(older, younger))
        return self._runs[0] if self._runs else NO_ENTRIES

    def remove(self, blocks: Addresses) -> None:
        """Forget these blocks; those without an entry are passed over."""
        run = self.items()
        place, found = _find(run, blocks)
        keep = np.ones(run.blocks.size, dtype=np.bool_)
        keep[place[found]] = False
        self._runs = [Run(run.blocks[keep], run.saves[keep])] if keep.any() else []

    def bitmap(self, n_blocks: int) -> Bitmap:
        """The bit map that says the same: which blocks have an entry (L2557-2566)."""
        bitmap = Bitmap(n_blocks)
        for run in self._runs:
            bitmap.set(run.blocks)
        return bitmap


def _find(run: Run, blocks: Addresses) -> tuple[Addresses, Mask]:
    """For each block its place in the run, and whether it is really there."""
    place = np.searchsorted(run.blocks, blocks)
    np.minimum(place, run.blocks.size - 1, out=place)
    if run.blocks.size == 0:
        return place, np.zeros(blocks.size, dtype=np.bool_)
    found: Mask = run.blocks[place] == blocks
    return place, found


def _merged(left: Run, right: Run) -> Run:
    """Both runs in block order: each entry of the smaller finds its place among those of the larger."""
    few, many = (left, right) if left.blocks.size < right.blocks.size else (right, left)
    total = few.blocks.size + many.blocks.size
    place = np.searchsorted(many.blocks, few.blocks) + np.arange(few.blocks.size)
    rest = np.ones(total, dtype=np.bool_)
    rest[place] = False
    blocks, saves = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    blocks[place], saves[place] = few
    blocks[rest], saves[rest] = many
    return Run(blocks, saves)
