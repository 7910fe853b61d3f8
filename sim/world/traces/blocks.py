"""Byte ranges become blocks: a write that covers part of a block dirties the block (DESIGN.md section 3).

a write that ends beyond the range is an error, unless addresses wrap: block modulo the blocks of the range
a write of no bytes is a write, and touches nothing
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.world.traces.faults import TraceError
from sim.world.traces.records import TraceChunk
from sim.world.traces.table import Ints, Mask

EXPAND_BLOCKS = 1 << 20  # at a time, so that long writes over small blocks stay within memory


class BlockRange:
    """The part of a volume that a trace may write: `blocks` blocks from block `start`."""

    def __init__(self, path: str, block_bytes: int, start: int, blocks: int, *, wrap: bool = False) -> None:
        """`path` is for messages. Raises ValueError when there is no block to write."""
        if blocks < 1 or start < 0:
            raise ValueError(f"a trace cannot be laid over {blocks} blocks from block {start}")
        self._path = path
        self._block_bytes = block_bytes
        self._start = start
        self._blocks = blocks
        self._wrap = wrap

    def expand(self, writes: TraceChunk) -> Iterator[tuple[Ints, Ints]]:
        """Addresses and times, one for each block of each write, in order; in pieces. Raises TraceError."""
        first = writes.offset_bytes // self._block_bytes
        last = (writes.offset_bytes + writes.length_bytes - 1) // self._block_bytes
        count = np.where(writes.length_bytes > 0, last - first + 1, 0)
        if not self._wrap:
            self._refuse_beyond(writes, (last >= self._blocks) & (count > 0))
        for lo, hi in _pieces(np.cumsum(count)):
            addresses, times = _spread(first[lo:hi], count[lo:hi], writes.time_ns[lo:hi])
            yield (addresses % self._blocks if self._wrap else addresses) + self._start, times

    def _refuse_beyond(self, writes: TraceChunk, beyond: Mask) -> None:
        if not beyond.any():
            return
        row = int(np.argmax(beyond))
        end = int(writes.offset_bytes[row] + writes.length_bytes[row])
        room = f"the {self._blocks * self._block_bytes} bytes that this trace may write"
        words = f"the write ends at byte {end}, beyond {room}; `wrap: true` folds such addresses back"
        raise TraceError(self._path, int(writes.line[row]), 0, words)


def _spread(first: Ints, count: Ints, time_ns: Ints) -> tuple[Ints, Ints]:
    total = int(count.sum())
    if total == count.size and (count == 1).all():
        return first, time_ns
    before = np.cumsum(count) - count
    return np.arange(total) + np.repeat(first - before, count), np.repeat(time_ns, count)


def _pieces(upto: Ints) -> Iterator[tuple[int, int]]:
    """Runs of writes [lo, hi) of at most EXPAND_BLOCKS blocks, or of one write."""
    lo = done = 0
    while lo < upto.size:
        hi = max(lo + 1, int(np.searchsorted(upto, done + EXPAND_BLOCKS, side="right")))
        yield lo, hi
        lo, done = hi, int(upto[hi - 1])
