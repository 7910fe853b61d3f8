"""A run, or the runs of a scenario, in the ten seconds that a person has: plain text, coloured where that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis import intervals
from sim.summary import Verdict, amount
from sim.summary.amounts import Unit

Found = Mapping[str, Any]  # summary.json

COLUMNS: Final = ("p50", "p95", "p99", "max", "mean")
FAILOVERS: Final = {"default": "failover with all received", "now": "failover at once"}
SIGNS: Final = {"pass": ("✓", "green"), "fail": ("✗", "bold red"), "unknown": ("?", "yellow")}
WIDTH: Final = 100


def summary(found: Found, *, colour: bool = False, width: int = WIDTH) -> str:
    """What happened, from the content of summary.json, as text of several lines without a line end.

    Of several runs each number is the mean over them, with the least and the greatest where they differ.
    """
    parts: list[RenderableType] = [*_lag(found), *_cost(found), *_rest(found)]
    return printed(parts, colour=colour, width=width)


def checks(verdicts: Iterable[Verdict], *, colour: bool = False, width: int = WIDTH) -> str:
    """Each check with its mark, and what was measured."""
    table = _table("", "", "")
    for verdict in verdicts:
        sign, style = SIGNS[verdict.outcome]
        measured = f"measured {verdict.measured}" if verdict.outcome != "unknown" else f"unknown: {verdict.why}"
        soft = ", only a warning" if verdict.check.soft and verdict.outcome != "pass" else ""
        why = f", {verdict.why}" if verdict.outcome == "fail" and verdict.why else ""
        table.add_row(Text(sign, style), Text(verdict.check.text), Text(f"{measured}{why}{soft}", style))
    return printed([table] if table.row_count else [], colour=colour, width=width)


def replications(summaries: Sequence[Found], *, colour: bool = False, width: int = WIDTH) -> str:
    """How sure the numbers are after so many runs with different luck: means and shares with 95 % intervals."""
    table = _table(f"over {len(summaries)} runs", "mean, and where the true one lies (95 %)")
    for key, unit in _worth_knowing(summaries[0] if summaries else {}):
        values = [float(value) for found in summaries if (value := found.get(key)) is not None]
        if values:
            table.add_row(key, intervals.mean(values).shown(unit))
    for key, what in (("stall_seconds", "runs with a stall"), ("full_copies", "runs with a full copy")):
        hits = sum(bool(found.get(key)) for found in summaries)
        if summaries:
            table.add_row(what, f"{hits}: {intervals.share(hits, len(summaries)).shown('share')}")
    return printed([table], colour=colour, width=width)


def printed(parts: Iterable[RenderableType], *, colour: bool, width: int) -> str:
    """What rich makes of it, as text; without `colour` there is no escape sequence in it."""
    stream = StringIO()
    console = Console(file=stream, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def _lag(found: Found) -> Iterable[RenderableType]:
    names = _named(found, r"lag_seconds\.(.+)\.max")
    table = _table("how far behind", *COLUMNS, "above target", "target")
    for name in names:
        columns = (*COLUMNS, "above_target_seconds", "target_seconds")
        _add_rows(table, found, name, [f"lag_seconds.{name}.{column}" for column in columns], "s")
    if names:
        yield table
    for name in names:
        if found.get(f"unreadable_seconds.{name}"):
            yield Text(f"{name} had nothing to serve for {_value(found, f'unreadable_seconds.{name}', 's')}", "yellow")


def _cost(found: Found) -> Iterable[RenderableType]:
    if "exposure_seconds.default.max" not in found:
        return
    table = _table("a disaster would have cost", *COLUMNS)
    for mode, name in FAILOVERS.items():
        _add_rows(table, found, f"{name}: time", [f"exposure_seconds.{mode}.{column}" for column in COLUMNS], "s")
        _add_rows(table, found, "    data", [f"exposure_bytes.{mode}.{column}" for column in COLUMNS], "B")
    yield Padding(table, (1, 0, 0, 0))


def _add_rows(table: Table, found: Found, name: str, keys: Sequence[str], unit: Unit) -> None:
    """One row; of several runs that differ a second one with the greatest of each."""
    shown = [amount(found.get(key), unit) for key in keys]
    greatest = [amount(found.get(f"{key}.across_max", found.get(key)), unit) for key in keys]
    table.add_row(name, *shown)
    if greatest != shown:
        table.add_row("  greatest of all runs", *greatest, style="dim")


def _rest(found: Found) -> Iterable[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    for label, text in _lines(found):
        if text:
            table.add_row(label, text)
    yield Padding(table, (1, 0, 0, 0))


def _lines(found: Found) -> Iterable[tuple[str, str]]:
    yield "save volumes", ", ".join(_fill(found, site) for site in _named(found, r"save_volume_bytes\.(.+)\.max"))
    yield "over the links", _with_causes(found, "wan_bytes", "B")
    yield "written", _written(found)
    yield "coalescing", _coalescing(found)
    yield "delta sets", _with_causes(found, "delta_sets", "1")
    yield "writes", f"stood still for {stall}" if (stall := _stall(found)) else "never stood still"
    yield "full copies", _with_causes(found, "full_copies", "1") if found.get("full_copies") else "none"


def _fill(found: Found, site: str) -> str:
    used = f"{site} at most {_value(found, f'save_volume_bytes.{site}.max', 'B')}"
    fill = found.get(f"save_volume_fill.{site}.max")
    return used if fill is None else f"{used} ({amount(fill, 'share')} full)"


def _written(found: Found) -> str:
    writes = _value(found, "written_writes", "1")
    return f"{_value(found, 'written_bytes', 'B')} in {writes} writes by users"


def _coalescing(found: Found) -> str:
    if found.get("coalescing_ratio") is None:
        return ""
    saved = _value(found, "coalesced_bytes", "B")
    return f"{_value(found, 'coalescing_ratio', '1')} bytes written for each that a delta set carries: {saved} saved"


def _stall(found: Found) -> str:
    return _with_causes(found, "stall_seconds", "s") if found.get("stall_seconds") else ""


def _with_causes(found: Found, key: str, unit: Unit) -> str:
    causes = [(cause, found.get(f"{key}.{cause}")) for cause in _named(found, rf"{key}\.(\w+)")]
    known = [f"{cause.replace('_', ' ')} {amount(value, unit)}" for cause, value in causes if value]
    return _value(found, key, unit) + (f": {', '.join(known)}" if known else "")


def _named(found: Found, pattern: str) -> list[str]:
    """What stands in place of the group in the keys that match, in their order."""
    return [match[1] for key in found if (match := re.fullmatch(pattern, key)) and not key.endswith(_ACROSS)]


_ACROSS: Final = (".across_min", ".across_max")


def _value(found: Found, key: str, unit: Unit) -> str:
    """A value; of several runs that differ the mean, with the least and the greatest."""
    low, high = (amount(found.get(f"{key}{end}"), unit) for end in _ACROSS)
    return amount(found.get(key), unit) + (f" ({low} to {high})" if low != high else "")


def _worth_knowing(found: Found) -> Iterable[tuple[str, Unit]]:
    for name in _named(found, r"lag_seconds\.(.+)\.max"):
        yield from ((f"lag_seconds.{name}.{column}", "s") for column in ("p50", "p95", "max"))
    if "exposure_bytes.default.max" in found:
        yield from ((f"exposure_bytes.default.{column}", "B") for column in ("p50", "p95", "max"))
    yield "wan_bytes", "B"
    yield "coalescing_ratio", "1"


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any((title, *columns)))
    table.add_column(title, header_style="bold", no_wrap=True)
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    return table
