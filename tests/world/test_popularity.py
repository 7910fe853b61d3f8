"""Popularity in bins, and where its ranks lie."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.streams import Streams
from sim.world.popularity import GROWTH, Bin, hot_and_cold, uniform, zipf
from sim.world.scatter import Scatter

EXPONENTS = (0.5, 0.8, 1.0, 1.0000001, 1.1, 2.0)


def exact_zipf(ranks, exponent):
    weights = [r**-exponent for r in range(1, ranks + 1)]
    total = math.fsum(weights)
    return [w / total for w in weights]


@given(st.integers(1, 10**13), st.sampled_from(EXPONENTS))
def test_the_masses_add_up_to_one_and_the_bins_cover_every_rank_once(ranks, exponent):
    spread = zipf(ranks, exponent)
    assert math.isclose(math.fsum(one.mass for one in spread.bins), 1.0, rel_tol=1e-9)
    assert spread.ranks == ranks == sum(one.count for one in spread.bins)
    assert [one.first for one in spread.bins[1:]] == [one.first + one.count for one in spread.bins[:-1]]
    assert len(spread.bins) < 1100, "no table of the size of the region"


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_the_mass_of_a_zipf_bin_is_the_exact_sum(exponent):
    shares = exact_zipf(100_000, exponent)
    for one in zipf(100_000, exponent).bins:
        exact = math.fsum(shares[one.first : one.first + one.count])
        assert math.isclose(one.mass, exact, rel_tol=1e-9)  # 32 significant bits
        assert max(shares[one.first] / one.each, one.each / shares[one.first]) < GROWTH**exponent


@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("writes", [10.0, 1e4, 1e6])
def test_even_bins_do_not_change_the_number_of_distinct_ranks(exponent, writes):
    exact = math.fsum(-math.expm1(-writes * share) for share in exact_zipf(20_000, exponent))
    assert math.isclose(zipf(20_000, exponent).expected_distinct(writes), exact, rel_tol=1e-4)


def test_few_ranks_stand_alone():
    assert zipf(3, 1.0).bins == (
        Bin(0, 1, pytest.approx(6 / 11)),
        Bin(1, 1, pytest.approx(3 / 11)),
        Bin(2, 1, pytest.approx(2 / 11)),
    )
    assert uniform(7).bins == (Bin(0, 7, 1.0),)
    assert hot_and_cold(100, 10, 0.9).bins == (Bin(0, 10, pytest.approx(0.9)), Bin(10, 90, pytest.approx(0.1)))
    assert hot_and_cold(100, 100, 0.9) == uniform(100)


@given(st.sampled_from([uniform(1000), zipf(10_000, 1.1), hot_and_cold(5000, 50, 0.8)]), st.floats(0.001, 0.95))
def test_how_many_writes_a_number_of_distinct_ranks_takes(spread, share):
    wanted = share * spread.ranks
    assert math.isclose(spread.expected_distinct(spread.writes_until(wanted)), wanted, rel_tol=5e-3)


def test_more_distinct_ranks_than_there_are_take_for_ever():
    assert uniform(10).writes_until(11.0) == 1e15


def test_fewer_bins_for_a_guess():
    spread = zipf(26_214_400, 1.1)
    coarse = spread.coarsened(1.5)
    assert len(coarse.bins) < 60 < len(spread.bins)
    assert coarse.ranks == spread.ranks
    for writes in (1e3, 1e5, 1.2e6, 1e8):
        assert math.isclose(coarse.expected_distinct(writes), spread.expected_distinct(writes), rel_tol=0.01)


@pytest.mark.parametrize("n", [*range(1, 70), 127, 128, 129, 1000, 4097, 100_003])
def test_every_slot_has_exactly_one_rank(n):
    slots = Scatter(n, Streams(n).generator("places")).slots(np.arange(n))
    assert np.array_equal(np.sort(slots), np.arange(n))


def test_scattering_leaves_its_argument_alone_and_takes_any_order():
    scatter, ranks = Scatter(1000, Streams(1).generator("places")), np.array([5, 5, 999, 0])
    slots = scatter.slots(ranks)
    assert ranks.tolist() == [5, 5, 999, 0]
    assert slots[0] == slots[1]
    assert [int(scatter.slots(np.array([rank]))[0]) for rank in ranks] == slots.tolist()


@pytest.mark.parametrize("n", [26_214_400, 2**20, 2**20 + 1])
def test_popular_ranks_lie_anywhere(n):
    """The first 4,096 ranks over 64 equal parts of the region, and the distances of neighbours, as chance has it."""
    tails = []
    for seed in range(40):
        slots = np.sort(Scatter(n, Streams(seed).generator("places")).slots(np.arange(4096)))
        tails.append(stats.chisquare(np.bincount(slots * 64 // n, minlength=64)).pvalue)
        tails.append(stats.kstest(np.diff(slots) * 4096 / n, "expon").pvalue)
    assert min(tails) > 1e-6, tails
    assert stats.kstest(tails, "uniform").pvalue > 1e-4


def test_another_key_gives_another_order():
    orders = [Scatter(500, Streams(seed).generator("places")).slots(np.arange(500)).tolist() for seed in range(20)]
    assert len({tuple(order) for order in orders}) == 20


def walked(n, rank):
    """What `Scatter` says it does, in whole numbers without a limit."""
    bits = max(1, (n - 1).bit_length())
    mask, words = 2**bits - 1, Streams(n).generator("places").integers(0, 1 << 62, size=6).tolist()
    slot = n
    while slot >= n:
        for factor, offset in zip(words[:3], words[3:], strict=True):
            rank = (rank * ((factor & mask) | 1) + (offset & mask)) & mask
            rank ^= rank >> ((bits + 1) // 2)
        slot = rank
    return slot


@pytest.mark.parametrize("n", [1, 5, 2**21, 2**31, 2**32 - 3, 2**32, 2**32 + 1, 2**40, 2**62 - 5])
def test_the_width_of_the_words_changes_no_slot(n):
    ranks = sorted({rank % n for rank in (0, 1, 2, n - 2, n - 1, *range(3, 2**62, 2**57 + 12_345))})
    slots = Scatter(n, Streams(n).generator("places")).slots(np.array(ranks))
    assert slots.dtype == np.int64
    assert slots.tolist() == [walked(n, rank) for rank in ranks]


@pytest.mark.parametrize("n", [0, -1, 2**62 + 1])
def test_nothing_to_scatter(n):
    with pytest.raises(ValueError, match="cannot scatter"):
        Scatter(n, Streams(1).generator("places"))
