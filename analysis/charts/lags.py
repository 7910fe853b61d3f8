"""How far behind all secondaries were, one above the other, with what was the matter on the way of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.outline import draw_line
from analysis.charts.shading import shade, shade_gaps
from analysis.style import BLUE, GREY, RED, legend, tick_times, time_axis, time_unit, title

SHOWN_BELOW = 2.5  # a target much higher than any lag would only press the chart flat
TALLEST = 1.12


@dataclass(frozen=True, slots=True)
class Panel:
    """One secondary: its name in `series`, the links and sites that lead to it, its target, and what to say of it."""

    name: str
    way: frozenset[str] | None
    target_seconds: float
    note: str
    replication: str | None = None  # whose it is, where several have one of that name


def lags_over_time(
    series: pd.DataFrame, events: pd.DataFrame, axes: Sequence[Axes], panels: Sequence[Panel], *, note: str = ""
) -> None:
    """Draw the lag of each secondary on axes of its own, all of one height and length, so that they compare."""
    until_ns = int(events["time_ns"].max())
    lags = series[series["metric"] == "lag_seconds"]
    own = {panel.name: lags[lags["entity"] == panel.name] for panel in panels}
    most = max([1e-3, *(line["value"].max() for line in own.values() if line["value"].notna().any())])
    targets = [panel.target_seconds for panel in panels if panel.target_seconds < SHOWN_BELOW * most]
    highest = max(most, *targets) if targets else most
    unit, length = time_unit(highest)
    for ax, panel in zip(axes, panels, strict=True):
        _draw(ax, own[panel.name], events, panel, until_ns, length)
        ax.set_ylim(0, TALLEST * highest / length)
        tick_times(ax.yaxis, unit, highest / length, most=3)
    for ax in axes[:-1]:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)
    title(axes[0], f"How far behind each secondary was ({unit})", note)
    _legend_of_all(axes)


def _draw(ax: Axes, line: pd.DataFrame, events: pd.DataFrame, panel: Panel, until_ns: int, length: float) -> None:
    name = panel.name.rpartition(".")[2]
    unit_ns = time_axis(ax, until_ns / 1e9) * 1e9
    draw_line(ax, line["time_ns"].to_numpy() / unit_ns, line["value"].to_numpy() / length, BLUE, "lag")
    ax.axhline(panel.target_seconds / length, color=RED, linestyle="--", linewidth=1, label="target")
    shade_gaps(ax, line, events, unit_ns, until_ns, name, panel.replication)
    shade(ax, events, unit_ns, until_ns, name, panel.way)
    ax.set_ylabel(panel.name, rotation=0, ha="right", va="center", fontweight="bold")
    ax.text(1.006, 0.5, panel.note, transform=ax.transAxes, ha="left", va="center", fontsize=8, color="#555555")
    ax.grid(visible=True, color="#EEEEEE")
    ax.spines["bottom"].set_color(GREY)


def _legend_of_all(axes: Sequence[Axes]) -> None:
    """One legend below the last panel, of everything that is in any of them."""
    found = {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    legend(axes[-1], found, below_inches=0.44)  # below the axis' own words, which a long first row would meet
