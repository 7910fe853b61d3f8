"""Records become writes in order of time: sorted within a window, counted from the first record, in nanoseconds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.traces import TraceError
from sim.world.traces.records import Records, in_order, writes_of

DEPTH = 3


def records(ticks: list[int], first_line: int = 1) -> Records:
    """Offsets tell where each record stood; every third is a read."""
    line = np.arange(first_line, first_line + len(ticks))
    return Records(np.array(ticks, dtype=np.int64), line * 1000, line * 10, line, line % 3 > 0)


def cut(ticks: list[int], sizes: list[int]) -> Iterator[Records]:
    at = turn = 0
    while at < len(ticks):
        size = sizes[turn % len(sizes)]
        yield records(ticks[at : at + size], at + 1)
        at, turn = at + size, turn + 1


times = st.lists(st.integers(0, 30), min_size=1, max_size=30)


@given(times, st.lists(st.integers(0, 7), min_size=1, max_size=3).filter(any))
def test_disorder_within_the_window_is_sorted_stably_and_more_names_the_line(
    ticks: list[int], sizes: list[int]
) -> None:
    late = [row for row, tick in enumerate(ticks) if max(ticks[: max(0, row - DEPTH + 1)], default=0) > tick]
    if late:
        with pytest.raises(
            TraceError, match=f"trace:{late[0] + 1}: time {ticks[late[0]]} is earlier than rows more than"
        ):
            list(in_order("trace", cut(ticks, sizes), DEPTH))
        return
    told = list(in_order("trace", cut(ticks, sizes), DEPTH))
    expected = sorted(range(len(ticks)), key=lambda row: ticks[row])
    assert np.concatenate([block.line for block in told]).tolist() == [row + 1 for row in expected]
    assert np.concatenate([block.offset_bytes for block in told]).tolist() == [1000 * (row + 1) for row in expected]


def test_a_read_that_comes_first_is_time_zero() -> None:
    (chunk,) = writes_of("trace", [records([70, 50, 90, 80], first_line=2)], 100, from_first=True)
    assert chunk.line.tolist() == [2, 5, 4]
    assert chunk.time_ns.tolist() == [2000, 3000, 4000]
    assert (chunk.records, chunk.end_ns) == (4, 4000)


def test_times_that_count_from_the_start_of_a_job_stay() -> None:
    (chunk,) = writes_of("trace", [records([5, 7])], 1000, from_first=False)
    assert chunk.time_ns.tolist() == [5000, 7000]


def test_file_times_do_not_leave_64_bits() -> None:
    (chunk,) = writes_of("trace", [records([133_000_000_000_000_000, 133_000_000_000_000_001])], 100, from_first=True)
    assert chunk.time_ns.tolist() == [0, 100]


def test_rows_too_far_apart_are_refused() -> None:
    with pytest.raises(TraceError, match="trace:2: time runs on for more than 146 years"):
        list(writes_of("trace", [records([0, 1 << 56])], 100, from_first=True))


def test_a_trace_without_records_is_refused() -> None:
    with pytest.raises(TraceError, match="trace: there is no read and no write in this trace"):
        list(writes_of("trace", [records([])], 100, from_first=True))
