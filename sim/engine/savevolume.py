"""The save volume: a wrap-around buffer of delta sets, and a mailbox that says what lies where (L1263-1284, L1982).

the live range never overlaps itself; used + free = capacity; full is not empty; the wrap is at capacity (C11)
space is given back in the order it was reserved; what was given back can be read until somebody overwrites it
the mailbox (headers, addresses, which chunks are in) lies outside of the size; all of it is durable
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import numpy as np

from sim.engine.bitmap import Addresses
from sim.engine.deltaset import DeltaSet, SetShape
from sim.engine.identity import SetId
from sim.engine.storedset import StoredSet
from sim.engine.volume import Contents, Rows

__all__ = ["Found", "SaveVolume", "SaveVolumeFull", "StoredSet"]


class Found(Enum):
    """What became of a set. Released ones are still intact: an undo list may use them (finding 2, E11, E12)."""

    HELD = auto()
    RELEASED = auto()
    OVERWRITTEN = auto()
    LOST = auto()  # a disaster took it
    NEVER_EXISTED = auto()


class SaveVolumeFull(Exception):
    """A set does not fit; nothing was changed."""

    def __init__(self, needed_blocks: int, free_blocks: int, capacity_blocks: int) -> None:
        super().__init__(needed_blocks, free_blocks, capacity_blocks)
        self.needed_blocks, self.free_blocks, self.capacity_blocks = needed_blocks, free_blocks, capacity_blocks

    def __str__(self) -> str:
        return (
            f"a set of {self.needed_blocks} blocks does not fit: "
            f"{self.free_blocks} of {self.capacity_blocks} blocks of the save volume are free"
        )


class SaveVolume:
    """A ring of rows that holds delta sets, oldest at the tail."""

    def __init__(self, rows: Contents) -> None:
        """`rows`: array of `capacity` rows of the volume's row type, used in place. Raises ValueError for none."""
        if rows.shape[0] < 1:
            raise ValueError("a save volume needs room for at least one block")
        self._rows = rows
        self.capacity_blocks = int(rows.shape[0])  # how many blocks fit
        self._head = self._tail = 0  # these count on for ever; a slot is the remainder by the capacity
        self._live: deque[StoredSet] = deque()
        self._past: deque[StoredSet] = deque()
        self._by_id: dict[SetId, StoredSet] = {}
        self._seen: dict[int, list[list[int]]] = {}
        self._lost: set[SetId] = set()

    @property
    def used_blocks(self) -> int:
        """How many blocks are reserved or held."""
        return self._head - self._tail

    @property
    def free_blocks(self) -> int:
        """How many blocks can be reserved."""
        return self.capacity_blocks - (self._head - self._tail)

    def reserve(self, set_id: SetId, shape: SetShape) -> StoredSet:
        """Take the space of a set at the head; released sets that lie there are overwritten from now on.

        Raises SaveVolumeFull, and ValueError for a set that is or was here.
        """
        if self._is_known(set_id):
            raise ValueError(f"{set_id} has been in this save volume already")
        if shape.blocks > self.free_blocks:
            raise SaveVolumeFull(shape.blocks, self.free_blocks, self.capacity_blocks)
        stored = StoredSet(set_id, shape, self._rows, self._head)
        self._head += shape.blocks
        self._forget_overwritten()
        self._live.append(stored)
        self._by_id[set_id] = stored
        self._remember(set_id)
        return stored

    def append(self, delta_set: DeltaSet) -> StoredSet:
        """Reserve, write and show a whole set. Raises as `reserve`."""
        stored = self.reserve(delta_set.id, delta_set.shape)
        stored.put_chunks(0, delta_set.addresses, delta_set.rows, delta_set.sums())
        stored.finish(delta_set.header())
        return stored

    def stored(self, set_id: SetId) -> StoredSet:
        """The entry of a set that is held, or released and still intact. Raises KeyError for any other."""
        return self._by_id[set_id]

    def read(self, set_id: SetId) -> tuple[Addresses, Rows]:
        """Addresses and rows of a set. Raises KeyError when it is not here, ValueError when not all of it is."""
        stored = self.stored(set_id)
        if not stored.complete:
            raise ValueError(f"{set_id} is not complete")
        return stored.addresses, stored.rows

    def rows_in(self, slots: Addresses) -> Rows:
        """The rows in these slots of the ring, a copy."""
        return np.take(self._rows, slots, axis=0)

    def find(self, set_id: SetId) -> Found:
        """What became of a set (L1957-1960): never existed is not the same as lost (finding 2)."""
        stored = self._by_id.get(set_id)
        if stored is not None:
            return Found.RELEASED if stored.released else Found.HELD
        if not self._is_known(set_id):
            return Found.NEVER_EXISTED
        return Found.LOST if set_id in self._lost else Found.OVERWRITTEN

    def holding(self, set_id: SetId) -> StoredSet | None:
        """The entry of a set that is held; None when it is not."""
        stored = self._by_id.get(set_id)
        return None if stored is None or stored.released else stored

    def has(self, stored: StoredSet) -> bool:
        """Whether an entry is what it was: held, or released and still intact."""
        return self._by_id.get(stored.id) is stored

    def is_complete(self, set_id: SetId) -> bool:
        """Whether all of a set is here, header and checksums included."""
        stored = self._by_id.get(set_id)
        return stored is not None and stored.complete

    def had(self, set_id: SetId) -> bool:
        """Whether all of a set is here, or was: complete, released or overwritten."""
        stored = self._by_id.get(set_id)
        if stored is None:
            return self._is_known(set_id) and set_id not in self._lost
        return stored.complete or stored.released

    def held(self) -> tuple[SetId, ...]:
        """The sets that are held, oldest first."""
        return tuple([stored.id for stored in self._live if not stored.released])

    def kept(self) -> tuple[SetId, ...]:
        """The sets that are held, or released and still here, in the order in which they came."""
        return tuple(self._by_id)

    def intact(self, set_id: SetId) -> bool:
        """Whether all that is here of a set is what was put here: read back and compared with its checksums (E12)."""
        stored = self._by_id.get(set_id)
        return stored is not None and stored.reads_back()

    def complete_after(self, set_id: SetId) -> tuple[SetId, ...]:
        """The complete sets that follow `set_id` without a gap, in the same generation (V2)."""
        found: list[SetId] = []
        follower = set_id.next()
        while (stored := self._by_id.get(follower)) is not None and stored.complete and not stored.released:
            found.append(follower)
            follower = follower.next()
        return tuple(found)

    def free(self, set_id: SetId) -> None:
        """Give back the oldest set. Raises ValueError for any other: space returns in order."""
        if not self._live or self._live[0].id != set_id:
            raise ValueError(f"{set_id} is not the oldest set in the save volume")
        self.release(set_id)

    def release(self, set_id: SetId) -> None:
        """Say that nobody needs a set any more: its space returns once every older set is released too.

        Raises KeyError when the set is not here. Again is no error.
        """
        self.stored(set_id).released = True
        self._give_back()

    def release_through(self, last: SetId) -> tuple[SetId, ...]:
        """Release every complete set up to and including `last`; which these were."""
        done: list[SetId] = []
        for stored in self._live:
            if stored.complete and not stored.released and stored.id <= last:
                stored.released = True
                done.append(stored.id)
        if done:
            self._give_back()
        return tuple(done)

    def lose(self, set_id: SetId) -> None:
        """A disaster takes a set with its entry: all that is left is that it was here. Raises KeyError if it is not.

        Its space returns once every older set is released.
        """
        stored = self._by_id.pop(set_id)
        stored.released = True
        self._past = deque(past for past in self._past if past is not stored)
        self._lost.add(set_id)
        self._give_back()

    def flip_bits(self, set_id: SetId, position: int = 0) -> bool:
        """A disaster flips a bit in a row of a set, at a place in address order; whether it has blocks at all.

        Raises KeyError when the set is not here, IndexError for a place that it does not have.
        """
        stored = self.stored(set_id)
        if stored.blocks == 0:
            return False
        row = np.array(stored.region.get(position, position + 1))
        row.reshape(-1).view(np.uint8)[0] ^= 1
        stored.region.put(position, row)
        return True

    def forget(self, set_id: SetId) -> None:
        """Make a reservation undone, as if the set had never been here. Raises KeyError when it is not here."""
        stored = self._by_id[set_id]
        if self._live and self._live[-1] is stored:
            self._live.pop()
            self._head = stored.start
        else:
            self.release(set_id)
            self._past = deque(past for past in self._past if past is not stored)
        self._by_id.pop(set_id)
        self._unlearn(set_id)

    def _give_back(self) -> None:
        while self._live and self._live[0].released:
            stored = self._live.popleft()
            self._tail = stored.start + stored.region.blocks
            if self._by_id.get(stored.id) is stored:
                self._past.append(stored)

    def _is_known(self, set_id: SetId) -> bool:
        """Whether a set was ever here."""
        number = set_id.number
        for low, high in self._seen.get(set_id.generation, ()):  # noqa: SIM110 - asked many times a set
            if low <= number <= high:
                return True
        return False

    def _forget_overwritten(self) -> None:
        while self._past and self._past[0].start < self._head - self.capacity_blocks:
            del self._by_id[self._past.popleft().id]

    def _remember(self, set_id: SetId) -> None:
        """Which numbers were ever here, as runs: nearly always one run a generation."""
        runs = self._seen.setdefault(set_id.generation, [])
        if runs and runs[-1][1] == set_id.number - 1:
            runs[-1][1] = set_id.number
            return
        runs.append([set_id.number, set_id.number])
        runs.sort()
        merged = runs[:1]
        for low, high in runs[1:]:
            if low == merged[-1][1] + 1:
                merged[-1][1] = high
            else:
                merged.append([low, high])
        self._seen[set_id.generation] = merged

    def _unlearn(self, set_id: SetId) -> None:
        runs = self._seen[set_id.generation]
        number = set_id.number
        cut = next(run for run in runs if run[0] <= number <= run[1])
        runs.remove(cut)
        runs += [run for run in ([cut[0], number - 1], [number + 1, cut[1]]) if run[0] <= run[1]]
        runs.sort()
