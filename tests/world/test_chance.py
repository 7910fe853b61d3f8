"""Durations drawn from distributions, against the distributions."""

import math

import pytest
from pydantic import TypeAdapter
from scipy import stats

from sim.scenario.distributions import Distribution
from sim.streams import Streams
from sim.world.chance import draw_ns

SECOND = 1e9
SIGMA = math.log(12) / stats.norm.ppf(0.95)
LAWS = {
    "exponential": ({"exponential": "36 s"}, stats.expon(scale=36 * SECOND)),
    "lognormal": ({"lognormal": {"median": "20 s", "p95": "4 min"}}, stats.lognorm(SIGMA, scale=20 * SECOND)),
    "uniform": ({"uniform": ["1 s", "5 s"]}, stats.uniform(SECOND, 4 * SECOND)),
    "weibull": ({"weibull": {"shape": "1.5", "scale": "20 s"}}, stats.weibull_min(1.5, scale=20 * SECOND)),
}


def drawn(spec, n, name="faults"):
    distribution = TypeAdapter(Distribution).validate_python(spec)
    luck = Streams(3).generator(name)
    return [draw_ns(distribution, luck) for _ in range(n)]


@pytest.mark.parametrize("law", LAWS)
def test_durations_follow_their_law(law):
    spec, distribution = LAWS[law]
    found = drawn(spec, 4000)
    assert all(isinstance(one, int) for one in found)
    assert stats.kstest(found, distribution.cdf).pvalue > 1e-3
    wrong = stats.kstest([1.1 * one for one in found], distribution.cdf).pvalue
    assert wrong < 1e-4, "a tenth too long is noticed"


def test_a_choice_takes_each_value_with_its_share():
    found = drawn({"choice": {"4 s": "70 %", "64 s": "30 %"}}, 4000)
    assert set(found) == {4 * 10**9, 64 * 10**9}
    assert stats.binomtest(found.count(4 * 10**9), 4000, 0.7).pvalue > 1e-3


def test_a_plain_duration_is_itself():
    assert drawn("10 min", 3) == [600 * 10**9] * 3


def test_a_duration_is_never_nothing():
    assert min(drawn({"exponential": "1 ns"}, 200)) == 1
