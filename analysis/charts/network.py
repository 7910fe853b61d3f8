"""The sites and the links between them: how busy each link was, and which way the delta sets went.

a line is a link: the busier, the thicker and the darker; an arrow is a route, from who feeds to who is fed
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.charts.layout import Place, layered
from analysis.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, title
from sim.summary import amount
from sim.summary.amounts import bandwidth

STEP: Final = 4.0  # inches between columns of sites, at least
FAN: Final = 1.6  # a column is so much wider than half the widest fan is high: steeper lines leave no room for labels
THIN, THICK = 2.4, 9.0  # points
CURVE = 41  # points of a curved line
BUSY: Final = LinearSegmentedColormap.from_list("busy", ["#D9D9D9", "#F5C76B", "#E8743B", "#9E1B32"])
SCALE: Final = PowerNorm(0.5, 0.0, 1.0)  # of all the bandwidth; a few per cent can still be told from none
TICKS: Final = (0.0, 0.05, 0.25, 0.5, 1.0)
BESIDE: Final = 0.09  # inches between a link and the arrow of a route, and between one arrow and the next
TOLD: Final = 0.01  # a share of what was sent again that is worth a word
LABEL: Final = 0.6  # how far along a link its name stands
DASHES: Any = (0, (3, 2))
UNLIMITED: Final = "#B9CFE0"
ROLES: Final = {"primary": BLUE, "forwarder": ORANGE, "secondary": GREEN, "": GREY}
ROUTES: Final = (BLACK, PURPLE, SKY, GREEN)

Floats = NDArray[np.float64]


def size_of(sites: pd.DataFrame, links: pd.DataFrame, routes: pd.DataFrame) -> tuple[float, float]:
    """Width and height in inches that the chart of a network needs."""
    places = _places(sites, links, routes)
    columns = max((column for column, _ in places.values()), default=0)
    rows = max((row for _, row in places.values()), default=0)
    return max(7.5, _step(places, links) * columns + 2.8), _row_height(links) * rows + 2.2


def network(sites: pd.DataFrame, links: pd.DataFrame, routes: pd.DataFrame, ax: Axes, *, note: str = "") -> Axes:
    """Draw the tables of `analysis.topology`; `note` stands at the right above."""
    places = _places(sites, links, routes)
    height, step = _row_height(links), _step(places, links)
    at = {site: np.array([step * column, -height * row]) for site, (column, row) in places.items()}
    lines = {
        str(link): Line(at, places, both["source"].iloc[0], both["destination"].iloc[0], number)
        for number, (link, both) in enumerate(links.groupby("link", sort=False))
    }
    _frame(ax, [*(line.points() for line in lines.values()), *(place[None] for place in at.values())])
    for link, both in links.groupby("link", sort=False):
        _draw_link(ax, both, lines[str(link)], n_routes=routes["replication"].nunique())
    widths = {str(link): _width(_busy(both)) for link, both in links.groupby("link", sort=False)}
    for number, (_, own) in enumerate(routes.groupby("replication", sort=False)):
        _draw_routes(
            ax, own, lines, {link: width / 144 + BESIDE * (number + 0.5) for link, width in widths.items()}, number
        )
    for site, role in sites[["site", "role"]].itertuples(index=False):
        _draw_site(ax, at[site], site, role)
    _keys(ax, sites, routes)
    if links["utilisation"].notna().any():
        _colour_bar(ax, height=height * max(row for _, row in places.values()) + 1)
    title(ax, "The network: how busy each link was, and who fed whom", note)
    return ax


# -- where things go ---------------------------------------------------------------------------------------------------


def _places(sites: pd.DataFrame, links: pd.DataFrame, routes: pd.DataFrame) -> dict[str, Place]:
    standing = routes[routes["since_ns"] == _begin_of(routes)]
    steps = [step for along in standing["sites"] for step in pairwise(along) if all(step)]
    others = list(links[["source", "destination"]].itertuples(index=False, name=None))
    roots = sites.loc[sites["role"] == "primary", "site"].tolist()
    return layered(roots, steps, others)


def _begin_of(routes: pd.DataFrame) -> pd.Series:
    """Since when each row's member has been fed at all."""
    return routes.groupby(["replication", "member"])["since_ns"].transform("min")


