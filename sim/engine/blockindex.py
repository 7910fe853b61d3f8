"""The block index of a group of delta sets: which blocks they hold, and where the last value of each lies (L1166-1180).

a block that several sets hold counts once, and the youngest value wins (V5)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.engine.bitmap import Addresses, Mask
from sim.engine.deltaset import NO_BLOCKS
from sim.engine.savevolume import SaveVolume
from sim.engine.storedset import StoredSet
from sim.engine.volume import Rows


class BlockIndex:
    """Union of sets that follow each other: `addresses` int64 strictly increasing, and where their rows lie.

    `freed` and `allocated`: what became of the blocks' use over the whole group; increasing, and disjoint.
    """

    __slots__ = ("_alone", "_save_volume", "_slots", "addresses", "allocated", "freed")

    def __init__(self, save_volume: SaveVolume, sets: Sequence[StoredSet]) -> None:
        """`sets`: complete ones, oldest first, at least one."""
        self._save_volume = save_volume
        self._alone = sets[0].region if len(sets) == 1 else None  # its rows lie in a row
        if self._alone is not None:
            self.addresses, self._slots = sets[0].addresses, NO_BLOCKS
        else:
            every = np.concatenate([stored.addresses for stored in sets])
            youngest = _last_of_each(every)
            slots = np.concatenate([stored.region.slots_of(np.arange(stored.blocks)) for stored in sets])
            self.addresses, self._slots = every[youngest], slots[youngest]
        self.freed, self.allocated = _use_after(sets)

    def __len__(self) -> int:
        """How many distinct blocks the group has."""
        return int(self.addresses.size)

    def rows(self, first: int, last: int) -> Rows:
        """The rows of places [first, last), in address order: a view where they lie in a row in the save volume."""
        if self._alone is not None:
            return self._alone.get(first, last)
        return self._save_volume.rows_in(self._slots[first:last])

    def holds(self, addresses: Addresses) -> Mask:
        """Which of these blocks are in the index."""
        return self._places(addresses)[0]

    def find(self, addresses: Addresses) -> tuple[Mask, Rows]:
        """Which of these blocks are in the index, and the rows of those."""
        found, places = self._places(addresses)
        slots = self._slots[places] if self._alone is None else self._alone.slots_of(places)
        return found, self._save_volume.rows_in(slots)

    def _places(self, addresses: Addresses) -> tuple[Mask, Addresses]:
        places = np.searchsorted(self.addresses, addresses)
        inside = np.flatnonzero(places < self.addresses.size)
        found: Mask = np.zeros(addresses.size, dtype=np.bool_)
        found[inside] = self.addresses[places[inside]] == addresses[inside]
        return found, places[found]


def _last_of_each(addresses: Addresses) -> Addresses:
    """Positions of the last occurrence of each address, in increasing address order.

    Address and position share a 64-bit key, which sorts several times faster than the addresses with their positions.
    """
    bits = int(addresses.size).bit_length()
    if addresses.size == 0 or int(addresses.max()).bit_length() + bits > 63:
        order = np.argsort(addresses, kind="stable")
        return order[_ends(addresses[order])]
    keys = np.sort((addresses << bits) | np.arange(addresses.size))
    return keys[_ends(keys >> bits)] & ((1 << bits) - 1)


def _ends(increasing: Addresses) -> Mask:
    """The last of each run of equal values."""
    last = np.ones(increasing.size, dtype=np.bool_)
    np.not_equal(increasing[1:], increasing[:-1], out=last[:-1])
    return last


def _use_after(sets: Sequence[StoredSet]) -> tuple[Addresses, Addresses]:
    """Freed, and allocated without a write, when the sets are applied one after the other."""
    if len(sets) == 1 and (alone := sets[0].header) is not None:
        return alone.freed, alone.allocated
    freed = allocated = NO_BLOCKS
    for stored in sets:
        header = stored.header
        if header is None:
            raise ValueError(f"{stored.id} has no header")
        written = stored.addresses
        freed = _but_for(_but_for(freed, written), header.allocated)
        allocated = _but_for(_but_for(allocated, written), header.freed)
        freed, allocated = _joined(freed, header.freed), _joined(allocated, header.allocated)
    return freed, allocated


def _but_for(addresses: Addresses, gone: Addresses) -> Addresses:
    return np.setdiff1d(addresses, gone, assume_unique=True) if addresses.size and gone.size else addresses


def _joined(some: Addresses, more: Addresses) -> Addresses:
    return np.union1d(some, more) if some.size and more.size else (some if some.size else more)
