"""All charts of a run as SVG files; the same run gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis import tables
from analysis.charts.cost import disaster_cost
from analysis.charts.fill import save_volume_fill
from analysis.charts.lag import lag_over_time
from analysis.charts.wan import wan_bytes_by_cause
from analysis.style import drawing, figure, save
from analysis.wording import cell, unprotected
from sim.records import LinkStood
from sim.summary import RunLike, Story, amount, summarise
from sim.summary.fill import save_volume_capacities

__all__ = ["disaster_cost", "draw_all", "lag_over_time", "save_volume_fill", "wan_bytes_by_cause"]

MOST_PANELS = 8


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
    if series["metric"].eq("save_volume_bytes").any():
        yield "save_volume_fill", _fill(story, series, events, summary)
    if story.facts.of(LinkStood):
        drawn = figure()
        wan_bytes_by_cause(series, events, drawn.subplots(), note=_wan_note(summary))
        yield "wan_bytes_by_cause", drawn


def _lag(story: Story, series: pd.DataFrame, events: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    shown = story.arms[:MOST_PANELS]
    drawn = figure(len(shown))
    panels = drawn.subplots(len(shown), 1, squeeze=False)[:, 0]
    for ax, (mirror, secondary, name) in zip(panels, shown, strict=True):
        target = story.target_ns(mirror, secondary) / 1e9
        note = _three(summary, f"lag_seconds.{name}", "s")
        lag_over_time(
            series, events, ax, secondary=name, replication=mirror.name, target_seconds=target, note=note
        )  # fmt: skip
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
    shown = list(capacities)[:MOST_PANELS]
    drawn = figure(len(shown), height=2.6)
    for ax, site in zip(drawn.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        most, capacity = amount(summary[f"save_volume_bytes.{site}.max"], "B"), capacities[site]
        note = f"at most {most} of {amount(capacity, 'B')}" if capacity else f"at most {most}"
        save_volume_fill(series, events, ax, site=site, capacity_bytes=capacity, note=note)
    return drawn


def _wan_note(summary: Mapping[str, Any]) -> str:
    ratio = summary["coalescing_ratio"]
    return "" if ratio is None else f"{amount(ratio, '1')} bytes written for each byte of delta sets"
