"""Times at which something was the matter, shaded behind a chart.

faults on links are told from `fault_began` and `fault_ended`; those on data movers show as a node that was down
what belongs to the connections of a replication is over once another of its generations begins: all are new then
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes

from analysis import standing
from analysis.style import BLACK, GREEN, GREY, ORANGE, PURPLE, RED, SKY, YELLOW
from sim.summary.faults import CUTS
from sim.summary.windows import Windows

Span = tuple[int, int]

FINEST: Final = 1000  # parts of a page's width that can be told apart


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that begins with one event and ends with another."""

    opens: str
    closes: tuple[str, ...]
    label: str
    colour: str
    hatch: str = ""
    of_secondary: bool = False  # whether it concerns one secondary and not the others
    on_the_way: bool = False  # whether it concerns whoever is behind that link, site or member
    strip: bool = False  # shown at the upper rim only: it comes with another trouble
    kinds: tuple[str, ...] | None = None  # of a fault on a link: only these; empty for all that are not `CUTS`
    of_generation: bool = False  # whether it is over once another generation of its replication begins


TROUBLES: Final = (
    Trouble("writes_suspended", ("writes_resumed", "replication_began"), "writes stood still", YELLOW),
    Trouble("fault_began", ("fault_ended",), "a link was cut", RED, on_the_way=True, kinds=CUTS),
    Trouble("fault_began", ("fault_ended",), "a link was slow or bad", ORANGE, on_the_way=True, kinds=()),
    Trouble("node_went_down", ("node_came_up",), "a data mover was down", GREY, "///", on_the_way=True),
    Trouble(
        "member_unreachable", ("member_reachable", "route_changed", "secondary_left"), "given up as unreachable", BLACK,
        on_the_way=True, strip=True, of_generation=True,
    ),
    Trouble(
        "replication_stopped", ("replication_started",), "replication stopped", SKY, "...", of_secondary=True,
        of_generation=True,
    ),
)  # fmt: skip
COPYING: Final = Trouble("", (), "a copy under way: nothing to serve", PURPLE)
ABSENT: Final = Trouble("", (), "no member", GREY)
SOURCE: Final = Trouble("", (), "it was the source itself", GREEN)
GENERATION: Final = "replication_began"


def shade(
    ax: Axes,
    events: pd.DataFrame,
    unit_ns: float,
    until_ns: int,
    secondary: str | None = None,
    way: Collection[str] | None = None,
) -> None:
    """Shade the troubles of a run, each sort once in the legend; with a `secondary` not those of others.

    With a `way`, the links, sites and members that lead to it, only what happened there.
    """
    for trouble in TROUBLES:
        concerned = events["entity"].eq(secondary or "") | (secondary is None) | (not trouble.of_secondary)
        if way is not None and trouble.on_the_way:
            concerned = events["entity"].isin(list(way))
        if trouble.of_generation:
            concerned |= events["event"].eq(GENERATION)
        shade_spans(ax, list(spans(events[concerned], trouble, until_ns)), trouble, unit_ns)


def shade_spans(ax: Axes, found: list[Span], trouble: Trouble, unit_ns: float) -> None:
    """Shade spans of nanoseconds, behind everything; those that nobody could tell apart as one."""
    if found:
        finest_ns = int(ax.get_xlim()[1] * unit_ns / FINEST)
        found = [(start, end - finest_ns) for start, end in _merged([(start, end + finest_ns) for start, end in found])]
        ax.broken_barh(
            [(start / unit_ns, (end - start) / unit_ns) for start, end in found],
            (0.94, 0.06) if trouble.strip else (0, 1), alpha=0.7 if trouble.strip else 0.25,
            transform=ax.get_xaxis_transform(), facecolor=trouble.colour, edgecolor=trouble.colour,
            linewidth=0, hatch=trouble.hatch, zorder=0, label=trouble.label,
        )  # fmt: skip


def spans(events: pd.DataFrame, trouble: Trouble, until_ns: int) -> Iterator[Span]:
    """From when to when anything was in this trouble; to the end of the run where no end is known."""
    listed = [trouble.opens, *trouble.closes, *([GENERATION] if trouble.of_generation else [])]
    concerned = events[events["event"].isin(listed)]
    chosen = _on_links(events, trouble)
    open_since: dict[tuple[str, ...], int] = {}
    done: list[Span] = []
    columns = ["time_ns", "entity", "event", "cause", "detail"]
    for time_ns, entity, event, cause, detail in concerned.reindex(columns=columns).itertuples(index=False):
        if not chosen(entity, cause):
            continue
        if trouble.of_generation and event == GENERATION:
            over = [what for what in open_since if what[-1] == entity]
            done += [(open_since.pop(what), time_ns) for what in over]
            continue
        what = (entity, *_which(trouble, detail))
        if event == trouble.opens:
            open_since.setdefault(what, time_ns)
        elif what in open_since:
            done.append((open_since.pop(what), time_ns))
    return _merged([*done, *((start, until_ns) for start in open_since.values())])


def _on_links(events: pd.DataFrame, trouble: Trouble) -> Callable[[str, str], bool]:
    """Which faults a trouble is about: those on links, of its kinds."""
    if trouble.kinds is None:
        return lambda _entity, _cause: True
    kinds = trouble.kinds
    of_kind: Callable[[str], bool] = (lambda cause: cause in kinds) if kinds else (lambda cause: cause not in CUTS)
    sites = set(events.loc[events["event"] == "node_went_down", "entity"])
    return lambda entity, cause: of_kind(cause) and cause != "reboot" and entity not in sites


def _which(trouble: Trouble, detail: Any) -> tuple[str, ...]:
    """What tells two of the same entity apart: several faults may be on one link, a member is of one replication."""
    if trouble.kinds is None and not trouble.of_generation:
        return ()
    told = json.loads(detail)
    if trouble.of_generation:
        return (told["replication"],)
    return told["fault"], told["direction"]


def _merged(found: list[Span]) -> Iterator[Span]:
    current: Span | None = None
    for start, end in sorted(found):
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def shade_gaps(
    ax: Axes,
    line: pd.DataFrame,
    events: pd.DataFrame,
    unit_ns: float,
    until_ns: int,
    secondary: str,
    replication: str | None = None,
) -> None:
    """Shade when a secondary had no value: it was the source, or no member, or a copy was under way."""
    told = standing.of(events, secondary, until_ns, replication)
    without = Windows.of(gaps(line, until_ns), until_ns).without(told.source).without(told.absent)
    shade_spans(ax, list(without.spans), COPYING, unit_ns)
    shade_spans(ax, list(told.absent.spans), ABSENT, unit_ns)
    shade_spans(ax, list(told.source.spans), SOURCE, unit_ns)


def gaps(line: pd.DataFrame, until_ns: int) -> list[Span]:
    """When a line of `series` has no value: before its first row, from each row without a value on, never after it."""
    if line.empty:
        return [(0, until_ns)]
    times, known = line["time_ns"].tolist(), line["value"].notna().tolist()
    starts = [0] if times[0] > 0 else []
    ends = times[:1] if times[0] > 0 else []
    starts += [time for time, has in zip(times, known, strict=True) if not has]
    ends += [times[at + 1] for at, has in enumerate(known[:-1]) if not has]
    ends += [] if known[-1] else [until_ns]
    late = [(times[-1], until_ns)] if known[-1] and times[-1] < until_ns else []
    return [*zip(starts, ends, strict=True), *late]
