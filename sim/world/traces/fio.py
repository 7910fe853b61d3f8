"""fio iolog, versions 2 and 3; the first line tells which. Offsets and lengths are bytes.

    version 3   timestamp file action [offset length]     timestamps are microseconds since the job started
    version 2   file action [offset length]               no timestamps; `file wait N 0` lets time pass

what N means must be said (`wait_unit`), for manual and program differ:
    us          the manual: microseconds since the previous wait
    ms          fio's own reader: milliseconds since the start, so they never decrease
read and write are records; trim, sync, datasync, sync_file_range, add, open and close change no block
several files in one log are an error unless one is chosen (`device: FILE`): each would be its own range of addresses
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np

from sim.world.traces.columns import lengths, offsets, words
from sim.world.traces.devices import Device
from sim.world.traces.faults import Faults
from sim.world.traces.records import Records
from sim.world.traces.stream import Text, TraceFile
from sim.world.traces.table import Ints, Rows

NS_PER_TICK = 1000
HEADS = {"fio version 2 iolog": 2, "fio version 3 iolog": 3}
ACTIONS = [b"read", b"write", b"wait", b"trim", b"sync", b"datasync", b"sync_file_range", b"add", b"open", b"close"]
READ, WRITE, WAIT, ADD = 0, 1, 2, 7
US_MAX = 1 << 43  # a wait of more than a hundred days is a misread column; so many of them still fit 64 bits


def read(file: TraceFile, wait_unit: str | None = None, device: str | None = None) -> Iterator[Records]:
    """All records, in the order of the file. Raises TraceError."""
    blocks = file.blocks()
    first = next(blocks)
    log = Log(file, _version(file, first), wait_unit, device)
    for text in chain([first.without_head()], blocks):
        yield log.records(Rows.of(text))
    log.device.must_be_found()


def _version(file: TraceFile, text: Text) -> int:
    version = HEADS.get(text.head().strip())
    if version is None:
        found = ascii(text.head()[:60])
        raise file.wrong(f"found {found}, expected 'fio version 2 iolog' or 'fio version 3 iolog'", 1, 1)
    return version


class Log:
    """One fio log while it is read: its version, its file, and how far its waits have come."""

    def __init__(self, file: TraceFile, version: int, wait_unit: str | None, device: str | None) -> None:
        self._file = file
        self._action = version - 1  # number of the field
        self._wait_unit = wait_unit
        self.device = Device(file, device, "files")
        self._now_us = 0

    def records(self, rows: Rows) -> Records:
        """The reads and writes of one block of lines."""
        faults = Faults(self._file.shown)
        actions = words(faults, rows, self._action, ACTIONS)
        self._whole(faults, rows, actions)
        ticks = self._stamps(faults, rows, actions) if self._action == 2 else self._waits(faults, rows, actions)
        is_io = actions <= WRITE
        ios = rows.pick(is_io)
        records = Records(
            ticks[is_io],
            offsets(faults, ios, self._action + 1),
            lengths(faults, ios, self._action + 2),
            ios.line,
            actions[is_io] == WRITE,
            end=int(ticks.max(initial=0)),
        )
        chosen = self.device.chosen(faults, ios, self._action - 1)
        faults.check()
        return replace(records.pick(np.flatnonzero(chosen)), end=records.end)

    def _whole(self, faults: Faults, rows: Rows, actions: Ints) -> None:
        """A line must not break off: files come with an action, all else with two numbers behind it."""
        expected = self._action + 1 + 2 * (actions < ADD)
        for row in np.flatnonzero((rows.count != expected) & (actions >= 0))[:1]:
            found = int(rows.count[row])
            words = f"found {found} fields, expected {int(expected[row])}"
            faults.tell(rows, row, min(found, int(expected[row])), words)

    def _stamps(self, faults: Faults, rows: Rows, actions: Ints) -> Ints:
        """The time of each line, as it is written there."""
        faults.note(rows, actions == WAIT, self._action, "an action; version 3 has timestamps and no waits")
        ticks, wrong = rows.field(0).integers()
        faults.note(rows, wrong, 0, "a time: a whole number of microseconds")
        return ticks

    def _waits(self, faults: Faults, rows: Rows, actions: Ints) -> Ints:
        """The time of each line, by the waits before it."""
        is_wait = actions == WAIT
        waits = rows.pick(is_wait)
        if len(waits) and self._wait_unit not in ("us", "ms"):
            faults.tell(waits, 0, self._action, "a wait: say what it counts with `wait_unit: us` or `wait_unit: ms`")
        steps = np.zeros(len(rows), dtype=np.int64)
        steps[is_wait] = self._steps(faults, waits)
        ticks = self._now_us + np.cumsum(steps)
        self._now_us = int(ticks[-1]) if ticks.size else self._now_us
        return ticks

    def _steps(self, faults: Faults, waits: Rows) -> Ints:
        """By how many microseconds each wait moves time on."""
        values, wrong = waits.field(self._action + 1).integers()
        unit = 1000 if self._wait_unit == "ms" else 1
        wrong |= values > US_MAX // unit
        faults.note(waits, wrong, self._action + 1, f"a wait: a whole number from 0 to {US_MAX // unit}")
        values[wrong] = 0
        if self._wait_unit != "ms":
            return values
        steps = np.diff(values * unit, prepend=self._now_us)
        back = "milliseconds since the start, which never decrease (is it `wait_unit: us`?)"
        faults.note(waits, (steps < 0) & ~wrong, self._action + 1, back)
        return steps
