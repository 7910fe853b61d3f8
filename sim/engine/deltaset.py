"""Delta sets and the messages they travel in (L1160-1172, L1263-1268, L1295-1300).

a set is the blocks changed between two cuts, in increasing address order, divided in chunks of `chunk_blocks` blocks
a message is a range of chunks, or the header; either is sealed with a checksum over all that it says (T3)
order of arrival means nothing: chunks are identities, not a count (E25, E26)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.engine.bitmap import Addresses, increase
from sim.engine.checksum import Sums, address_total, chunk_sums, seal, total
from sim.engine.identity import SetId
from sim.engine.ring import Region
from sim.engine.volume import Rows

CHUNK_BLOCKS = 8  # 64 KiB of 8 KiB blocks

NO_BLOCKS: Addresses = np.zeros(0, dtype=np.int64)


class SetShape(NamedTuple):
    """How many blocks a set has and how many of them go to a chunk."""

    blocks: int
    chunk_blocks: int = CHUNK_BLOCKS

    @property
    def chunks(self) -> int:
        """How many chunks: the last may be short, a set without blocks has none."""
        return -(-self.blocks // self.chunk_blocks)

    def span(self, first_chunk: int, last_chunk: int) -> tuple[int, int]:
        """Positions [first, last) of the blocks in chunks [first_chunk, last_chunk)."""
        last = last_chunk * self.chunk_blocks
        return first_chunk * self.chunk_blocks, last if last < self.blocks else self.blocks


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """What a receiver needs to know when all of a set is there (L1295-1300).

    `n_blocks`: size of the volume at the boundary; `freed` and `allocated`: blocks whose use changed without a write
    that is in the set, so that the meta bit map of the copy follows (E52); `data_sum`: over all blocks.
    """

    id: SetId
    shape: SetShape
    n_blocks: int
    data_sum: int
    freed: Addresses = field(repr=False)
    allocated: Addresses = field(repr=False)
    header_sum: int

    @classmethod
    def sealed(
        cls, set_id: SetId, shape: SetShape, n_blocks: int, data_sum: int, freed: Addresses, allocated: Addresses
    ) -> Header:
        """A header with its own checksum."""
        unsealed = cls(set_id, shape, n_blocks, data_sum, freed, allocated, 0)
        return cls(set_id, shape, n_blocks, data_sum, freed, allocated, unsealed.expected_sum())

    def expected_sum(self) -> int:
        """The checksum that belongs to what the header says."""
        lists = (self.freed.size, address_total(self.freed), self.allocated.size, address_total(self.allocated))
        return seal(*self.id, *self.shape, self.n_blocks, self.data_sum, *lists)

    def intact(self) -> bool:
        """Whether the header is what was sealed."""
        return self.header_sum == self.expected_sum()


class ChunkSums(NamedTuple):
    """The sums of chunks, one each, and the sum over all their blocks."""

    each: Sums
    data_sum: int

    @classmethod
    def of(cls, sums: Sums) -> ChunkSums:
        """The sums of chunks with what they add up to."""
        return cls(sums, total(sums))


class Read(NamedTuple):
    """The sums of these very arrays, worked out when they were read to be sent."""

    addresses: Addresses
    rows: Rows
    sums: ChunkSums
    region: Region
    changes: int  # of the region by then

    def is_of(self, addresses: Addresses, rows: Rows) -> bool:
        """Whether it tells of these very arrays, and nothing was written where they lie since."""
        return self.addresses is addresses and self.rows is rows and self.region.changes == self.changes


@dataclass(frozen=True, slots=True, eq=False)
class ChunkRange:
    """Chunks [first_chunk, last_chunk) of a set: one message, whatever their number.

    `addresses` int64 strictly increasing, `rows` alike, both may be views of the sender's save volume. `shape` is the
    whole set's, so that the receiver can reserve its space before it has seen the header. `read` spares a receiver of
    what arrives as it was sent from working out the same sums; whatever was spoilt on its way holds other arrays.
    """

    id: SetId
    shape: SetShape
    first_chunk: int
    last_chunk: int
    addresses: Addresses = field(repr=False)
    rows: Rows = field(repr=False)
    checksum: int
    read: Read | None = field(default=None, repr=False)

    @classmethod
    def sealed(
        cls, set_id: SetId, shape: SetShape, first_chunk: int, last_chunk: int, addresses: Addresses, rows: Rows
    ) -> ChunkRange:
        """Chunks [first_chunk, last_chunk) with the checksum that belongs to them."""
        sums = chunk_sums(addresses, rows, shape.chunk_blocks)
        seal_of_range = range_seal(set_id, shape, first_chunk, last_chunk, total(sums))
        return cls(set_id, shape, first_chunk, last_chunk, addresses, rows, seal_of_range)

    def expected_sum(self, data_sum: int) -> int:
        """The checksum that belongs to a range over whose blocks the sum is `data_sum`."""
        return range_seal(self.id, self.shape, self.first_chunk, self.last_chunk, data_sum)

    def verified_sums(self) -> ChunkSums | None:
        """The sums worked out from what arrived; None when anything in the message is not what was sealed."""
        if not self._has_right_size():
            return None
        read = self.read
        if read is not None and read.is_of(self.addresses, self.rows):
            sums = read.sums
        elif increase(self.addresses):
            sums = ChunkSums.of(chunk_sums(self.addresses, self.rows, self.shape.chunk_blocks))
        else:
            return None
        return sums if self.checksum == self.expected_sum(sums.data_sum) else None

    def _has_right_size(self) -> bool:
        shape = self.shape
        if shape.chunk_blocks < 1 or not 0 <= self.first_chunk < self.last_chunk <= shape.chunks:
            return False
        first, last = shape.span(self.first_chunk, self.last_chunk)
        return bool(self.addresses.size == self.rows.shape[0] == last - first)


def range_seal(set_id: SetId, shape: SetShape, first_chunk: int, last_chunk: int, data_sum: int) -> int:
    """The checksum of chunks [first_chunk, last_chunk) over whose blocks the sum is `data_sum`."""
    return seal(*set_id, *shape, first_chunk, last_chunk, data_sum)


@dataclass(frozen=True, slots=True, eq=False)
class DeltaSet:
    """A whole set in hand: `addresses` int64 strictly increasing, `rows` alike, and what else its header says."""

    id: SetId
    addresses: Addresses
    rows: Rows
    n_blocks: int
    chunk_blocks: int = CHUNK_BLOCKS
    freed: Addresses = field(default_factory=lambda: NO_BLOCKS)
    allocated: Addresses = field(default_factory=lambda: NO_BLOCKS)

    @property
    def shape(self) -> SetShape:
        """Blocks and blocks a chunk."""
        return SetShape(int(self.addresses.size), self.chunk_blocks)

    def sums(self) -> Sums:
        """One sum a chunk."""
        return chunk_sums(self.addresses, self.rows, self.chunk_blocks)

    def header(self) -> Header:
        """The header that travels with the chunks."""
        return Header.sealed(self.id, self.shape, self.n_blocks, total(self.sums()), self.freed, self.allocated)

    def chunk_range(self, first_chunk: int, last_chunk: int) -> ChunkRange:
        """Chunks [first_chunk, last_chunk) as a message."""
        blocks = slice(*self.shape.span(first_chunk, last_chunk))
        data_sum = total(self.sums()[first_chunk:last_chunk])
        seal_of_range = range_seal(self.id, self.shape, first_chunk, last_chunk, data_sum)
        return ChunkRange(
            self.id, self.shape, first_chunk, last_chunk, self.addresses[blocks], self.rows[blocks], seal_of_range
        )
