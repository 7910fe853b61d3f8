"""The verdict table of `georep check`: a line for each scenario, and below it each check that did not hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sim.cli import status
from sim.cli.reporting import checks_text

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


def table(found: dict[str, Result | None], wrong: dict[str, str]) -> str:
    """The table as text; `wrong` are the scenarios that cannot be used, None is one that was interrupted."""
    rows = {name: _row(name, result, name in wrong) for name, result in found.items()}
    widths = [max(len(row[column]) for row in (HEADINGS, *rows.values())) for column in range(len(HEADINGS))]
    lines = [_line(HEADINGS, widths)]
    for name, row in rows.items():
        lines += [_line(row, widths), *_details(found[name])]
    return "\n".join([*lines, "", _totals(rows)])


def _row(name: str, result: Result | None, bad: bool) -> Row:
    if result is None:
        return (name, WORDS[status.BAD_INPUT] if bad else STOPPED, "", "", "", "", "")
    count = Counter(verdict.outcome for verdict in result.verdicts)
    word = WORDS[status.of(result.failures, result.verdicts)]
    numbers = (count["pass"], count["fail"], count["unknown"], len(result.outcomes))
    return (name, word, *map(str, numbers), result.digest if result.outcomes else "")


def _line(row: Row, widths: list[int]) -> str:
    cells = zip(HEADINGS, row, widths, strict=True)
    return "  ".join(
        f"{cell:>{width}}" if name in NUMBERS else f"{cell:<{width}}" for name, cell, width in cells
    ).rstrip()


def _details(result: Result | None) -> list[str]:
    verdicts = [verdict for verdict in (result.verdicts if result else []) if verdict.outcome != "pass"]
    return [f"    {line}" for line in checks_text(verdicts).splitlines()] if verdicts else []


def _totals(rows: dict[str, Row]) -> str:
    count = Counter(row[1] for row in rows.values())
    words = [f"{count[word]} {word[2:]}" for word in (*WORDS.values(), STOPPED) if count[word]]
    return f"{len(rows)} scenario{'' if len(rows) == 1 else 's'}: {', '.join(words)}"
