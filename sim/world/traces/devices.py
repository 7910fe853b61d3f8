"""A volume replays one device: a trace that names several is refused, unless one of them is chosen."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from sim.world.traces.faults import Faults
from sim.world.traces.stream import TraceFile
from sim.world.traces.table import Mask, Rows

NAMES_MAX = 20  # devices that a message lists


class Device:
    """The one device of a trace: the one that was chosen, else the one that the first record names."""

    def __init__(self, file: TraceFile, wanted: str | None, kind: str) -> None:
        """`kind`: what the format calls devices, in the plural. A device of two fields has `_` between them."""
        self._file = file
        self._wanted = wanted
        self._kind = kind
        self._only: tuple[bytes, ...] | None = None
        self._found = wanted is None
        self._others: list[tuple[str, ...]] = []

    def chosen(self, faults: Faults, rows: Rows, *numbers: int) -> Mask:
        """Which rows are of the device, told by these fields."""
        if not len(rows):
            return np.zeros(0, dtype=np.bool_)
        if self._wanted is not None:
            return self._named(faults, rows, numbers, self._wanted)
        if self._only is None:
            self._only = tuple(rows.text(0, number).encode() for number in numbers)
        same = self._same(rows, numbers, self._only)
        if not same.all():
            self._refuse(faults, rows, int(np.argmin(same)), numbers, self._only)
        return same

    def _same(self, rows: Rows, numbers: tuple[int, ...], names: tuple[bytes, ...]) -> Mask:
        matches = [rows.field(number).among([name]) == 0 for number, name in zip(numbers, names, strict=True)]
        same: Mask = np.logical_and.reduce(matches)
        return same

    def must_be_found(self) -> None:
        """Raises TraceError when other devices were in the trace, and never the chosen one."""
        if self._found or not self._others:
            return
        names = ["_".join(other) for other in self._others]
        near = get_close_matches(str(self._wanted), names, n=1)
        more = ", ..." if len(names) == NAMES_MAX else ""
        hint = f"; did you mean {near[0]!a}?" if near else ""
        there = ", ".join(ascii(name)[1:-1] for name in names)
        raise self._file.wrong(f"no device {self._wanted!a} in this trace (there is {there}{more}){hint}")

    def _named(self, rows: Rows, numbers: tuple[int, ...], name: str) -> Mask:
        parts = name.rsplit("_", len(numbers) - 1)
        named = len(parts) == len(numbers)
        mask = self._same(rows, numbers, tuple(parts)) if named else np.zeros(len(rows), dtype=np.bool_)
        self._found = self._found or bool(mask.any())
        if not self._found:
            self._note_others(rows, numbers)
        return mask

    def _note_others(self, rows: Rows, numbers: tuple[int, ...]) -> None:
        """Remember which devices there are: few passes, for there are few."""
        unknown = ~np.logical_or.reduce([self._same(rows, numbers, other) for other in self._others], initial=False)
        while unknown.any() and len(self._others) < NAMES_MAX:
            row = int(np.argmax(unknown))
            self._others.append(tuple(rows.text(row, number) for number in numbers))
            unknown &= ~self._same(rows, numbers, self._others[-1])

    def _same(self, rows: Rows, numbers: tuple[int, ...], names: tuple[str, ...]) -> Mask:
        matches = [rows.field(number).among([name]) == 0 for number, name in zip(numbers, names, strict=True)]
        same: Mask = np.logical_and.reduce(matches)
        return same

    def _refuse(self, faults: Faults, rows: Rows, row: int, numbers: tuple[int, ...], only: tuple[bytes, ...]) -> None:
        other = "_".join(rows.text(row, number) for number in numbers)
        first = b"_".join(only).decode("utf-8", "replace")
        words = f"several {self._kind} in one trace: {first} and {other}; choose one with `device`"
        faults.tell(rows, row, numbers[0], words)
