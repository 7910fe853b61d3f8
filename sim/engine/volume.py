"""The production volume: its contents and its meta bit map (L2453-2484, FIG 45, 46).

contents are an array; the same lines run on content ids, on payload rows and on a memory-mapped file
bit of the meta map = OR over its g blocks; what lies beyond the end of the volume is not in use
what is in use can be frozen at no cost until it changes, and put back
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Addresses, Bitmap, Mask
from sim.engine.bitmap_algebra import spread

Contents = NDArray[Any]  # (n_blocks,) uint64 content ids, or (n_blocks, block_bytes) uint8 payload
Rows = NDArray[Any]  # contents[addresses]

TOUCH_SHIFT = 9  # written regions are remembered 512 blocks at a time: a page of content ids
PAGE_BLOCKS = 1 << TOUCH_SHIFT


class InUse(NamedTuple):
    """What of a volume is in use at some instant: block by block, and as the meta map sees it."""

    allocated: Bitmap  # one bit per block
    meta: Bitmap  # one bit per group of `granularity` blocks
    granularity: int
    n_blocks: int

    def test(self, addresses: Addresses) -> Mask:
        """Which blocks count as in use: those of a group with one block in use. Addresses inside the volume."""
        return self.meta.test(addresses if self.granularity == 1 else addresses // self.granularity)

    def blocks(self) -> Bitmap:
        """The same for all blocks, one bit each; read it only."""
        return spread(self.meta, self.granularity, self.n_blocks)


class Volume:
    """Blocks with contents and a meta bit map that says which groups of `granularity` blocks are in use."""

    __slots__ = ("_allocated", "_touched", "contents", "granularity", "meta")

    def __init__(self, contents: Contents, granularity: int = 1) -> None:
        """`contents`: array of `n_blocks` rows, used in place. Nothing is in use at first.

        Raises ValueError for a granularity below one block per bit.
        """
        if granularity < 1:
            raise ValueError(f"granularity is {granularity} blocks per bit; it must be at least 1")
        self.contents = contents
        self.granularity = granularity
        self._allocated = Bitmap(contents.shape[0])
        self.meta = self._allocated if granularity == 1 else Bitmap(self.group_of(contents.shape[0] + granularity - 1))
        self._touched = np.zeros((contents.shape[0] >> TOUCH_SHIFT) + 1, dtype=np.bool_)

    @property
    def n_blocks(self) -> int:
        """How many blocks the volume has."""
        return int(self.contents.shape[0])

    def group_of(self, addresses: Any) -> Any:
        """The bit of the meta map that stands for each block (integer division, L2585-2587)."""
        return addresses if self.granularity == 1 else addresses // self.granularity

    def read(self, addresses: Addresses) -> Rows:
        """The contents of these blocks, a copy. Raises IndexError outside the volume."""
        self.check(addresses)
        return np.take(self.contents, addresses, axis=0)

    def read_into(self, rows: Rows, addresses: Addresses) -> None:
        """The same into `rows`, without a copy in between."""
        self.check(addresses)
        np.take(self.contents, addresses, axis=0, out=rows, mode="clip")  # "raise" would go through a buffer

    def write(self, addresses: Addresses, rows: Rows) -> None:
        """Write rows to increasing blocks; a written block is in use. Raises IndexError outside the volume."""
        if addresses.size == 0:
            return
        self.check(addresses)
        low, high = addresses.item(0), addresses.item(-1)
        self._touch(addresses, low, high)  # first, so that a write cut short is still looked at
        self.contents[addresses] = rows
        if not self._allocated.all_set(low, high):
            self.allocate(addresses)

    def allocate(self, addresses: Addresses) -> None:
        """Put blocks in use without writing them: they hold what they held."""
        if addresses.size == 0:
            return
        held = self._allocated.test(addresses)
        if np.count_nonzero(held) == held.size:
            return
        new = addresses[~held]
        self._allocated.set(new)
        if self.granularity > 1:
            self.meta.set(self.group_of(new))

    def allocate_range(self, start: int, stop: int) -> None:
        """Put the blocks of [start, stop) in use."""
        self._allocated.set_range(start, stop)
        if self.granularity > 1 and stop > start:
            self.meta.set_range(self.group_of(start), self.group_of(stop - 1) + 1)

    def free(self, addresses: Addresses) -> None:
        """Take blocks out of use; contents stay as garbage until somebody writes them again."""
        if addresses.size == 0:
            return
        self._allocated.clear(addresses)
        if self.granularity > 1:
            self.meta.clear(self._groups_without_blocks(addresses))

    def extend(self, contents: Contents) -> None:
        """Grow onto a larger array whose first blocks hold what this volume holds; the new ones are not in use.

        Raises ValueError when the array is smaller than the volume.
        """
        if contents.shape[0] < self.n_blocks:
            raise ValueError(f"a volume of {self.n_blocks} blocks cannot move to {contents.shape[0]}")
        self.contents = contents
        self._allocated.extend(contents.shape[0])
        if self.granularity > 1:
            self.meta.extend(self.group_of(contents.shape[0] + self.granularity - 1))
        grown = np.zeros((contents.shape[0] >> TOUCH_SHIFT) + 1, dtype=np.bool_)
        grown[: self._touched.size] = self._touched
        self._touched = grown

    def in_use(self, addresses: Addresses) -> Mask:
        """Which blocks are in use as the meta map sees it: a whole group counts when one block of it does."""
        return self.meta.test(self.group_of(addresses))

    def allocated(self, addresses: Addresses) -> Mask:
        """Which of these very blocks are in use, finer than the meta map when granularity > 1."""
        return self._allocated.test(addresses)

    def blocks_in_use(self) -> Addresses:
        """Addresses of every block in use at meta-map granularity, increasing."""
        return blocks_of_groups(self.meta.indices(), self.granularity, self.n_blocks)

    def freeze_use(self) -> InUse:
        """What is in use now; later changes of the volume do not show in it (S12)."""
        allocated = self._allocated.copy()
        meta = allocated if self.granularity == 1 else self.meta.copy()
        return InUse(allocated, meta, self.granularity, self.n_blocks)

    def restore_use(self, then: InUse) -> None:
        """Make in use what was frozen, block by block and in the meta map (L2516-2522); what came later is not."""
        allocated = then.allocated.copy()
        allocated.extend(self.n_blocks)
        meta = allocated if self.granularity == 1 else then.meta.copy()
        meta.extend(self.group_of(self.n_blocks + self.granularity - 1))
        self._allocated, self.meta = allocated, meta

    def touched_pages(self) -> Addresses:
        """Numbers of the 512-block pages that were ever written: all that a hash of the contents must read."""
        return np.flatnonzero(self._touched)

    def _touch(self, addresses: Addresses, low: int, high: int) -> None:
        """Remember where is written; where all was written before, to look costs a tenth of what marking would."""
        between = self._touched[low >> TOUCH_SHIFT : (high >> TOUCH_SHIFT) + 1]
        if between.size > addresses.size or np.count_nonzero(between) < between.size:
            self._touched[addresses >> TOUCH_SHIFT] = True

    def _groups_without_blocks(self, addresses: Addresses) -> Addresses:
        groups = np.unique(self.group_of(addresses))
        left = np.zeros(groups.size, dtype=np.bool_)
        for offset in range(self.granularity):
            block = groups * self.granularity + offset
            inside = block < self.n_blocks
            left[inside] |= self._allocated.test(block[inside])
        return groups[~left]

    def check(self, addresses: Addresses) -> None:
        """Raises IndexError when an increasing array of addresses reaches outside the volume."""
        if addresses.size and (addresses.item(0) < 0 or addresses.item(-1) >= self.contents.shape[0]):
            raise IndexError(f"blocks {addresses[0]}..{addresses[-1]} are outside [0, {self.n_blocks})")


def blocks_of_groups(groups: Addresses, granularity: int, n_blocks: int) -> Addresses:
    """The blocks behind bits of a coarse map, increasing, clipped at the end of the volume."""
    if granularity == 1:
        return groups
    blocks = (groups[:, None] * granularity + np.arange(granularity)).reshape(-1)
    return blocks[blocks < n_blocks]
