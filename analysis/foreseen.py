"""What could be foreseen while a secondary was behind, as steps: in how many seconds every set will have arrived."""

from __future__ import annotations

import math
from collections.abc import Iterator

from analysis.carried import Points
from sim.summary import Story
from sim.summary.catchup import ESTIMATORS, CatchingUp


def estimates(story: Story) -> Iterator[tuple[str, str, Points]]:
    """`eta_seconds.ESTIMATOR`, the secondary, and (time_ns, seconds) whenever it was asked; NaN where nobody knew."""
    for mirror, secondary, name in story.arms:
        parts = story.catching_ups(mirror, secondary)
        for estimator in ESTIMATORS:
            if points := [point for part in parts for point in _points(part, estimator)]:
                yield f"eta_seconds.{estimator}", name, points


def _points(catching_up: CatchingUp, estimator: str) -> Points:
    points: Points = []
    ends_ns: int | None = None
    for one in catching_up.estimates:
        if ends_ns is not None and one.time_ns >= ends_ns:
            points.append((ends_ns, math.nan))
        said = one.said_ns(estimator)
        points.append((one.time_ns, math.nan if said is None else said / 1e9))
        ends_ns = one.caught_up_ns
    return points if ends_ns is None else [*points, (ends_ns, math.nan)]
