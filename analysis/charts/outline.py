"""A line with any number of corners, drawn so that it can still be read."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

MOST_CORNERS: Final = 1500  # about one for each point of a page's width
COLUMNS: Final = 500

Floats = NDArray[np.float64]


def draw_line(ax: Axes, times: Floats, values: Floats, colour: str, label: str) -> None:
    """Draw a line with jumps and gaps (NaN); as a band from lowest to highest with its mean where it is too fine."""
    if len(times) <= MOST_CORNERS:
        ax.plot(times, values, color=colour, label=label)
        return
    found = envelope(times, values)
    middle = found["time"].to_numpy()
    low, high = found["low"].to_numpy(), found["high"].to_numpy()
    ax.fill_between(middle, low, high, color=colour, alpha=0.3, linewidth=0, label=f"{label}: lowest to highest")
    ax.plot(middle, found["mean"].to_numpy(), color=colour, label=f"{label}: mean")


def envelope(times: Floats, values: Floats, columns: int = COLUMNS) -> pd.DataFrame:
    """Lowest, highest and mean value in equal columns of time: `time` (the middle), `low`, `high`, `mean`.

    `times` and `values` `(n,)` are the corners of a line: equal times are a jump, NaN a gap.
    """
    edges = np.linspace(times[0], times[-1], columns + 1)
    at_edges = np.interp(edges, times, values)
    corners = pd.DataFrame({
        "value": np.concatenate([values, at_edges[:-1], at_edges[1:]]),
        "column": np.concatenate([_column_of(times, edges), np.arange(columns), np.arange(columns)]),
    })  # fmt: skip
    by_column = corners.groupby("column")["value"]
    found = {"low": by_column.min(), "high": by_column.max(), "mean": _means(times, values, edges)}
    return pd.DataFrame({"time": (edges[:-1] + edges[1:]) / 2, **found})


def _column_of(times: Floats, edges: Floats) -> NDArray[np.int64]:
    return np.clip(edges.searchsorted(times, "right") - 1, 0, len(edges) - 2)


def _means(times: Floats, values: Floats, edges: Floats) -> Floats:
    """Area over time that has a value, column by column; NaN where none has."""
    length = np.diff(times)
    middle = (values[:-1] + values[1:]) / 2
    known = np.where(np.isnan(middle), 0.0, length)
    area = np.concatenate([[0.0], np.cumsum(np.nan_to_num(middle) * length)])
    lasting = np.concatenate([[0.0], np.cumsum(known)])
    areas = np.diff(np.interp(edges, times, area))
    lengths = np.diff(np.interp(edges, times, lasting))
    return np.where(lengths > 0, areas / np.maximum(lengths, 1e-300), np.nan)


def draw_marks(ax: Axes, times: Floats, values: Floats, marker: str, colour: str, label: str, most: int = 90) -> None:
    """Mark points; of too many only every k-th, and the legend says so."""
    if not len(times):
        return
    every = -(-len(times) // most)
    said = label if every == 1 else f"{label} (1 in {every} of {len(times):,})"
    ax.plot(
        times[::every], values[::every], marker, color=colour, markersize=4, label=said, clip_on=False, zorder=3
    )  # fmt: skip
