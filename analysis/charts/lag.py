"""How far behind a secondary was, with what brought it forward."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.outline import draw_line, draw_marks
from analysis.charts.shading import shade, shade_gaps
from analysis.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, legend, tick_times, time_axis, time_unit, title
from sim.summary import amount

SHOWN_BELOW = 2.5  # a target much higher than the lag would only press the chart flat


def lag_over_time(
    series: pd.DataFrame,
    events: pd.DataFrame,
    ax: Axes,
    *,
    secondary: str,
    replication: str | None = None,
    target_seconds: float | None = None,
    way: Collection[str] | None = None,
    note: str = "",
) -> Axes:
    """Draw the lag of a secondary, its cuts and replays, its target, and when something was the matter.

    `series` and `events` are tables of one run; `replication` narrows the cuts, `way` (links and sites) the faults;
    `note` stands at the right above.
    """
    name = secondary.rpartition(".")[2]  # without its replication's
    line = series[(series["metric"] == "lag_seconds") & (series["entity"] == secondary)]
    until_ns = int(events["time_ns"].max())
    unit_ns = time_axis(ax, until_ns / 1e9) * 1e9
    most = max(line["value"].max() if line["value"].notna().any() else 0.0, 1e-3)
    near = target_seconds is not None and target_seconds < SHOWN_BELOW * most
    highest = max(most, target_seconds or 0.0) if near else most
    unit, length = time_unit(highest)
    times, values = line["time_ns"].to_numpy() / unit_ns, line["value"].to_numpy() / length
    draw_line(ax, times, values, BLUE, "lag")
    cuts = events[(events["event"] == "delta_set_cut") & (events["entity"].isin([replication]) | (replication is None))]
    draw_marks(ax, cuts["time_ns"].to_numpy() / unit_ns, np.zeros(len(cuts)), "^", ORANGE, "cut")
    replayed_times, replayed_lags = _after_replays(line, events, name)
    draw_marks(ax, replayed_times / unit_ns, replayed_lags / length, "o", GREEN, "replayed")
    if target_seconds is not None:
        said = f"target {amount(target_seconds, 's')}"
        ax.axhline(target_seconds / length, color=RED, linestyle="--", label=said if near else f"{said} (above)")
    _mark_recovery(ax, events, unit_ns, replication, way)
    shade_gaps(ax, line, events, unit_ns, until_ns, name, replication)
    shade(ax, events, unit_ns, until_ns, name, way)
    ax.set_ylim(0, 1.08 * highest / length)
    tick_times(ax.yaxis, unit, highest / length, most=6)
    ax.set_ylabel(f"lag ({unit})")
    title(ax, f"How far behind {secondary} was", note)
    legend(ax)
    return ax


RECOVERY = {
    "site_lost": (RED, "-", "disaster"), "promoted": (GREEN, "-", "promoted"), "site_back": (GREY, "-", "site back"),
    "resync_finished": (PURPLE, "-", "resynced"),
}  # fmt: skip


def _mark_recovery(
    ax: Axes, events: pd.DataFrame, unit_ns: float, replication: str | None, way: Collection[str] | None
) -> None:
    """Lines at what turns a disaster, of this replication or on its way, in the legend once each."""
    for event, (colour, dashes, label) in RECOVERY.items():
        rows = events[events["event"] == event]
        if event in ("site_lost", "site_back"):
            rows = rows[rows["entity"].isin(list(way))] if way is not None else rows
        elif replication is not None:
            rows = rows[rows["detail"].str.contains(f'"replication": "{replication}"', regex=False)]
        for number, time_ns in enumerate(rows["time_ns"]):
            said = label if number == 0 else None
            ax.axvline(time_ns / unit_ns, color=colour, linestyle=dashes, linewidth=1.6, zorder=2, label=said)


def _after_replays(line: pd.DataFrame, events: pd.DataFrame, secondary: str) -> tuple[np.ndarray, np.ndarray]:
    """Instants of replays, and the lag just after each."""
    name = secondary.rsplit(".", maxsplit=1)[-1]
    replays = events[(events["event"] == "set_replayed") & (events["entity"] == name)]
    after = line.dropna(subset="value").drop_duplicates("time_ns", keep="last").set_index("time_ns")["value"]
    known = replays["time_ns"][replays["time_ns"].isin(after.index)].to_numpy()
    return known, after.loc[known].to_numpy()
