"""What a Poisson source promises to whoever looks, on top of being Poisson (test_poisson_law.py)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.streams import Streams
from sim.world import drawn
from sim.world.drawn import DrawnWrites, Identity
from sim.world.earliest import by_address, chosen, earliest
from sim.world.listing import every_write
from sim.world.lots import ColdLot
from sim.world.poisson import PoissonEpoch
from sim.world.poisson_law import PoissonLaw
from sim.world.popularity import hot_and_cold, uniform, zipf
from sim.world.rates import operational_time
from sim.world.region import Region
from sim.world.scatter import Scatter

MS = 1_000_000
SPREADS = st.sampled_from([uniform(40), zipf(300, 1.1), hot_and_cold(200, 7, 0.8), zipf(1, 1.0)])
LOOKS = st.lists(st.integers(0, 2000), min_size=1, max_size=5).map(lambda looks: [look * MS for look in looks])


def source(spread, *, seed=1, typical=300 * MS, extent=1, rewrite=0.0, first=0, per_second=120.0, index=1, name="w"):
    streams = Streams(seed)
    law = PoissonLaw(spread, Scatter(spread.ranks, streams.generator(f"{name}/places")), per_second / 1e9, typical)
    return DrawnWrites(
        Identity(name, index, extent * 4096, rewrite),
        streams,
        Region(first, spread.ranks, extent),
        operational_time(),
        lambda luck: PoissonEpoch(law, luck),
    )


def split_of(writer):
    return writer._epoch._law.split(writer._epoch._level)


def same(left, right):
    return np.array_equal(left.addresses, right.addresses) and np.array_equal(left.first_ns, right.first_ns)


@given(SPREADS, LOOKS, st.sampled_from([20, 300, 100_000]))
def test_how_far_one_looks_changes_nothing_of_what_is_seen_up_to_there(spread, looks, typical):
    """Prefix consistency (DESIGN.md section 3, "Who may look"), whatever the window length and the order of looks."""
    patient = source(spread, typical=typical * MS)
    furthest = patient.touches(max(looks))
    curious = source(spread, typical=typical * MS)
    for look in [*looks, *reversed(looks)]:
        seen = curious.touches(look)
        up_to = furthest.first_ns <= look
        assert np.array_equal(seen.addresses, furthest.addresses[up_to])
        assert np.array_equal(seen.first_ns, furthest.first_ns[up_to])


@given(SPREADS, LOOKS, LOOKS)
def test_looks_ahead_change_no_take(spread, takes, looks):
    blind, curious = source(spread, rewrite=0.3), source(spread, rewrite=0.3)
    for take, look in zip(sorted(takes), looks, strict=False):
        curious.touches(max(take, look) + 77)
        one, other = blind.take(take), curious.take(take)
        assert same(one, other)
        assert (one.writes, one.written_bytes) == (other.writes, other.written_bytes)
        np.testing.assert_array_equal(one.contents, other.contents)
        np.testing.assert_array_equal(one.unchanged, other.unchanged)


@given(SPREADS, LOOKS, st.integers(1, 3))
def test_a_batch_is_what_the_interface_promises(spread, takes, extent):
    writer, start, seen = source(spread, extent=extent, first=1000), -1, []
    for take in sorted(takes):
        touches = writer.touches(take)
        batch = writer.take(take)
        assert same(touches, batch), "take consumes what touches saw"
        assert (batch.start_ns, batch.to_ns) == (start, take)
        assert (np.diff(batch.addresses) > 0).all()
        assert ((start < batch.first_ns) & (batch.first_ns <= take)).all()
        assert ((batch.addresses >= 1000) & (batch.addresses < 1000 + extent * spread.ranks)).all()
        assert batch.addresses.dtype == batch.first_ns.dtype == np.int64
        assert batch.contents.dtype == np.uint64
        assert batch.unchanged is None
        assert batch.freed.size == 0
        assert batch.writes * extent >= batch.addresses.size
        assert batch.written_bytes == batch.writes * extent * 4096
        seen.append(batch.contents)
        start = take
    contents = np.concatenate(seen)
    assert np.unique(contents).size == contents.size, "content ids never recur"
    assert not (contents == 0).any()
    assert ((contents >> np.uint64(48)) == 1).all()


@given(SPREADS, LOOKS)
def test_the_listing_says_the_same_as_the_bulk(spread, takes):
    writer = source(spread)
    for take in sorted(takes):
        ops = writer._ops(take)
        slots, instants = every_write(writer._epoch, ops)
        batch = writer.take(take)
        assert slots.size == batch.writes
        addresses, first = earliest(slots, instants)
        np.testing.assert_array_equal(addresses, batch.addresses)
        np.testing.assert_array_equal(first + max(batch.start_ns, 0), batch.first_ns)
        assert ((instants > 0) & (instants <= ops)).all()


def test_an_extent_is_written_as_one():
    batch = source(uniform(50), extent=4).take(400 * MS)
    assert batch.addresses.size > 40
    assert (batch.addresses.reshape(-1, 4) == batch.addresses[::4, None] + np.arange(4)).all()
    assert (batch.first_ns.reshape(-1, 4) == batch.first_ns[::4, None]).all()
    assert (batch.addresses[::4] % 4 == 0).all()


def test_adding_a_source_changes_nobody_elses_luck():
    alone = source(zipf(300, 1.1), name="volumes/a/workload/x")
    before = alone.take(500 * MS)
    source(uniform(1000), name="volumes/a/workload/another").take(900 * MS)
    again = source(zipf(300, 1.1), name="volumes/a/workload/x").take(500 * MS)
    assert same(before, again)
    assert before.writes == again.writes
    other = source(zipf(300, 1.1), name="volumes/a/workload/another").take(500 * MS)
    assert not same(before, other)


def test_another_seed_is_other_luck():
    assert not same(source(zipf(300, 1.1), seed=1).take(500 * MS), source(zipf(300, 1.1), seed=2).take(500 * MS))


def test_variants_share_their_luck_again_once_their_looks_coincide():
    plain, looked_at = source(uniform(400)), source(uniform(400))
    plain.take(300 * MS)
    looked_at.take(123 * MS)
    looked_at.take(300 * MS)
    assert same(plain.take(600 * MS), looked_at.take(600 * MS))


def test_a_look_at_the_beginning_sees_nothing_and_costs_no_luck():
    looked_at, plain = source(uniform(400)), source(uniform(400))
    assert looked_at.touches(0).addresses.size == 0
    assert looked_at.take(0).writes == 0
    plain.take(0)
    assert same(looked_at.take(10 * MS), plain.take(10 * MS))
    assert looked_at.take(10 * MS).writes == 0, "an empty window"


def test_what_was_taken_cannot_be_looked_at_again():
    writer = source(uniform(40))
    writer.take(10 * MS)
    with pytest.raises(ValueError, match="taken already"):
        writer.touches(9 * MS)


def test_rewrites_restore_old_contents_with_their_probability():
    batch = source(uniform(20_000), rewrite=0.25, per_second=1e5).take(500 * MS)
    assert batch.addresses.size > 15_000
    assert abs(batch.unchanged.mean() - 0.25) < 0.015  # 4 standard deviations
    assert source(uniform(20_000), rewrite=1.0).take(500 * MS).unchanged.all()


@pytest.mark.parametrize("spread", [uniform(5000), zipf(50_000, 1.1), hot_and_cold(5000, 50, 0.9)])
@pytest.mark.parametrize("blocks", [1, 30, 1000, 4000])
def test_the_horizon_is_a_good_guess(spread, blocks):
    writer = source(spread, per_second=1e4)
    to_ns = writer.horizon_ns(blocks, 10**15)
    found = writer.touches(to_ns).addresses.size
    assert blocks <= found <= 1.15 * blocks + 10 * np.sqrt(blocks) + 10
    assert writer.horizon_ns(blocks, to_ns - 1) == to_ns - 1


def test_epochs_shorter_than_told_find_their_own_measure():
    """A high-water mark that is reached long before the timeout must not make each epoch draw for the whole timeout."""
    writer = source(uniform(100_000), typical=3_600_000 * MS, per_second=1e5)
    assert split_of(writer).cold is None, "an hour at this rate: every slot is popular"
    for take in range(1, 6):
        writer.take(take * 250 * MS)
    assert split_of(writer).popular.slots.size == 0
    assert split_of(writer).cold.window * 16 >= 125 * MS


def test_a_look_just_after_a_cut_does_not_shorten_the_next_epoch():
    writer = source(zipf(100_000, 1.1), typical=1000 * MS, per_second=1e5)
    writer.take(1000 * MS)
    measure = split_of(writer).popular.slots.size
    writer.take(1001 * MS)
    assert split_of(writer).popular.slots.size == measure > 0


def test_an_epoch_much_longer_than_all_before_goes_on_in_stages():
    """Looks every microsecond and then none for a second: not a million windows, and not a draw for every write."""
    writer = source(uniform(100), per_second=1e6, typical=1)
    for take in range(10):
        writer.take(take * 1000)
    stages = writer._epoch._stages
    assert abs(writer.take(1000 * MS).writes - 1e6) < 5e3
    assert 4 < len(stages) < 20
    assert sum(len(stage._windows) for stage in stages) < 100
    drawn = sum(window.size for stage in stages for window in stage._windows)
    assert drawn < 2000, "most writes were never drawn"


longs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 99)), max_size=40)


@given(longs, st.sampled_from([0, 2**40, 2**61]))
def test_the_earliest_of_each_address(writes, offset):
    addresses = np.array([a + offset for a, _ in writes], dtype=np.int64)
    times = np.array([t for _, t in writes], dtype=np.int64)
    expected = {a + offset: min(t for b, t in writes if b == a) for a, _ in sorted(writes)}
    found, first = earliest(addresses, times)
    assert dict(zip(found.tolist(), first.tolist(), strict=True)) == expected
    assert found.tolist() == sorted(expected)


def test_few_repeats_among_many_addresses():
    """Where most are written once, only the others are gone through for their earliest time."""
    addresses = np.array([3, 3, 3, *range(4, 60), 59, 70, 3, *range(71, 99)])
    times = np.array([50, 20, 70, *range(100, 156), 2, 9, 30, *range(200, 228)])
    found, first = earliest(addresses, times)
    assert found.tolist() == sorted(set(addresses.tolist()))
    assert first.tolist() == [times[addresses == address].min() for address in found]
    assert addresses.size - found.size == 4


@pytest.mark.parametrize("missing", [0, 1, 3, 20, 59, 60])
def test_what_a_mask_chooses_does_not_depend_on_how_much_it_is(missing):
    mask = np.ones(60, dtype=np.bool_)
    mask[np.arange(missing) * 7 % 60] = False
    columns = np.arange(60), np.arange(60) / 7
    for column, found in zip(columns, chosen(mask, *columns), strict=True):
        assert found.tolist() == [value for value, wanted in zip(column.tolist(), mask, strict=True) if wanted]


@pytest.mark.parametrize("spread", [uniform(4000), zipf(3000, 1.1)])
def test_where_some_cold_writes_fell_is_where_they_fell_among_all(spread):
    law = PoissonLaw(spread, Scatter(spread.ranks, Streams(3).generator("places")), 1e-5, 20 * MS)
    drawn_alike = [law.split(0).cold.writes(Streams(3).generator("cold"), 7) for _ in range(2)]
    some, every = (ColdLot(writes, law.scatter) for writes in drawn_alike)
    chosen = np.arange(0, every.instants.size, 3)
    slots, instants = some.slots_of(chosen), some.instants
    assert chosen.size > 5
    assert slots.tolist() == every.slots()[chosen].tolist()
    assert some.later(5).instants.tolist() == (instants + 5).tolist()


@given(longs)
def test_addresses_in_order_keep_the_order_of_equals(writes):
    addresses = np.array([a for a, _ in writes], dtype=np.int64)
    _, index = by_address(addresses)
    assert index.tolist() == sorted(range(len(writes)), key=lambda i: (writes[i][0], i))


def test_crime_drawing_to_where_one_looks_is_not_prefix_consistent(monkeypatch):
    """The tempting shortcut: one Poisson count for exactly the window that is asked for."""

    class Tempting(PoissonEpoch):
        def touched(self, ops):
            luck = self._luck("all")
            slots = luck.integers(0, 40, luck.poisson(ops * 120e-9))
            return earliest(slots, drawn.draws_within(luck, slots.size, max(1, ops)))

    monkeypatch.setitem(globals(), "PoissonEpoch", Tempting)
    with pytest.raises(AssertionError):
        test_how_far_one_looks_changes_nothing_of_what_is_seen_up_to_there.hypothesis.inner_test(
            uniform(40), [100 * MS, 500 * MS], 300
        )
