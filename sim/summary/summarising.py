"""A run in numbers: the flat content of summary.json.

the same keys in the same order for the same scenario; integers where a value is a whole number of bytes or things
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction

from sim.summary.distribution import Distribution, Number
from sim.summary.metrics import TABLE, Metric
from sim.summary.sample import Series
from sim.summary.story import RunLike, Story
from sim.summary.windows import Windows

Value = float | int | str | None


def summarise(run: RunLike | Story, *, start_ns: int = 0, end_ns: int | None = None) -> dict[str, Value]:
    """Every metric of a run, or of its part from `start_ns` to `end_ns`, by its key; ready for JSON.

    Quantiles and means are weighted with time. None stands where there is no sample or nothing to divide by, and for an
    exposure of everything, which is more than any number (`stands_for_everything`).
    """
    story = Story.of(run)
    end = story.until_ns if end_ns is None else end_ns
    windows = Windows.of([(start_ns, end)], story.until_ns)
    summary: dict[str, Value] = {}
    for metric in TABLE:
        summary.update(_measured(metric, story, windows))
    return summary | {"digest": story.run.digest}


def stands_for_everything(key: str) -> bool:
    """Whether None under a key of the summary says that everything would have been lost."""
    return re.match(r"exposure_(seconds|bytes|blocks|writes)\.(default|now)\.", key) is not None


def statistic(name: str, found: Distribution) -> Number | None:
    """p50, p99.9, max, min or mean of a distribution. Raises ValueError for another name."""
    match name:
        case "max":
            return found.maximum()
        case "min":
            return found.minimum()
        case "mean":
            return found.mean()
    if not name.startswith("p"):
        raise ValueError(f"no statistic is called {name}")
    share = Fraction(name[1:]) / 100
    return found.quantile(share) if share else found.minimum()


def _measured(metric: Metric, story: Story, windows: Windows) -> Iterator[tuple[str, Value]]:
    if metric.curves is not None:
        for sample in metric.curves(story):
            if sample.listed:
                yield from zip(metric.keys_for(sample.labels), _statistics(metric, sample, windows), strict=True)
    if metric.totals is not None:
        for total in metric.totals(story, windows):
            yield from ((key, _plain(total.value, metric.unit)) for key in metric.keys_for(total.labels))


def _statistics(metric: Metric, sample: Series, windows: Windows) -> Iterator[Value]:
    found = sample.told(windows)
    for name in metric.statistics:
        value = statistic(name, found)
        yield None if value is None or math.isinf(value) else float(Fraction(value) / sample.divisor)


def _plain(value: Number | None, unit: str) -> Value:
    if value is None:
        return None
    whole = Fraction(value).denominator == 1 and unit in ("B", "1")
    return int(value) if whole else float(value)
