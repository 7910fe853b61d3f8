"""A volume replays one device: a trace that names several is refused, unless one of them is chosen."""

from __future__ import annotations

import numpy as np

from sim.world.traces.faults import Faults
from sim.world.traces.stream import TraceFile
from sim.world.traces.table import Mask, Rows


class Device:
    """The one device of a trace: the one that was chosen, else the one that the first record names."""

    def __init__(self, file: TraceFile, wanted: str | None, kind: str) -> None:
        """`kind`: what the format calls devices, in the plural. A device of two fields has `_` between them."""
        self._file = file
        self._wanted = wanted
        self._kind = kind
        self._only: tuple[bytes, ...] | None = None

    def chosen(self, faults: Faults, rows: Rows, *numbers: int) -> Mask:
        """Which rows are of the device, told by these fields."""
        if not len(rows):
            return np.zeros(0, dtype=np.bool_)
        if self._wanted is not None:
            return self._named(rows, numbers, self._wanted)
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

    def _named(self, rows: Rows, numbers: tuple[int, ...], name: str) -> Mask:
        parts = name.rsplit("_", len(numbers) - 1) if len(numbers) > 1 else [name]
        if len(parts) != len(numbers):
            return np.zeros(len(rows), dtype=np.bool_)
        return self._same(rows, numbers, tuple(part.encode() for part in parts))

    def _refuse(self, faults: Faults, rows: Rows, row: int, numbers: tuple[int, ...], only: tuple[bytes, ...]) -> None:
        other = "_".join(rows.text(row, number) for number in numbers)
        first = b"_".join(only).decode("utf-8", "replace")
        words = f"several {self._kind} in one trace: {first} and {other}; choose one with `device`"
        faults.tell(rows, row, numbers[0], words)
