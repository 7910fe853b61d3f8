"""The distribution of a piecewise-linear function of time is exact: against its definition, and against sampling."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.summary.curve import Curve
from sim.summary.distribution import Distribution

values = st.integers(0, 1000)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    now, segments = 0, []
    for _ in range(draw(st.integers(1, 12))):
        now += draw(st.integers(0, 3))  # a gap now and then
        length = draw(st.integers(0, 50))
        first = draw(values)
        last = draw(st.one_of(values, st.just(first), st.just(first + length)))
        segments.append((now, now + length, first, last))
        now += length
    return Curve.of(segments)


def share_at_most(curve: Curve, value: Fraction) -> Fraction:
    """The distribution function from its definition, in fractions, one segment after the other."""
    total = Fraction(0)
    for begin, end, first, last in curve.segments():
        low, high = sorted((first, last))
        if value >= high:
            total += end - begin
        elif value > low:
            total += (end - begin) * Fraction(value - low, high - low)
    return total / curve.length_ns


@given(curves(), st.fractions(Fraction(1, 100), 1))
def test_a_quantile_is_where_the_distribution_function_reaches_the_share(curve: Curve, share: Fraction) -> None:
    assume(curve.length_ns)
    quantile = Distribution(curve).quantile(share)
    assert quantile is not None
    assert share_at_most(curve, quantile) >= share - Fraction(1, 10**9)
    assert share_at_most(curve, quantile - Fraction(1, 10**6)) <= share + Fraction(1, 10**9)


@given(curves())
def test_mean_and_extremes_follow_from_the_segments(curve: Curve) -> None:
    assume(curve.length_ns)
    found = Distribution(curve)
    area = sum((end - begin) * Fraction(first + last, 2) for begin, end, first, last in curve.segments())
    assert found.mean() == area / curve.length_ns
    low, high, middle = found.minimum(), found.maximum(), found.quantile(Fraction(1, 2))
    assert low is not None and high is not None and middle is not None
    assert low <= middle <= high


@given(curves(), st.integers(1, 200), st.fractions(Fraction(1, 100), 1))
def test_time_without_limit_lies_above_every_number(curve: Curve, endless_ns: int, share: Fraction) -> None:
    assume(curve.length_ns)
    found, finite = Distribution(curve, endless_ns), Distribution(curve)
    reached = Fraction(curve.length_ns, found.total_ns)
    assert found.maximum() == found.mean() == math.inf
    assert (found.minimum(), found.highest()) == (finite.minimum(), finite.maximum())
    assert found.above_ns(10**6) == endless_ns
    assert found.quantile(share) == (math.inf if share > reached else finite.quantile(share / reached))


def test_nothing_but_time_without_limit_has_no_finite_statistic() -> None:
    found = Distribution(Curve.of([]), 7)
    assert found.maximum() == found.minimum() == found.mean() == found.quantile(Fraction(1, 100)) == math.inf
    assert found.highest() is None


@given(curves(), values)
def test_time_above_a_target_is_what_is_not_at_most_it(curve: Curve, target: int) -> None:
    assume(curve.length_ns)
    above = Distribution(curve).above_ns(target) / curve.length_ns
    assert float(above) == pytest.approx(float(1 - share_at_most(curve, Fraction(target))), abs=1e-12)


@pytest.mark.parametrize("share", [Fraction(1, 10), Fraction(1, 2), Fraction(95, 100), Fraction(99, 100)])
def test_quantiles_agree_with_sampling(share: Fraction) -> None:
    curve = Curve.of([(0, 30, 5, 35), (30, 50, 7, 27), (50, 60, 90, 10), (60, 75, 12, 12)])
    samples = [np.linspace(first, last, 4000 * (end - begin)) for begin, end, first, last in curve.segments()]
    exact = Distribution(curve).quantile(share)
    assert exact is not None
    assert float(exact) == pytest.approx(np.quantile(np.concatenate(samples), float(share)), abs=0.02)


def test_ages_are_summed_in_integers_without_any_rounding() -> None:
    century = 100 * 365 * 86_400 * 10**9
    curve = Curve.of([(0, century, 0, century), (century, century + 7, 0, 7)])
    found = Distribution(curve)
    assert found.mean() == Fraction(century * century + 49, 2 * (century + 7))
    assert found.quantile(Fraction(1, 2)) == Fraction(century + 7, 2) - 7
    assert found.above_ns(century - 1) == 1


def test_a_step_is_an_atom_and_quantiles_are_the_smallest_value_that_reaches_the_share() -> None:
    found = Distribution(Curve.of([(0, 50, 10, 10), (50, 100, 20, 20)]))
    assert found.quantile(Fraction(1, 2)) == 10
    assert found.quantile(Fraction(51, 100)) == 20
    assert found.quantile(Fraction(1, 1000)) == 10


def test_a_value_passed_through_in_an_instant_counts_as_maximum_and_has_no_weight() -> None:
    found = Distribution(Curve.of([(0, 5, 1, 1), (5, 5, 99, 99), (5, 10, 3, 3)]))
    assert found.maximum() == 99
    assert found.mean() == 2
    assert found.quantile(Fraction(1)) == 3


def test_no_time_gives_no_answer() -> None:
    for curve in (Curve.of([]), Curve.of([(4, 4, 1, 1)])):
        found = Distribution(curve)
        assert (found.mean(), found.maximum(), found.minimum(), found.quantile(Fraction(1, 2))) == (None,) * 4
        assert found.above_ns(0) == 0
