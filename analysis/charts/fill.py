"""How full a save volume was."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.outline import MOST_CORNERS, draw_line
from analysis.charts.shading import shade
from analysis.style import BLUE, RED, legend, size_unit, time_axis, title
from sim.summary import amount

SHOWN_FROM = 0.2  # a capacity more than five times what was used would only press the chart flat


def save_volume_fill(
    series: pd.DataFrame,
    events: pd.DataFrame,
    ax: Axes,
    *,
    site: str,
    capacity_bytes: int,
    way: Collection[str] | None = None,
    note: str = "",
) -> Axes:
    """Draw the used bytes of the save volumes at a site, against what they can hold (0: nobody knows).

    With a `way`, links, sites and members, only what went wrong there is shaded.
    """
    fill = series[(series["metric"] == "save_volume_bytes") & (series["entity"] == site)]
    until_ns = int(events["time_ns"].max())
    unit_ns = time_axis(ax, until_ns / 1e9) * 1e9
    most = max(fill["value"].max() if len(fill) else 0.0, 1.0)
    highest = max(most, capacity_bytes if most >= SHOWN_FROM * capacity_bytes else 0)
    unit, length = size_unit(highest)
    times, values = _stairs(fill["time_ns"].to_numpy() / unit_ns, fill["value"].to_numpy() / length)
    draw_line(ax, times, values, BLUE, "used")
    if len(times) <= MOST_CORNERS:
        ax.fill_between(times, values, color=BLUE, alpha=0.15, linewidth=0)
    if highest == capacity_bytes:
        ax.axhline(capacity_bytes / length, color=RED, linestyle="--", label=f"capacity {amount(capacity_bytes, 'B')}")
    shade(ax, events, unit_ns, until_ns, way=way)
    ax.set_ylim(0, 1.08 * highest / length)
    ax.set_ylabel(f"used ({unit})")
    title(ax, f"How full the save volume in {site} was", note)
    legend(ax)
    return ax


def _stairs(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The corners of a line that keeps each value until the next."""
    return np.repeat(times, 2)[1:], np.repeat(values, 2)[:-1]
