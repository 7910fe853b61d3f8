"""The verdict table of `georep check`: a line for each scenario, and below it each check that did not hold.

on a narrow terminal the columns go that matter least, and at last all of them: then a scenario has its lines
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sim.cli import status
from sim.cli.reporting import checks_text, terminal_width

if TYPE_CHECKING:
    from sim.results.result import Result

Row = tuple[str, ...]

HEADINGS: Final[Row] = ("scenario", "verdict", "passed", "failed", "unknown", "runs", "digest")
NUMBERS: Final = ("passed", "failed", "unknown", "runs")
WORDS: Final = {
    status.OK: "✓ pass",
    status.FELL_SHORT: "✗ fell short",
    status.BAD_INPUT: "✗ bad input",
    status.UNKNOWN: "? unknown",
}
STOPPED: Final = "- stopped"
INDENT: Final = "    "


def table(found: dict[str, Result | None], wrong: dict[str, str]) -> str:
    """The table as text; `wrong` are the scenarios that cannot be used, None is one that was interrupted."""
    rows = {name: _row(name, result, name in wrong) for name, result in found.items()}
    widths = _fitting([HEADINGS, *rows.values()], terminal_width())
    lines = [_line(HEADINGS, widths)] if widths else []
    for name, row in rows.items():
        lines += [*([_line(row, widths)] if widths else _lines(row)), *_details(found[name])]
    return "\n".join([*lines, "", _totals(rows)])


def _fitting(rows: list[Row], width: int | None) -> dict[str, int]:
    """The widths of the columns that there is room for; none of them when not even those are left that matter."""
    widths = {name: max(len(row[column]) for row in rows) for column, name in enumerate(HEADINGS)}
    for name in ("", "digest", "runs"):
        widths.pop(name, None)
        if width is None or sum(widths.values()) + 2 * (len(widths) - 1) <= width:
            return widths
    return {}


def _lines(row: Row) -> list[str]:
    """A row one below the other, without what is not known, and without the digest, which no narrow line can hold."""
    named = dict(zip(HEADINGS, row, strict=True))
    return [
        named["scenario"],
        *(f"  {name}: {cell}" for name, cell in named.items() if cell and name not in ("scenario", "digest")),
    ]


def _row(name: str, result: Result | None, bad: bool) -> Row:
    if result is None:
        return (name, WORDS[status.BAD_INPUT] if bad else STOPPED, "", "", "", "", "")
    count = Counter(verdict.outcome for verdict in result.verdicts)
    word = WORDS[status.of(result.failures, result.verdicts)]
    numbers = (count["pass"], count["fail"], count["unknown"], len(result.outcomes))
    return (name, word, *map(str, numbers), result.digest if result.outcomes else "")


def _line(row: Row, widths: dict[str, int]) -> str:
    cells = [(name, cell, widths[name]) for name, cell in zip(HEADINGS, row, strict=True) if name in widths]
    return "  ".join(
        f"{cell:>{width}}" if name in NUMBERS else f"{cell:<{width}}" for name, cell, width in cells
    ).rstrip()


def _details(result: Result | None) -> list[str]:
    verdicts = [verdict for verdict in (result.verdicts if result else []) if verdict.outcome != "pass"]
    return [f"{INDENT}{line}" for line in checks_text(verdicts, len(INDENT)).splitlines()] if verdicts else []


def _totals(rows: dict[str, Row]) -> str:
    count = Counter(row[1] for row in rows.values())
    words = [f"{count[word]} {word[2:]}" for word in (*WORDS.values(), STOPPED) if count[word]]
    return f"{len(rows)} scenario{'' if len(rows) == 1 else 's'}: {', '.join(words)}"
