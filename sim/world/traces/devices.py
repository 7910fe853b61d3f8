"""A volume replays one device: a trace that names several is refused, unless one of them is chosen."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from sim.world.traces.faults import Faults
from sim.world.traces.stream import TraceFile
from sim.world.traces.table import Mask, Rows

Name = tuple[bytes, ...]  # a device of two fields is written with `_` between them

NAMES_MAX = 20  # that a message lists


class Device:
    """The one device of a trace: the one that was chosen, else the one that the first record names."""

    def __init__(self, file: TraceFile, wanted: str | None, kind: str) -> None:
        """`kind`: what the format calls devices, in the plural. A device of two fields has `_` between them."""
        self._file = file
        self._wanted = wanted
        self._kind = kind
        self._only: Name | None = None
        self._found = wanted is None
        self._others: list[Name] = []

    def chosen(self, faults: Faults, rows: Rows, *numbers: int) -> Mask:
        """Which rows are of the device, told by these fields."""
        if not len(rows):
            return np.zeros(0, dtype=np.bool_)
        if self._wanted is not None:
            return self._named(rows, numbers, self._wanted)
        if self._only is None:
            self._only = _name(rows, 0, numbers)
        same = _same(rows, numbers, self._only)
        if not same.all():
            self._refuse(faults, rows, int(np.argmin(same)), numbers, self._only)
        return same

    def must_be_found(self) -> None:
        """Raises TraceError when the trace was of other devices only."""
        if self._found or not self._others:
            return
        names = [_shown(other) for other in self._others]
        near = get_close_matches(str(self._wanted), names, n=1)
        more = ", ..." if len(names) == NAMES_MAX else ""
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise self._file.wrong(f"no device {self._wanted!a} in this trace (there is {', '.join(names)}{more}){hint}")

    def _named(self, rows: Rows, numbers: tuple[int, ...], wanted: str) -> Mask:
        parts = wanted.rsplit("_", len(numbers) - 1) if len(numbers) > 1 else [wanted]
        mask = _same(rows, numbers, tuple(part.encode() for part in parts))
        self._found = self._found or bool(mask.any())
        if not self._found:
            self._remember(rows, numbers)
        return mask

    def _remember(self, rows: Rows, numbers: tuple[int, ...]) -> None:
        """Which devices there are instead; there are few, so a pass over the rows for each is not much."""
        if len(self._others) == NAMES_MAX:
            return
        unknown = np.ones(len(rows), dtype=np.bool_)
        for other in self._others:
            unknown &= ~_same(rows, numbers, other)
        while len(self._others) < NAMES_MAX and unknown.any():
            self._others.append(_name(rows, int(np.argmax(unknown)), numbers))
            unknown &= ~_same(rows, numbers, self._others[-1])

    def _refuse(self, faults: Faults, rows: Rows, row: int, numbers: tuple[int, ...], only: Name) -> None:
        other = _shown(_name(rows, row, numbers))
        words = f"several {self._kind} in one trace: {_shown(only)} and {other}; choose one with `device`"
        faults.tell(rows, row, numbers[0], words)


def _name(rows: Rows, row: int, numbers: tuple[int, ...]) -> Name:
    return tuple(rows.field(number).raw(row) for number in numbers)


def _shown(name: Name) -> str:
    return b"_".join(name).decode("utf-8", "replace")


def _same(rows: Rows, numbers: tuple[int, ...], name: Name) -> Mask:
    """Which rows are of a device; none where its name has another number of fields."""
    if len(name) != len(numbers):
        return np.zeros(len(rows), dtype=np.bool_)
    matches = [rows.field(number).among([part]) == 0 for number, part in zip(numbers, name, strict=True)]
    same: Mask = np.logical_and.reduce(matches)
    return same
