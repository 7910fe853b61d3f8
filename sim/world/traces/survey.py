"""What is in a trace, told by reading it once from front to back: as a check of a whole file before a long run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.world.traces.records import TraceChunk


@dataclass(frozen=True, slots=True)
class Survey:
    """records: reads and writes. written_bytes: raw. end_ns: of the trace. span_bytes: end of the farthest write."""

    records: int
    writes: int
    written_bytes: int
    end_ns: int
    span_bytes: int


def survey(chunks: Iterable[TraceChunk]) -> Survey:
    """Count a whole trace. Raises TraceError where it cannot be read."""
    records = writes = written = end = span = 0
    for chunk in chunks:
        records += chunk.records
        writes += len(chunk)
        written += int(chunk.length_bytes.sum())
        span = max(span, int((chunk.offset_bytes + chunk.length_bytes).max(initial=0)))
        end = chunk.end_ns
    return Survey(records, writes, written, end, span)
