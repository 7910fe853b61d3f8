"""Operational time against the same integral by fractions and by patience."""

from bisect import bisect_left
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world import rates
from sim.world.rates import OperationalTime, bursts, looped, operational_time, product

factors = st.sampled_from(
    [Fraction(0), Fraction(1), Fraction(1, 3), Fraction(7, 20), Fraction(5), Fraction("1.234567")]
)
profiles = st.lists(st.tuples(st.integers(1, 40), factors), min_size=1, max_size=6)
instants = st.integers(0, 100)


def steps_of(pieces):
    """[(length, factor)] -> steps; the last one stays."""
    starts = np.cumsum([0, *(length for length, _ in pieces[:-1])]).tolist()
    return [(start, factor) for start, (_, factor) in zip(starts, pieces, strict=True)]


def of(steps):
    return operational_time(iter(steps), [factor for _, factor in steps])


def integral(steps, to_ns):
    """By the definition."""
    ends = [*(start for start, _ in steps[1:]), max(to_ns, steps[-1][0])]
    lengths = [max(0, min(end, to_ns) - start) for (start, _), end in zip(steps, ends, strict=True)]
    return sum((length * factor for length, (_, factor) in zip(lengths, steps, strict=True)), Fraction(0))


@given(profiles, instants, instants)
def test_what_has_passed_is_the_integral_of_the_factor(pieces, a, b):
    start, to = sorted((a, b))
    steps = steps_of(pieces)
    assert of(steps).passed(start, to) == integral(steps, to) // 1 - integral(steps, start) // 1


@given(profiles, instants, instants, instants)
def test_windows_that_adjoin_add_up(pieces, a, b, c):
    first, second, third = sorted((a, b, c))
    time = of(steps_of(pieces))
    assert time.passed(first, third) == time.passed(first, second) + time.passed(second, third)


@given(profiles, instants, instants)
def test_an_operational_nanosecond_ends_at_the_first_instant_that_reaches_it(pieces, a, b):
    start, to = sorted((a, b))
    steps = steps_of(pieces)
    time = of(steps)
    ops = np.arange(1, time.passed(start, to) + 1)
    origin = integral(steps, start) // 1
    reached = [integral(steps, t) - origin for t in range(start, to + 1)]
    patient = [start + bisect_left(reached, op) for op in ops.tolist()]
    assert time.instants(start, to, ops).tolist() == patient
    assert [time.reach(start, op, to) for op in ops.tolist()] == patient
    assert time.reach(start, ops.size + 1, to) == to
    assert all(start < instant <= to for instant in patient)


@given(profiles, instants, instants)
def test_a_longer_look_maps_the_same_instants(pieces, a, b):
    near, far = sorted((a, b))
    steps = steps_of(pieces)
    time = of(steps)
    ops = np.arange(1, time.passed(0, near) + 1)
    np.testing.assert_array_equal(time.instants(0, near, ops), of(steps).instants(0, far, ops))


@given(profiles, instants, instants)
def test_pieces_may_be_cut_as_short_as_the_integers_need(pieces, a, b):
    start, to = sorted((a, b))
    whole = of(steps_of(pieces))
    room = rates.ROOM
    try:
        rates.ROOM = 30_000_000
        short = of(steps_of(pieces))
        passed = short.passed(start, to)
    finally:
        rates.ROOM = room
    ops = np.arange(1, passed + 1)
    assert passed == whole.passed(start, to)
    np.testing.assert_array_equal(short.instants(start, to, ops), whole.instants(start, to, ops))


def test_a_year_at_an_odd_rate_fits_in_64_bits():
    year, factor = 365 * 86_400 * 10**9, Fraction("12.345678")
    time = operational_time([(0, factor)], [factor])
    ops = np.array([1, 10**15, time.passed(0, year)])
    expected = [-(-op * factor.denominator // factor.numerator) for op in ops.tolist()]
    assert time.instants(0, year, ops).tolist() == expected
    assert expected[-1] == year


def test_factors_that_no_decimal_holds_are_exact():
    """300 writes a second by day and 7 by night: 7/300 of the rate, and not 0.023333."""
    factors = [Fraction(1), Fraction(7, 300)]
    assert operational_time([(0, factors[1])], factors).passed(0, 300 * 10**12) == 7 * 10**12


def test_a_great_factor_is_kept_in_fewer_digits():
    factors = [Fraction("0.123456"), Fraction(1_000_000)]
    time = operational_time([(0, factors[0]), (10**6, factors[1])], factors)
    assert time.per_ns == 1000
    assert time.passed(0, 10**6) == 123_000


def test_a_profile_loops_or_stays():
    day = [(0, Fraction(1)), (6, Fraction(2))]
    assert list(islice(looped(day, 10), 4)) == [*day, (10, 1), (16, 2)]
    assert list(looped(day, None)) == day
    time = operational_time(looped(day, 10), [Fraction(1), Fraction(2)])
    assert [time.passed(0, t) for t in (6, 10, 20, 106)] == [6, 14, 28, 146]


def test_bursts_alternate_for_ever():
    quiet, loud = iter([10, 20, 30]), iter([1, 0, 3])
    steps = bursts(lambda: next(quiet), lambda: next(loud), Fraction(9))
    assert list(islice(steps, 6)) == [(0, 1), (10, 9), (11, 1), (31, 9), (32, 1), (62, 9)], (
        "a burst lasts at least 1 ns"
    )


def test_factors_multiply():
    left = iter([(0, Fraction(2)), (5, Fraction(3))])
    right = iter([(0, Fraction(1)), (4, Fraction(10)), (5, Fraction(100)), (9, Fraction(0))])
    assert list(product(left, right)) == [(0, 2), (4, 20), (5, 300), (9, 0)]


def test_nobody_asks_for_pieces_before_the_start_of_an_epoch_so_they_go():
    day = [(0, Fraction(1)), (1, Fraction(2))]
    time = operational_time(looped(day, 3), [Fraction(1), Fraction(2)])
    before = time.passed(5000, 6000)
    time.forget(5000)
    assert len(time._starts) < 2000
    assert time.passed(5000, 6000) == before
    assert time.instants(5000, 6000, np.array([1, before])).tolist() == [5001, 6000]


@pytest.mark.parametrize("factors", [[Fraction(-1)], [Fraction(10**10)]])
def test_a_factor_nobody_can_mean_is_refused(factors):
    with pytest.raises(ValueError, match="rate factors lie between"):
        operational_time([(0, factors[0])], factors)


@pytest.mark.parametrize("pieces", [[(1, 1)], [(0, 1), (5, 2), (5, 3)], [(0, 1), (5, 2), (4, 3)]])
def test_pieces_out_of_order_are_refused(pieces):
    with pytest.raises(ValueError, match="piece starts at"):
        OperationalTime(iter(pieces), 1).passed(0, 100)
