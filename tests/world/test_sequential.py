"""The cursor, exactly; and Poisson arrivals in law."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.streams import Streams
from sim.world import sequential
from sim.world.drawn import DrawnWrites, Identity
from sim.world.rates import looped, operational_time
from sim.world.region import Region
from sim.world.sequential import EvenArrivals, PoissonArrivals, SequentialEpoch

SECOND = 10**9
LOOKS = st.lists(st.integers(0, 4 * 10**9), min_size=1, max_size=6)
RATES = st.fractions(min_value=Fraction(1, 3), max_value=60, max_denominator=40)


def even(per_second, slots, time=None, extent=1):
    return DrawnWrites(
        Identity("w", 1, 4096),
        Streams(1),
        Region(0, slots, extent),
        time or operational_time(),
        lambda luck: SequentialEpoch(EvenArrivals(per_second), slots),
    )


def poisson(per_second, slots, seed=1, replication=0):
    return DrawnWrites(
        Identity("w", 1, 4096),
        Streams(seed, replication),
        Region(0, slots),
        operational_time(),
        lambda luck: SequentialEpoch(PoissonArrivals(per_second, luck), slots),
    )


def naive(instants, slots, start, to):
    """One event per write: the k-th covers slot k - 1 modulo slots."""
    first = {}
    for k, instant in enumerate(instants):
        if start < instant <= to:
            first.setdefault(k % slots, instant)
    return dict(sorted(first.items()))


@given(RATES, st.integers(1, 50), LOOKS)
def test_even_writes_come_at_exactly_their_instants_whoever_looks(per_second, slots, looks):
    instants = [-(-k * SECOND // per_second) for k in range(1, int(4 * per_second) + 3)]
    writer, start = even(per_second, slots), -1
    for look in sorted(looks):
        batch = writer.take(look)
        assert dict(zip(batch.addresses.tolist(), batch.first_ns.tolist(), strict=True)) == naive(
            instants, slots, start, look
        )
        assert (np.diff(batch.addresses) > 0).all()
        assert batch.writes == sum(start < instant <= look for instant in instants)
        start = look


@given(RATES, LOOKS)
def test_even_writes_follow_a_profile_without_drifting(per_second, looks):
    """The k-th write comes when the integral of the factor reaches ceil(k / rate), however often someone looked."""
    day = [
        (0, Fraction(1, 3)),
        (SECOND // 7, Fraction(5, 2)),
        (SECOND // 2, Fraction(0)),
        (SECOND * 3 // 4, Fraction(1)),
    ]
    factors = [factor for _, factor in day]

    def day_by_day():
        return operational_time(looped(day, SECOND), factors)

    plain, watched = even(per_second, 10**6, day_by_day()), even(per_second, 10**6, day_by_day())
    last = max(looks)
    parts = [watched.take(look) for look in sorted(looks)]
    whole = plain.take(last)
    np.testing.assert_array_equal(np.concatenate([part.first_ns for part in parts]), whole.first_ns)
    ops = [-(-k * SECOND // per_second) for k in range(1, whole.addresses.size + 1)]
    np.testing.assert_array_equal(day_by_day().instants(0, last, np.array(ops, dtype=np.int64)), whole.first_ns)


def test_a_rate_of_very_many_digits_is_still_exact(monkeypatch):
    per_second = Fraction(10**9 + 7, 10**7 + 9)
    expected = [-(-k * SECOND // per_second) for k in range(1, 300)]
    assert even(per_second, 10**6).take(expected[-1]).first_ns.tolist() == expected
    monkeypatch.setattr(sequential, "ROOM", 1)
    assert even(per_second, 10**6).take(expected[-1]).first_ns.tolist() == expected


def test_the_horizon_of_even_writes_is_exact():
    writer = even(Fraction(3), 10**6)
    writer.take(SECOND)
    assert writer.horizon_ns(3, 10**12) == 2 * SECOND
    assert writer.touches(2 * SECOND).addresses.size == 3


@given(st.integers(1, 60), LOOKS, LOOKS)
def test_poisson_arrivals_are_prefix_consistent_and_the_cursor_never_jumps(slots, takes, looks):
    blind, curious, cursor = poisson(Fraction(20), slots), poisson(Fraction(20), slots), 0
    for take, look in zip(sorted(takes), looks, strict=False):
        far = curious.touches(max(take, look))
        batch, other = blind.take(take), curious.take(take)
        np.testing.assert_array_equal(batch.addresses, other.addresses)
        np.testing.assert_array_equal(batch.first_ns, other.first_ns)
        np.testing.assert_array_equal(far.first_ns[far.first_ns <= take], batch.first_ns)
        assert batch.writes == other.writes
        touched = min(slots, batch.writes)
        assert sorted((cursor + np.arange(touched)) % slots) == batch.addresses.tolist()
        in_order = batch.first_ns[np.argsort((batch.addresses - cursor) % slots)]
        assert (np.diff(in_order) >= 0).all(), "the cursor's order is the order of time"
        cursor = (cursor + batch.writes) % slots


@pytest.mark.parametrize("slots", [5, 40, 1000])
def test_poisson_arrivals_are_a_poisson_process(slots, monkeypatch):
    """Counts in a window that begins in mid-air, gaps, and counts beyond a full turn (only counted, not drawn)."""
    monkeypatch.setattr(sequential, "WINDOW_WRITES", 8)
    counts, gaps = [], []
    for replication in range(1200):
        writer = poisson(Fraction(30), slots, 3, replication)
        writer.take(400_000_000)
        batch = writer.take(1_400_000_000)
        counts.append(batch.writes)
        gaps.append(int(batch.first_ns.min()) - 400_000_000)
    classes = [0, 22, 25, 27, 29, 31, 33, 36, 10**6]
    expected = np.diff(stats.poisson(30).cdf(np.array(classes) - 1)) * len(counts)
    assert stats.chisquare(np.histogram(counts, classes)[0], expected).pvalue > 1e-4
    assert stats.kstest(gaps, stats.expon(scale=SECOND / 30).cdf).pvalue > 1e-4


def test_crime_a_cursor_that_forgets_where_it_was():
    class Forgetful(SequentialEpoch):
        def following(self, ops, luck):
            return SequentialEpoch(self._arrivals.following(ops, luck), self._slots)

    writer = even(Fraction(10), 7)
    writer._epoch = Forgetful(EvenArrivals(Fraction(10)), 7)
    writer.take(SECOND)
    expected = naive([k * SECOND // 10 for k in range(1, 21)], 7, SECOND, 2 * SECOND)
    batch = writer.take(2 * SECOND)
    assert dict(zip(batch.addresses.tolist(), batch.first_ns.tolist(), strict=True)) != expected
