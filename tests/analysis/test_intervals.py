"""Intervals over runs with different luck, against scipy and against what they promise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis import intervals


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 29, 30, 199, 1000])
@pytest.mark.parametrize("level", [0.9, 0.975, 0.995])
def test_students_quantiles_are_those_of_the_tables(freedom: int, level: float) -> None:
    assert intervals.student_t(level, freedom) == pytest.approx(float(stats.t.ppf(level, freedom)), rel=1e-9)


@given(st.integers(1, 300), st.data())
def test_shares_are_wilsons(runs: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, runs))
    found = intervals.share(hits, runs)
    expected = stats.binomtest(hits, runs).proportion_ci(method="wilson")
    assert found.low == pytest.approx(expected.low, abs=1e-12)
    assert found.high == pytest.approx(expected.high, abs=1e-12)


def test_no_loss_in_thirty_runs_is_not_no_loss_ever() -> None:
    found = intervals.share(0, 30)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(0.1135, abs=1e-4)


def test_the_mean_has_an_interval_from_two_runs_on() -> None:
    assert intervals.mean([3.0]) == intervals.Interval(3.0, None, None)
    found = intervals.mean([1.0, 2.0, 3.0, 4.0])
    low, high = stats.t.interval(0.95, 3, loc=2.5, scale=stats.sem([1, 2, 3, 4]))
    assert (found.value, found.low, found.high) == pytest.approx((2.5, low, high))


def test_a_p95_has_no_upper_bound_below_59_runs() -> None:
    assert intervals.runs_needed(0.95) == 59
    assert intervals.percentile(range(58), 0.95).high is None
    assert intervals.percentile(range(59), 0.95).high == 58
    assert intervals.percentile([1.0], 0.5) == intervals.Interval(1.0, None, None)


def test_bounds_of_a_percentile_hold_as_often_as_they_promise() -> None:
    luck, missed_low, missed_high, rounds = random.Random(1), 0, 0, 600
    for _ in range(rounds):
        found = intervals.percentile([luck.random() for _ in range(80)], 0.9)
        assert found.low is not None and found.high is not None
        missed_low += found.low > 0.9
        missed_high += found.high < 0.9
    assert max(missed_low, missed_high) <= 0.05 * rounds + 3 * (0.05 * 0.95 * rounds) ** 0.5


def test_intervals_are_written_for_people() -> None:
    assert intervals.Interval(744, 700, 790).shown("s") == "12.4 min (11.7 min to 13.2 min)"
    assert intervals.Interval(744, 700, None).shown("s") == "12.4 min (11.7 min to no bound)"
    assert intervals.Interval(744, None, None).shown("s") == "12.4 min (too few runs for bounds)"


@pytest.mark.parametrize("nothing", [lambda: intervals.mean([]), lambda: intervals.percentile([], 0.5),
                                     lambda: intervals.share(0, 0), lambda: intervals.share(2, 1)])  # fmt: skip
def test_nothing_has_no_interval(nothing: object) -> None:
    with pytest.raises(ValueError, match=r"nothing|is not a share"):
        nothing()  # type: ignore[operator]
