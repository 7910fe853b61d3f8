"""What went over the links, and why, beside what users wrote."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY, YELLOW, legend, size_unit, time_axis, title
from sim.summary import amount

COLOURS = {
    "delta_set": BLUE, "initial_copy": GREEN, "full_copy": ORANGE, "snapshot_delta": SKY, "retransmission": PURPLE,
    "undo": RED, "resync_delta": YELLOW,
}  # fmt: skip
POINTS = 800


def wan_bytes_by_cause(series: pd.DataFrame, events: pd.DataFrame, ax: Axes, *, note: str = "") -> Axes:
    """Draw the bytes carried so far, stacked by cause, each hop for itself, and a line for the bytes written."""
    until_ns = int(events["time_ns"].max())
    unit_ns = time_axis(ax, until_ns / 1e9) * 1e9
    carried = series[series["metric"].str.startswith("wan_bytes.")]
    written_ns, written = _written(events)
    instants = np.unique(np.concatenate([np.linspace(0, until_ns, POINTS), [0, until_ns]]))
    by_cause = {
        str(cause).removeprefix("wan_bytes."): _so_far(rows, instants)
        for cause, rows in carried.groupby("metric", sort=False)
    }
    layers = {cause: by_cause[cause] for cause in sorted(by_cause, key=_rank)}
    highest = max(sum(layer[-1] for layer in layers.values()), written[-1], 1.0)
    unit, length = size_unit(highest)
    below = np.zeros(len(instants))
    for cause, layer in layers.items():
        label = f"{cause.replace('_', ' ')}: {amount(layer[-1], 'B')}"
        colour = COLOURS.get(cause, BLACK)
        ax.fill_between(instants / unit_ns, below / length, (below + layer) / length, color=colour, alpha=0.75,
                        linewidth=0, label=label)  # fmt: skip
        below = below + layer
    ax.plot(
        written_ns / unit_ns,
        written / length,
        color=BLACK,
        linestyle="--",
        label=f"users wrote {amount(written[-1], 'B')}",
    )
    ax.set_ylim(0, 1.05 * highest / length)
    ax.set_ylabel(f"so far ({unit})")
    title(ax, "What went over the links, and why", note)
    legend(ax)
    return ax


def _rank(cause: str) -> tuple[int, str]:
    known = list(COLOURS)
    return (known.index(cause) if cause in known else len(known), cause)


def _so_far(rows: pd.DataFrame, instants: np.ndarray) -> np.ndarray:
    """All links together."""
    total = np.zeros(len(instants))
    for _, own in rows.groupby("entity"):
        total += np.interp(instants, own["time_ns"].to_numpy(), own["value"].to_numpy())
    return total


def _written(events: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    looks = events[events["event"] == "writes_looked"]
    sizes = [json.loads(detail)["written_bytes"] for detail in looks["detail"]]
    times = np.concatenate([[0], looks["time_ns"].to_numpy()])
    return times, np.concatenate([[0], np.cumsum(sizes)]).astype(float)
