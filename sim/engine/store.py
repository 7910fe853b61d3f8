"""The snapshot store: where before-images lie (the seed's save volumes 488 and 506, L1843, L2549).

used + free = capacity at every instant; an address is handed out once until it is given back (S5, S14)
rows have the row type of the volume, and the array is the caller's: memory, or a memory-mapped file
"""

from __future__ import annotations

import numpy as np

from sim.engine.bitmap import Addresses
from sim.engine.snapshot_errors import SnapshotStoreFull
from sim.engine.volume import Contents, Rows


class SnapshotStore:
    """A pool of rows. Addresses given back are handed out again first, so memory follows the most ever used."""

    __slots__ = ("_fresh", "_given_back", "rows", "used")

    def __init__(self, rows: Contents) -> None:
        """`rows`: array of `capacity` rows, used in place."""
        self.rows = rows
        self.reset(np.zeros(0, dtype=np.int64))

    @property
    def capacity(self) -> int:
        """How many before-images fit."""
        return int(self.rows.shape[0])

    @property
    def free_blocks(self) -> int:
        """How many more fit."""
        return self.capacity - self.used

    def allocate(self, count: int) -> Addresses:
        """`count` distinct free addresses, int64. Raises SnapshotStoreFull and takes none when fewer are free."""
        if count > self.free_blocks:
            raise SnapshotStoreFull(count, self.free_blocks, ())
        self.used += count
        taken = [*self._take_given_back(count)]
        fresh = count - sum(part.size for part in taken)
        taken.append(np.arange(self._fresh, self._fresh + fresh, dtype=np.int64))
        self._fresh += fresh
        return np.concatenate(taken)

    def free(self, saves: Addresses) -> None:
        """Give addresses back. Raises ValueError for more than are in use."""
        if saves.size > self.used:
            raise ValueError(f"{saves.size} blocks given back but only {self.used} are in use")
        self.used -= saves.size
        if self.used == 0:
            self.reset(saves[:0])
        elif saves.size:
            self._given_back.append(saves.copy())

    def read(self, saves: Addresses) -> Rows:
        """The rows at these addresses, a copy."""
        return np.take(self.rows, saves, axis=0)

    def write(self, saves: Addresses, rows: Rows) -> None:
        """Put rows at these addresses."""
        self.rows[saves] = rows

    def reset(self, used: Addresses) -> None:
        """Have exactly these addresses in use: what the block maps say after a crash. Raises IndexError outside."""
        if used.size and not 0 <= int(used.min()) <= int(used.max()) < self.capacity:
            raise IndexError(f"save addresses {used.min()}..{used.max()} are outside [0, {self.capacity})")
        self.used = int(used.size)
        self._fresh = int(used.max()) + 1 if used.size else 0
        self._given_back = [np.setdiff1d(np.arange(self._fresh, dtype=np.int64), used)]

    def _take_given_back(self, count: int) -> list[Addresses]:
        taken = []
        while count and self._given_back:
            part = self._given_back.pop()
            if part.size > count:
                self._given_back.append(part[count:])
                part = part[:count]
            taken.append(part)
            count -= part.size
        return taken
