"""Every benchmark by name, in the order of the table; with `tiny=True` each takes a second, to see that it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.bench import applying, coalescing, day, deltas, events, month, starting, thin, whole_path
from tests.bench.rows import Row

BENCHMARKS: Final[dict[str, Callable[..., list[Row]]]] = {
    "whole-path": whole_path.measure,
    "day": day.measure,
    "events": events.measure,
    "month": month.measure,
    "deltas": deltas.measure,
    "thin": thin.measure,
    "applying": applying.measure,
    "starting": starting.measure,
    "coalescing": coalescing.measure,
}
