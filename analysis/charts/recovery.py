"""A recovery for a post-mortem: who held what, what users had, how many copies there were, how long each phase took.

above   a lane for each site, for the users and for the phases, with what happened numbered, and consistent copies
below   the phases one under the other, up to service and after it, each with its length however short it is
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.charts.timeline import Bar, Look, key_below, key_of, lane, numbered
from analysis.style import BLACK, BLUE, GREEN, ORANGE, RED, SKY, YELLOW, legend, tick_times, time_unit, title
from sim.summary import amount
from sim.summary.recoveries import AFTERWARDS, TO_SERVICE

MARGIN: Final = 0.06  # of the episode, before and after it
MOST_MARKS: Final = 24  # that are numbered
SHORT: Final = 33  # letters that fit in a third of the page

DOWN: Final = Look("down", "#4A4A4A")
DOOMED: Final = Look("read-write, in vain", RED, "////")
LOOKS: Final = {
    "read_write": Look("read-write", GREEN), "read_only": Look("read-only", SKY),
    "raw": Look("raw: being brought back", ORANGE), "none": Look("no copy that could be read", "#D9D9D9"),
}  # fmt: skip
USERS: Final = {
    "writable": LOOKS["read_write"], "read_only": LOOKS["read_only"], "none": Look("no service", RED),
    "waiting": Look("writes stand still", YELLOW),
}  # fmt: skip
PHASE_COLOURS: Final = {  # browns up to service, purples after it: none of them is the colour of a mount
    "detect": "#7F3B08", "decide": "#B35806", "drain": "#C98A3C", "snapshot": "#7F3B08", "promote": "#B35806",
    "repair": "#8073AC", "undo": "#2D004B", "copy": "#542788", "catch_up": "#998EC3", "fail_back": "#2D004B",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Episode:
    """What is drawn: tables of `analysis.recovering`, and from when to when."""

    roles: pd.DataFrame
    service: pd.DataFrame
    phases: pd.DataFrame
    copies: pd.DataFrame
    marks: pd.DataFrame
    begin_ns: int
    end_ns: int
    until_ns: int  # the end of the run

    @property
    def shown_ns(self) -> tuple[int, int]:
        """The episode with a margin at both ends, as far as the run goes."""
        margin = int(MARGIN * (self.end_ns - self.begin_ns))
        return max(0, self.begin_ns - margin), min(self.until_ns, self.end_ns + margin)


def recovery_timeline(episode: Episode, drawn: Figure, *, heading: str, note: str = "") -> None:
    """Draw a whole episode on an empty figure; `note` stands at the right above."""
    sites = list(dict.fromkeys(episode.roles["site"]))
    lanes = len(sites) + 1 + (not episode.phases.empty)
    marks = _within(episode.marks, episode)[:MOST_MARKS]
    told = _told(marks)
    columns = 3 if max((len(when) + len(what) for when, what in told), default=0) <= SHORT else 2
    rows = -(-len(marks) // columns)
    phases = [_of(episode.phases, TO_SERVICE), _of(episode.phases, AFTERWARDS)]
    tall = max(len(one) for one in phases)
    heights = [0.42 * lanes + 0.2, 0.62, max(0.2, 0.22 * rows), 0.30 * tall + 0.35]
    drawn.set_size_inches(9.0, sum(heights) + 2.1 + 0.5 * bool(tall))
    grid = drawn.add_gridspec(4 if tall else 3, 2, height_ratios=heights[: 4 if tall else 3])
    above = drawn.add_subplot(grid[0, :])
    below = drawn.add_subplot(grid[1, :], sharex=above)
    unit, length_ns = _lay_out(above, below, episode)
    _lanes(above, episode, sites, length_ns)
    numbered(above, [time_ns / length_ns for time_ns in marks["time_ns"]])
    above.set_title(heading, pad=28)
    above.set_title(note, loc="right", fontsize=8.5, fontweight="normal", color="#555555", pad=28)
    _copies(below, episode, length_ns, unit)
    legend(below, key_of(_looks(episode)))
    key_below(drawn.add_subplot(grid[2, :]), told, columns)
    parts = (("Until service was back", "after the disaster"), ("After that", "after service was back"))
    for column, (own, (what, since)) in enumerate(zip(phases, parts, strict=True)):
        if tall:
            phase_lengths(own, drawn.add_subplot(grid[3, column]), heading=what, since=since, rows=tall)


def phase_lengths(phases: pd.DataFrame, ax: Axes, *, heading: str, since: str, rows: int = 0) -> Axes:
    """Draw phases one under the other, in their time `since` the first of them began, each with its length.

    There is room for so many `rows`, or as many as there are phases.
    """
    if phases.empty:
        ax.set_axis_off()
        return ax
    begin_ns, end_ns = int(phases["begin_ns"].min()), int(phases["end_ns"].max())
    unit, length = time_unit((end_ns - begin_ns) / 1e9)
    whole = (end_ns - begin_ns) / 1e9 / length
    ax.set_xlim(0, whole)
    for level, row in enumerate(phases.itertuples(index=False)):
        left, right = ((at - begin_ns) / 1e9 / length for at in (row.begin_ns, row.end_ns))
        ax.broken_barh(
            [(min(left, 0.994 * whole), max(right - left, 0.006 * whole))],
            (level - 0.34, 0.68),
            facecolor=PHASE_COLOURS[row.phase],
        )
        _length_of(ax, level, left, right, amount((row.end_ns - row.begin_ns) / 1e9, "s"))
    ax.set_yticks(range(len(phases)), [name.replace("_", " ") for name in phases["phase"]])
    ax.set_ylim(max(rows, len(phases)) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    tick_times(ax.xaxis, unit, whole, most=6)
    ax.set_xlabel(f"{unit} {since}", loc="right")
    title(ax, heading, amount((end_ns - begin_ns) / 1e9, "s"))
    return ax


def _length_of(ax: Axes, level: int, left: float, right: float, told: str) -> None:
    """In a bar that is long, else behind it, or before it where that is too near the edge."""
    whole = ax.get_xlim()[1]
    place, side, colour = right + 0.015 * whole, "left", BLACK
    if right - left > 0.3 * whole:
        place, side, colour = (left + right) / 2, "center", "white"
    elif right > 0.8 * whole:
        place, side = left - 0.015 * whole, "right"
    ax.text(place, level, told, ha=side, va="center", fontsize=8.5, color=colour, fontweight="bold")


def _lay_out(above: Axes, below: Axes, episode: Episode) -> tuple[str, float]:
    """Answers the unit of the time axis, and its length in nanoseconds."""
    begin_ns, end_ns = episode.shown_ns
    unit, length = time_unit((end_ns - begin_ns) / 1e9)
    length_ns = length * 1e9
    above.set_xlim(begin_ns / length_ns, end_ns / length_ns)
    tick_times(above.xaxis, unit, (end_ns - begin_ns) / length_ns)
    above.tick_params(labelbottom=False, length=0)
    above.set_yticks([])
    above.grid(visible=True, axis="x")
    below.set_xlabel(f"simulated time ({unit})", loc="right")
    return unit, length_ns


def _lanes(ax: Axes, episode: Episode, sites: Sequence[str], length_ns: float) -> None:
    for level, site in enumerate(sites):
        own = episode.roles[episode.roles["site"] == site]
        lane(ax, level, site, _bars(own, [_look(row) for row in own.itertuples()], length_ns))
    users = [USERS[state] for state in episode.service["state"]]
    lane(ax, len(sites), "users", _bars(episode.service, users, length_ns))
    if not episode.phases.empty:
        looks = [Look(name, PHASE_COLOURS[name]) for name in episode.phases["phase"]]
        lane(ax, len(sites) + 1, "phases", _bars(episode.phases, looks, length_ns))
        _name_wide_ones(ax, episode.phases, len(sites) + 1, length_ns)
    ax.set_ylim(len(sites) + 0.5 + (not episode.phases.empty), -0.5)


def _name_wide_ones(ax: Axes, phases: pd.DataFrame, level: int, length_ns: float) -> None:
    """The names of phases in their bars, where they fit; the others are below."""
    left, right = ax.get_xlim()
    for row in phases.itertuples():
        begin, end = row.begin_ns / length_ns, row.end_ns / length_ns
        if (end - begin) / (right - left) > 0.012 * len(row.phase) + 0.01:
            ax.text(
                (begin + end) / 2,
                level,
                row.phase.replace("_", " "),
                ha="center",
                va="center",
                fontsize=8.5,
                color="white",
            )


def _bars(rows: pd.DataFrame, looks: Sequence[Look], length_ns: float) -> list[Bar]:
    spans = zip(rows["begin_ns"], rows["end_ns"], looks, strict=True)
    return [Bar(begin / length_ns, end / length_ns, look) for begin, end, look in spans]


def _look(row: object) -> Look:
    role, mount = getattr(row, "role", ""), getattr(row, "mount", "")
    if role == "lost":
        return DOWN
    return DOOMED if role == "stale_primary" else LOOKS[mount]


def _looks(episode: Episode) -> list[Look]:
    """Those that can be seen, for the legend."""
    begin_ns, end_ns = episode.shown_ns
    roles, service = (
        rows[(rows["end_ns"] > begin_ns) & (rows["begin_ns"] < end_ns)] for rows in (episode.roles, episode.service)
    )
    shown = [_look(row) for row in roles.itertuples()] + [USERS[state] for state in service["state"]]
    return [look for look in (*LOOKS.values(), DOOMED, DOWN, USERS["none"], USERS["waiting"]) if look in shown]


def _copies(ax: Axes, episode: Episode, length_ns: float, unit: str) -> None:
    ax.set_ylabel("consistent\ncopies")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
    if episode.copies.empty:
        return
    times = [*(episode.copies["time_ns"] / length_ns), episode.until_ns / length_ns]
    values = [*episode.copies["copies"], episode.copies["copies"].iloc[-1]]
    ax.fill_between(times, values, step="post", color=BLUE, alpha=0.18, linewidth=0)
    ax.step(times, values, where="post", color=BLUE)
    ax.set_ylim(0, max(values) + 0.4)


def _of(phases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return phases[phases["phase"].isin(names)]


def _within(marks: pd.DataFrame, episode: Episode) -> pd.DataFrame:
    begin_ns, end_ns = episode.shown_ns
    return marks[(marks["time_ns"] >= begin_ns) & (marks["time_ns"] <= end_ns)]


def _told(marks: pd.DataFrame) -> list[tuple[str, str]]:
    from analysis.status import clock

    return [
        (clock(row.time_ns), f"{row.what}: {row.detail}" if row.detail else row.what)
        for row in marks.itertuples(index=False)
    ]
