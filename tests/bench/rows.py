"""What a benchmark says: one row, as text for the terminal and for BENCHMARKS.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = ("what", "measured", "target", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement beside its target; `met` is None where there is nothing to meet."""

    what: str
    measured: str
    target: str = "-"
    met: bool | None = None

    def cells(self) -> tuple[str, str, str, str]:
        """The row as the table shows it."""
        met = {None: "-", True: "yes", False: "**no**"}[self.met]
        return self.what, self.measured, self.target, met


def at_most(what: str, measured: float, limit: float, show: str, note: str = "") -> Row:
    """A row that is met when the value does not exceed the limit; `show` formats both, as in `{:.0f} ns`."""
    return Row(what, show.format(measured) + note, "<= " + show.format(limit), measured <= limit)


def at_least(what: str, measured: float, limit: float, show: str, note: str = "") -> Row:
    """A row that is met when the value reaches the limit."""
    return Row(what, show.format(measured) + note, ">= " + show.format(limit), measured >= limit)


def table(rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
