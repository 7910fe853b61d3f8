"""All charts of a run as SVG files; the same run gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis import disasters, tables, topology
from analysis.charts.cost import disaster_cost
from analysis.charts.fill import save_volume_fill
from analysis.charts.lag import lag_over_time
from analysis.charts.lags import Panel, lags_over_time
from analysis.charts.network import network, size_of
from analysis.charts.wan import wan_bytes_by_cause
from analysis.style import drawing, figure, save
from analysis.wording import cell, unprotected
from sim.records import LinkStood
from sim.summary import RunLike, Story, amount, summarise
from sim.summary.fill import save_volume_capacities
from sim.summary.mirror import Mirror

__all__ = [
    "disaster_cost", "draw_all", "lag_over_time", "lags_over_time", "network", "save_volume_fill", "wan_bytes_by_cause",
]  # fmt: skip

MOST_PANELS = 8
FEW = 4  # of more than that, only those that were furthest behind
MOST_LAGS = 12  # secondaries that can be told apart on one page


def draw_all(run: RunLike | Story, folder: Path | str) -> list[Path]:
    """Draw every chart of a run that has something to show into a folder that exists; answers the files."""
    with drawing():
        return [save(drawn, Path(folder) / f"{name}.svg") for name, drawn in charts(run)]


def charts(run: RunLike | Story) -> Iterator[tuple[str, Figure]]:
    """Each chart with its name; to be drawn and saved within `style.drawing`."""
    story = Story.of(run)
    summary, series, events = summarise(story), tables.series(story), tables.events(story)
    if story.arms:
        yield "lag_over_time", _lag(story, series, events, summary)
        yield "disaster_cost", _cost(story, summary)
    yield from disasters.charts(story)
    if len(story.arms) > 1:
        yield "lag_of_all", _lags(story, series, events, summary)
    if series["metric"].eq("save_volume_bytes").any():
        yield "save_volume_fill", _fill(story, series, events, summary)
    if story.facts.of(LinkStood):
        drawn = figure()
        wan_bytes_by_cause(series, events, drawn.subplots(), note=_wan_note(summary))
        yield "wan_bytes_by_cause", drawn
    links = topology.links(story)
    if links["link"].nunique() > 1:
        yield "network", _network(story, links)


def _lag(story: Story, series: pd.DataFrame, events: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    shown = worst(story, summary, MOST_PANELS if len(story.arms) <= MOST_PANELS else FEW)
    drawn = figure(len(shown))
    panels = drawn.subplots(len(shown), 1, squeeze=False)[:, 0]
    for ax, (mirror, secondary, name) in zip(panels, shown, strict=True):
        target = story.target_ns(mirror, secondary) / 1e9
        note = _three(summary, f"lag_seconds.{name}", "s")
        lag_over_time(
            series, events, ax, secondary=name, replication=mirror.name, target_seconds=target,
            way=way_to(mirror, secondary), note=note,
        )  # fmt: skip
    return drawn


def _lags(story: Story, series: pd.DataFrame, events: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    shown = worst(story, summary, MOST_LAGS)
    panels = [
        Panel(
            name, way_to(mirror, secondary), story.target_ns(mirror, secondary) / 1e9,
            f"max {cell(summary, f'lag_seconds.{name}.max', 's')}", mirror.name,
        )
        for mirror, secondary, name in shown
    ]  # fmt: skip
    drawn = figure(height=1.3 + (0.62 if len(shown) > 4 else 1.2) * len(shown))
    axes = drawn.subplots(len(shown), 1, squeeze=False)[:, 0]
    left_out = len(story.arms) - len(shown)
    note = f"{left_out} more were never as far behind" if left_out else ""
    lags_over_time(series, events, list(axes), panels, note=note)
    return drawn


def worst(story: Story, summary: Mapping[str, Any], most: int) -> list[tuple[Mirror, str, str]]:
    """At most so many secondaries, those that were furthest behind, in the order of all."""
    ranked = sorted(story.arms, key=lambda arm: -(summary.get(f"lag_seconds.{arm[2]}.max") or 0.0))
    kept = {name for _, _, name in ranked[:most]}
    return [arm for arm in story.arms if arm[2] in kept]


def way_to(mirror: Mirror, secondary: str) -> frozenset[str] | None:
    """The links and sites that ever led to a secondary; None where the ledger does not tell."""
    own = [one for one in mirror.generations if secondary in one.secondaries]
    hops = [hop for one in own for _, _, path in one.routes.pieces(secondary, one.until_ns) for hop in path]
    if not hops:
        return None
    places = [*(one.began.primary for one in own), *(hop.site for hop in hops), *(hop.member for hop in hops)]
    return frozenset([*places, *(link for hop in hops for link in hop.links)])


def way_of(story: Story, site: str) -> frozenset[str] | None:
    """The links and sites that lead to the secondaries at a site; None for all, as at a primary."""
    if any(mirror.began.primary == site for mirror in story.mirrors):
        return None
    ways = [way_to(mirror, secondary) for mirror, secondary, _ in story.arms if mirror.site_of(secondary) == site]
    known = [way for way in ways if way is not None]
    return frozenset().union(*known) if known else None


def _network(story: Story, links: pd.DataFrame) -> Figure:
    sites, routes = topology.sites(story), topology.routes(story)
    drawn = Figure(figsize=size_of(sites, links, routes), layout="constrained")
    length = amount(story.until_ns / 1e9, "s")
    network(sites, links, routes, drawn.subplots(), note=f"over {length}")
    return drawn


def _cost(story: Story, summary: Mapping[str, Any]) -> Figure:
    losses = tables.losses(story)
    drawn = figure()
    instead = [f"no copy off site:\na disaster at {site} costs everything" for site in unprotected(summary)]
    for ax, metric, unit in zip(drawn.subplots(1, 2), ("exposure_seconds", "exposure_bytes"), ("s", "B"), strict=True):
        note = "" if instead else _three(summary, f"{metric}.default", unit)
        disaster_cost(losses, ax, metric=metric, note=note, instead="\n".join(instead))
    return drawn


def _three(summary: Mapping[str, Any], key: str, unit: Any) -> str:
    return " · ".join(f"{name} {cell(summary, f'{key}.{name}', unit)}" for name in ("p50", "p95", "max"))


def _fill(story: Story, series: pd.DataFrame, events: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    capacities = save_volume_capacities(story.facts)
    shown = fullest(story, summary, MOST_PANELS)
    left_out = len(capacities) - len(shown)
    drawn = figure(len(shown), height=2.6)
    for ax, site in zip(drawn.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        most, capacity = amount(summary[f"save_volume_bytes.{site}.max"], "B"), capacities[site]
        note = f"at most {most} of {amount(capacity, 'B')}" if capacity else f"at most {most}"
        if left_out and site == shown[0]:
            note = f"{left_out} more sites are not shown · {note}"
        way = way_of(story, site)
        save_volume_fill(series, events, ax, site=site, capacity_bytes=capacity, way=way, note=note)
    return drawn


def fullest(story: Story, summary: Mapping[str, Any], most: int) -> list[str]:
    """At most so many sites with a save volume, those of sources and those that were fullest, in the order of all."""
    sites = list(save_volume_capacities(story.facts))
    sources = {one.began.primary for mirror in story.mirrors for one in mirror.generations}
    ranked = sorted(sites, key=lambda site: (site not in sources, -summary[f"save_volume_bytes.{site}.max"]))
    return [site for site in sites if site in ranked[:most]]


def _wan_note(summary: Mapping[str, Any]) -> str:
    ratio = summary["coalescing_ratio"]
    return "" if ratio is None else f"{amount(ratio, '1')} bytes written for each byte of delta sets"
