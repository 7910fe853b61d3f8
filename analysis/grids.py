"""Tables of text that fit any terminal.

too wide: leave out the columns that matter least; still too wide: a line for each value, `column: value`
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

GAP: Final = 2
GLUE: Final = "\ue000"  # a blank at which no line ends: for rich a no-break space is a blank like any other
_UNIT: Final = re.compile(r"(\d) ([KMGT]iB|[kMGT]?B|%|d|h|min|s|ms|µs|ns)(?!\w)")


def glued(text: str) -> str:
    """A text in which no number is parted from its unit at the end of a line."""
    return _UNIT.sub(rf"\1{GLUE}\2", text)


@dataclass(frozen=True, slots=True)
class Row:
    """What a row is about, in one or several lines, and its cells."""

    name: str
    cells: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `least` are the columns that can be left out, the least needed one first."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    least: tuple[str, ...] = ()

    def fitting(self, width: int) -> RenderableType:
        """The table, as much of it as goes into `width` columns, or all of it line by line."""
        narrower = self
        for name in (None, *self.least):
            narrower = narrower.without(name) if name else narrower
            if narrower.width <= width:
                return narrower._table()
        return self._lines()

    @property
    def width(self) -> int:
        """How many columns of a terminal it needs."""
        names = [self.title, *(line for row in self.rows for line in row.name.split("\n"))]
        cells = zip(self.columns, *(row.cells for row in self.rows), strict=True)
        return max(map(len, names)) + sum(GAP + max(map(len, column)) for column in cells)

    def without(self, name: str) -> Grid:
        """The same without a column."""
        at = self.columns.index(name)
        rows = [Row(row.name, row.cells[:at] + row.cells[at + 1 :], row.style) for row in self.rows]
        return Grid(self.title, self.columns[:at] + self.columns[at + 1 :], rows)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
        table.add_column(self.title, header_style="bold", no_wrap=True)
        for column in self.columns:
            table.add_column(column, header_style="dim", no_wrap=True)
        for row in self.rows:
            table.add_row(row.name, *row.cells, style=row.style)
        return table

    def _lines(self) -> Group:
        alone = len(self.columns) == 1
        parts: list[RenderableType] = [Text(f"{self.title}: {self.columns[0]}" if alone else self.title, "bold")]
        for row in self.rows:
            parts.append(Text(glued(" ".join(row.name.split())), row.style))
            said = (
                row.cells if alone else [f"{name}: {cell}" for name, cell in zip(self.columns, row.cells, strict=True)]
            )
            parts += [Padding(Text(glued(line), row.style), (0, 0, 0, GAP)) for line in said]
        return Group(*parts)
