"""A number that changes in time, linear between the facts.

both ends of a segment are integers: nanoseconds, bytes or blocks
a segment holds from its begin up to, but not including, its end; where no segment is, there is no value
a segment without length is a value passed through in an instant: it has no weight but counts as a maximum
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.summary.windows import Windows

Integers = NDArray[np.int64]
Segment = tuple[int, int, int, int]  # begin_ns, end_ns, value at the begin, value just before the end


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Segments in order of time that do not overlap: four int64 arrays of one shape `(n,)`."""

    begin_ns: Integers
    end_ns: Integers
    begin_value: Integers
    end_value: Integers

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> Curve:
        """A curve from (begin_ns, end_ns, value at the begin, value just before the end), in order of time."""
        table = np.array(list(segments), dtype=np.int64).reshape(-1, 4)
        return cls(table[:, 0], table[:, 1], table[:, 2], table[:, 3])

    @classmethod
    def steps(cls, changes: Sequence[tuple[int, int]], until_ns: int) -> Curve:
        """A curve that keeps each value of `changes`, (time_ns, value), until the next change."""
        ends = [time_ns for time_ns, _ in changes[1:]] + [until_ns]
        return cls.of((time_ns, end, value, value) for (time_ns, value), end in zip(changes, ends, strict=True))

    def times(self, factor: int) -> Curve:
        """The same with every value multiplied."""
        return Curve(self.begin_ns, self.end_ns, self.begin_value * factor, self.end_value * factor)

    def __len__(self) -> int:
        return len(self.begin_ns)

    @property
    def length_ns(self) -> int:
        """For how long there is a value."""
        return int((self.end_ns - self.begin_ns).sum())

    def segments(self) -> list[Segment]:
        """The segments as plain tuples."""
        columns = (self.begin_ns, self.end_ns, self.begin_value, self.end_value)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def within(self, windows: Windows) -> Curve:
        """The part that lies in the windows; where a slope is cut in two, the value is rounded down to an integer."""
        return Curve.joined([self._between(start, end, end == windows.until_ns) for start, end in windows.spans])

    @classmethod
    def joined(cls, parts: Sequence[Curve]) -> Curve:
        """Curves one after the other in time as one."""
        if not parts:
            return cls.of(())
        return cls(
            np.concatenate([part.begin_ns for part in parts]),
            np.concatenate([part.end_ns for part in parts]),
            np.concatenate([part.begin_value for part in parts]),
            np.concatenate([part.end_value for part in parts]),
        )

    def _between(self, start_ns: int, end_ns: int, closed: bool) -> Curve:
        first = min(self.end_ns.searchsorted(start_ns, "right"), self.begin_ns.searchsorted(start_ns, "left"))
        stop = self.begin_ns.searchsorted(end_ns, "right" if closed else "left")
        part = [column[first:stop].copy() for column in (self.begin_ns, self.end_ns, self.begin_value, self.end_value)]
        if len(part[0]):
            _cut_off(part, 0, start_ns, self.end_ns[-1])
            _cut_off(part, -1, 0, end_ns)
        return Curve(*part)


def value_at(segment: Segment, time_ns: int) -> int:
    """The value of a segment at an instant that it reaches, rounded down."""
    begin, end, first, last = segment
    return first if time_ns == begin else first + (last - first) * (time_ns - begin) // (end - begin)


class Line:
    """A line through points, flat after the last of them, of which stretches are taken; plain numbers, for speed."""

    __slots__ = ("times_ns", "values")

    def __init__(self, times_ns: Sequence[int], values: Sequence[int]) -> None:
        self.times_ns, self.values = times_ns, values

    def at(self, time_ns: int) -> int:
        """The value at an instant, rounded down; `time_ns` not before the first point."""
        place = bisect_right(self.times_ns, time_ns) - 1
        if place + 1 == len(self.times_ns):
            return self.values[place]
        begin, end = self.times_ns[place], self.times_ns[place + 1]
        return value_at((begin, end, self.values[place], self.values[place + 1]), time_ns)

    def stretch(self, start_ns: int, end_ns: int, more: int = 0) -> Iterator[Segment]:
        """The segments from start to end, `more` added to each value."""
        times, values = self.times_ns, self.values
        begin, height = start_ns, self.at(start_ns) + more
        for place in range(bisect_right(times, start_ns), bisect_left(times, end_ns)):
            corner = values[place] + more
            yield begin, times[place], height, corner
            begin, height = times[place], corner
        yield begin, end_ns, height, self.at(end_ns) + more


def _cut_off(part: list[Integers], at: int, start_ns: int, end_ns: int) -> None:
    begin, end, first, last = (int(column[at]) for column in part)
    left, right = max(begin, start_ns), min(end, end_ns)
    if (left, right) != (begin, end):
        segment = begin, end, first, last
        part[0][at], part[1][at] = left, right
        part[2][at], part[3][at] = value_at(segment, left), value_at(segment, right)
