"""What a disaster would have cost, over every instant of a run."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from analysis.style import BLUE, ORANGE, size_unit, tick_times, time_unit, title

LINES = {"default": (BLUE, "-", "failover with all that was received"), "now": (ORANGE, "--", "failover at once")}


def disaster_cost(losses: pd.DataFrame, ax: Axes, *, metric: str, note: str = "") -> Axes:
    """Draw for which share of all instants a disaster would have cost more than so much.

    `losses` is the table of `tables.losses`; `metric` is exposure_seconds or exposure_bytes; `note` stands below.
    """
    rows = losses[losses["metric"] == metric]
    least = 1e-3 if metric == "exposure_seconds" else 1.0
    highest = max(rows["value"].max() if len(rows) else 0.0, least)
    unit, length = time_unit(highest) if metric == "exposure_seconds" else size_unit(highest)
    for mode, (colour, dashes, label) in LINES.items():
        own = rows[rows["mode"] == mode]
        ax.plot(own["value"] / length, own["share_above"], color=colour, linestyle=dashes, label=label)
    if metric == "exposure_seconds":
        tick_times(ax.xaxis, unit, highest / length, most=6)
    ax.set_xlim(0, 1.02 * highest / length)
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel(f"lost ({unit})\n{note}" if note else f"lost ({unit})")
    ax.set_ylabel("instants that would cost more")
    title(ax, "Time that a disaster would cost" if metric == "exposure_seconds" else "Data that a disaster would cost")
    ax.legend(loc="best")
    return ax
