"""Lanes of a timeline: spans as bars, instants as numbered marks above them with a key below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from analysis.style import BLACK, GREY

HEIGHT: Final = 0.62  # of a lane that is one high
APART: Final = 0.021  # of the width of the axes: nearer than that two numbers cannot be told apart
WIDER_APART: Final = 0.027  # with two digits
LONGEST: Final = 90  # letters of all columns of a key together
LETTER: Final = 0.0087  # of the width
ABOVE: Final = 0.2  # inches above the axes: where the numbers are
CIRCLE: Final[dict[str, Any]] = {"boxstyle": "circle,pad=0.22", "facecolor": BLACK, "edgecolor": "none"}
NARROW: Final = 0.0022  # of the width: a bar is drawn at least so wide


@dataclass(frozen=True, slots=True)
class Look:
    """How a bar is filled, and what the legend calls it."""

    label: str
    colour: str
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A span in a lane, in units of the time axis."""

    begin: float
    end: float
    look: Look


def lane(ax: Axes, level: float, name: str, bars: Sequence[Bar]) -> None:
    """Draw a lane around `level`; its name stands before it."""
    left, right = ax.get_xlim()
    least = NARROW * (right - left)
    for bar in bars:
        begin, end = max(bar.begin, left), min(bar.end, right)
        if begin < end:
            ax.broken_barh(
                [(begin, max(end - begin, least))], (level - HEIGHT / 2, HEIGHT), facecolor=bar.look.colour,
                edgecolor="white" if bar.look.hatch else bar.look.colour, hatch=bar.look.hatch, linewidth=0,
            )  # fmt: skip
    ax.text(-0.008, level, name, transform=ax.get_yaxis_transform(), ha="right", va="center", fontweight="bold")


def key_of(looks: Sequence[Look]) -> Mapping[str, Any]:
    """Entries for a legend, each look once."""
    return {
        look.label: Patch(facecolor=look.colour, edgecolor="white", hatch=look.hatch, linewidth=0)
        for look in dict.fromkeys(looks)
    }


def numbered(ax: Axes, instants: Sequence[float]) -> None:
    """Number instants, which are in order, above the axes: a line through all lanes, and a number where it fits."""
    left, right = ax.get_xlim()
    apart = APART if len(instants) < 10 else WIDER_APART
    places = spread([(at - left) / (right - left) for at in instants], apart)
    for number, (at, place) in enumerate(zip(instants, places, strict=True), start=1):
        ax.axvline(at, color=BLACK, linewidth=0.7, alpha=0.55, zorder=3)
        above = ax.transAxes + ScaledTranslation(0, ABOVE, ax.figure.dpi_scale_trans)
        ax.annotate(
            str(number), xy=(at, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(place, 1.0), textcoords=above,
            ha="center", va="center", fontsize=7.5, fontweight="bold", color="white", annotation_clip=False,
            bbox=CIRCLE, arrowprops={"arrowstyle": "-", "color": BLACK, "alpha": 0.55, "linewidth": 0.7, "shrinkB": 0},
        )  # fmt: skip


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """Places as near as can be to those that are wanted, which are in order, and at least so far from one another."""
    blocks: list[tuple[float, int]] = []  # the sum of where the first of each block would be, and how many are in it
    for at in wanted:
        blocks.append((at, 1))
        while len(blocks) > 1:
            (before, few), (total, many) = blocks[-2:]
            if before / few + few * apart <= total / many:
                break
            blocks[-2:] = [(before + total - many * few * apart, few + many)]
    return [total / many + place * apart for total, many in blocks for place in range(many)]


def key_below(ax: Axes, told: Sequence[tuple[str, str]], columns: int) -> None:
    """What the numbers mean, in columns: a time, and what happened then, cut off where the column ends."""
    longest, longest_time = LONGEST // columns, max((len(when) for when, _ in told), default=0)
    rows = -(-len(told) // columns)
    for number, (when, what) in enumerate(told):
        column, row = divmod(number, rows)
        x, y = column / columns, 1 - (row + 0.5) / rows
        place: dict[str, Any] = {"transform": ax.transAxes, "va": "center"}
        ax.text(
            x + 0.012, y, str(number + 1), ha="center", fontsize=7.5, fontweight="bold", color="white", **place,
            bbox=CIRCLE,
        )  # fmt: skip
        ax.text(x + 0.03, y, when, fontsize=8.5, color=GREY, **place)
        shown = what if len(what) <= longest else f"{what[: longest - 1]}…"
        ax.text(x + 0.036 + LETTER * longest_time, y, shown, fontsize=8.5, **place)
    ax.set_axis_off()
