"""MSR Cambridge CSV: `Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime`, one file a disk.

times are Windows file times, 100 ns since 1601: absolute, so time 0 is the first record
offsets and sizes are bytes; Type is Read or Write; the line of names may be missing, as it is in the published files
several disks in one file are an error unless one is chosen (`device: HOSTNAME_DISKNUMBER`)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.world.traces.columns import exactly, lengths, offsets, words
from sim.world.traces.devices import Device
from sim.world.traces.faults import Faults
from sim.world.traces.records import Records
from sim.world.traces.stream import TraceFile
from sim.world.traces.table import Rows

NS_PER_TICK = 100
NAMES = ["timestamp", "hostname", "disknumber", "type", "offset", "size", "responsetime"]
HOST, DISK, TYPE, OFFSET, SIZE = 1, 2, 3, 4, 5


def read(file: TraceFile, device: str | None = None) -> Iterator[Records]:
    """All records, in the order of the file. Raises TraceError."""
    disk = Device(file, device, "disks")
    for text in file.blocks():
        named = text.first_line == 1 and text.head().lower().split(",") == NAMES
        yield _records(file, Rows.of(text.without_head() if named else text, ","), disk)
    disk.must_be_found()


def _records(file: TraceFile, rows: Rows, disk: Device) -> Records:
    faults = Faults(file.shown)
    exactly(faults, rows, len(NAMES))
    ticks, wrong = rows.field(0).integers()
    faults.note(rows, wrong, 0, "a Windows file time: a whole number of 100 ns")
    records = Records(
        ticks,
        offsets(faults, rows, OFFSET),
        lengths(faults, rows, SIZE),
        rows.line,
        words(faults, rows, TYPE, [b"Read", b"Write"]) == 1,
    )
    chosen = disk.chosen(faults, rows, HOST, DISK)
    faults.check()
    return records.pick(np.flatnonzero(chosen))
