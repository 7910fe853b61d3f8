"""What one run has to say to a check: one exact value, or why there is none.

where labels leave a choice (two secondaries, three links) it is the worst one
a copy that could not be read is no copy in time: lag and exposure are infinite meanwhile
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, TypeVar

from sim.scenario.expect import Check
from sim.summary.amounts import part_of
from sim.summary.countable import COUNTABLE
from sim.summary.distribution import Number
from sim.summary.metrics import BY_NAME, Metric
from sim.summary.sample import SECOND, Gap, Labels, Series, Total
from sim.summary.story import RunLike, Story
from sim.summary.summarising import statistic
from sim.summary.windows import Windows

Found = TypeVar("Found", Series, Total)


@dataclass(frozen=True, slots=True)
class Measured:
    """An exact value in base units (seconds, bytes, shares of one, plain numbers), or why there is none.

    One that is more than any number is infinite; `word` says it in a word (everything), `why` for how long it was so.
    """

    value: Fraction | float | None
    why: str = ""
    word: str = ""


class NoSample(Exception):
    """There is nothing to measure."""


def measure(check: Check, run: RunLike | Story) -> Measured:
    """What a check measures in one run."""
    story = Story.of(run)
    try:
        windows = _windows(check, story)
        if check.aggregate == "count":
            return Measured(Fraction(COUNTABLE[check.metric].count(story, windows)))
        found = _found(check, BY_NAME[check.metric], story, windows)
    except NoSample as nothing:
        return Measured(None, str(nothing))
    return worst_of(check, found)


def worst_of(check: Check, found: Sequence[Measured]) -> Measured:
    """What was measured where it is furthest on the wrong side of the check, or nearest to it."""
    value = worst(check, [one.value for one in found if one.value is not None])
    return next(one for one in found if one.value == value)


def worst(check: Check, values: Sequence[Fraction | float]) -> Fraction | float:
    """The value that is furthest on the wrong side of the check, or nearest to it."""
    if check.op in ("<", "<="):
        return max(values)
    if check.op in (">", ">="):
        return min(values)
    distance: dict[Fraction | float, Any] = {value: abs(value - check.value) for value in values}
    return (max if check.op == "==" else min)(distance, key=distance.__getitem__)


def _windows(check: Check, story: Story) -> Windows:
    until = story.until_ns
    if check.during is not None:
        windows = story.phases[check.during]
    elif check.before is not None:
        windows = Windows.of([(0, _event(check.before, story))], until)
    elif check.after is not None:
        windows = Windows.of([(_event(check.after, story), until)], until)
    else:
        windows = Windows.whole(until)
    if not windows.length_ns:
        raise NoSample(f"this run has no time {_where(check)}")
    return windows


def _where(check: Check) -> str:
    named = {"during": check.during, "before": check.before, "after": check.after}
    return next((f"{word} {name}" for word, name in named.items() if name), "at all")


def _event(entry_id: str, story: Story) -> int:
    at = story.event_ns(entry_id)
    if at is None and story.knows_event(entry_id):
        raise NoSample(f"{entry_id} did not happen in this run")
    if at is None:
        raise NoSample(f"nothing in the timeline is called {entry_id}")
    return at


def _found(check: Check, metric: Metric, story: Story, windows: Windows) -> list[Measured]:
    found: list[Measured] = []
    if metric.curves is not None:
        found += [_of_curve(check, series, windows) for series in _asked_for(check, list(metric.curves(story)))]
    elif metric.totals is not None:
        totals = _asked_for(check, list(metric.totals(story, windows)))
        found += [_exact(value) for value in [total.value for total in totals] or [metric.nothing]]
    found = [one for one in found if one.value is not None]
    if not found:
        raise NoSample(f"there is no {check.metric}{_labelled(check)} {_where(check)}")
    return found


def _of_curve(check: Check, series: Series, windows: Windows) -> Measured:
    value = _last(series, windows) if check.aggregate == "last" else _statistic(check, series, windows)
    if value is None or not math.isinf(value):
        return _exact(value, series.divisor)
    missing, whole = series.asked(windows).endless_ns / SECOND, windows.length_ns / SECOND
    return Measured(value, f"{_WITHOUT[series.gap]} for {part_of(missing, whole)}", series.gap.value)


_WITHOUT: Final = {Gap.NOTHING_TO_SERVE: "unreadable", Gap.EVERYTHING: "no copy to go on with"}


def _exact(value: Number | None, divisor: int = 1) -> Measured:
    return Measured(None if value is None else Fraction(value) / divisor)


def _statistic(check: Check, series: Series, windows: Windows) -> Number | None:
    return statistic(check.aggregate or "", series.asked(windows))


def _last(series: Series, windows: Windows) -> Number | None:
    """The value just before the end of the windows; where gaps tell of nothing, the last one there is."""
    part = series.curve().within(windows)
    if series.gap is not Gap.NO_SAMPLE and (not len(part) or part.end_ns[-1] < windows.spans[-1][1]):
        return math.inf
    return int(part.end_value[-1]) if len(part) else None


def _asked_for(check: Check, samples: list[Found]) -> list[Found]:
    """The samples with exactly these labels, else all that have them and others."""
    asked = dict(check.labels)
    if "mode" not in asked and any("mode" in sample.labels for sample in samples):
        asked["mode"] = "default"
    matching = [sample for sample in samples if _matches(sample.labels, asked)]
    return [sample for sample in matching if sample.labels.keys() == asked.keys()] or matching


def _matches(labels: Labels, asked: Labels) -> bool:
    """A secondary may be meant in each replication that has one of its name."""
    return all(labels.get(name) == value or labels.get(name, "").endswith(f".{value}") for name, value in asked.items())


def _labelled(check: Check) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in check.labels) + "}" if check.labels else ""
