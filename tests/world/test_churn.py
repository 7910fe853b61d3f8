"""Churn against a reference that toggles one extent after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.engine.bitmap import Bitmap
from sim.streams import Streams
from sim.world.churn import ChurnEpoch, churn
from sim.world.drawn import DrawnWrites, Identity
from sim.world.rates import operational_time
from sim.world.region import Region

SECOND = 10**9
LOOKS = st.lists(st.integers(0, 4 * 10**9), min_size=1, max_size=6)


def source(slots=12, per_second=20.0, in_use=6, extent=2, typical=SECOND // 3, replication=0, epoch=ChurnEpoch):
    used = Bitmap(slots)
    used.set_range(0, in_use)
    law = churn(slots, per_second / 1e9, typical)
    return DrawnWrites(
        Identity("c", 1, extent * 4096),
        Streams(4, replication),
        Region(100, slots, extent),
        operational_time(),
        lambda luck: epoch(law, used, luck),
    )


def toggled(epoch, ops, in_use):
    """One event per change: first writes, writes, what is free at the end, and the new state."""
    law, events = epoch._law, []
    for window in range(-(-ops // law.window)):
        slots, instants = law.draw(epoch._luck("changes", window), window * law.window)
        events += [(int(i), n, int(s)) for n, (s, i) in enumerate(zip(slots, instants, strict=True)) if i <= ops]
    first, writes, touched = {}, 0, set()
    for instant, _, slot in sorted(events):
        if slot in in_use:
            in_use.remove(slot)
        else:
            in_use.add(slot)
            writes += 1
            first.setdefault(slot, instant)
        touched.add(slot)
    return dict(sorted(first.items())), writes, sorted(touched - in_use)


def agrees_with_the_reference(writer, looks, slots=12, in_use=6):
    state = set(range(in_use))
    for take in sorted(looks):
        ops, start = writer._ops(take), max(writer._start_ns, 0)
        first, writes, freed = toggled(writer._epoch, ops, state)
        batch = writer.take(take)
        assert batch.addresses[::2].tolist() == [100 + 2 * slot for slot in first]
        assert batch.addresses[1::2].tolist() == [101 + 2 * slot for slot in first]
        assert batch.first_ns[::2].tolist() == [start + op for op in first.values()]
        assert batch.freed.tolist() == [100 + 2 * slot + half for slot in freed for half in (0, 1)]
        assert batch.writes == writes
        assert writer._epoch._in_use.indices().tolist() == sorted(state)


@given(LOOKS, st.sampled_from([1.0, 20.0, 200.0]))
def test_extents_come_and_go_as_one_event_after_the_other_says(looks, per_second):
    agrees_with_the_reference(source(per_second=per_second), looks)


@given(LOOKS, LOOKS)
def test_looks_ahead_change_nothing(takes, looks):
    blind, curious = source(), source()
    for take, look in zip(sorted(takes), looks, strict=False):
        far = curious.touches(max(take, look) + 13)
        one, other = blind.take(take), curious.take(take)
        for field in ("addresses", "first_ns", "freed", "contents"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
        assert one.writes == other.writes
        np.testing.assert_array_equal(far.addresses[far.first_ns <= take], one.addresses)


def test_what_was_written_and_freed_again_is_in_both_lists():
    batch = source(per_second=15.0).take(SECOND)
    both = np.intersect1d(batch.addresses, batch.freed)
    assert both.size
    assert batch.freed.size > both.size, "and what was in use and freed only in one"


def test_changes_are_poisson_and_every_extent_alike():
    """Changes are writes plus frees; the state of an extent after rate * time / slots changes, from renewal theory.

    P(even number of changes) = (1 + exp(-2 x)) / 2 with x changes expected per extent.
    """
    slots, x, in_use_at_end, writes = 30, 0.8, np.zeros(30), []
    for replication in range(400):
        writer = source(slots, per_second=slots * x / 2, in_use=slots, extent=1, replication=replication)
        writes.append(sum(writer.take(t).writes for t in (SECOND // 3, 2 * SECOND)))
        in_use_at_end[writer._epoch._in_use.indices()] += 1
    expected = (1 + np.exp(-2 * x)) / 2
    assert stats.binomtest(int(in_use_at_end.sum()), slots * 400, expected).pvalue > 1e-4
    alike = np.column_stack([in_use_at_end, 400 - in_use_at_end])
    assert stats.chi2_contingency(alike).pvalue > 1e-4
    mean = slots * (x - (1 - np.exp(-2 * x)) / 2) / 2  # of n changes of an extent in use, floor(n / 2) are writes
    assert abs(np.mean(writes) - mean) < 4 * np.std(writes) / 20


def test_the_horizon_is_where_about_so_many_have_been_written():
    writer = source(100_000, per_second=2000.0, in_use=50_000, extent=4)
    to_ns = writer.horizon_ns(4000, 10**15)
    assert 4000 <= writer.touches(to_ns).addresses.size < 6000


def test_crime_a_state_that_is_not_kept():
    class Amnesiac(ChurnEpoch):
        def following(self, ops, luck):
            return Amnesiac(self._law, self._in_use, luck)

    with pytest.raises(AssertionError):
        agrees_with_the_reference(source(epoch=Amnesiac), [SECOND, 2 * SECOND])
