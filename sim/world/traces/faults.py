"""What is wrong with a trace, and where: file, line, column, what was found, what is expected.

of all that is wrong in a block of lines, the earliest line is told, then the leftmost column
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from sim.scenario.errors import BadInput

if TYPE_CHECKING:
    from sim.world.traces.table import Mask, Rows


class TraceError(BadInput):
    """A trace that cannot be replayed: path, line (0: the whole file), column (0: the whole line), what is wrong.

    `workload`: which one of the scenario replays it, once that is known: `volumes/NAME/workload/NAME`.
    """

    def __init__(self, path: str, line: int, column: int, words: str, workload: str = "") -> None:
        super().__init__(path, line, column, words, workload)
        self.path, self.line, self.column, self.words, self.workload = path, line, column, words, workload

    def __str__(self) -> str:
        place = [str(part) for part in (self.path, self.line, self.column) if part]
        owner = f"{self.workload.replace('/', '.')}.trace: " if self.workload else ""
        return f"{owner}{':'.join(place)}: {self.words}"


@contextmanager
def told_of(workload: str) -> Iterator[None]:
    """What is wrong with a trace is told with the name of the workload that replays it."""
    try:
        yield
    except TraceError as fault:
        raise TraceError(fault.path, fault.line, fault.column, fault.words, workload) from None


class Faults:
    """Collects what is wrong in a block, so that the message does not depend on the order of the checks."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._first: tuple[int, int, str] | None = None

    def note(self, rows: Rows, wrong: Mask, field: int, expected: str) -> None:
        """Field number `field` is not what is expected in the rows where `wrong`."""
        if wrong.any():
            row = int(np.argmax(wrong))
            self.tell(rows, row, field, f"found {rows.shown(row, field)}, expected {expected}")

    def tell(self, rows: Rows, row: int, field: int, words: str) -> None:
        """One fault in words, at field number `field` of a row."""
        fault = (int(rows.line[row]), rows.column(row, field), words)
        if self._first is None or fault[:2] < self._first[:2]:
            self._first = fault

    def check(self) -> None:
        """Raises TraceError with the earliest fault, if there was one."""
        if self._first is not None:
            raise TraceError(self._path, *self._first)
