"""Traces that cannot be replayed: each file of `traces/FORMAT/` is refused with the message that stands beside it."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario.errors import BadInput
from sim.world.traces import FORMATS, Options, Survey, TraceError, TraceFile, chunks, stream, survey
from sim.world.traces.generic import Columns

CORPUS = Path(__file__).parent / "traces"
SHIPPED = Path(__file__).parents[2] / "scenarios/traces"
CASES = sorted(path for path in CORPUS.glob("*/*") if path.suffix != ".expected")
CSV = Columns("ts", "op", "lba", "size", "s", "sectors", "sectors", ("1",))
WAIT_UNIT = {"waits-that-decrease-in-ms.iolog": "ms", "waits-without-a-unit.iolog": None}
DEVICE = {
    "no-such-file.iolog": "/b/zzz",
    "no-such-file-nor-a-near-one.iolog": "zzz",
    "no-such-disk.csv": "usr_7",
    "no-such-disk-nor-number.csv": "usr",
    "no-such-device.txt": "8,7",
}
HEAD = "time_us,op,offset,length\n"


def read(path: Path, format_name: str, shown: str, wait_unit: str | None = "us") -> Survey:
    columns = CSV if format_name == "csv" else None
    options = Options(wait_unit=wait_unit, device=DEVICE.get(path.name), columns=columns)
    return survey(chunks(TraceFile(path, shown), format_name, options))


def refused(path: Path) -> str:
    """Why a CloudPhysics trace is refused."""
    with pytest.raises(TraceError) as fault:
        read(path, "cloudphysics", path.name)
    return str(fault.value)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_each_bad_trace_is_refused_with_its_message(path: Path) -> None:
    expected = path.with_name(path.name + ".expected").read_text()
    with pytest.raises(BadInput) as fault:
        read(path, path.parent.name, f"{path.parent.name}/{path.name}", WAIT_UNIT.get(path.name, "us"))
    assert str(fault.value) + "\n" == expected
    assert expected.count("\n") == 1


def test_the_corpus_holds_every_format_and_no_message_without_a_file() -> None:
    assert len(CASES) >= 100
    assert {path.parent.name for path in CASES} == set(FORMATS)
    assert sorted(CORPUS.glob("*/*.expected")) == [path.with_name(path.name + ".expected") for path in CASES]


def test_every_file_that_a_test_chooses_options_for_is_there() -> None:
    assert {path.name for path in CASES} >= {*DEVICE, *WAIT_UNIT}


def test_at_most_twenty_other_devices_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "no-such-file.iolog"
    path.write_text("fio version 3 iolog\n" + "".join(f"{k} /dev/{k} write 0 512\n" for k in range(25)))
    with pytest.raises(TraceError, match=r"no device '/b/zzz' in this trace \(there is /dev/0, .*, /dev/19, \.\.\.\)$"):
        read(path, "fio-iolog", "t")


def test_a_device_whose_name_is_no_utf8_is_one_device(tmp_path: Path) -> None:
    path = tmp_path / "latin.iolog"
    path.write_bytes(b"fio version 3 iolog\n1 /\xe9 write 0 512\n2 /\xe9 write 0 512\n")
    assert read(path, "fio-iolog", "t").writes == 2
    spoilt = path.rename(tmp_path / "no-such-file.iolog")
    with pytest.raises(TraceError, match=r"no device '/b/zzz' in this trace \(there is /\ufffd\)$"):
        read(spoilt, "fio-iolog", "t")


def make_link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "t.csv: no such file"),
        (Path.mkdir, "t.csv: is a directory; a trace is a regular file"),
        (os.mkfifo, "t.csv: is a named pipe; a trace is a regular file"),
        (make_socket, "t.csv: is a socket; a trace is a regular file"),
        (make_link, "t.csv: a link to a file that does not exist"),
        (lambda path: path.symlink_to("/dev/zero"), "t.csv: is a device; a trace is a regular file"),
        (lambda path: path.symlink_to(path), "t.csv: cannot be read: Too many levels of symbolic links"),
    ],
    ids=["missing", "directory", "pipe", "socket", "dangling", "device", "circle"],
)
def test_what_is_no_regular_file_is_refused_before_it_is_read(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    make(tmp_path / "t.csv")
    assert refused(tmp_path / "t.csv") == message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEAD)
    path.chmod(0)
    assert refused(path) == "t.csv: cannot be read: Permission denied"


def test_names_that_no_file_can_have_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / ("x" * 300)).endswith(": cannot be read: File name too long")
    assert "cannot be read: embedded null" in refused(tmp_path / "a\0b")
    assert refused(tmp_path / "file" / "t.csv") == "t.csv: no such file"
    (tmp_path / "plain").write_text(HEAD)
    assert refused(tmp_path / "plain" / "t.csv") == "t.csv: cannot be read: Not a directory"


def test_a_file_that_goes_away_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEAD + "0,W,0,1\n")
    file = TraceFile(path, "t.csv")
    path.unlink()
    with pytest.raises(TraceError, match=r"t.csv: no such file"):
        survey(chunks(file, "cloudphysics"))


def test_a_line_that_never_ends_is_refused_before_memory_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1 << 12)
    path = tmp_path / "t.csv"
    path.write_text(HEAD + "0,W,0,1\n" + "1" * 70_000 + "\n")
    assert refused(path) == "t.csv:3: the line is longer than 65536 bytes; is this a text trace?"
    path.write_bytes(gzip.compress(b"1" * (1 << 24)))
    assert refused(path) == "t.csv:1: the line is longer than 65536 bytes; is this a text trace?"


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([*range(9_000), *range(1, 9_000)], "t.csv:9002: time 1 is earlier than rows more than 4096 rows before it"),
        ([k * 7919 % 5_000 for k in range(5_000)], "t.csv:4100: time 2062 is earlier than rows more than 4096 rows"),
    ],
    ids=["two-traces-in-a-row", "sorted-by-something-else"],
)
def test_rows_far_out_of_order_are_refused_with_their_line(tmp_path: Path, times: list[int], message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEAD + "".join(f"{at},W,0,512\n" for at in times))
    assert refused(path).startswith(message)


def test_a_fault_far_down_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1 << 10)
    path = tmp_path / "t.csv"
    lines = [f"{k},W,{k},512" for k in range(5_000)]
    path.write_text(HEAD + "\n".join([*lines[:2_500], "", *lines[2_500:4_000], "4000,W,40o0,512", *lines[4_001:]]))
    assert refused(path).startswith("t.csv:4003:8: found '40o0'")


def packed(data: bytes) -> bytes:
    """Gzip without the time of day: what stands in a test's id is the same in every process that collects it."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain text that is named gzip", (HEAD + "0,W,0,1\n").encode()),
        ("a byte order mark", b"\xef\xbb\xbf" + (HEAD + "0,W,0,1\n").encode()),
        ("gzip in several members", packed(HEAD.encode()) + packed(b"0,W,0,1\n")),
        ("gzip filled up with zeros", packed((HEAD + "0,W,0,1\n").encode()) + bytes(512)),
        ("no newline at the end", (HEAD + "0,W,0,1").encode()),
        ("line ends of Windows", (HEAD + "0,W,0,1\n").replace("\n", "\r\n").encode()),
        ("blank lines", (HEAD + "\n0,W,0,1\n\n\n").encode()),
        ("zeros in front", (HEAD + "000,W,000,0001\n").encode()),
    ],
)
def test_what_only_looks_bad_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(data)
    assert read(path, "cloudphysics", name) == Survey(1, 1, 1, 0, 1)


