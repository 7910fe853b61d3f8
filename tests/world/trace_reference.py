"""The trace source once more, one record and one block at a time, with dictionaries and fractions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from sim.world.traces.blocks import BlockRange
from sim.world.traces.records import TraceChunk
from sim.world.traces.replay import Stretch, replayed
from sim.world.traces.source import TraceSource
from sim.world.traces.tape import Tape

BLOCK = 512
WHOLE = Stretch()


class Io(NamedTuple):
    """One record."""

    time_ns: int
    is_write: bool
    offset: int
    length: int


class Seen(NamedTuple):
    """What a window holds: block -> (first write, serial number of the last), raw writes, raw bytes."""

    blocks: dict[int, tuple[int, int]]
    writes: int
    written_bytes: int


def chunk_of(ios: Sequence[Io], first_line: int = 1) -> TraceChunk:
    """A chunk as an importer would give it."""
    writes = [(io, first_line + k) for k, io in enumerate(ios) if io.is_write]
    arrays = [[io.time_ns for io, _ in writes], [io.offset for io, _ in writes], [io.length for io, _ in writes]]
    arrays.append([line for _, line in writes])
    columns = [np.array(column, dtype=np.int64) for column in arrays]
    return TraceChunk(*columns, records=len(ios), end_ns=ios[-1].time_ns)


def pieces(ios: Sequence[Io], sizes: Sequence[int]) -> Iterator[TraceChunk]:
    """The records cut into chunks of these sizes, again and again."""
    at = turn = 0
    while at < len(ios):
        size = sizes[turn % len(sizes)]
        yield chunk_of(ios[at : at + size], at + 1)
        at, turn = at + size, turn + 1


def source_of(
    ios: Sequence[Io],
    sizes: Sequence[int] = (3,),
    stretch: Stretch = WHOLE,
    blocks: int = 1 << 20,
    start: int = 0,
    wrap: bool = False,
    index: int = 5,
) -> TraceSource:
    tape = Tape(replayed("trace", lambda: pieces(ios, sizes), stretch))
    return TraceSource("guest", tape, BlockRange("trace", BLOCK, start, blocks, wrap=wrap), index)


class Reference:
    """All that the records do, up to an instant."""

    def __init__(
        self,
        ios: Sequence[Io],
        stretch: Stretch = WHOLE,
        blocks: int = 1 << 20,
        start: int = 0,
        wrap: bool = False,
    ) -> None:
        self._ios = ios
        self._stretch = stretch
        self._blocks, self._start, self._wrap = blocks, start, wrap

    def window(self, start_ns: int, to_ns: int) -> Seen:
        blocks: dict[int, tuple[int, int]] = {}
        writes = written = 0
        for time, addresses, length, serials in self._all(to_ns):
            if time <= start_ns:
                continue
            writes, written = writes + 1, written + length
            for address, serial in zip(addresses, serials, strict=True):
                blocks[address] = (blocks.get(address, (time, 0))[0], serial)
        return Seen(blocks, writes, written)

    def _all(self, to_ns: int) -> Iterator[tuple[int, list[int], int, range]]:
        """Each write in run time, with the blocks it covers and their serial numbers, from 1."""
        begin, serial = 0, 1
        end = self._ios[-1].time_ns
        while True:
            for io in self._ios:
                time = int(Fraction(begin + io.time_ns) * self._stretch.time_scale)
                if time > to_ns:
                    return
                if io.is_write:
                    addresses = self._addresses(int(io.offset * self._stretch.size_scale), io.length)
                    yield time, addresses, io.length, range(serial, serial + len(addresses))
                    serial += len(addresses)
            if not self._stretch.loop:
                return
            begin += end + max(1, end // max(1, len(self._ios) - 1))

    def _addresses(self, offset: int, length: int) -> list[int]:
        touched = [
            block
            for block in range(offset // BLOCK, (offset + length) // BLOCK + 1)
            if length and (max(offset, block * BLOCK) < min(offset + length, (block + 1) * BLOCK))
        ]
        return [self._start + (block % self._blocks if self._wrap else block) for block in touched]
