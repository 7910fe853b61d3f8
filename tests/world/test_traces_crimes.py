"""Each rule of the trace sources, broken on purpose: the comparison with the reference must notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.world.traces import TraceFile, blkparse, chunks, formats, records, replay, touched
from sim.world.traces.blocks import BlockRange
from sim.world.traces.fio import Log
from sim.world.traces.records import TraceChunk
from sim.world.traces.replay import Stretch
from sim.world.traces.source import TraceSource
from sim.world.traces.tape import Tape
from sim.world.traces.touched import Touched
from tests.world.trace_reference import BLOCK, Io, Reference, Seen, source_of

IOS = [
    Io(0, True, 0, 512),
    Io(3, False, 0, 512),
    Io(3, True, 300, 1300),
    Io(4, True, 0, 512),
    Io(10, True, 2048, 1),
    Io(10, True, 0, 100),
    Io(14, True, 1024, 512),
]
STRETCH = Stretch(Fraction(3, 2), Fraction(2), loop=True)
CSV = "time_us,op,offset,length\n5,R,0,1\n9,W,0,1\n7,W,512,1\n"
BLK = "8,0 0 1 0.000000001 4 Q WS 8 + 8 [x]\n8,0 0 1 0.000000002 4 C WS 8 + 8 [0]\n8,0 0 1 0.000000003 4 Q FWS [x]\n"
FIO = "fio version 2 iolog\n/a wait 5 0\n/a write 0 1\n/a wait 7 0\n/a write 0 1\n"


def seen(source: TraceSource, to: int) -> Seen:
    batch = source.take(to)
    serials = (batch.contents & np.uint64((1 << 48) - 1)).tolist()
    rows = zip(batch.addresses.tolist(), batch.first_ns.tolist(), serials, strict=True)
    return Seen({address: (first, serial) for address, first, serial in rows}, batch.writes, batch.written_bytes)


def told(path: Path, text: str, format_name: str) -> list[tuple[int, int]]:
    path.write_text(text)
    options = formats.Options(wait_unit="us")
    rows = [(c.time_ns, c.offset_bytes) for c in chunks(TraceFile(path), format_name, options)]
    return [pair for times, offsets in rows for pair in zip(times.tolist(), offsets.tolist(), strict=True)]


def prove(path: Path) -> None:
    """What holds for the code as it is."""
    source, reference = source_of(IOS, (2, 3), STRETCH), Reference(IOS, STRETCH)
    start = -1
    for look, end in [(4, 4), (30, 15), (15, 15), (22, 22), (60, 40), (41, 70)]:
        firsts = {address: first for address, (first, _) in reference.window(start, look).blocks.items()}
        touches = source.touches(look)
        assert dict(zip(touches.addresses.tolist(), touches.first_ns.tolist(), strict=True)) == firsts
        assert seen(source, end) == reference.window(start, end)
        start = end
    assert replay.scaled(np.array([2**60 + 1]), Fraction(1, 3)).tolist() == [(2**60 + 1) // 3]
    wrapped = Reference(IOS, blocks=3, start=2, wrap=True).window(-1, 14)
    assert seen(source_of(IOS, blocks=3, start=2, wrap=True), 14) == wrapped
    assert told(path, CSV, "cloudphysics") == [(2000, 512), (4000, 0)]
    assert told(path, BLK, "blkparse") == [(1, 4096)]
    assert told(path, FIO, "fio-iolog") == [(5000, 0), (12_000, 0)]


def expand_whole_blocks_only(self: BlockRange, writes: TraceChunk) -> Iterator[tuple[Any, Any]]:
    whole = writes.length_bytes >= BLOCK
    for row in np.flatnonzero(whole):
        first, count = writes.offset_bytes[row] // BLOCK, writes.length_bytes[row] // BLOCK
        yield first + np.arange(count), np.repeat(writes.time_ns[row], count)


def distinct_by_last_time(addresses: Any, first_ns: Any, last_serial: Any) -> Touched:
    found, index = np.unique(addresses[::-1], return_index=True)
    return Touched(found, first_ns[::-1][index], last_serial[::-1][index])


def distinct_by_first_serial(addresses: Any, first_ns: Any, last_serial: Any) -> Touched:
    found, index = np.unique(addresses, return_index=True)
    return Touched(found, first_ns[index], last_serial[index])


def only_writes(path: str, told_records: Any, *arguments: Any, **named: Any) -> Iterator[TraceChunk]:
    kept = (block.pick(np.flatnonzero(block.is_write)) for block in told_records)
    return records.writes_of(path, kept, *arguments, **named)


def earlier(method: Callable[..., Any]) -> Callable[..., Any]:
    """A window that is open at the right."""
    return lambda self, *times: method(self, *times[:-1], times[-1] - 1)


begin = TraceSource._begin
CRIMES: dict[str, tuple[Any, str, Any]] = {
    "a write at the instant of a cut is left to the next set": (Tape, "pull", earlier(Tape.pull)),
    "a look leaves out its own instant": (Tape, "peek", earlier(Tape.peek)),
    "looking consumes": (Tape, "peek", lambda self, after, to: Tape.pull(self, to)),
    "what was looked at is taken, however far one looked": (TraceSource, "_taken", lambda self, to: self._ahead),
    "content ids begin again at each cut": (TraceSource, "_begin", lambda self, at, _, n: begin(self, at, 1, n)),
    "only whole blocks are dirtied": (BlockRange, "expand", expand_whole_blocks_only),
    "the time of the last write is told": (touched, "distinct", distinct_by_last_time),
    "the contents of the first write are told": (touched, "distinct", distinct_by_first_serial),
    "a lap begins with the last record of the lap before": (replay, "period_ns", lambda end, records: end),
    "times are scaled as floats": (replay, "scaled", lambda v, by: np.rint(v * float(by)).astype(np.int64)),
    "time 0 is the first write": (formats, "writes_of", only_writes),
    "rows out of order stay so": (records, "_by_time", lambda told_records: told_records),
    "every event of a request is taken": (blkparse, "_events", lambda file, rows: _recall(rows)),
    "a wait counts from the start": (
        Log,
        "_waits",
        lambda self, f, rows, a: Log._steps(self, f, rows.pick(a == 2)).repeat(2),
    ),
}


def _recall(rows: Any) -> int:
    """Call completions queued, so that both are taken."""
    data = rows.data.copy()
    data[data == ord("C")] = ord("Q")
    rows.data = data
    return len(rows)


def test_the_proof_holds_without_a_crime(tmp_path: Path) -> None:
    prove(tmp_path / "trace")


@pytest.mark.parametrize("crime", CRIMES)
def test_each_crime_is_noticed(crime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*CRIMES[crime])
    with pytest.raises(AssertionError):
        prove(tmp_path / "trace")
