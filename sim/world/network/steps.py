"""A value that follows the clock in steps: a bandwidth or a factor, once or over and over."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Steps:
    """From `times_ns[i]` on `values[i]` holds, until the next; with `loop_ns` all of it comes again so much later.

    The first step begins at 0. Raises ValueError for steps out of order.
    """

    times_ns: tuple[int, ...]
    values: tuple[Fraction, ...]
    loop_ns: int | None = None

    def __post_init__(self) -> None:
        if not self.times_ns or self.times_ns[0] != 0 or len(self.times_ns) != len(self.values):
            raise ValueError("steps begin at 0, each with its value")
        ends = (*self.times_ns[1:], *([] if self.loop_ns is None else [self.loop_ns]))
        if any(later <= earlier for earlier, later in zip(self.times_ns, ends, strict=False)):
            raise ValueError("each step begins after the one before, and the last before all begins anew")

    def at(self, time_ns: int) -> Fraction:
        """The value that holds at an instant."""
        within_ns = time_ns if self.loop_ns is None else time_ns % self.loop_ns
        return self.values[bisect_right(self.times_ns, within_ns) - 1]

    def next_ns(self, time_ns: int) -> int | None:
        """The first instant after this one at which a step begins."""
        start_ns = 0 if self.loop_ns is None else time_ns // self.loop_ns * self.loop_ns
        after = bisect_right(self.times_ns, time_ns - start_ns)
        if after < len(self.times_ns):
            return start_ns + self.times_ns[after]
        return None if self.loop_ns is None else start_ns + self.loop_ns