def beginning(name: str, size: int = 1_500) -> bytes:
    data = (SHIPPED / name).read_bytes()
    return gzip.decompress(data)[:size] if name.endswith(".gz") else data[:size]


GOOD = {
    "blkparse": beginning("sample.blkparse.txt"),
    "cloudphysics": beginning("cloudphysics-2h.csv.gz"),
    "csv": b"ts,op,lba,size\n" + b"".join(b"%d.25,%d,%d,8\n" % (k, k % 2, k * 8) for k in range(80)),
    "fio-iolog": beginning("journal.v2.iolog.gz"),
    "msr": beginning("sample.msr.csv"),
}
BYTES = st.sampled_from(
    [b"", b"\n", b",", b" ", b"-", b".", b"9" * 18, b"\0", b"W", b"\r\n", b"\xff", b"\xc3\xa9", b"8,1 "]
)
edits = st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 12), BYTES), min_size=1, max_size=4)


@pytest.mark.parametrize("format_name", sorted(GOOD))
@given(edits=edits, block=st.sampled_from([13, 400, 1 << 21]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoilt_trace_is_read_or_refused_and_nothing_else(
    tmp_path: Path, format_name: str, edits: list[tuple[int, int, bytes]], block: int
) -> None:
    data = GOOD[format_name]
    for at, length, put in edits:
        data = data[:at] + put + data[at + length :]
    path = tmp_path / "spoilt"
    path.write_bytes(data)
    began = time.process_time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BLOCK_BYTES", block)
        try:
            told = read(path, format_name, "spoilt")
        except TraceError as fault:
            assert str(fault).startswith("spoilt:")
            assert "\n" not in str(fault)
        else:
            assert 0 <= told.writes <= told.records
    assert time.process_time() - began < 10
