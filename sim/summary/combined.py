"""Several curves as one, at each instant at which all of them have a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sim.summary.curve import Curve, Segment, value_at

Combine = Callable[[Iterable[int]], int]


def combined(curves: Sequence[Curve], combine: Combine) -> Curve:
    """The sum of several curves, or the maximum of several whose slopes are equal (ages)."""
    return curves[0] if len(curves) == 1 else Curve.of(_overlaps([curve.segments() for curve in curves], combine))


def _overlaps(columns: list[list[Segment]], combine: Combine) -> Iterator[Segment]:
    at = [0] * len(columns)
    while all(place < len(column) for place, column in zip(at, columns, strict=True)):
        current = [column[place] for place, column in zip(at, columns, strict=True)]
        begin, end = max(segment[0] for segment in current), min(segment[1] for segment in current)
        if begin <= end and (begin < end or any(segment[0] == segment[1] for segment in current)):
            values = [(value_at(segment, begin), value_at(segment, end)) for segment in current]
            yield begin, end, combine(first for first, _ in values), combine(last for _, last in values)
        at[min(range(len(current)), key=lambda which: current[which][1])] += 1
