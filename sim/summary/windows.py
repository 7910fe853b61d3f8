"""Spans of a run's time: where a metric looks.

a span is half-open, [start, end): windows that meet share no instant
the last instant of the run belongs to the span that reaches it (an event exactly at the end happens)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
        return any(start <= time_ns < end or time_ns == end == self.until_ns for start, end in self.spans)

    def overlap_ns(self, start_ns: int, end_ns: int) -> int:
        """How much of [start_ns, end_ns) lies in the windows."""
        return sum(max(0, min(end, end_ns) - max(start, start_ns)) for start, end in self.spans)

    def within(self, other: Windows) -> Windows:
        """What both hold."""
        return Windows.of(
            (
                (max(start, other_start), min(end, other_end))
                for start, end in self.spans
                for other_start, other_end in other.spans
            ),
            self.until_ns,
        )

    def without(self, other: Windows) -> Windows:
        """What these hold and the other do not."""
        return self.within(Windows.of(_gaps(other), self.until_ns))


def _gaps(windows: Windows) -> Iterator[Span]:
    free_from = 0
    for start, end in windows.spans:
        yield free_from, start
        free_from = end
    yield free_from, windows.until_ns
