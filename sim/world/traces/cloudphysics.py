"""CloudPhysics CSV, as the libCacheSim project publishes it: `time_us,op,offset,length`.

times are microseconds, time 0 is the first record; op is R or W; offset and length are bytes
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sim.world.traces.columns import exactly, lengths, offsets, words
from sim.world.traces.faults import Faults
from sim.world.traces.records import Records
from sim.world.traces.stream import TraceFile
from sim.world.traces.table import Rows

NS_PER_TICK = 1000
NAMES = "time_us,op,offset,length"


def read(file: TraceFile) -> Iterator[Records]:
    """All records, in the order of the file. Raises TraceError."""
    blocks = file.blocks()
    first = next(blocks)
    if first.head() != NAMES:
        raise file.wrong(f"found {first.head()[:60]!a}, expected the column names {NAMES}", 1, 1)
    for text in chain([first.without_head()], blocks):
        yield _records(file, Rows.of(text, ","))


def _records(file: TraceFile, rows: Rows) -> Records:
    faults = Faults(file.shown)
    exactly(faults, rows, 4)
    ticks, wrong = rows.field(0).integers()
    faults.note(rows, wrong, 0, "a time: a whole number of microseconds")
    is_write = words(faults, rows, 1, [b"R", b"W"]) == 1
    records = Records(ticks, offsets(faults, rows, 2), lengths(faults, rows, 3), rows.line, is_write)
    faults.check()
    return records
