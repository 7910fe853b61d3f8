"""What the columns of all formats have in common: byte ranges with units and limits, words that must be known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.world.traces.faults import Faults
from sim.world.traces.records import LENGTH_MAX, OFFSET_MAX
from sim.world.traces.table import Ints, Rows

SECTOR = 512


def offsets(faults: Faults, rows: Rows, number: int, unit_bytes: int = 1) -> Ints:
    """Where each request begins, in bytes."""
    return _sizes(faults, rows, number, unit_bytes, "an offset", OFFSET_MAX)


def lengths(faults: Faults, rows: Rows, number: int, unit_bytes: int = 1) -> Ints:
    """How long each request is, in bytes."""
    return _sizes(faults, rows, number, unit_bytes, "a length", LENGTH_MAX)


def words(faults: Faults, rows: Rows, number: int, known: Sequence[bytes]) -> NDArray[np.int64]:
    """Which of the known words stands in each row."""
    found = rows.field(number).among(known)
    *others, last = (word.decode() for word in known)
    faults.note(rows, found < 0, number, f"{', '.join(others)} or {last}")
    return found


def exactly(faults: Faults, rows: Rows, count: int) -> None:
    """Every row must have this many fields."""
    for row in (rows.count != count).nonzero()[0][:1]:
        found = int(rows.count[row])
        faults.tell(rows, row, min(found, count), f"found {found} fields, expected {count}")


def _sizes(faults: Faults, rows: Rows, number: int, unit_bytes: int, name: str, limit: int) -> Ints:
    values, wrong = rows.field(number).integers()
    wrong |= values > limit // unit_bytes
    unit = "bytes" if unit_bytes == 1 else f"units of {unit_bytes} bytes"
    faults.note(rows, wrong, number, f"{name}: a whole number of {unit} from 0 to {limit // unit_bytes}")
    values[wrong] = 0
    return values * unit_bytes
