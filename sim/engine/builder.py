"""Making a delta set: the background copy of Old's blocks, and the early copy of those a write wants (L1355-1366).

a block is copied once, before it changes; each lies in the save volume from then on, so a crash loses none
the set is shown in the mailbox when all are in, and not before
"""

from __future__ import annotations

import numpy as np

from sim.engine.bitmap import Addresses, Mask
from sim.engine.copyout import CopyWalk
from sim.engine.deltaset import Header
from sim.engine.identity import SetId
from sim.engine.modlog import ClosedSet
from sim.engine.storedset import StoredSet
from sim.engine.volume import Volume


class DeltaSetBuilder:
    """A delta set on its way from the volume into its place in the save volume."""

    def __init__(self, closed: ClosedSet, stored: StoredSet, volume: Volume, pending: Mask | None = None) -> None:
        """`pending`: which blocks of the set, in address order, are still to be copied (after a crash); None is all."""
        self._closed, self._volume = closed, volume
        self.stored = stored
        self._pending = np.ones(stored.blocks, dtype=np.bool_) if pending is None else pending
        self._cursor = 0  # nothing below waits
        copied = None if pending is None else np.flatnonzero(~pending)
        self.remaining = stored.blocks if copied is None else stored.blocks - copied.size
        self.walk = CopyWalk(stored.blocks, copied)

    @property
    def id(self) -> SetId:
        """The set's name."""
        return self.stored.id

    @property
    def blocks(self) -> int:
        """How many blocks the set has."""
        return self.stored.blocks

    def ranks(self, addresses: Addresses) -> Addresses:
        """Where these blocks of the set stand in address order."""
        return np.searchsorted(self.stored.addresses, addresses)

    def take_next(self, count: int) -> Addresses:
        """Copy the next `count` blocks that wait, in increasing address order; returns their addresses."""
        if self.remaining == self.blocks - self._cursor:
            return self._take_run(self._cursor, min(self._cursor + count, self.blocks))
        ranks = self._cursor + np.flatnonzero(self._pending[self._cursor :])[:count]
        taken = self._take(ranks)
        self._cursor = int(ranks[-1]) + 1 if ranks.size else self._cursor
        return taken

    def take_below(self, rank: int) -> Addresses:
        """Copy every block that waits before `rank`; returns their addresses."""
        waiting = np.count_nonzero(self._pending[self._cursor : rank]) if rank > self._cursor else 0
        taken = self.take_next(int(waiting))
        self._cursor = max(self._cursor, rank)
        return taken

    def take(self, addresses: Addresses) -> Addresses:
        """Copy these blocks at once, out of turn (C5). Raises ValueError for one that is not waiting."""
        ranks = self.ranks(addresses)
        if (ranks.size and ranks[-1] == self.blocks) or not np.array_equal(self.stored.addresses[ranks], addresses):
            raise ValueError(f"a block is not in set {self.id}")
        return self.take_ranks(ranks)

    def take_ranks(self, ranks: Addresses) -> Addresses:
        """The same for blocks named by where they stand in address order, increasing."""
        if not self._pending[ranks].all():
            raise ValueError(f"a block of set {self.id} is copied already: what it holds now is not of that set")
        return self._take(ranks)

    def finish(self) -> StoredSet:
        """All are in: seal the set and show it in the mailbox. Raises ValueError while blocks are missing."""
        if self.remaining:
            raise ValueError(f"{self.remaining} blocks of set {self.id} are still to be copied")
        stored, closed = self.stored, self._closed
        data_sum = stored.seal_all()
        stored.finish(Header.sealed(self.id, stored.shape, closed.n_blocks, data_sum, closed.freed, closed.allocated))
        return stored

    def _take_run(self, first: int, last: int) -> Addresses:
        addresses = self.stored.addresses[first:last]
        self.stored.region.gather(first, self._volume.contents, addresses)
        self._pending[first:last] = False
        self._cursor = last
        self.remaining -= last - first
        return addresses

    def _take(self, ranks: Addresses) -> Addresses:
        addresses = self.stored.addresses[ranks]
        self.stored.region.scatter(ranks, self._volume.read(addresses))
        self._pending[ranks] = False
        self.remaining -= ranks.size
        return addresses
