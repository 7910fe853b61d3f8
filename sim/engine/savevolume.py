"""The save volume: a wrap-around buffer of delta sets, and a mailbox that says what lies where (L1263-1284, L1982).

the live range never overlaps itself; used + free = capacity; full is not empty; the wrap is at capacity (C11)
space is given back in the order it was reserved; what was given back can be read until somebody overwrites it
the mailbox (headers, addresses, which chunks are in) lies outside of the size; all of it is durable
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Addresses
from sim.engine.checksum import Sums, chunk_sums, total
from sim.engine.deltaset import ChunkRange, DeltaSet, Header, SetShape, range_seal
from sim.engine.identity import SetId
from sim.engine.ring import Region
from sim.engine.volume import Contents, Rows

PIECE_CHUNKS = 4096  # sums are read back so many chunks at a time


class Found(Enum):
    """What became of a set. Released ones are still intact: an undo list may use them (finding 2, E11, E12)."""

    HELD = auto()
    RELEASED = auto()
    OVERWRITTEN = auto()
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


class StoredSet:
    """A set's entry in the mailbox: where its blocks lie, which chunks are in, and its header once there is one.

    `addresses` int64 (blocks,), `have` bool (chunks,), `sums` uint64 (chunks,). Durable as a whole: whoever writes
    first puts rows and addresses down, then the sum, then the mark, so that a crash leaves no mark without its data.
    """

    __slots__ = ("addresses", "complete", "have", "header", "id", "region", "released", "shape", "start", "sums")

    def __init__(self, set_id: SetId, shape: SetShape, ring: Contents, start: int) -> None:
        self.id, self.shape, self.start = set_id, shape, start
        self.region = Region(ring, start, shape.blocks)
        self.addresses: Addresses = np.zeros(shape.blocks, dtype=np.int64)
        self.have: NDArray[np.bool_] = np.zeros(shape.chunks, dtype=np.bool_)
        self.sums: Sums = np.zeros(shape.chunks, dtype=np.uint64)
        self.header: Header | None = None
        self.complete = False
        self.released = False

    @property
    def blocks(self) -> int:
        """How many blocks the set has."""
        return self.shape.blocks

    @property
    def rows(self) -> Rows:
        """All rows in address order: a view of the save volume, or a copy where the set wraps."""
        return self.region.get(0, self.blocks)

    def put_chunks(self, first_chunk: int, addresses: Addresses, rows: Rows, sums: Sums) -> None:
        """Store whole chunks from `first_chunk` on: data first, the mark that says so last (T5)."""
        first = first_chunk * self.shape.chunk_blocks
        chunks = slice(first_chunk, first_chunk + sums.size)
        self.region.put(first, rows)
        self.addresses[first : first + addresses.size] = addresses
        self.sums[chunks] = sums
        self.have[chunks] = True

    def finish(self, header: Header) -> None:
        """Everything is in and the checksums agree: show the set in the mailbox."""
        self.header = header
        self.complete = True

    def start_over(self) -> None:
        """Forget what arrived; its place stays reserved."""
        self.have[:] = False
        self.header = None
        self.complete = False

    def seal_all(self) -> int:
        """Work out the sums of all chunks from what the save volume holds; the data checksum of the set."""
        self.sums[:] = self._sums_read_back()
        self.have[:] = True
        return total(self.sums)

    def verify(self) -> bool:
        """Read everything back and compare with the header: for whoever is about to rely on an old set (E12)."""
        if self.header is None or not self.complete:
            return False
        return total(self._sums_read_back()) == self.header.data_sum

    def chunk_range(self, first_chunk: int, last_chunk: int) -> ChunkRange:
        """Chunks [first_chunk, last_chunk) as a message; addresses and rows are views where they do not wrap."""
        first, last = self.shape.span(first_chunk, last_chunk)
        sums = self.sums[first_chunk:last_chunk]
        return ChunkRange(
            self.id,
            self.shape,
            first_chunk,
            last_chunk,
            self.addresses[first:last],
            self.region.get(first, last),
            range_seal(self.id, self.shape, first_chunk, last_chunk, sums),
        )

    def _sums_read_back(self) -> Sums:
        """A piece at a time, so that a set which wraps is never copied as a whole."""
        sums = np.zeros(self.shape.chunks, dtype=np.uint64)
        for first_chunk in range(0, self.shape.chunks, PIECE_CHUNKS):
            last_chunk = min(first_chunk + PIECE_CHUNKS, self.shape.chunks)
            first, last = self.shape.span(first_chunk, last_chunk)
            rows = self.region.get(first, last)
            sums[first_chunk:last_chunk] = chunk_sums(self.addresses[first:last], rows, self.shape.chunk_blocks)
        return sums


class SaveVolume:
    """A ring of rows that holds delta sets, oldest at the tail."""

    def __init__(self, rows: Contents) -> None:
        """`rows`: array of `capacity` rows of the volume's row type, used in place. Raises ValueError for none."""
        if rows.shape[0] < 1:
            raise ValueError("a save volume needs room for at least one block")
        self._rows = rows
        self._head = self._tail = 0  # these count on for ever; a slot is the remainder by the capacity
        self._live: deque[StoredSet] = deque()
        self._past: deque[StoredSet] = deque()
        self._by_id: dict[SetId, StoredSet] = {}
        self._seen: dict[int, list[list[int]]] = {}

    @property
    def capacity_blocks(self) -> int:
        """How many blocks fit."""
        return int(self._rows.shape[0])

    @property
    def used_blocks(self) -> int:
        """How many blocks are reserved or held."""
        return self._head - self._tail

    @property
    def free_blocks(self) -> int:
        """How many blocks can be reserved."""
        return self.capacity_blocks - self.used_blocks

    def reserve(self, set_id: SetId, shape: SetShape) -> StoredSet:
        """Take the space of a set at the head; released sets that lie there are overwritten from now on.

        Raises SaveVolumeFull, and ValueError for a set that is or was here.
        """
        if self.find(set_id) is not Found.NEVER_EXISTED:
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
        known = any(low <= set_id.number <= high for low, high in self._seen.get(set_id.generation, ()))
        return Found.OVERWRITTEN if known else Found.NEVER_EXISTED

    def is_complete(self, set_id: SetId) -> bool:
        """Whether all of a set is here, header and checksums included."""
        stored = self._by_id.get(set_id)
        return stored is not None and stored.complete

    def held(self) -> tuple[SetId, ...]:
        """The sets that are held, oldest first."""
        return tuple(stored.id for stored in self._live if not stored.released)

    def complete_after(self, set_id: SetId) -> tuple[SetId, ...]:
        """The complete sets that follow `set_id` without a gap, in the same generation (V2)."""
        found: list[SetId] = []
        follower = set_id.next()
        while self.is_complete(follower) and self.find(follower) is Found.HELD:
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
        while self._live and self._live[0].released:
            stored = self._live.popleft()
            self._tail = stored.start + stored.blocks
            if self._by_id.get(stored.id) is stored:
                self._past.append(stored)

    def release_through(self, last: SetId) -> tuple[SetId, ...]:
        """Release every complete set up to and including `last`; which these were."""
        done = tuple(set_id for set_id in self.held() if set_id <= last and self.is_complete(set_id))
        for set_id in done:
            self.release(set_id)
        return done

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

    def _forget_overwritten(self) -> None:
        while self._past and self._past[0].start < self._head - self.capacity_blocks:
            del self._by_id[self._past.popleft().id]

    def _remember(self, set_id: SetId) -> None:
        """Which numbers were ever here, as runs: nearly always one run a generation."""
        runs = self._seen.setdefault(set_id.generation, [])
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
