"""Times at which something was the matter, shaded behind a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pandas as pd
from matplotlib.axes import Axes

from analysis.style import GREY, PURPLE, RED, YELLOW


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that begins with one event and ends with another."""

    opens: str
    closes: str
    label: str
    colour: str
    hatch: str = ""
    of_secondary: bool = False  # whether it concerns one secondary and not the others


TROUBLES: Final = (
    Trouble("writes_suspended", "writes_resumed", "writes stood still", YELLOW),
    Trouble("node_went_down", "node_came_up", "a data mover was down", GREY, "///"),
    Trouble("replication_stopped", "replication_started", "replication stopped", RED, "...", of_secondary=True),
)
COPYING: Final = Trouble("", "", "a copy under way: nothing to serve", PURPLE)


def shade(ax: Axes, events: pd.DataFrame, unit_ns: float, until_ns: int, secondary: str | None = None) -> None:
    """Shade the troubles of a run, each sort once in the legend; with a `secondary` not those of others."""
    for trouble in TROUBLES:
        concerned = events["entity"].eq(secondary or "") | (secondary is None) | (not trouble.of_secondary)
        shade_spans(ax, list(spans(events[concerned], trouble, until_ns)), trouble, unit_ns)


def shade_spans(ax: Axes, found: list[tuple[int, int]], trouble: Trouble, unit_ns: float) -> None:
    """Shade spans of nanoseconds, behind everything."""
    if found:
        ax.broken_barh(
            [(start / unit_ns, (end - start) / unit_ns) for start, end in found], (0, 1),
            transform=ax.get_xaxis_transform(), facecolor=trouble.colour, edgecolor=trouble.colour, alpha=0.25,
            linewidth=0, hatch=trouble.hatch, zorder=0, label=trouble.label,
        )  # fmt: skip


def spans(events: pd.DataFrame, trouble: Trouble, until_ns: int) -> Iterator[tuple[int, int]]:
    """From when to when each entity was in trouble; to the end of the run where no end is known."""
    open_since: dict[str, int] = {}
    concerned = events[events["event"].isin([trouble.opens, trouble.closes])]
    for time_ns, entity, event in concerned[["time_ns", "entity", "event"]].itertuples(index=False):
        if event == trouble.opens:
            open_since.setdefault(entity, time_ns)
        elif entity in open_since:
            yield open_since.pop(entity), time_ns
    yield from ((start, until_ns) for start in open_since.values())


def gaps(line: pd.DataFrame, until_ns: int) -> list[tuple[int, int]]:
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
