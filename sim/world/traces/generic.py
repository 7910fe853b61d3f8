"""Any CSV whose first line names its columns; which column is what, in which unit, and which operations write, is said.

units are never guessed; other columns, and other operations, are left alone
a trace in which no operation writes is refused: codes differ (0 is a read in one collection, a write in the next)
time 0 is the first record; a time may have decimals, what is finer than a nanosecond is cut off
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

from sim.world.traces.columns import SECTOR, exactly, lengths, offsets
from sim.world.traces.faults import Faults
from sim.world.traces.records import Records
from sim.world.traces.stream import Text, TraceFile
from sim.world.traces.table import FRACTION_MAX, INT_MAX, Ints, Rows

FILETIME, FILETIME_NS = "filetime", 100  # since 1601, as Windows counts
DECIMALS = {"s": 9, "ms": 6, "us": 3, "ns": 0}
UNIT_BYTES = {"B": 1, "KiB": 1024, "sectors": SECTOR}


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a CSV mean, by their names.

    time_unit: s, ms, us, ns or filetime. offset_unit, length_unit: B, KiB or sectors. writes: operations that write.
    """

    time: str
    op: str
    offset: str
    length: str
    time_unit: str
    offset_unit: str = "B"
    length_unit: str = "B"
    writes: tuple[str, ...] = ("W",)

    @property
    def ns_per_tick(self) -> int:
        """File times would not fit 64 bits as nanoseconds; all else is read as nanoseconds."""
        return FILETIME_NS if self.time_unit == FILETIME else 1


def read(file: TraceFile, columns: Columns) -> Iterator[Records]:
    """All records, in the order of the file. Raises TraceError."""
    blocks = file.blocks()
    first = next(blocks)
    table = Table(file, columns, [name.strip() for name in first.head().split(",")])
    for text in chain([first.without_head()], blocks):
        yield table.records(text)
    table.check_writes()


class Table:
    """One CSV while it is read: where the columns that matter are."""

    def __init__(self, file: TraceFile, columns: Columns, names: list[str]) -> None:
        self._file = file
        self._columns = columns
        self._names = names
        self._time = self._place(columns.time)
        self._offset = self._place(columns.offset)
        self._length = self._place(columns.length)
        self._op = self._place(columns.op)
        self._words = [word.encode() for word in columns.writes]
        self._other: str | None = None
        self._writes = False

    def records(self, text: Text) -> Records:
        """The records of one block of lines."""
        rows = Rows.of(text, ",")
        faults = Faults(self._file.shown)
        exactly(faults, rows, len(self._names))
        records = Records(
            self._times(faults, rows),
            offsets(faults, rows, self._offset, UNIT_BYTES[self._columns.offset_unit]),
            lengths(faults, rows, self._length, UNIT_BYTES[self._columns.length_unit]),
            rows.line,
            rows.field(self._op).among(self._words) >= 0,
        )
        faults.check()
        self._remember(rows, records)
        return records

    def check_writes(self) -> None:
        """Raises TraceError when the whole file had operations, and no write among them."""
        if self._other is not None and not self._writes:
            listed = " or ".join(repr(word) for word in self._columns.writes)
            column = f"column {self._columns.op!r} never holds {listed}, but for instance {self._other}"
            raise self._file.wrong(f"no operation writes: {column}")

    def _remember(self, rows: Rows, records: Records) -> None:
        self._writes = self._writes or bool(records.is_write.any())
        if self._other is None and len(rows):
            self._other = rows.shown(0, self._op)

    def _times(self, faults: Faults, rows: Rows) -> Ints:
        unit = self._columns.time_unit
        if unit == FILETIME:
            ticks, wrong = rows.field(self._time).integers()
            faults.note(rows, wrong, self._time, "a Windows file time: a whole number of 100 ns")
            return ticks
        times, wrong = rows.field(self._time).decimals(DECIMALS[unit])
        most = INT_MAX // 10 ** DECIMALS[unit] - 1
        faults.note(rows, wrong, self._time, f"a time: {unit} from 0 to {most}, with at most {FRACTION_MAX} decimals")
        return times

    def _place(self, name: str) -> int:
        if self._names.count(name) > 1:
            raise self._file.wrong(f"the column {name!r} is named twice", 1, 1)
        if name in self._names:
            return self._names.index(name)
        near = get_close_matches(name, self._names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(self._names)[:200]}"
        raise self._file.wrong(f"there is no column {name!r}; {hint}", 1, 1)
