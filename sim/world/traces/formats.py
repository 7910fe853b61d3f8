"""The trace formats by name: each a reader, the length of its ticks, and whether time 0 is its first record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.world.traces import blkparse, cloudphysics, fio, generic, msr
from sim.world.traces.faults import TraceError
from sim.world.traces.records import TraceChunk, writes_of
from sim.world.traces.stream import TraceFile

LOOKS = {
    "fio-iolog": r"fio version \d",
    "cloudphysics": r"time_us,op,offset,length\b",
    "msr": r"(?i:timestamp,hostname)|\d{17,18},[^,]*,\d+,(Read|Write),",
    "blkparse": r"\s*\d+,\d+\s+\d+\s+\d+\s+\d+\.\d+\s",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may say about a file beside its format; each format takes its own."""

    wait_unit: str | None = None  # fio version 2: us or ms
    event: str | None = None  # blkparse: Q unless said otherwise
    device: str | None = None  # fio, blkparse, msr: which one, where a trace names several
    columns: generic.Columns | None = None  # csv


def chunks(file: TraceFile, format_name: str, options: Options | None = None) -> Iterator[TraceChunk]:
    """The writes of a file in order of time, from its beginning. Raises TraceError, KeyError for an unknown format."""
    told = FORMATS[format_name](file, options or Options())
    try:
        first = next(told)
    except TraceError as fault:
        raise _with_guess(file, fault, format_name) from None
    yield first
    yield from told


def _with_guess(file: TraceFile, fault: TraceError, format_name: str) -> TraceError:
    """Where the very beginning is wrong, it may be another format."""
    if not 0 < fault.line <= 2:
        return fault
    head = next(file.blocks()).head()
    other = next((name for name, pattern in LOOKS.items() if re.match(pattern, head, re.ASCII)), format_name)
    if other == format_name:
        return fault
    return TraceError(fault.path, fault.line, fault.column, f"{fault.words} (this looks like `format: {other}`)")


def _blkparse(file: TraceFile, options: Options) -> Iterator[TraceChunk]:
    records = blkparse.read(file, options.event, options.device)
    return writes_of(file.shown, records, blkparse.NS_PER_TICK, from_first=False)


def _cloudphysics(file: TraceFile, _: Options) -> Iterator[TraceChunk]:
    return writes_of(file.shown, cloudphysics.read(file), cloudphysics.NS_PER_TICK, from_first=True)


def _csv(file: TraceFile, options: Options) -> Iterator[TraceChunk]:
    if options.columns is None:
        raise file.wrong("a csv trace needs `columns`: what each column is, and its unit")
    records = generic.read(file, options.columns)
    return writes_of(file.shown, records, options.columns.ns_per_tick, from_first=True)


def _fio(file: TraceFile, options: Options) -> Iterator[TraceChunk]:
    records = fio.read(file, options.wait_unit, options.device)
    return writes_of(file.shown, records, fio.NS_PER_TICK, from_first=False)


def _msr(file: TraceFile, options: Options) -> Iterator[TraceChunk]:
    return writes_of(file.shown, msr.read(file, options.device), msr.NS_PER_TICK, from_first=True)


FORMATS: dict[str, Callable[[TraceFile, Options], Iterator[TraceChunk]]] = {
    "blkparse": _blkparse,
    "cloudphysics": _cloudphysics,
    "csv": _csv,
    "fio-iolog": _fio,
    "msr": _msr,
}
