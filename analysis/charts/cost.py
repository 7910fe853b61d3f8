"""What a disaster would have cost, over every instant of a run."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from analysis.style import BLUE, ORANGE, RED, size_unit, tick_times, time_unit, title

LINES = {"default": (BLUE, "-", "failover with all that was received"), "now": (ORANGE, "--", "failover at once")}


def disaster_cost(losses: pd.DataFrame, ax: Axes, *, metric: str, note: str = "", instead: str = "") -> Axes:
    """Draw for which share of all instants a disaster would have cost more than so much.

    `losses` is the table of `tables.losses`; `metric` is exposure_seconds or exposure_bytes; `note` stands below, and
    `instead` in place of the curves.
    """
    title(ax, "Time that a disaster would cost" if metric == "exposure_seconds" else "Data that a disaster would cost")
    rows = losses[losses["metric"] == metric]
    if instead or rows.empty:
        return _in_words(ax, instead or "no copy to go on with at any time:\na disaster costs everything")
    least = 1e-3 if metric == "exposure_seconds" else 1.0
    highest = max(rows["value"].max(), least)
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
    _mark_everything(ax, rows, highest / length)
    ax.legend(loc="best")
    return ax


def _mark_everything(ax: Axes, rows: pd.DataFrame, right: float) -> None:
    """Say that the curve ends above nothing because more than any number was lost in the rest of the time."""
    share = rows[rows["mode"] == "default"]["share_above"].min()
    if share > 0:
        ax.axhspan(0, share, color=RED, alpha=0.12, linewidth=0, label=f"everything, at {share:.0%} of all instants")
        ax.plot([right], [share], marker=">", color=RED, markersize=5, clip_on=False, zorder=3)


def _in_words(ax: Axes, text: str) -> Axes:
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, ha="center", va="center", color=RED, transform=ax.transAxes)
    return ax
