"""What each format means, in small files: units, time bases, operations, devices, and what is no record."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from sim.world.traces import Options, TraceError, TraceFile, chunks, stream
from sim.world.traces.generic import Columns

FIO2 = "fio version 2 iolog\n/a add\n/a open\n{}/a close\n"
FIO3 = "fio version 3 iolog\n1 /a add\n2 /a open\n{}99 /a close\n"
BLK = "  8,0    3   {seq}  {time}  697  {event}  {rwbs} {payload}\n"
CSV = Columns("when", "what", "lba", "n", "ms", "sectors", "KiB", ("1",))


class Tmp:
    """A place for small traces; tells the writes of one as (time, offset, length)."""

    def __init__(self, path: Path) -> None:
        self.path = path / "trace"

    def tell(self, text: str | bytes, format_name: str, **options: object) -> list[tuple[int, int, int]]:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.chunks = list(chunks(TraceFile(self.path, "trace"), format_name, Options(**options)))
        told = [np.stack([c.time_ns, c.offset_bytes, c.length_bytes], axis=1) for c in self.chunks]
        return [tuple(row) for row in np.concatenate(told).tolist()]

    @property
    def records(self) -> int:
        return sum(chunk.records for chunk in self.chunks)


@pytest.fixture
def tmp(tmp_path: Path) -> Tmp:
    return Tmp(tmp_path)


# fio


def test_fio_3_times_are_microseconds_since_the_job_started(tmp: Tmp) -> None:
    text = FIO3.format("5 /a write 4096 512\n7 /a read 0 8192\n9 /a trim 0 512\n11 /a datasync 0 0\n")
    assert tmp.tell(text, "fio-iolog") == [(5000, 4096, 512)]
    assert (tmp.records, tmp.chunks[-1].end_ns) == (2, 99_000)


def test_fio_2_waits_by_the_manual_are_microseconds_since_the_wait_before(tmp: Tmp) -> None:
    text = FIO2.format("/a wait 30 0\n/a write 0 1\n/a wait 20 0\n/a sync 0 0\n/a write 8 1\n/a wait 50 0\n")
    assert tmp.tell(text, "fio-iolog", wait_unit="us") == [(30_000, 0, 1), (50_000, 8, 1)]
    assert (tmp.records, tmp.chunks[-1].end_ns) == (2, 100_000)


def test_fio_2_waits_by_its_reader_are_milliseconds_since_the_start(tmp: Tmp) -> None:
    text = FIO2.format("/a wait 30 0\n/a write 0 1\n/a wait 30 0\n/a wait 45 0\n/a write 8 1\n")
    assert tmp.tell(text, "fio-iolog", wait_unit="ms") == [(30_000_000, 0, 1), (45_000_000, 8, 1)]


def test_fio_2_waits_have_no_meaning_until_it_is_said(tmp: Tmp) -> None:
    with pytest.raises(
        TraceError, match=r"trace:4:4: a wait: say what it counts with `wait_unit: us` or `wait_unit: ms`"
    ):
        tmp.tell(FIO2.format("/a wait 30 0\n/a write 0 1\n"), "fio-iolog")


def test_fio_2_without_waits_needs_no_unit(tmp: Tmp) -> None:
    assert tmp.tell(FIO2.format("/a write 0 1\n/a write 2 3\n"), "fio-iolog") == [(0, 0, 1), (0, 2, 3)]


def test_fio_waits_carry_over_from_block_to_block(tmp: Tmp, monkeypatch: pytest.MonkeyPatch) -> None:
    text = FIO2.format("".join(f"/a wait {k} 0\n/a write {k} 1\n" for k in range(1, 50)))
    whole = tmp.tell(text, "fio-iolog", wait_unit="us")
    monkeypatch.setattr(stream, "BLOCK_BYTES", 40)
    assert tmp.tell(text, "fio-iolog", wait_unit="us") == whole
    assert len(tmp.chunks) >= 1
    assert whole[-1] == (1000 * 49 * 50 // 2, 49, 1)


def test_fio_with_two_files_wants_one_chosen(tmp: Tmp) -> None:
    text = FIO3.format("5 /a write 1 1\n6 /b write 2 1\n7 /a write 3 1\n")
    with pytest.raises(TraceError, match="trace:5:3: several files in one trace: /a and /b; choose one with `device`"):
        tmp.tell(text, "fio-iolog")
    assert tmp.tell(text, "fio-iolog", device="/b") == [(6000, 2, 1)]


def test_a_file_that_fio_only_opens_is_no_second_device(tmp: Tmp) -> None:
    assert len(tmp.tell(FIO3.format("3 /b add\n3 /b open\n5 /a write 1 1\n"), "fio-iolog")) == 1


# MSR Cambridge


def test_msr_times_are_file_times_from_the_first_record_also_a_read(tmp: Tmp) -> None:
    body = "128166372003061629,usr,0,Read,8192,512,9\n128166372003061631,usr,0,Write,512,4096,10\n"
    assert tmp.tell(body, "msr") == [(200, 512, 4096)]
    head = "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\n"
    assert tmp.tell(head + body, "msr") == [(200, 512, 4096)]
    assert tmp.records == 2


def test_msr_with_two_disks_wants_one_chosen(tmp: Tmp) -> None:
    body = "10,src_1,0,Write,0,512,9\n11,src_1,2,Write,512,512,9\n12,src_1,0,Write,1024,512,9\n"
    with pytest.raises(TraceError, match="trace:2:4: several disks in one trace: src_1_0 and src_1_2; choose one"):
        tmp.tell(body, "msr")
    assert tmp.tell(body, "msr", device="src_1_2") == [(0, 512, 512)]
    assert tmp.tell(body, "msr", device="src_1_0") == [(0, 0, 512), (200, 1024, 512)]


# CloudPhysics


def test_cloudphysics_times_are_microseconds_and_sizes_are_bytes(tmp: Tmp) -> None:
    assert tmp.tell("time_us,op,offset,length\n7,R,1,2\n9,W,512,1024\n", "cloudphysics") == [(2000, 512, 1024)]


# blkparse


def blk(*rows: tuple[str, str, str], tail: str = "") -> str:
    lines = (
        BLK.format(seq=k, time=f"0.00000{k}500", event=event, rwbs=rwbs, payload=payload)
        for k, (event, rwbs, payload) in enumerate(rows)
    )
    return "".join(lines) + tail


@pytest.mark.parametrize("rwbs", ["W", "WS", "WM", "WSM", "WFS", "FWFS", "FWS", "WFSM", "FW"])
def test_blkparse_letters_that_write(tmp: Tmp, rwbs: str) -> None:
    assert tmp.tell(blk(("Q", "R", "8 + 8 [x]"), ("Q", rwbs, "16 + 8 [x]")), "blkparse") == [(1500, 8192, 4096)]


@pytest.mark.parametrize("rwbs", ["R", "RA", "RM", "RSM", "D", "DS", "DE", "FRS"])
def test_blkparse_letters_that_do_not_write(tmp: Tmp, rwbs: str) -> None:
    assert tmp.tell(blk(("Q", rwbs, "16 + 8 [x]")), "blkparse") == []
    assert tmp.records == 1


@pytest.mark.parametrize(
    ("rwbs", "payload"),
    [
        ("N", "[x]"),
        ("FN", "[x]"),
        ("FWS", "[jbd2]"),
        ("N", "0 (ac 00 ..) [x]"),
        ("R", "36 (12 00 ..) [x]"),
        ("FF", "[x]"),
    ],
)
def test_blkparse_rows_without_an_address_are_no_records(tmp: Tmp, rwbs: str, payload: str) -> None:
    assert len(tmp.tell(blk(("Q", rwbs, payload), ("Q", "W", "0 + 1 [x]")), "blkparse")) == 1
    assert tmp.records == 1


def test_blkparse_takes_exactly_one_kind_of_event(tmp: Tmp) -> None:
    text = blk(
        ("Q", "W", "8 + 8 [x]"), ("P", "N", "[x]"), ("U", "N", "[x] 1"), ("m", "N", "cfq1 put"), ("C", "W", "8 + 8 [0]")
    )
    assert tmp.tell(text, "blkparse") == [(500, 4096, 4096)]
    assert tmp.tell(text, "blkparse", event="C") == [(4500, 4096, 4096)]
    with pytest.raises(TraceError, match=r"trace: there is no event D \(issued\) with an address in this trace"):
        tmp.tell(text, "blkparse", event="D")
    with pytest.raises(TraceError, match="trace: event 'M' has no address of its own; take one of Q, G, I, D, C"):
        tmp.tell(text, "blkparse", event="M")


def test_blkparse_completed_flushes_have_no_length(tmp: Tmp) -> None:
    text = blk(("C", "FWS", "0 [0]"), ("C", "WS", "8 + 8 [0]"))
    assert tmp.tell(text, "blkparse", event="C") == [(1500, 4096, 4096)]


def test_blkparse_ends_at_its_summary(tmp: Tmp) -> None:
    summary = "CPU0 (8,0):\n Reads Queued:  1, 4KiB\n\nTotal (8,0):\n  8,0 1 2 nonsense\n"
    assert len(tmp.tell(blk(("Q", "W", "8 + 8 [x]"), tail=summary), "blkparse")) == 1


def test_blkparse_with_two_devices_wants_one_chosen(tmp: Tmp) -> None:
    text = blk(("Q", "W", "8 + 8 [x]")) + "253,1 0 9 0.5 4 Q W 16 + 8 [x]\n8,0 0 9 0.5 4 C W 8 + 8 [x]\n"
    with pytest.raises(TraceError, match="trace:2:1: several devices in one trace: 8,0 and 253,1; choose one"):
        tmp.tell(text, "blkparse")
    assert tmp.tell(text, "blkparse", device="253,1") == [(500_000_000, 8192, 4096)]


# any CSV


def test_csv_columns_are_found_by_name_and_read_in_their_units(tmp: Tmp) -> None:
    text = "n,lba,host,what,when\n4,10,h,0,1000.5\n2,20,h,1,1000.75\n1,30,h,trim,1001\n"
    assert tmp.tell(text, "csv", columns=CSV) == [(250_000, 10_240, 2048)]
    assert tmp.records == 3


@pytest.mark.parametrize(
    ("unit", "first", "then", "ns"),
    [
        ("s", "1700000000.000000001", "1700000000.5", 499_999_999),
        ("ms", "0", "1.0000019", 1_000_001),
        ("us", "10", "11.5", 1500),
        ("ns", "7", "8", 1),
        ("filetime", "133000000000000000", "133000000000000001", 100),
    ],
)
def test_csv_times_are_exact_in_every_unit(tmp: Tmp, unit: str, first: str, then: str, ns: int) -> None:
    columns = Columns("t", "op", "o", "n", unit)
    assert tmp.tell(f"t,op,o,n\n{first},R,0,1\n{then},W,5,6\n", "csv", columns=columns) == [(ns, 5, 6)]


def test_a_csv_in_which_nothing_writes_is_refused(tmp: Tmp) -> None:
    with pytest.raises(
        TraceError, match="trace: no operation writes: column 'what' never holds '1', but for instance 'W'"
    ):
        tmp.tell("when,what,lba,n\n1,W,0,1\n", "csv", columns=CSV)


# all


TEXTS = {
    "fio-iolog": FIO3.format("".join(f"{5 + k % 7 + k} /a write {k} 1\n" for k in range(60))),
    "msr": "".join(f"{1000 + k % 5 + k},h,0,{'Write' if k % 3 else 'Read'},{k},512,9\n" for k in range(60)),
    "cloudphysics": "time_us,op,offset,length\n" + "".join(f"{k % 4 + k},W,{k},512\n" for k in range(60)),
    "blkparse": blk(*[("Q", "WS", f"{k} + 8 [x]") for k in range(9)], tail="Total (8,0):\n no\n"),
    "csv": "when,what,lba,n\n" + "".join(f"{k % 4 + k},{k % 2},{k},2\n" for k in range(60)),
}


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_told_does_not_depend_on_blocks_line_ends_or_packing(
    tmp: Tmp, name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"columns": CSV} if name == "csv" else {}
    whole = tmp.tell(TEXTS[name], name, **options)
    assert len(whole) > 5
    monkeypatch.setattr(stream, "BLOCK_BYTES", block)
    assert tmp.tell(TEXTS[name], name, **options) == whole
    assert tmp.tell(TEXTS[name].rstrip("\n"), name, **options) == whole
    assert tmp.tell(TEXTS[name].replace("\n", "\r\n") + "\r\n", name, **options) == whole
    packed = gzip.compress(b"\xef\xbb\xbf" + TEXTS[name].encode())
    assert tmp.tell(packed[:0] + packed, name, **options) == whole


def test_a_file_that_changes_between_two_laps_is_refused(tmp: Tmp) -> None:
    tmp.path.write_text("time_us,op,offset,length\n7,W,1,2\n")
    file = TraceFile(tmp.path, "trace")
    assert len(list(chunks(file, "cloudphysics"))) == 1
    tmp.path.write_text("time_us,op,offset,length\n7,W,1,2\n8,W,1,2\n")
    with pytest.raises(TraceError, match="trace: the file changed while it was being replayed"):
        list(chunks(file, "cloudphysics"))
