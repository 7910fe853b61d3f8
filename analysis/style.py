"""How charts look: colours, units of axes, bytes that do not change from one drawing to the next.

colours are those of Okabe and Ito: told apart by colour-blind readers, and in print
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator
from matplotlib.transforms import ScaledTranslation

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, GREY, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#8A8A8A", "#222222"

_SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "georep",
    "svg.fonttype": "path",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": BLACK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.3,
    "lines.solid_joinstyle": "miter",
    "path.simplify": False,
    "figure.dpi": 100,
}

_TIMES: Final = (("d", 86_400.0, 3 * 86_400), ("h", 3_600.0, 2 * 3_600), ("min", 60.0, 3 * 60), ("s", 1.0, 0.2))
_SIZES: Final = (("TiB", 2.0**40), ("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10))
_STEPS: Final = {
    "d": (1, 2, 7, 14, 28, 91), "h": (0.25, 0.5, 1, 2, 3, 6, 12, 24), "min": (0.5, 1, 2, 5, 10, 15, 30, 60, 120),
    "s": (0.1, 0.5, 1, 2, 5, 10, 15, 30, 60), "ms": (),
}  # fmt: skip

MOST_IN_FOUR: Final = 8  # entries of a legend in four columns; more of them are too wide for it


@contextmanager
def drawing() -> Iterator[None]:
    """Inside, charts are drawn in this style, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def figure(rows: int = 1, height: float = 3.4) -> Figure:
    """An empty figure, wide enough for a page."""
    return Figure(figsize=(9.0, height * rows), layout="constrained")


def save(drawn: Figure, path: Path) -> Path:
    """Write a figure as SVG: the same figure gives the same bytes."""
    drawn.savefig(path, format="svg", metadata={"Date": None, "Creator": "georep"})
    return path


def time_unit(longest_s: float) -> tuple[str, float]:
    """The unit for times up to `longest_s` seconds, and its length in seconds."""
    return next(((unit, length) for unit, length, least in _TIMES if longest_s >= least), ("ms", 1e-3))


def size_unit(largest_bytes: float) -> tuple[str, float]:
    """The unit for sizes up to `largest_bytes`, and its length in bytes."""
    return next(((unit, length) for unit, length in _SIZES if largest_bytes >= length), ("B", 1.0))


def tick_times(axis: Axis, unit: str, longest: float, most: int = 9) -> None:
    """Put ticks at times that people use: quarters of an hour, days, weeks; `longest` in the unit."""
    step = next((step for step in _STEPS[unit] if longest / step <= most), None)
    axis.set_major_locator(MaxNLocator(most - 1) if step is None else MultipleLocator(step))


def time_axis(ax: Axes, until_s: float) -> float:
    """Lay out the time axis from 0 to `until_s` seconds; answers how many seconds one unit has."""
    unit, length = time_unit(until_s)
    ax.set_xlim(0, until_s / length)
    tick_times(ax.xaxis, unit, until_s / length)
    ax.set_xlabel(f"simulated time ({unit})", loc="right")
    return length


def title(ax: Axes, text: str, note: str = "") -> None:
    """What a chart shows, at the left above it, and its numbers at the right."""
    ax.set_title(text)
    ax.set_title(note, loc="right", fontsize=8.5, fontweight="normal", color="#555555")


def legend(ax: Axes, entries: Mapping[str, Any] | None = None, *, below_inches: float = 0.27) -> None:
    """The legend below the time axis, at the left, where it hides nothing; of these entries, or those of the axes."""
    handles, labels = ax.get_legend_handles_labels()
    if entries is not None:
        handles, labels = list(entries.values()), list(entries)
    below = ax.transAxes + ScaledTranslation(0, -below_inches, ax.figure.dpi_scale_trans)
    if handles:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, 0), "bbox_transform": below}
        columns = 4 if len(handles) <= MOST_IN_FOUR else 3
        ax.legend(handles, labels, **place, borderaxespad=0, ncols=columns, columnspacing=1.4, handlelength=1.7)
