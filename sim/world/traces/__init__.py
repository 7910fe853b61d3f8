"""Real block traces, streamed from disk, as write sources.

    stream    a file as blocks of whole lines          table     lines as fields, fields as numbers, without a loop
    msr, fio, blkparse, cloudphysics, generic          one format each: lines become records
    records   records become writes in order of time   replay    stretched and looped onto the time of the run
    blocks    byte ranges become blocks                touched   many writes reduced to distinct blocks
    tape      read only as far as somebody looks       source    the answers in bulk

only writes change blocks: reads count as records, and syncs, flushes and discards are left out
"""

from __future__ import annotations

from sim.world.traces.faults import TraceError
from sim.world.traces.formats import FORMATS, Options, chunks
from sim.world.traces.opening import look_at_beginning, open_trace_source
from sim.world.traces.records import TraceChunk
from sim.world.traces.source import TraceSource
from sim.world.traces.stream import TraceFile
from sim.world.traces.survey import Survey, survey

__all__ = [
    "FORMATS",
    "Options",
    "Survey",
    "TraceChunk",
    "TraceError",
    "TraceFile",
    "TraceSource",
    "chunks",
    "look_at_beginning",
    "open_trace_source",
    "survey",
]
