"""blkparse default text: `device cpu sequence time pid action RWBS sector + count [process]`.

one request makes several events, so exactly one kind is taken (`event`, Q unless said otherwise)
times are seconds since the trace began and stay so; sectors are of 512 bytes
RWBS: a leading F flushes, then the operation (W R D N, or two letters), then F forced, A ahead, S sync, M metadata
only operation W writes; an event without an address (a flush, a message, a packet command) is no record
the summary at the end closes the trace; several devices are an error unless one is chosen (`device: MAJOR,MINOR`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from sim.world.traces.columns import SECTOR, lengths, offsets
from sim.world.traces.devices import Device
from sim.world.traces.faults import Faults, TraceError
from sim.world.traces.records import Records
from sim.world.traces.stream import TraceFile
from sim.world.traces.table import Ints, Mask, Rows

NS_PER_TICK = 1
EVENTS = {"Q": "queued", "G": "request made", "I": "inserted", "D": "issued", "C": "completed"}
RWBS = re.compile(r"F?(?P<operation>W|R|DE|D|N|F|Z[A-Z])[FASMBVU]*")
RWBS_MAX = 8
EVENT_LINE = re.compile(r"\d+,\d+")
SUMMARY = re.compile(r"CPU\d+|Total|Throughput|Events")
DEVICE, TIME, ACTION, OPERATION, SECTOR_NUMBER, PLUS, COUNT = 0, 3, 5, 6, 7, 8, 9
WRITE, OTHER, WITHOUT_ADDRESS, UNKNOWN = 1, 0, 2, 3


def read(file: TraceFile, event: str | None = None, device: str | None = None) -> Iterator[Records]:
    """The events of one kind that carry an address, in the order of the file. Raises TraceError."""
    kind = event or "Q"
    if kind not in EVENTS:
        raise file.wrong(f"event {kind!r} has no address of its own; take one of {', '.join(EVENTS)}")
    chosen = Device(file, device, "devices")
    found = 0
    for text in file.blocks():
        rows = Rows.of(text)
        events = _events(file, rows)
        records = _records(file, rows.pick(np.arange(len(rows)) < events), kind, chosen)
        found += len(records)
        yield records
        if events < len(rows):
            break
    chosen.must_be_found()
    if not found:
        raise file.wrong(f"there is no event {kind} ({EVENTS[kind]}) with an address in this trace")


def _events(file: TraceFile, rows: Rows) -> int:
    """How many rows come before the summary."""
    first = rows.field(DEVICE)
    letters = first.data[first.starts]
    strange = np.flatnonzero((letters < ord("0")) | (letters > ord("9")))
    if not strange.size:
        return len(rows)
    row = int(strange[0])
    if not SUMMARY.match(rows.text(row, 0)):
        words = f"found {rows.shown(row, 0)}, expected an event (`8,0 ...`) or the closing summary"
        raise TraceError(file.shown, int(rows.line[row]), rows.column(row, 0), words)
    return row


def _records(file: TraceFile, rows: Rows, kind: str, device: Device) -> Records:
    faults = Faults(file.shown)
    _whole(faults, rows)
    ours = rows.pick(rows.field(ACTION).among([kind.encode()]) == 0)
    operation = _operations(faults, ours)
    ticks, wrong = ours.field(TIME).decimals(9)
    faults.note(ours, wrong, TIME, "a time in seconds")
    is_record = (operation != WITHOUT_ADDRESS) & device.chosen(faults, ours, DEVICE)
    requests = ours.pick(is_record)
    faults.note(requests, requests.field(PLUS).among([b"+"]) < 0, PLUS, "`sector + count`")
    records = Records(
        ticks[is_record],
        offsets(faults, requests, SECTOR_NUMBER, SECTOR),
        lengths(faults, requests, COUNT, SECTOR),
        requests.line,
        operation[is_record] == WRITE,
    )
    faults.check()
    return records


def _whole(faults: Faults, rows: Rows) -> None:
    """Every event has a device and seven fields at least."""
    short = rows.count <= OPERATION
    for row in np.flatnonzero(short)[:1]:
        faults.tell(rows, row, OPERATION, f"found {int(rows.count[row])} fields, expected at least 7")
    for row in np.flatnonzero(~short)[:1]:
        if not EVENT_LINE.fullmatch(rows.text(row, 0)):
            faults.tell(rows, row, 0, f"found {rows.shown(row, 0)}, expected a device (`8,0`)")


def _operations(faults: Faults, rows: Rows) -> Ints:
    """What each event does, by its RWBS letters: there are few different ones, and each is parsed once."""
    field = rows.field(OPERATION)
    words, which = np.unique(field.words(), return_inverse=True)
    codes = np.array([_operation(word.tobytes().rstrip(b"\0").decode("latin-1")) for word in words], dtype=np.int64)
    found = codes[which] if len(rows) else np.zeros(0, dtype=np.int64)
    found[field.ends - field.starts > RWBS_MAX] = UNKNOWN
    faults.note(rows, found == UNKNOWN, OPERATION, "RWBS letters such as R, W, WS, FWFS, DS, N")
    found[_without_address(rows) & (found != UNKNOWN)] = WITHOUT_ADDRESS
    return found


def _without_address(rows: Rows) -> Mask:
    """Instead of `sector + count` a flush prints `[process]` or `sector [error]`, a packet command `bytes (hex)`."""
    seventh, eighth = rows.field(SECTOR_NUMBER), rows.field(PLUS)
    bare = (seventh.data[seventh.starts] == ord("[")) & (rows.count > SECTOR_NUMBER)
    letter = eighth.data[eighth.starts]
    without: Mask = bare | (((letter == ord("[")) | (letter == ord("("))) & (rows.count > PLUS))
    return without


def _operation(letters: str) -> int:
    match = RWBS.fullmatch(letters)
    if match is None:
        return UNKNOWN
    operation = match["operation"]
    return WRITE if operation == "W" else WITHOUT_ADDRESS if operation in "NF" else OTHER