def _row_height(links: pd.DataFrame) -> float:
    """Inches between rows of sites: room for one line of text at each link, or for a second one."""
    return 0.85 if any(_trouble(both) for _, both in links.groupby("link")) else 0.62


def _step(places: dict[str, Place], links: pd.DataFrame) -> float:
    """Inches between columns of sites: the more links go from one site to the next column, the wider."""
    ends = links[["link", "source", "destination"]].itertuples(index=False, name=None)
    fans = Counter(here for _, here, there in set(ends) if places[there][0] - places[here][0] == 1)
    return max(STEP, FAN * _row_height(links) * (max(fans.values(), default=1) - 1) / 2)


class Line:
    """Where a link runs: straight between neighbours, else swung past what lies between its ends."""

    def __init__(
        self, at: dict[str, Floats], places: dict[str, Place], source: str, destination: str, number: int
    ) -> None:
        if at[source][0] > at[destination][0]:  # from left to right, so that what stands above it is above
            source, destination = destination, source
        self.source = source
        self._start, self._end = at[source], at[destination]
        columns, rows = (abs(a - b) for a, b in zip(places[source], places[destination], strict=True))
        swing = 0.45 + 0.1 * rows if columns == 0 else 0.5 * columns
        self._bend = 0.0 if columns == 1 else swing * (1 if number % 2 else -1)

    def points(self, aside: float = 0.0, *, from_site: str = "") -> Floats:
        """Points along it `(CURVE, 2)` in inches, `aside` of its middle, from whichever end is asked for."""
        along = np.linspace(0, 1, CURVE)[:, None]
        way = self._end - self._start
        left = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9)
        points: Floats = self._start + along * way + left * (aside + self._bend * 2 * along * (1 - along))
        return points[::-1] if from_site not in ("", self.source) else points

    def label(self) -> tuple[Floats, float, Floats]:
        """Where its name stands: a point of it, the angle there in degrees, and which way is up from there."""
        points = self.points()
        here = points[int(LABEL * CURVE)]
        ahead = points[int(LABEL * CURVE) + 1] - points[int(LABEL * CURVE) - 1]
        ahead = -ahead if ahead[0] < 0 else ahead
        up = np.array([-ahead[1], ahead[0]]) / max(float(np.hypot(*ahead)), 1e-9)
        return here, math.degrees(math.atan2(ahead[1], ahead[0])), up


def _frame(ax: Axes, drawn: list[Floats]) -> None:
    """Room for all of it; an inch is an inch, or both ways the same part of one, so that angles stay."""
    corners = np.concatenate(drawn)
    low, high = corners.min(axis=0), corners.max(axis=0)
    ax.set_xlim(low[0] - 0.7, high[0] + 0.7)
    ax.set_ylim(low[1] - 0.4, high[1] + 0.4)
    ax.set_aspect("equal")
    ax.set_axis_off()


# -- what is drawn -----------------------------------------------------------------------------------------------------


def _width(busy: float | None) -> float:
    return THIN if busy is None else THIN + (THICK - THIN) * float(SCALE(busy))


def _busy(both: pd.DataFrame) -> float | None:
    return float(both["utilisation"].max()) if both["utilisation"].notna().any() else None


def _draw_link(ax: Axes, both: pd.DataFrame, line: Line, n_routes: int) -> None:
    busy = _busy(both)
    colour, width = UNLIMITED if busy is None else BUSY(SCALE(busy)), _width(busy)
    points = line.points()
    ax.plot(points[:, 0], points[:, 1], color=colour, linewidth=width, solid_capstyle="round", zorder=1)
    here, angle, up = line.label()
    above, below = 0.03 + width / 144, 0.03 + width / 144 + BESIDE * max(1, n_routes)
    how: dict[str, Any] = {"ha": "center", "rotation": angle, "rotation_mode": "anchor", "fontsize": 7.5, "zorder": 4}
    ax.text(here[0] + up[0] * above, here[1] + up[1] * above, _about(both, busy), va="bottom", color=BLACK, **how)
    if trouble := _trouble(both):
        how |= {"color": RED, "fontweight": "bold"}
        ax.text(here[0] - up[0] * below, here[1] - up[1] * below, trouble, va="top", **how)


