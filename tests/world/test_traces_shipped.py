"""The traces that scenarios ship: counts as their collection states them, and the churn table to the byte."""

from __future__ import annotations

import csv
import tracemalloc
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from sim.world.traces import Options, Survey, TraceChunk, TraceFile, TraceSource, chunks, stream, survey
from sim.world.traces.blocks import BlockRange
from sim.world.traces.replay import Stretch, replayed
from sim.world.traces.tape import Tape

TRACES = Path(__file__).parents[2] / "scenarios/traces"
S = 10**9


def read(name: str, format_name: str, **options: str) -> list[TraceChunk]:
    return list(chunks(TraceFile(TRACES / name, name), format_name, Options(**options)))


@pytest.fixture(scope="module")
def cloudphysics() -> list[TraceChunk]:
    return read("cloudphysics-2h.csv.gz", "cloudphysics")


@pytest.mark.parametrize(
    ("name", "format_name", "options", "expected"),
    [
        (
            "cloudphysics-2h.csv.gz",
            "cloudphysics",
            {},
            Survey(113_872, 66_898, 2_408_565_760, 7_200_089_885_000, 33_584_807_424),
        ),
        ("oltp.v3.iolog.gz", "fio-iolog", {}, Survey(48_067, 24_039, 260_763_648, 1_200_007_078_000, 268_382_208)),
        (
            "journal.v2.iolog.gz",
            "fio-iolog",
            {"wait_unit": "us"},
            Survey(12_000, 12_000, 196_608_000, 1_199_905_067_000, 32 << 20),
        ),
        ("sample.msr.csv", "msr", {}, Survey(2_000, 938, 10_788_864, 47_449_074_000, 268_288_000)),
        ("sample.blkparse.txt", "blkparse", {}, Survey(2_000, 938, 10_788_864, 47_453_471_000, 268_288_000)),
        (
            "sample.blkparse.txt",
            "blkparse",
            {"event": "C"},
            Survey(2_000, 938, 10_788_864, 47_453_871_000, 268_288_000),
        ),
    ],
)
def test_each_trace_holds_what_its_collection_says(
    name: str, format_name: str, options: dict[str, str], expected: Survey
) -> None:
    assert survey(read(name, format_name, **options)) == expected


def test_two_formats_of_one_workload_tell_the_same_writes() -> None:
    """The MSR and blkparse samples are the beginning of the fio log, in other clothes."""
    fio, msr, blk = (
        np.concatenate([np.stack([c.time_ns, c.offset_bytes, c.length_bytes]) for c in told], axis=1)[:, :938]
        for told in (
            read("oltp.v3.iolog.gz", "fio-iolog"),
            read("sample.msr.csv", "msr"),
            read("sample.blkparse.txt", "blkparse"),
        )
    )
    assert (fio == blk).all()
    assert (fio - msr == [[4_397_000], [0], [0]]).all()  # MSR times are absolute: 0 is the first record


def churn_rows() -> list[dict[str, str]]:
    with (TRACES / "cloudphysics-2h.churn.csv").open(newline="") as table:
        return list(csv.DictReader(table))


def quick(row: dict[str, str]) -> bool:
    return row["window_s"] != "1" and row["granule_bytes"] != "512"


@pytest.mark.parametrize(
    "row", [row for row in churn_rows() if quick(row)], ids=lambda row: f"{row['granule_bytes']}-{row['window_s']}"
)
def test_cuts_on_a_grid_ship_the_bytes_of_the_churn_table(cloudphysics: list[TraceChunk], row: dict[str, str]) -> None:
    granule = int(row["granule_bytes"])
    window = 10_000 * S if row["window_s"] == "all" else int(row["window_s"]) * S
    tape = Tape(replayed("trace", lambda: iter(cloudphysics), Stretch()))
    source = TraceSource("guest", tape, BlockRange("trace", granule, 0, (32 << 30) // granule), 0)
    distinct = written = 0
    for turn in count(1):
        batch = source.take(turn * window)
        distinct += batch.addresses.size * granule
        written += batch.written_bytes
        if source.finished_ns is not None:
            break
    assert written == int(row["written_bytes"])
    assert distinct == int(row["distinct_bytes"])
    assert turn == -(-7_200_089_885_000 // window)  # the last record comes 90 ms after the two hours


def test_no_record_falls_on_an_edge_of_the_churn_table_but_the_first(cloudphysics: list[TraceChunk]) -> None:
    """So the table cannot tell on which side of a cut a write at its instant goes; other tests do."""
    times = np.concatenate([chunk.time_ns for chunk in cloudphysics])
    assert times[times % S == 0].tolist() == [0]
    assert times[times > 7_200 * S].tolist() == [7_200_089_885_000]


def test_memory_follows_the_block_that_is_read_and_not_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1 << 18)
    peaks = []
    for rows in (50_000, 200_000):
        path = tmp_path / f"{rows}.csv"
        lines = (f"{10**9 + k},W,{k % 1000 * 4096},4096\n" for k in range(rows))
        path.write_text("time_us,op,offset,length\n" + "".join(lines))
        tracemalloc.start()
        told = survey(chunks(TraceFile(path), "cloudphysics"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert told == Survey(rows, rows, rows * 4096, (rows - 1) * 1000, 1000 * 4096)
    assert peaks[1] < peaks[0] * 1.1
    assert peaks[1] < 8 << 20
