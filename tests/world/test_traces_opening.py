"""A workload of a scenario becomes a trace source."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.schema import TraceReplay
from sim.world.traces import TraceError, TraceSource, open_trace_source

TRACES = Path(__file__).parents[2] / "scenarios/traces"
HEAD = "time_us,op,offset,length\n"


def opened(base: Path, trace: str = "t.csv", block: int = 512, n_blocks: int = 8, **settings: Any) -> TraceSource:
    settings = {"format": "cloudphysics"} | settings
    return open_trace_source(
        "volumes/home/workload/guest", TraceReplay(trace=trace, **settings), base, block, n_blocks, 3
    )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(HEAD + "0,W,512,512\n1,R,0,512\n2,W,1024,1024\n")
    return tmp_path


def test_a_trace_is_found_beside_the_scenario_and_read_by_its_format() -> None:
    source = opened(TRACES.parent, "traces/oltp.v3.iolog.gz", 4096, 1 << 16, format="fio-iolog")
    assert source.name == "volumes/home/workload/guest"
    batch = source.take(1_200 * 10**9)
    assert (batch.writes, batch.written_bytes) == (24_039, 260_763_648)
    assert set((batch.contents >> 48).tolist()) == {3}


def test_at_shifts_every_address_and_over_limits_them(base: Path) -> None:
    assert opened(base, at=1024).take(9_000).addresses.tolist() == [3, 4, 5]
    assert opened(base, at=1024, over=2048).take(9_000).addresses.tolist() == [3, 4, 5]
    with pytest.raises(TraceError, match=r"t.csv:4: the write ends at byte 2048, beyond the 1536 bytes"):
        opened(base, over=1536).take(9_000)
    assert opened(base, at=1024, over=1024, wrap=True).take(9_000).addresses.tolist() == [2, 3]


def test_scales_and_loops_come_from_the_scenario(base: Path) -> None:
    source = opened(base, time_scale=Fraction(1, 2), size_scale=Fraction(2), repeat="loop")
    first = source.take(1_499)  # a lap is 3 us, stretched to 1.5 us
    assert (first.addresses.tolist(), first.first_ns.tolist()) == ([2, 4, 5], [0, 1000, 1000])
    assert source.take(1_500).first_ns.tolist() == [1500]
    assert source.finished_ns is None


def test_csv_columns_come_from_the_scenario(base: Path) -> None:
    columns = {"time": "time_us", "op": "op", "offset": "offset", "length": "length", "time_unit": "us"}
    assert opened(base, format="csv", columns=columns).take(9_000).addresses.tolist() == [1, 2, 3]
    with pytest.raises(TraceError, match=r"t.csv: a csv trace needs `columns`"):
        opened(base, format="csv")


def test_the_settings_of_a_format_come_from_the_scenario(base: Path) -> None:
    (base / "t.csv").write_text("fio version 2 iolog\n/a wait 3 0\n/a write 512 1\n/b write 1024 1\n")
    with pytest.raises(TraceError, match=r"t.csv:2:4: a wait: say what it counts"):
        opened(base, format="fio-iolog", device="/b")
    batch = opened(base, format="fio-iolog", device="/b", wait_unit="ms").take(10**9)
    assert (batch.addresses.tolist(), batch.first_ns.tolist()) == ([2], [3_000_000])
    shipped = TRACES / "sample.blkparse.txt"
    first = [opened(TRACES, shipped.name, 512, 1 << 20, format="blkparse", event=e).take(5 * 10**6) for e in "QC"]
    assert [batch.first_ns[0] for batch in first] == [4_397_000, 4_797_000]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"at": 100}, "t.csv: `at` is 100 bytes, which is not a whole number of blocks of 512 bytes"),
        ({"at": 4096}, "t.csv: `at` and `over` reach byte 4096 of a volume of 4096 bytes"),
        ({"at": 512, "over": 4096}, "t.csv: `at` and `over` reach byte 4608 of a volume of 4096 bytes"),
        ({"time_scale": Fraction(1, 2**40)}, "t.csv: time_scale is 1/1099511627776; expected a positive number"),
    ],
)
def test_a_trace_that_does_not_fit_is_refused_when_it_is_opened(base: Path, settings: Any, message: str) -> None:
    with pytest.raises(TraceError) as refused:
        opened(base, **settings)
    assert str(refused.value).startswith(f"volumes.home.workload.guest.trace: {message}")


def test_a_wrong_beginning_is_told_when_it_is_opened(base: Path) -> None:
    with pytest.raises(TraceError, match=r"t.csv:1:1: .*looks like `format: cloudphysics`"):
        opened(base, format="fio-iolog")
