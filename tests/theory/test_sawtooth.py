"""Lag of periodic replication against its closed forms (NUMBERS.md 1.1), on ledgers that are built by hand.

With period T and shipping time X the lag is a sawtooth from X to T + X: what the metrics say must be equal, not near.
The simulator's own runs of the same scenario are held against the same numbers elsewhere.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim.summary import summarise
from sim.summary.distribution import Distribution
from sim.summary.windows import Windows
from tests.summary.ledgers import S, Story, sawtooth

CASES = [(900, 300), (900, 900), (600, 0.001), (7, 3), (0.3, 0.1)]


def lag_of_full_periods(story: Story, period: float, ship: float, cycles: int) -> Distribution:
    """From the first replay on: a whole number of periods, each the same."""
    start, end = round((period + ship) * S), round((period * cycles + ship) * S)
    windows = Windows.of([(start, end)], story.read().until_ns)
    return Distribution(story.mirror().lag("lisbon").within(windows))


@pytest.mark.parametrize(("period", "ship"), CASES)
def test_lag_is_a_sawtooth_from_X_to_T_plus_X(period: float, ship: float) -> None:
    lag = lag_of_full_periods(sawtooth(period, ship, 20), period, ship, 20)
    t, x = round(period * S), round(ship * S)
    assert lag.total_ns == 19 * t
    assert lag.maximum() == t + x
    assert lag.minimum() == x
    assert lag.mean() == x + Fraction(t, 2)
    for share in (Fraction(1, 2), Fraction(95, 100), Fraction(99, 100)):
        assert lag.quantile(share) == x + share * t


@pytest.mark.parametrize(("period", "ship"), CASES)
def test_the_chance_that_lag_exceeds_r_is_linear_between_X_and_T_plus_X(period: float, ship: float) -> None:
    lag = lag_of_full_periods(sawtooth(period, ship, 20), period, ship, 20)
    t, x = round(period * S), round(ship * S)
    for limit in (0, x - 1, x, x + t // 7, x + t // 2, x + t - 1, x + t, 3 * t):
        chance = max(Fraction(0), min(Fraction(1), Fraction(t + x - limit, t)))
        assert lag.above_ns(limit) / lag.total_ns == chance


def test_the_published_example_mean_750_s_and_max_1200_s_comes_out_of_the_summary() -> None:
    summary = summarise(sawtooth(900, 300, 50).run(), start_ns=1200 * S)
    assert summary["lag_seconds.lisbon.mean"] == 750.0
    assert summary["lag_seconds.lisbon.max"] == 1200.0
    assert summary["lag_seconds.lisbon.p50"] == 750.0
    assert summary["exposure_seconds.default.mean"] == 600.0  # received half-way
    assert summary["exposure_seconds.default.max"] == 1050.0
    assert summary["exposure_seconds.now.max"] == 1200.0
    assert summary["exposure_seconds.sync.max"] == 0.0


def test_back_to_back_transfers_have_period_X_and_lag_from_X_to_2X() -> None:
    ship, cycles = 40, 20
    story = Story(until=ship * (cycles + 1), timeout=10)
    for k in range(1, cycles + 1):
        story.cut(k, ship * k)
        if k > 1:
            story.replayed(k - 1, ship * k)
    story.replayed(cycles, ship * (cycles + 1))
    windows = Windows.of([(2 * ship * S, (cycles + 1) * ship * S)], story.read().until_ns)
    lag = Distribution(story.mirror().lag("lisbon").within(windows))
    assert lag.minimum() == ship * S
    assert lag.maximum() == 2 * ship * S
    assert lag.mean() == Fraction(3, 2) * ship * S
