"""Block I/O as traces tell it: first every record of a file, then the writes alone, in order of time, in nanoseconds.

a row may come at most ORDER_ROWS rows too late; such disorder is sorted (stably), more is an error that names the line
where times are absolute, time 0 is the earliest record, also when that is a read; elsewhere times stay as written
what comes out does not depend on how the file was cut into blocks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sim.world.traces.faults import TraceError
from sim.world.traces.table import Ints, Mask

ORDER_ROWS = 4096
TIME_MAX_NS = 1 << 62
OFFSET_MAX = 1 << 62
LENGTH_MAX = 1 << 30  # no device takes a request of 1 GiB; a longer one is a misread column


@dataclass(frozen=True, slots=True)
class Records:
    """Reads and writes as they stand in a file, in arrays of one shape; times in the file's own ticks.

    `end`: the time of the last line that has one, when that is no record (a closed file, a wait at the end).
    """

    ticks: Ints
    offset_bytes: Ints
    length_bytes: Ints
    line: Ints
    is_write: Mask
    end: int = 0

    def __len__(self) -> int:
        return int(self.ticks.size)

    def pick(self, chosen: Ints | slice) -> Records:
        """Some of the records, in the order given."""
        return Records(
            self.ticks[chosen],
            self.offset_bytes[chosen],
            self.length_bytes[chosen],
            self.line[chosen],
            self.is_write[chosen],
        )

    def then(self, later: Records) -> Records:
        """These, followed by others."""
        return Records(
            np.append(self.ticks, later.ticks),
            np.append(self.offset_bytes, later.offset_bytes),
            np.append(self.length_bytes, later.length_bytes),
            np.append(self.line, later.line),
            np.append(self.is_write, later.is_write),
        )


@dataclass(frozen=True, slots=True)
class TraceChunk:
    """The writes among some consecutive records, by time. int64 arrays of one shape; time 0 is where the trace begins.

    line: where each write stands in the file. records: how many reads and writes there were.
    end_ns: the time of the last of them, or of the end of the trace; no later chunk begins before it.
    """

    time_ns: Ints
    offset_bytes: Ints
    length_bytes: Ints
    line: Ints
    records: int
    end_ns: int

    def __len__(self) -> int:
        return int(self.time_ns.size)

    def rows(self, lo: int, hi: int) -> TraceChunk:
        """The writes [lo, hi)."""
        part = slice(lo, hi)
        arrays = (self.time_ns[part], self.offset_bytes[part], self.length_bytes[part], self.line[part])
        return TraceChunk(*arrays, self.records, self.end_ns)


def writes_of(path: str, records: Iterable[Records], ns_per_tick: int, *, from_first: bool) -> Iterator[TraceChunk]:
    """The writes in order of time. Raises TraceError when there are no records, too disordered, or too far apart."""
    base: int | None = None if from_first else 0
    for block in in_order(path, records):
        base = int(block.ticks[0]) if base is None else base
        end = max(int(block.ticks[-1]), block.end) - base
        if end > TIME_MAX_NS // ns_per_tick:
            raise TraceError(path, int(block.line[-1]), 0, "time runs on for more than 146 years")
        kept = block.pick(np.flatnonzero(block.is_write))
        times = (kept.ticks - base) * ns_per_tick
        yield TraceChunk(times, kept.offset_bytes, kept.length_bytes, kept.line, len(block), end * ns_per_tick)


def in_order(path: str, records: Iterable[Records], depth: int = ORDER_ROWS) -> Iterator[Records]:
    """Records sorted by time, stably, holding back the last `depth` of them; the first that comes out is the earliest.

    Raises TraceError for a row that comes later than `depth` rows too late, and when there is no record at all.
    """
    held, end = None, 0
    highest = np.full(depth, -1, dtype=np.int64)  # the running maximum at each of the last `depth` rows of the file
    for block in records:
        end = max(end, block.end)
        if not len(block):
            continue
        highest = np.append(highest, np.maximum.accumulate(np.append(highest[-1], block.ticks))[1:])
        _refuse_stragglers(path, block, highest[: len(block)], depth)
        highest = highest[len(block) :]
        together = _by_time(block if held is None else held.then(block))
        ready = max(0, len(together) - depth)
        if ready:
            yield together.pick(slice(0, ready))
        held = together.pick(slice(ready, None))
    if held is None:
        raise TraceError(path, 0, 0, "there is no read and no write in this trace")
    yield replace(held, end=end)


def _by_time(records: Records) -> Records:
    if (records.ticks[1:] >= records.ticks[:-1]).all():
        return records
    return records.pick(np.argsort(records.ticks, kind="stable"))


def _refuse_stragglers(path: str, block: Records, before: Ints, depth: int) -> None:
    late = block.ticks < before
    if late.any():
        row = int(np.argmax(late))
        words = f"time {block.ticks[row]} is earlier than rows more than {depth} rows before it; sort the trace by time"
        raise TraceError(path, int(block.line[row]), 0, words)
