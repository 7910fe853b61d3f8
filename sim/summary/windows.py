"""Spans of a run's time: where a metric looks.

a span is half-open, [start, end): windows that meet share no instant
the last instant of the run belongs to the span that reaches it (an event exactly at the end happens)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Windows:
    """Disjoint spans in increasing order, of a run that ends at `until_ns`."""

    spans: tuple[Span, ...]
    until_ns: int

    @classmethod
    def whole(cls, until_ns: int) -> Windows:
        """All of a run."""
        return cls(((0, until_ns),), until_ns)

    @classmethod
    def of(cls, spans: Iterable[Span], until_ns: int) -> Windows:
        """The union of spans in any order, cut off at 0 and at the end of the run; spans without length vanish."""
        merged: list[Span] = []
        for start, end in sorted((max(start, 0), min(end, until_ns)) for start, end in spans):
            if start >= end:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return cls(tuple(merged), until_ns)

    @property
    def length_ns(self) -> int:
        """How much time the windows hold."""
        return sum(end - start for start, end in self.spans)

    def holds(self, time_ns: int) -> bool:
        """Whether an instant lies in a window."""
        at = bisect_right(self.spans, time_ns, key=itemgetter(0)) - 1
        return at >= 0 and (time_ns < self.spans[at][1] or time_ns == self.spans[at][1] == self.until_ns)

    def overlap_ns(self, start_ns: int, end_ns: int) -> int:
        """How much of [start_ns, end_ns) lies in the windows."""
        return sum(end - start for start, end in self.parts_of(start_ns, end_ns))

    def parts_of(self, start_ns: int, end_ns: int) -> Iterator[Span]:
        """The parts of [start_ns, end_ns) that lie in the windows."""
        first = bisect_right(self.spans, start_ns, key=itemgetter(1))
        stop = bisect_left(self.spans, end_ns, key=itemgetter(0))
        return ((max(start, start_ns), min(end, end_ns)) for start, end in self.spans[first:stop])

    def gaps_in(self, start_ns: int, end_ns: int) -> Iterator[Span]:
        """The parts of [start_ns, end_ns) that lie in no window."""
        for start, end in self.parts_of(start_ns, end_ns):
            if start > start_ns:
                yield start_ns, start
            start_ns = end
        if start_ns < end_ns:
            yield start_ns, end_ns

    def within(self, other: Windows) -> Windows:
        """What both hold."""
        return Windows.of((part for span in self.spans for part in other.parts_of(*span)), self.until_ns)

    def without(self, other: Windows) -> Windows:
        """What these hold and the other do not."""
        return Windows.of((gap for span in self.spans for gap in other.gaps_in(*span)), self.until_ns)
