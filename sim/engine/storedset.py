"""A delta set in a save volume: where its blocks lie, which chunks are in, its header once there is one (L1263-1284).

durable as a whole: rows and addresses are put down first, then the sums, then the mark (T5)
the primary fills it from its volume, a receiver from messages; both show it when all is in and the checksums agree
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Addresses, increase
from sim.engine.checksum import Sums, chunk_sums, total
from sim.engine.deltaset import ChunkRange, ChunkSums, Header, Read, SetShape, range_seal
from sim.engine.identity import SetId
from sim.engine.ring import Region
from sim.engine.volume import Contents, Rows

PIECE_CHUNKS = 4096  # sums are read back so many chunks at a time


class StoredSet:
    """A set's entry in the mailbox: where its blocks lie, which chunks are in, and its header once there is one.

    `addresses` int64 (blocks,), `have` bool (chunks,), `sums` uint64 (chunks,). Durable as a whole: whoever writes
    first puts rows and addresses down, then the sum, then the mark, so that a crash leaves no mark without its data.
    """

    __slots__ = (
        "_addresses", "_data_sum", "_read_back", "_sums", "_whole", "complete", "have", "header", "id", "region",
        "released", "shape", "start",
    )  # fmt: skip

    def __init__(self, set_id: SetId, shape: SetShape, ring: Contents, start: int) -> None:
        self.id, self.shape, self.start = set_id, shape, start
        self.region = Region(ring, start, shape.blocks)
        self._addresses: Addresses | None = None
        self._data_sum: int | None = None  # what the sums add up to, once somebody worked it out
        self._read_back: tuple[int, ChunkSums] | None = None  # what was read, and how often the region had changed then
        self._whole: tuple[int, ChunkRange] | None = None  # all of it as a message, and the same
        self.have: NDArray[np.bool_] = np.zeros(shape.chunks, dtype=np.bool_)
        self._sums: Sums | None = None
        self.header: Header | None = None
        self.complete = False
        self.released = False

    @property
    def addresses(self) -> Addresses:
        """Where its blocks lie in the volume, as far as it is known. Read it only: whoever sent a set may share it."""
        if self._addresses is None:
            self._addresses = np.zeros(self.shape.blocks, dtype=np.int64)
        return self._addresses

    @addresses.setter
    def addresses(self, addresses: Addresses) -> None:
        self._addresses, self._read_back, self._whole = addresses, None, None

    @property
    def blocks(self) -> int:
        """How many blocks the set has."""
        return self.shape.blocks

    @property
    def sums(self) -> Sums:
        """The sum of each chunk that is in. Read it only: whoever sent a set may share it."""
        if self._sums is None:
            self._sums = np.zeros(self.have.size, dtype=np.uint64)
        return self._sums

    @property
    def data_sum(self) -> int:
        """What the sums of all chunks add up to."""
        if self._data_sum is None:
            self._data_sum = total(self.sums)
        return self._data_sum

    @property
    def rows(self) -> Rows:
        """All rows in address order: a view of the save volume, or a copy where the set wraps."""
        return self.region.get(0, self.blocks)

    def put_chunks(
        self, first_chunk: int, addresses: Addresses, rows: Rows, sums: Sums, data_sum: int | None = None
    ) -> None:
        """Store whole chunks from `first_chunk` on: data first, the mark that says so last (T5).

        `data_sum`: what `sums` add up to, where it is known.
        """
        first = first_chunk * self.shape.chunk_blocks
        chunks = slice(first_chunk, first_chunk + sums.size)
        self.region.put(first, rows)
        if sums.size == self.have.size:
            self.addresses, self._sums, self._data_sum = addresses, sums, data_sum
        else:
            self.addresses[first : first + addresses.size] = addresses
            self.sums[chunks] = sums
            self._data_sum = None
        self.have[chunks] = True

    def finish(self, header: Header) -> None:
        """Everything is in and the checksums agree: show the set in the mailbox."""
        self.header = header
        self.complete = True

    def start_over(self) -> None:
        """Forget what arrived; its place stays reserved."""
        self._addresses = self._sums = self._data_sum = None
        self._read_back = self._whole = None
        self.have[:] = False
        self.header = None
        self.complete = False

    def seal_all(self) -> int:
        """Work out the sums of all chunks from what the save volume holds; the data checksum of the set."""
        sums = ChunkSums.of(self._sums_read_back())
        self._sums, self._data_sum = sums
        self._read_back, self._whole = (self.region.changes, sums), None
        self.have[:] = True
        return sums.data_sum

    def verify(self) -> bool:
        """Read everything back and compare with the header: for whoever is about to rely on an old set (E12)."""
        if self.header is None or not self.complete:
            return False
        return total(self._sums_read_back()) == self.header.data_sum

    def reads_back(self) -> bool:
        """The same for a set of which only a part is here: what is marked is what was stored."""
        if self.complete:
            return self.header is not None and self.header.intact() and self.verify()
        return bool((self._sums_read_back()[self.have] == self.sums[self.have]).all())

    def chunk_range(self, first_chunk: int, last_chunk: int) -> ChunkRange:
        """Chunks [first_chunk, last_chunk) as a message; addresses and rows are views where they do not wrap."""
        if first_chunk == 0 and last_chunk == self.have.size:
            return self._all_chunks()
        first, last = self.shape.span(first_chunk, last_chunk)
        data_sum = total(self.sums[first_chunk:last_chunk])
        seal = range_seal(self.id, self.shape, first_chunk, last_chunk, data_sum)
        addresses, rows = self.addresses[first:last], self.region.get(first, last)
        return ChunkRange(self.id, self.shape, first_chunk, last_chunk, addresses, rows, seal)

    def _all_chunks(self) -> ChunkRange:
        """All of it as a message: many may be waiting for it, so it is made once until the save volume changes here."""
        changes = self.region.changes
        if self._whole is None or self._whole[0] != changes:
            addresses, rows = self.addresses, self.rows
            read = self._read(addresses, rows) if increase(addresses) else None
            seal = range_seal(self.id, self.shape, 0, self.have.size, self.data_sum)
            self._whole = changes, ChunkRange(self.id, self.shape, 0, self.have.size, addresses, rows, seal, read)
        return self._whole[1]

    def _read(self, addresses: Addresses, rows: Rows) -> Read:
        """What the save volume holds, as whoever receives it will look at it."""
        changes = self.region.changes
        if self._read_back is None or self._read_back[0] != changes:
            self._read_back = changes, ChunkSums.of(chunk_sums(addresses, rows, self.shape.chunk_blocks))
        return Read(addresses, rows, self._read_back[1], self.region, changes)

    def _sums_read_back(self) -> Sums:
        """A piece at a time, so that a set which wraps is never copied as a whole."""
        sums = np.zeros(self.shape.chunks, dtype=np.uint64)
        for first_chunk in range(0, self.shape.chunks, PIECE_CHUNKS):
            last_chunk = min(first_chunk + PIECE_CHUNKS, self.shape.chunks)
            first, last = self.shape.span(first_chunk, last_chunk)
            rows = self.region.get(first, last)
            sums[first_chunk:last_chunk] = chunk_sums(self.addresses[first:last], rows, self.shape.chunk_blocks)
        return sums
