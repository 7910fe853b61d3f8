"""A region of a wrap-around array of rows: the arithmetic of where its blocks lie (L1982-1984).

position p of a region lies in slot (first slot + p) mod capacity: the wrap is exactly at capacity (C11)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.bitmap import Addresses
from sim.engine.volume import Contents, Rows


class Region:
    """`blocks` rows of `ring` from `start` on, round the end of the array. `start` may count past the capacity."""

    __slots__ = ("_before_wrap", "_ring", "blocks", "changes", "first_slot")

    def __init__(self, ring: Contents, start: int, blocks: int) -> None:
        capacity = ring.shape[0]
        if not 0 <= blocks <= capacity:
            raise ValueError(f"a region of {blocks} blocks does not fit a ring of {capacity}")
        self._ring, self.blocks = ring, blocks
        self.changes = 0  # how often anything was written here
        self.first_slot = start % capacity if capacity else 0
        before_end = capacity - self.first_slot
        self._before_wrap = before_end if before_end < blocks else blocks  # positions below lie straight on

    def put(self, first: int, rows: Rows) -> None:
        """Write rows to the positions from `first` on."""
        self.changes += 1
        straight = self._straight(first, first + rows.shape[0])
        if straight is not None:
            self._ring[straight] = rows
            return
        for here, there in self._parts(first, first + rows.shape[0]):
            self._ring[there] = rows[here]

    def scatter(self, positions: Addresses, rows: Rows) -> None:
        """Write rows to these positions, one each."""
        self.changes += 1
        self._ring[self.slots_of(positions)] = rows

    def gather(self, first: int, contents: Contents, addresses: Addresses) -> None:
        """Copy `contents[addresses]` to the positions from `first` on, without a copy in between."""
        self.changes += 1
        for here, there in self._parts(first, first + addresses.size):
            # "raise" would buffer the result; the addresses were checked when they were recorded
            np.take(contents, addresses[here], axis=0, out=self._ring[there], mode="clip")

    def get(self, first: int, last: int) -> Rows:
        """The rows of positions [first, last): a view, or a copy where they wrap."""
        straight = self._straight(first, last)
        if straight is not None:
            return self._ring[straight]
        parts = [self._ring[there] for _, there in self._parts(first, last)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def slots_of(self, positions: Addresses) -> Addresses:
        """The slots of the ring where these positions lie."""
        slots: Addresses = positions + self.first_slot
        slots[slots >= self._ring.shape[0]] -= self._ring.shape[0]
        return slots

    def _straight(self, first: int, last: int) -> slice | None:
        """The slice of the ring where positions [first, last) lie without a wrap; None for any others."""
        if 0 <= first <= last <= self._before_wrap:
            return slice(self.first_slot + first, self.first_slot + last)
        return None

    def _parts(self, first: int, last: int) -> Iterator[tuple[slice, slice]]:
        """The one or two pieces of positions [first, last): slices counted from `first`, and slices of the ring."""
        if not 0 <= first <= last <= self.blocks:
            raise IndexError(f"positions [{first}, {last}) are outside a region of {self.blocks} blocks")
        start = self.first_slot + first
        before_wrap = min(last - first, max(self._ring.shape[0] - start, 0))
        if before_wrap or first == last:
            yield slice(0, before_wrap), slice(start, start + before_wrap)
        if before_wrap < last - first:
            beyond = start + before_wrap - self._ring.shape[0]
            yield slice(before_wrap, last - first), slice(beyond, beyond + last - first - before_wrap)
