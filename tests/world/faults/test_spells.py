"""When faults come and go, against renewal theory and against what the words promise."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter
from scipy import stats

from sim.scenario.distributions import Distribution
from sim.streams import Streams
from sim.world.faults.spells import flapping, once, renewals, swizzled

S = 10**9
HOUR = 3600 * S
P95 = 1.6448536269514722


def distribution(spec):
    return TypeAdapter(Distribution).validate_python(spec)


def spells(up, down, n, seed=1, name="faults/flaps/wan"):
    streams = Streams(seed)
    luck = (streams.generator(name, 0), streams.generator(name, 1))
    return list(itertools.islice(renewals(distribution(up), distribution(down), *luck), n))


SIGMA = math.log(4 * 60 / 20) / P95
RENEWALS = {
    "exponential up and down": ({"exponential": "3 h"}, {"exponential": "1 h"}, 3 / (3 + 1)),
    # a lognormal's mean is median exp(sigma^2 / 2); a Weibull's is scale Gamma(1 + 1 / shape)
    "Weibull up, lognormal down": (
        {"weibull": {"shape": "1.5", "scale": "10 min"}},
        {"lognormal": {"median": "20 s", "p95": "4 min"}},
        600 * math.gamma(1 + 1 / 1.5) / (600 * math.gamma(1 + 1 / 1.5) + 20 * math.exp(SIGMA**2 / 2)),
    ),
    "uniform up, choice down": ({"uniform": ["1 h", "3 h"]}, {"choice": {"1 h": "50 %", "3 h": "50 %"}}, 1 / 2),
}


@pytest.mark.parametrize("law", RENEWALS)
def test_availability_is_mttf_over_mttf_plus_mttr(law):
    """NUMBERS.md 1.4: whatever the distributions are, by the renewal reward theorem (Ross 1996, 3.6)."""
    up, down, availability = RENEWALS[law]
    found = []
    for seed in range(40):
        drawn = spells(up, down, 500, seed)
        found.append(1 - sum(end - begin for begin, end in drawn) / drawn[-1][1])
    middle, error = statistics.fmean(found), statistics.stdev(found) / math.sqrt(len(found))
    half_width = stats.t.ppf(0.995, len(found) - 1) * error
    assert abs(middle - availability) < half_width, "inside the 99 % interval"
    assert half_width < 0.02 * availability, "which is narrow"


def test_times_between_faults_are_as_drawn():
    """A renewal process: up times are independent and exponential, down times as well."""
    drawn = spells({"exponential": "3 h"}, {"exponential": "1 h"}, 3000)
    ends = [0, *(end for _, end in drawn)]
    ups = [begin - end for (begin, _), end in zip(drawn, ends, strict=False)]
    assert stats.kstest(ups, stats.expon(scale=3 * HOUR).cdf).pvalue > 1e-3
    assert stats.kstest([end - begin for begin, end in drawn], stats.expon(scale=HOUR).cdf).pvalue > 1e-3
    assert abs(stats.spearmanr(ups[1:], ups[:-1]).statistic) < 0.06


def test_how_long_repairs_take_does_not_change_when_the_next_fault_comes():
    slow = spells({"exponential": "3 h"}, {"lognormal": {"median": "20 s", "p95": "4 min"}}, 50)
    fast = spells({"exponential": "3 h"}, "1 s", 50)
    assert ups_of(slow) == ups_of(fast)


def ups_of(drawn):
    return [begin - end for (begin, _), end in zip(drawn, [0, *(end for _, end in drawn)], strict=False)]


def test_each_member_has_its_own_luck():
    one, other = (spells({"exponential": "3 h"}, "1 s", 5, name=name) for name in ("faults/f/a", "faults/f/b"))
    assert one != other
    assert one == spells({"exponential": "3 h"}, "1 s", 5, name="faults/f/a")


def test_one_spell():
    assert list(once(5, 7)) == [(5, 12)]


@pytest.mark.parametrize(
    ("lasts", "expected"),
    [
        (1, [(100, 101)]),
        (20, [(100, 120)]),
        (50, [(100, 120)]),  # it is up when the end comes
        (51, [(100, 120), (150, 151)]),  # it is down: the end cuts it short
        (120, [(100, 120), (150, 170), (200, 220)]),
    ],
)
def test_flaps_begin_down_and_end_in_time(lasts, expected):
    assert list(flapping(100, 100 + lasts, 20, 30)) == expected


NAMES = [f"link-{n}" for n in range(12)]


@given(
    names=some.lists(some.sampled_from(NAMES), min_size=1, unique=True),
    share=some.fractions(0, 1),
    every=some.integers(1, 100),
    lasts=some.integers(1, 3000),
    seed=some.integers(0, 50),
)
def test_a_swizzle_returns_everything(names, share, every, lasts, seed):
    drawn = swizzled(names, share, 1000, lasts, every, Streams(seed).generator("timeline/s"))
    assert set(drawn) <= set(names)
    assert len(drawn) == max(1, math.floor(share * len(names) + 0.5))
    assert sorted(begin for begin, _ in drawn.values()) == [1000 + every * place for place in range(len(drawn))]
    assert all(end > begin for begin, end in drawn.values())
    if lasts > every * len(drawn):
        ends = sorted(end for _, end in drawn.values())
        assert ends == [1000 + lasts + every * place for place in range(len(drawn))]
        assert len(drawn) == 1 or sorted(drawn, key=lambda name: drawn[name][1]) != list(drawn)


def test_a_swizzle_picks_anybody_in_any_order():
    first = [next(iter(swizzled(NAMES, 0.5, 0, 100, 1, Streams(seed).generator("s")))) for seed in range(600)]
    counts = [first.count(name) for name in NAMES]
    assert stats.chisquare(counts).pvalue > 1e-3
