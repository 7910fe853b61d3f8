"""A run as tidy tables: one kind a table, one fact a row, one unit a column.

    series   run, time_ns, entity, metric, value     where the value changes; seconds, bytes, sets, or a share of one
    events   run, time_ns, entity, event, cause, detail     every fact, the rest as JSON; a fault's cause is its kind,
             and of what a recovery is made of the command, phase, role, mode or way
    runs     one row a run: cell, axis values, replication, seed, verdict, every summary metric

In `series` a value that changes in steps has one row for each change, and holds until the next (`STEPS`); any other
runs straight from row to row, with two rows at a jump. A row without a value says that there is none from there on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from analysis.carried import carried
from analysis.foreseen import estimates
from sim.records import (
    CommandDone,
    CommandGiven,
    CommandRefused,
    ConvergenceFailed,
    Promoted,
    Record,
    RecoveryPhase,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    SiteBack,
    SiteLost,
)
from sim.scenario.expect import Check
from sim.summary import Measured, RunLike, Story, judge
from sim.summary.curve import Curve
from sim.summary.metrics import BY_NAME, Metric
from sim.summary.sample import Series
from sim.summary.windows import Windows

CHANGING: Final = (
    "lag", "lag_bytes", "lag_sets", "backlog_bytes", "exposure", "exposure_bytes", "save_volume", "snapshot_store",
    "link_utilisation", "consistent_copies",
)  # fmt: skip
STEPS: Final = (
    "lag_sets", "backlog_bytes", "save_volume_bytes", "snapshot_store_bytes", "link_utilisation", "eta_seconds",
    "consistent_copies",
)  # fmt: skip
MODES: Final = ("default", "now")  # sync loses nothing, at any time
ANY: Final = "any"  # the entity of an exposure to whichever secondary loses least

_ENTITY: Final = (
    "secondary", "member", "forwarder", "target", "site", "link", "replication", "volume", "scenario",
)  # fmt: skip
_CAUSES: Final[dict[type[Record], str]] = {
    CommandGiven: "command", CommandRefused: "command", CommandDone: "command", ConvergenceFailed: "command",
    RecoveryPhase: "phase", RoleChanged: "role", Promoted: "mode", ResyncPlanned: "way", ResyncFinished: "way",
    SiteLost: "disaster", SiteBack: "disaster",
}  # fmt: skip
_LONG: Final = ("growth",)  # what it says is in `lag_bytes` and `exposure_bytes`


def series(run: RunLike | Story, name: str | None = None) -> pd.DataFrame:
    """Everything that changes in time, in order of metric, entity and time; `name` for the column run."""
    story = Story.of(run)
    parts = [*_curves(story), *carried(story), *estimates(story)]
    return _tidy(name or run_name(story.run), parts)


def events(run: RunLike | Story, name: str | None = None) -> pd.DataFrame:
    """The ledger, in its order."""
    story = Story.of(run)
    named = name or run_name(story.run)
    rows = [(named, *_event(fact)) for fact in story.facts.in_order]
    return pd.DataFrame(rows, columns=["run", "time_ns", "entity", "event", "cause", "detail"])


def run_name(run: RunLike) -> str:
    """What a run is called in the column run: its replication."""
    return f"r{run.replication_index}"


def losses(run: RunLike | Story, points: int = 201) -> pd.DataFrame:
    """What a failover would have lost: for each mode and value, for which share of all instants it was more.

    Everything, where there was no copy to go on with, is more than any value: then the share does not fall to nothing.
    Columns mode, metric (exposure_seconds, exposure_bytes), value, share_above; `points` values from 0 to the largest.
    """
    story = Story.of(run)
    whole = Windows.whole(story.until_ns)
    rows = [
        (sample.labels["mode"], _stem(metric), value, share)
        for metric in (BY_NAME["exposure"], BY_NAME["exposure_bytes"])
        for sample in _listed(metric, story)
        if "to" not in sample.labels
        for value, share in _exceeded(sample, whole, points)
    ]
    return pd.DataFrame(rows, columns=["mode", "metric", "value", "share_above"])


def _exceeded(sample: Series, whole: Windows, points: int) -> list[tuple[float, float]]:
    found = sample.told(whole)
    highest = found.highest()
    if highest is None:
        return []
    values = [step * highest // (points - 1) for step in range(points)]
    return [(value / sample.divisor, float(found.above_ns(value) / found.total_ns)) for value in values]


def _stem(metric: Metric) -> str:
    return re.split(r"[.\[]", metric.key)[0]


def _listed(metric: Metric, story: Story) -> list[Series]:
    """The curves of a metric that the summary has, without those that are nought at any time."""
    curves = metric.curves(story) if metric.curves else ()
    return [sample for sample in curves if sample.listed and sample.labels.get("mode") in (None, *MODES)]


class OutcomeLike(Protocol):
    """What is kept of a run when its ledger is gone."""

    @property
    def replication_index(self) -> int:
        """Which replication of the scenario it was."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """Every metric by its key."""

    @property
    def measured(self) -> Sequence[Measured]:
        """What each check of the scenario measured."""


def runs(
    outcomes: Iterable[OutcomeLike],
    *,
    checks: Sequence[Check] = (),
    seed: int | None = None,
    cell: str = "",
    axes: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """One row a run, in the order given. A metric that a run does not have is missing there."""
    rows = [
        {"cell": cell, **(axes or {}), "replication": one.replication_index, "seed": seed}
        | {"verdict": verdict(checks, one.measured)}
        | dict(one.summary)
        for one in outcomes
    ]
    return pd.DataFrame(rows)


def verdict(checks: Sequence[Check], measured: Sequence[Measured]) -> str:
    """Fail before unknown before pass, over the checks of one run; soft ones and those across runs do not count."""
    outcomes = {
        judge(check, [one]).outcome
        for check, one in zip(checks, measured, strict=False)
        if not check.soft and not check.across_runs
    }
    return next((outcome for outcome in ("fail", "unknown") if outcome in outcomes), "pass")


_Points = list[tuple[int, float]]
_Part = tuple[str, str, _Points]  # metric, entity, (time_ns, value)


def _tidy(run: str, parts: Sequence[_Part]) -> pd.DataFrame:
    lengths = [len(points) for _, _, points in parts]
    labels = {
        "entity": np.repeat(np.array([entity for _, entity, _ in parts], dtype=object), lengths),
        "metric": np.repeat(np.array([metric for metric, _, _ in parts], dtype=object), lengths),
    }
    points = pd.DataFrame([point for _, _, part in parts for point in part], columns=["time_ns", "value"])
    return points.assign(run=run, **labels).astype(_TYPES)[list(_TYPES)]


_TYPES: Final = {"run": "str", "time_ns": "int64", "entity": "str", "metric": "str", "value": "float64"}


def _curves(story: Story) -> Iterator[_Part]:
    for name in CHANGING:
        metric = BY_NAME[name]
        for sample in _listed(metric, story):
            mode = sample.labels.get("mode")
            points = step_points(sample.curve()) if _stem(metric) in STEPS else line_points(sample.curve())
            scaled = [(time_ns, value / sample.divisor) for time_ns, value in points]
            yield f"{_stem(metric)}.{mode}" if mode else _stem(metric), _entity_of(sample), scaled


def _entity_of(sample: Series) -> str:
    return next((value for label, value in sample.labels.items() if label != "mode"), ANY)


def step_points(curve: Curve) -> _Points:
    """Where a curve of steps changes, and its end; NaN from where it has no value."""
    points: _Points = []
    reached = 0
    for begin, end, value, _ in curve.segments():
        if points and begin > reached:
            points.append((reached, np.nan))
        if not points or points[-1][1] != value:
            points.append((begin, value))
        reached = end
    return [*points, (reached, points[-1][1])] if points and reached > points[-1][0] else points


def line_points(curve: Curve) -> _Points:
    """The corners of a piecewise-linear curve: two at a jump; NaN from where it has no value."""
    points: _Points = []
    segments = curve.segments()
    passed_through = {segment for segment in segments[:-1] if segment[0] == segment[1]}
    for begin, end, first, last in (segment for segment in segments if segment not in passed_through):
        if points and begin > points[-1][0]:
            points.append((points[-1][0], np.nan))
        if not points or points[-1] != (begin, first):
            points.append((begin, first))
        if points[-1] != (end, last):
            points.append((end, last))
    return points


def _event(fact: Record) -> tuple[int, str, str, str, str]:
    fields = dict(fact.items())
    time_ns = fields.pop("time_ns")
    cause = str(fields.pop("cause", "") or fields.pop(_CAUSES.get(type(fact), "kind"), ""))
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(fact).__name__).lower()
    about = next((name for name in _ENTITY if fields.get(name)), "")
    entity = str(fields.pop(about, ""))
    kept = {name: value for name, value in fields.items() if name not in _LONG}
    return time_ns, entity, kind, cause, json.dumps(kept)
