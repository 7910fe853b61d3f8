"""Trace sources against a reference that takes one record and one block at a time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.source import Batch, FirstTouches, WriteSource
from sim.world.traces import TraceError
from sim.world.traces import blocks as blocks_module
from sim.world.traces import touched as touched_module
from sim.world.traces.blocks import BlockRange
from sim.world.traces.replay import SCALE_LIMIT, Stretch, period_ns, scaled
from sim.world.traces.source import TraceSource
from sim.world.traces.tape import Tape
from tests.world.trace_reference import BLOCK, Io, Reference, Seen, chunk_of, source_of

INDEX = 5
requests = st.tuples(
    st.integers(0, 4), st.booleans(), st.integers(0, 9 * BLOCK), st.sampled_from([0, 1, 7, BLOCK, BLOCK + 1, 3 * BLOCK])
)


def _by_time(rows: list[tuple[int, bool, int, int]]) -> list[Io]:
    times = np.cumsum([gap for gap, *_ in rows]).tolist()
    return [Io(time, *row[1:]) for time, row in zip(times, rows, strict=True)]


traces = st.lists(requests, min_size=1, max_size=30).map(_by_time)
scales = st.fractions(min_value=Fraction(1, 7), max_value=5, max_denominator=9)
cuts = st.lists(st.integers(0, 150), min_size=1, max_size=8).map(sorted)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3)
MIXED = [Io(0, False, 0, 512), Io(2, True, 100, 512), Io(2, True, 100, 1), Io(7, True, 2048, 1536), Io(9, False, 0, 8)]


def seen(batch: Batch) -> Seen:
    assert (np.diff(batch.addresses) > 0).all()
    assert batch.addresses.dtype == batch.first_ns.dtype == np.int64
    assert batch.contents.dtype == np.uint64
    assert batch.unchanged is None
    assert batch.freed.size == 0
    serials = (batch.contents & np.uint64((1 << 48) - 1)).astype(np.int64)
    assert (batch.contents >> np.uint64(48) == INDEX).all()
    assert (serials > 0).all()
    rows = zip(batch.addresses.tolist(), batch.first_ns.tolist(), serials.tolist(), strict=True)
    return Seen({address: (first, serial) for address, first, serial in rows}, batch.writes, batch.written_bytes)


def firsts(touches: FirstTouches) -> dict[int, int]:
    assert (np.diff(touches.addresses) > 0).all()
    return dict(zip(touches.addresses.tolist(), touches.first_ns.tolist(), strict=True))


@given(traces, sizes, cuts, st.lists(st.integers(0, 200), max_size=8), scales, scales, st.booleans())
def test_every_window_holds_what_the_reference_says_whoever_looked_before(
    ios: list[Io],
    chunk_sizes: list[int],
    ends: list[int],
    looks: list[int],
    time_scale: Fraction,
    size_scale: Fraction,
    loop: bool,
) -> None:
    stretch = Stretch(time_scale, size_scale, loop=loop and ios[-1].time_ns > 0)
    source, reference = source_of(ios, chunk_sizes, stretch, index=INDEX), Reference(ios, stretch)
    start = -1
    for turn, end in enumerate(ends):
        for look in (start + ahead for ahead in looks[turn::2]):
            expected = reference.window(start, look).blocks
            if look >= start:
                found = firsts(source.touches(look))
                assert found == {address: first for address, (first, _) in expected.items()}
        assert seen(source.take(end)) == reference.window(start, end)
        start = end


@given(traces, sizes, st.integers(1, 6), st.integers(0, 5), cuts)
def test_wrapped_and_shifted_addresses_follow_the_reference(
    ios: list[Io], chunk_sizes: list[int], blocks: int, start: int, ends: list[int]
) -> None:
    source = source_of(ios, chunk_sizes, blocks=blocks, start=start, wrap=True)
    reference = Reference(ios, blocks=blocks, start=start, wrap=True)
    for before, end in pairwise([-1, *ends]):
        found = seen(source.take(end))
        assert found == reference.window(before, end)
        assert all(start <= address < start + blocks for address in found.blocks)


@given(traces, cuts)
def test_cutting_elsewhere_changes_no_total_and_no_block(ios: list[Io], ends: list[int]) -> None:
    whole = seen(source_of(ios).take(150))
    source = source_of(ios)
    parts = [seen(source.take(end)) for end in [*ends, 150]]
    assert sum(part.writes for part in parts) == whole.writes
    assert sum(part.written_bytes for part in parts) == whole.written_bytes
    assert {address for part in parts for address in part.blocks} == set(whole.blocks)


@given(traces, cuts)
def test_the_contents_at_the_end_do_not_depend_on_the_cuts(ios: list[Io], ends: list[int]) -> None:
    whole = seen(source_of(ios).take(150)).blocks
    source, left = source_of(ios), {}
    for end in [*ends, 150]:
        left |= {address: serial for address, (_, serial) in seen(source.take(end)).blocks.items()}
    assert left == {address: serial for address, (_, serial) in whole.items()}


@given(traces, sizes, st.integers(0, 150), st.integers(0, 150))
def test_looking_further_changes_nothing_up_to_where_one_looked(
    ios: list[Io], chunk_sizes: list[int], near: int, far: int
) -> None:
    near, far = sorted((near, far))
    before = firsts(source_of(ios, chunk_sizes).touches(near))
    source = source_of(ios, chunk_sizes)
    after = firsts(source.touches(far))
    assert {address: first for address, first in after.items() if first <= near} == before
    assert firsts(source.touches(near)) == before


def test_a_write_at_the_instant_of_a_cut_belongs_to_the_set_that_closes() -> None:
    source = source_of(MIXED)
    assert seen(source.take(2)).writes == 2
    assert seen(source.take(7)).blocks.keys() == {4, 5, 6}


def test_a_write_at_time_zero_belongs_to_the_first_window() -> None:
    source = source_of([Io(0, True, 0, 512)])
    assert firsts(source.touches(0)) == {0: 0}
    assert seen(source.take(0)).writes == 1
    assert seen(source.take(0)).writes == 0


def test_a_write_that_covers_part_of_a_block_dirties_the_block() -> None:
    assert seen(source_of([Io(0, True, 511, 2)]).take(0)).blocks.keys() == {0, 1}


def test_a_write_of_no_bytes_counts_and_touches_nothing() -> None:
    assert seen(source_of([Io(0, True, 600, 0)]).take(0)) == Seen({}, 1, 0)


def test_a_write_beyond_the_volume_names_its_line_and_only_when_it_is_looked_at() -> None:
    ios = [Io(0, True, 0, 512), Io(5, False, 0, 1), Io(9, True, 512, 513)]
    source = source_of(ios, blocks=2)
    assert seen(source.take(8)).writes == 1
    with pytest.raises(TraceError, match="trace:3: the write ends at byte 1025, beyond the 1024 bytes"):
        source.touches(9)


def test_two_sources_never_leave_the_same_contents() -> None:
    ids = [set(source_of(MIXED, index=index).take(99).contents.tolist()) for index in (0, 1, 65_535)]
    assert ids[0].isdisjoint(ids[1])
    assert ids[1].isdisjoint(ids[2])
    assert 0 not in set.union(*ids)
    with pytest.raises(ValueError, match="room for 65536 sources"):
        source_of(MIXED, index=65_536)


def test_what_was_taken_cannot_be_looked_at_again() -> None:
    source = source_of(MIXED)
    source.take(5)
    for look in (source.touches, source.take):
        with pytest.raises(ValueError, match="guest: 4 ns is before 5 ns"):
            look(4)


def test_a_trace_without_a_loop_finishes_at_its_last_record() -> None:
    source: WriteSource = source_of(MIXED, sizes=(1,), stretch=Stretch(Fraction(3)))
    assert source.finished_ns is None
    source.take(26)
    assert source.finished_ns is None  # the read at 27 has not been passed
    source.take(27)
    assert source.finished_ns == 27
    assert seen(source.take(10**12)).writes == 0


def test_a_loop_repeats_the_trace_after_one_mean_gap_and_never_finishes() -> None:
    source = source_of(MIXED, stretch=Stretch(loop=True))
    assert period_ns(9, 5) == 11
    assert [seen(source.take(lap * 11 - 1)).writes for lap in (1, 2, 3)] == [3, 3, 3]
    assert seen(source.take(3 * 11 + 2)).blocks.keys() == {0, 1}
    assert source.finished_ns is None


def test_laps_of_a_scaled_loop_do_not_drift() -> None:
    third = Stretch(Fraction(1, 3), loop=True)
    source = source_of(MIXED, stretch=third)
    for lap in range(1, 40):
        source.take((lap * 11 - 1) // 3)
        begin = lap * 11
        assert set(firsts(source.touches((begin + 10) // 3)).values()) <= {(begin + 2) // 3, (begin + 7) // 3}


def test_a_trace_that_takes_no_time_cannot_be_looped() -> None:
    source = source_of([Io(0, True, 0, 512)], stretch=Stretch(loop=True))
    with pytest.raises(TraceError, match="trace: the trace takes no time, so it cannot be looped"):
        source.take(1)


def test_a_loop_without_writes_is_still_read_only_as_far_as_one_looks() -> None:
    source = source_of([Io(0, False, 0, 1), Io(10, False, 0, 1)], stretch=Stretch(loop=True))
    assert seen(source.take(1_000)) == Seen({}, 0, 0)


terms = st.integers(1, SCALE_LIMIT)


@given(st.lists(st.integers(0, 1 << 62), max_size=20), terms, terms)
def test_scaling_is_exact_in_integers(values: list[int], above: int, below: int) -> None:
    kept = [value for value in values if value * above // below < 1 << 62]
    expected = [value * above // below for value in kept]
    assert scaled(np.array(kept, dtype=np.int64), Fraction(above, below)).tolist() == expected


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1), Fraction(1, SCALE_LIMIT + 1), Fraction(SCALE_LIMIT + 1)])
@pytest.mark.parametrize("which", ["time_scale", "size_scale"])
def test_scales_that_cannot_be_exact_are_refused(which: str, scale: Fraction) -> None:
    with pytest.raises(ValueError, match=f"{which} is .* at most nine digits"):
        Stretch(**{which: scale})


def test_scales_that_leave_64_bits_are_refused_with_the_line() -> None:
    late = [Io(0, True, 0, 512), Io(1 << 45, True, 1 << 45, 512)]
    with pytest.raises(TraceError, match="trace:2: a time_scale of 1000000000 takes this beyond 146 years"):
        source_of(late, stretch=Stretch(Fraction(10**9)))
    with pytest.raises(TraceError, match="trace:2: a size_scale of 1000000000 takes the offset beyond"):
        source_of(late, stretch=Stretch(size_scale=Fraction(10**9)))


def test_a_trace_is_read_only_as_far_as_somebody_looks() -> None:
    read = []

    def endless():
        for number in range(10**9):
            read.append(number)
            yield chunk_of([Io(number * 10 + k, True, k * BLOCK, BLOCK) for k in range(10)])

    source = TraceSource("endless", Tape(endless()), BlockRange("endless", BLOCK, 0, 100), 0)
    assert len(read) == 1
    source.touches(55)
    assert len(read) == 6
    source.take(100_009)
    assert len(read) == 10_002
    assert len(source._tape._held) == 1


def test_the_horizon_is_a_guess_that_always_gets_there() -> None:
    ios = [Io(k * 1_000_000, True, (k // 3) * BLOCK, BLOCK) for k in range(3_000)]
    source = source_of(ios, sizes=(50,))
    looks = 0
    to = source.horizon_ns(100, 10**10)
    while len(source.touches(to).addresses) < 100:
        to, looks = source.horizon_ns(100, 10**10), looks + 1
    assert looks <= 8
    source.take(10**9)
    assert source.horizon_ns(100, 10**10) == 10**9 + (10**9 + 1) * 100 * 5 // (334 * 4)
    assert source.horizon_ns(10**6, 2 * 10**9) == 2 * 10**9


def test_long_writes_over_small_blocks_are_spread_a_piece_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "EXPAND_BLOCKS", 4)
    monkeypatch.setattr(touched_module, "COMPACT_ROWS", 4)
    ios = [Io(k, True, (k % 5) * 300, 1 + 1000 * k) for k in range(20)]
    writes = chunk_of(ios)
    found = [addresses.size for addresses, _ in BlockRange("trace", BLOCK, 0, 100).expand(writes)]
    assert len(found) == 19  # 1 + 3 blocks, then one longer write at a time
    assert seen(source_of(ios).take(20)) == Reference(ios).window(-1, 20)


def test_addresses_too_large_to_share_a_key_are_still_sorted_stably() -> None:
    far = 1 << 61
    ios = [Io(k, True, (far // BLOCK + k % 3) * BLOCK, BLOCK) for k in range(10)]
    small = touched_module.distinct(*[np.array(c, dtype=np.int64) for c in ([5, 3, 5], [1, 2, 3], [1, 2, 3])])
    large = np.array([5 + far, 3 + far, 5 + far])
    big = touched_module.distinct(large, np.array([1, 2, 3]), np.array([1, 2, 3]))
    assert (big.addresses - far).tolist() == small.addresses.tolist() == [3, 5]
    assert big.last_serial.tolist() == small.last_serial.tolist() == [2, 3]
    assert seen(source_of(ios, blocks=1 << 60).take(20)) == Reference(ios, blocks=1 << 60).window(-1, 20)
