"""A run, or the runs of a scenario, in the ten seconds that a person has: plain text, coloured where that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis import happened, intervals, recovered, wording
from analysis.grids import GLUE, Grid, Row, glued
from analysis.routetree import trees
from analysis.wording import Found
from sim.records import Record
from sim.summary import Verdict
from sim.summary.amounts import Unit, part_of
from sim.summary.summarising import stands_for_everything

COLUMNS: Final = ("p50", "p95", "p99", "max", "mean")
LEAST: Final = ("mean", "p99")  # what a narrow terminal can do without
FAILOVERS: Final = {"default": "with all received", "now": "at once"}
COSTS: Final[dict[str, Unit]] = {"seconds": "s", "bytes": "B"}
SIGNS: Final = {"pass": ("✓", "green"), "fail": ("✗", "bold red"), "unknown": ("?", "yellow")}
WIDTH: Final = 100
ROOM: Final = 30  # columns: where less is left beside a check, what was measured goes below it


def summary(found: Found, *, colour: bool = False, width: int = WIDTH) -> str:
    """What happened, from the content of summary.json, as text of several lines without a line end.

    Of several runs each number is the mean over them, with the least and the greatest where they differ.
    """
    parts: list[RenderableType] = [*_recovery(found), *_lag(found, width), *_cost(found, width), _rest(found)]
    return printed(parts, colour=colour, width=width)


def routes(ledger: Sequence[Record], *, colour: bool = False, width: int = WIDTH) -> str:
    """Who feeds whom, a line a member; nothing where the primary feeds all over a link each."""
    parts: list[RenderableType] = []
    for replication, lines in trees(ledger):
        rows = [Row(name, (role, over)) for name, role, over in lines]
        parts += ["", Grid(f"who feeds whom in {replication}", ("role", "fed"), rows, ("role",)).fitting(width)]
    return printed(parts[1:], colour=colour, width=width)


def checks(verdicts: Iterable[Verdict], *, colour: bool = False, width: int = WIDTH) -> str:
    """Each check with its mark, and what was measured."""
    told = [(*SIGNS[verdict.outcome], verdict.check.text, _measured(verdict)) for verdict in verdicts]
    room = width - 5 - max((len(text) for _, _, text, _ in told), default=0)
    if any(len(measured) > room for *_, measured in told) and room < ROOM:
        return printed(_below_each_other(told), colour=colour, width=width)
    table = Table.grid(padding=(0, 2, 0, 0))
    for sign, style, text, measured in told:
        table.add_row(Text(sign, style), Text(text), Text(glued(measured), style))
    return printed([table] if told else [], colour=colour, width=width)


def replications(summaries: Sequence[Found], *, colour: bool = False, width: int = WIDTH) -> str:
    """How sure the numbers are after so many runs with different luck: means and shares with 95 % intervals."""
    rows = [Row(key, (_over_runs(summaries, key, unit),)) for key, unit in _worth_knowing(summaries)]
    for key, what in (("stall_seconds", "runs with a stall"), ("full_copies", "runs with a full copy")):
        hits = sum(bool(found.get(key)) for found in summaries)
        if summaries:
            rows.append(Row(what, (f"{hits}: {intervals.share(hits, len(summaries)).shown('share')}",)))
    grid = Grid(f"over {len(summaries)} runs", ("mean, and where the true one lies (95 %)",), rows)
    return printed([grid.fitting(width)], colour=colour, width=width)


def printed(parts: Iterable[RenderableType], *, colour: bool, width: int) -> str:
    """What rich makes of it, as text; without `colour` there is no escape sequence in it."""
    stream = StringIO()
    console = Console(file=stream, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in stream.getvalue().replace(GLUE, " ").splitlines())


def _measured(verdict: Verdict) -> str:
    if verdict.outcome == "unknown":
        return f"unknown: {verdict.why}{_soft(verdict)}"
    return f"measured {verdict.measured}" + (f", {verdict.why}" if verdict.why else "") + _soft(verdict)


def _soft(verdict: Verdict) -> str:
    return ", only a warning" if verdict.check.soft and verdict.outcome != "pass" else ""


def _below_each_other(told: Iterable[tuple[str, str, str, str]]) -> Iterator[RenderableType]:
    for sign, style, text, measured in told:
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(Text(sign, style), Text(text))
        row.add_row("", Text(glued(measured), style))
        yield row


def _lag(found: Found, width: int) -> Iterator[RenderableType]:
    rows = [row for name in wording.named(found, r"lag_seconds\.(.+)\.max") for row in _lag_rows(found, name)]
    if rows:
        yield Grid("how far behind", (*COLUMNS, "above target", "target"), rows, LEAST).fitting(width)
    yield from (Text(glued(line), "yellow") for line in wording.warnings(found))


def _lag_rows(found: Found, name: str) -> Iterator[Row]:
    keys = [f"lag_seconds.{name}.{column}" for column in (*COLUMNS, "above_target_seconds", "target_seconds")]
    origin = " expected" if found.get(f"lag_seconds.{name}.target_expected") else " default"
    whole, unreadable = found.get("simulated_seconds"), found.get(f"unreadable_seconds.{name}") or 0
    served = (found.get(f"member_seconds.{name}", whole) or 0) - unreadable
    over = f"\n  over {part_of(served, whole)}" if whole and served < whole else ""
    return _rows(found, f"{name}{over}", keys, "s", ("",) * (len(keys) - 1) + (origin,))


def _cost(found: Found, width: int) -> Iterator[RenderableType]:
    if "exposure_seconds.default.max" not in found:
        return
    parts: list[RenderableType] = [
        Text(f"no copy off site: a disaster at {site} costs everything", "yellow")
        for site in wording.unprotected(found)
    ]
    if not parts:
        rows = [row for mode in FAILOVERS for row in _cost_rows(found, mode)]
        parts.append(Grid("a disaster would have cost", COLUMNS, rows, LEAST).fitting(width))
        parts += [Text(glued(line), "yellow") for line in [wording.everything(found)] if line]
    yield ""
    yield from parts


def _cost_rows(found: Found, mode: str) -> Iterator[Row]:
    for what, name in (("seconds", "time"), ("bytes", "data")):
        keys = [f"exposure_{what}.{mode}.{column}" for column in COLUMNS]
        yield from _rows(found, f"{FAILOVERS[mode]}: {name}", keys, COSTS[what])


def _rows(found: Found, name: str, keys: Sequence[str], unit: Unit, after: Sequence[str] = ()) -> Iterator[Row]:
    """One row; of several runs that differ a second one with the greatest of each."""
    ends = after or [""] * len(keys)
    shown, greatest = (
        tuple(wording.cell(found, key, unit, end) + tail for key, tail in zip(keys, ends, strict=True))
        for end in ("", ".across_max")
    )
    yield Row(name, shown)
    if greatest != shown:
        yield Row("  greatest of all runs", greatest, "dim")


def _recovery(found: Found) -> Iterator[RenderableType]:
    told = [line for line in recovered.lines(found) if line[1]]
    if told:
        yield from (_labelled(told), "")


def _rest(found: Found) -> RenderableType:
    return Padding(_labelled(happened.lines(found)), (1, 0, 0, 0))


def _labelled(lines: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    for label, text in lines:
        if text:
            table.add_row(label, glued(text))
    return table


def _over_runs(summaries: Sequence[Found], key: str, unit: Unit) -> str:
    values = [float(value) for found in summaries if (value := found.get(key)) is not None]
    if stands_for_everything(key) and len(values) < len(summaries):
        return f"everything in {len(summaries) - len(values)} of {len(summaries)} runs"
    return intervals.mean(values).shown(unit) if values else "no value in any run"


def _worth_knowing(summaries: Sequence[Found]) -> Iterator[tuple[str, Unit]]:
    found = summaries[0] if summaries else {}
    for name in wording.named(found, r"lag_seconds\.(.+)\.max"):
        yield from ((f"lag_seconds.{name}.{column}", "s") for column in ("p50", "p95", "max"))
    if found.get("failovers"):
        yield from (("rpo_seconds", "s"), ("rto_seconds", "s"), ("recovery_seconds", "s"), ("lost_bytes", "B"))
        yield from (("outage_seconds", "s"), ("resync_bytes.sent", "B"))
    if "exposure_bytes.default.max" in found:
        yield from ((f"exposure_bytes.default.{column}", "B") for column in ("p50", "p95", "max"))
    if found:
        yield "wan_bytes", "B"
        yield "coalescing_ratio", "1"