def _about(both: pd.DataFrame, busy: float | None) -> str:
    """What stands at a link: its name, how busy it was, what it carried."""
    carried, limit = both["carried_bytes"].sum(), _limit(both)
    rate = bandwidth(limit) if limit else "no limit"
    if not carried:
        return f"{both['link'].iloc[0]} · {rate}, not used"
    share = rate if busy is None else f"{amount(busy, 'share')} of {rate}"
    return f"{both['link'].iloc[0]} · {share} · {amount(carried, 'B')}"


def _limit(both: pd.DataFrame) -> int:
    """The bandwidth of the direction whose utilisation is told; where none carried anything, the higher."""
    told = both.loc[both["utilisation"].fillna(-1.0) == both["utilisation"].fillna(-1.0).max()]
    return int(told["bits_per_s"].max())


def _trouble(both: pd.DataFrame) -> str:
    again, down = both["retransmitted_share"].max(), both["down_seconds"].max()
    parts = [f"{amount(again, 'share')} sent again"] if again >= TOLD else []
    return " · ".join([*parts, *([f"cut for {amount(down, 's')}"] if down else [])])


def _draw_routes(ax: Axes, routes: pd.DataFrame, lines: dict[str, Line], beside: dict[str, float], number: int) -> None:
    """An arrow for each step of each route, the same step once; dashed where somebody was fed so only for a while."""
    drawn: set[tuple[str, str]] = set()
    ordered = routes.assign(later=routes["since_ns"] > _begin_of(routes)).sort_values("later", kind="stable")
    for row in ordered.itertuples(index=False):
        for here, link in zip(row.sites, row.links, strict=False):
            if link in lines and here and (link, here) not in drawn:
                drawn.add((link, here))
                points = lines[link].points(-beside[link], from_site=here)
                _arrow(ax, points, ROUTES[number % len(ROUTES)], dashed=row.later)


def _arrow(ax: Axes, points: Floats, colour: str, *, dashed: bool) -> None:
    inner = points[4:-6]
    ax.plot(inner[:, 0], inner[:, 1], color=colour, linewidth=1.1, linestyle=DASHES if dashed else "-", zorder=2)
    ax.annotate(
        "", xy=tuple(points[-5]), xytext=tuple(points[-8]), zorder=2,
        arrowprops={
            "arrowstyle": "-|>", "color": colour, "linewidth": 1.1, "mutation_scale": 11, "shrinkA": 0, "shrinkB": 0,
        },
    )  # fmt: skip


def _draw_site(ax: Axes, place: Floats, site: str, role: str) -> None:
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": ROLES[role], "linewidth": 1.8}
    weight = "bold" if role == "primary" else "normal"
    ax.text(place[0], place[1], site, ha="center", va="center", fontsize=9, fontweight=weight, bbox=box, zorder=5)


# -- keys --------------------------------------------------------------------------------------------------------------


def _keys(ax: Axes, sites: pd.DataFrame, routes: pd.DataFrame) -> None:
    handles = list(_handles(sites, routes))
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, 0.0), ncols=min(len(handles), 6), fontsize=8)


def _handles(sites: pd.DataFrame, routes: pd.DataFrame) -> Iterator[Line2D]:
    for role in [role for role in ROLES if role and role in set(sites["role"])]:
        yield Line2D([], [], linestyle="", marker="s", markerfacecolor="white", markeredgewidth=1.8, markersize=8,
                     markeredgecolor=ROLES[role], label=role)  # fmt: skip
    for number, name in enumerate(dict.fromkeys(routes["replication"])):
        colour = ROUTES[number % len(ROUTES)]
        yield Line2D([], [], color=colour, linewidth=1.1, marker=">", markersize=5, label=f"route of {name}")
    if (routes["since_ns"] > _begin_of(routes)).any():
        yield Line2D([], [], color=BLACK, linewidth=1.1, linestyle=DASHES, label="for a while, past a forwarder")


def _colour_bar(ax: Axes, height: float) -> None:
    shrink = min(0.8, 3.2 / height)
    bar = ax.figure.colorbar(ScalarMappable(SCALE, BUSY), ax=ax, shrink=shrink, aspect=height * shrink / 0.13, pad=0.01)
    bar.set_label("mean utilisation", fontsize=8)
    bar.set_ticks(TICKS, labels=[f"{tick:.0%}" for tick in TICKS])
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
