"""A trace laid onto the time of a run: stretched and looped, all in integers, exactly.

run time    = floor((lap x period + trace time) x time_scale)     the whole sum is scaled, so laps do not drift
period      = end + max(1, end // max(1, records - 1))            the trace, and one mean gap before its next lap
byte offset = floor(trace offset x size_scale)                    lengths stay, and so do the bytes written
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from sim.world.traces.faults import TraceError
from sim.world.traces.records import OFFSET_MAX, TIME_MAX_NS, TraceChunk
from sim.world.traces.table import Ints

Opener = Callable[[], Iterator[TraceChunk]]
SCALE_LIMIT = 1 << 30  # of numerator and denominator: their product with a remainder fits 64 bits


@dataclass(frozen=True, slots=True)
class Stretch:
    """How a trace is laid onto the run: scales are positive fractions, 2 is twice as slow, or twice as far apart."""

    time_scale: Fraction = Fraction(1)
    size_scale: Fraction = Fraction(1)
    loop: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for scales that are not positive, or too fine for exact integers."""
        for name in ("time_scale", "size_scale"):
            scale: Fraction = getattr(self, name)
            if scale <= 0 or max(scale.numerator, scale.denominator) > SCALE_LIMIT:
                raise ValueError(f"{name} is {scale}; expected a positive number of at most nine digits")


def replayed(path: str, opener: Opener, stretch: Stretch) -> Iterator[TraceChunk]:
    """The writes of a trace in run time, lap after lap; `path` is for messages. Raises TraceError."""
    for begin, chunk in _laps(path, opener, stretch.loop):
        _refuse_beyond(path, chunk, begin, stretch)
        yield replace(
            chunk,
            time_ns=scaled(chunk.time_ns + begin, stretch.time_scale),
            offset_bytes=scaled(chunk.offset_bytes, stretch.size_scale),
            end_ns=int((begin + chunk.end_ns) * stretch.time_scale),
        )


def scaled(values: Ints, scale: Fraction) -> Ints:
    """floor(values x scale) for values from 0, exactly, as long as the result fits."""
    above, below = scale.numerator, scale.denominator
    if above == below:
        return values
    whole, rest = np.divmod(values, below)
    scaled_values: Ints = whole * above + rest * above // below
    return scaled_values


def period_ns(end_ns: int, records: int) -> int:
    """How long one lap of a loop takes: the trace and one mean gap between its records."""
    return end_ns + max(1, end_ns // max(1, records - 1))


def _laps(path: str, opener: Opener, loop: bool) -> Iterator[tuple[int, TraceChunk]]:
    begin = 0
    while True:
        end = records = 0
        for chunk in opener():
            yield begin, chunk
            end, records = chunk.end_ns, records + chunk.records
        if not loop:
            return
        if end == 0:
            raise TraceError(path, 0, 0, "the trace takes no time, so it cannot be looped")
        begin += period_ns(end, records)


def _refuse_beyond(path: str, chunk: TraceChunk, begin: int, stretch: Stretch) -> None:
    """What is scaled must fit 63 bits."""
    line = int(chunk.line[-1]) if len(chunk) else 0
    if (begin + chunk.end_ns) * stretch.time_scale > TIME_MAX_NS:
        raise TraceError(path, line, 0, f"a time_scale of {stretch.time_scale} takes this beyond 146 years")
    if int(chunk.offset_bytes.max(initial=0)) * stretch.size_scale > OFFSET_MAX:
        row = int(np.argmax(chunk.offset_bytes))
        words = f"a size_scale of {stretch.size_scale} takes the offset beyond {OFFSET_MAX}"
        raise TraceError(path, int(chunk.line[row]), 0, words)
