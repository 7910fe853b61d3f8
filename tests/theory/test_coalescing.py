"""How much coalescing saves: distinct blocks of k writes (NUMBERS.md 1.5).

uniform: N (1 - (1 - 1/N)^k), about N (1 - e^(-k/N)); skewed: sum over blocks of 1 - (1 - p_i)^k

Each figure from 120 seeds: the closed form lies inside the 99 % interval of all cases together (Student t), which is
narrower than 2 % (NUMBERS.md 1.10). k is what the run wrote: given k, Poisson writes fall independently.
"""

import math

import numpy as np
import pytest
from scipy import stats

from sim.scenario.volumes import Volume
from sim.streams import Streams
from sim.world.workload import build

SEEDS = 120
BLOCKS = 20_000
CONFIDENCE = (
    0.9998  # of 26 cases at 99 % each one in four lots of seeds would hold a wrong alarm; together they are at 99 %
)
SECOND = 10**9
HOT = {"hot": {"space": "5 %", "writes": "80 %"}}


def runs(workload, seconds, typical_seconds):
    """(writes, distinct blocks) of a window that begins where another ended, for each seed."""
    volume = Volume.model_validate({"size": f"{BLOCKS * 8} KiB", "workload": {"w": workload}})
    found = []
    for seed in range(SEEDS):
        writer = build("v", volume, Streams(seed), None, int(typical_seconds * SECOND))
        writer.take(3 * SECOND)
        batch = writer.take((3 + seconds) * SECOND)
        found.append((batch.writes, batch.addresses.size))
    return found


def agrees(found, expected):
    """The mean of distinct / closed form is 1 within its 99 % interval, which is narrow; else what is wrong."""
    ratios = np.array([distinct / expected(writes) for writes, distinct in found])
    half = stats.t.ppf(CONFIDENCE, SEEDS - 1) * ratios.std(ddof=1) / math.sqrt(SEEDS)
    if half > 0.02:
        return f"interval too wide: {half:.3f}"
    return "" if abs(ratios.mean() - 1) <= half else f"{ratios.mean():.5f} is not 1 +- {half:.5f}"


def uniform(writes):
    return BLOCKS * -math.expm1(writes * math.log1p(-1 / BLOCKS))


def hot_and_cold(writes):
    hot = BLOCKS // 20
    parts = ((hot, 0.8 / hot), (BLOCKS - hot, 0.2 / (BLOCKS - hot)))
    return sum(n * -math.expm1(writes * math.log1p(-p)) for n, p in parts)


def zipf(exponent):
    weights = np.arange(1, BLOCKS + 1) ** -exponent
    shares = weights / math.fsum(weights)
    return lambda writes: float(np.sum(-np.expm1(writes * np.log1p(-shares))))


@pytest.mark.parametrize(("per_block", "table"), [(0.1, 0.0952), (0.5, 0.3935), (1, 0.6321), (2, 0.8647)])
@pytest.mark.parametrize("typical_seconds", [0.3, 30], ids=["drawn in stages", "drawn at once"])
def test_uniform_overwrites_coalesce_as_the_table_says(per_block, table, typical_seconds):
    found = runs({"writes": f"{int(per_block * BLOCKS / 10)} /s"}, 10, typical_seconds)
    assert not (fault := agrees(found, uniform)), fault
    assert np.mean([distinct for _, distinct in found]) / BLOCKS == pytest.approx(table, rel=0.02)


@pytest.mark.parametrize("rate", [300, 5_000, 200_000], ids=["cold", "mixed", "popular"])
@pytest.mark.parametrize(
    ("locality", "expected"),
    [(HOT, hot_and_cold), ({"zipf": "1.1"}, zipf(1.1)), ({"zipf": "0.8"}, zipf(0.8))],
    ids=["hot and cold", "zipf 1.1", "zipf 0.8"],
)
def test_skewed_overwrites_coalesce_as_the_sum_says(locality, expected, rate):
    found = runs({"writes": f"{rate} /s", "locality": locality}, 2, 2)
    assert not (fault := agrees(found, expected)), fault


def test_large_writes_coalesce_by_the_extent():
    """Aligned extents of c blocks: the same law for N / c extents."""
    found = runs({"writes": "500 /s", "write_size": "32 KiB"}, 10, 10)
    extents = BLOCKS // 4

    def expected(writes):
        return 4 * extents * -math.expm1(writes * math.log1p(-1 / extents))

    assert not (fault := agrees(found, expected)), fault


def test_a_sequential_scan_saves_nothing_until_it_has_gone_round():
    for writes, distinct in runs({"writes": "1900 /s", "locality": "sequential"}, 10, 10):
        assert distinct == writes
    for writes, distinct in runs({"writes": "3000 /s", "locality": "sequential"}, 10, 10):
        assert writes > distinct == BLOCKS


@pytest.mark.parametrize(
    "crime",
    [
        lambda writes: BLOCKS * -math.expm1(-1.05 * writes / BLOCKS),  # a rate a twentieth too high
        lambda writes: min(writes, BLOCKS),  # no coalescing at all
        hot_and_cold,  # another locality
    ],
)
def test_the_interval_catches_a_wrong_form(crime):
    assert agrees(runs({"writes": "1000 /s"}, 10, 10), crime)
