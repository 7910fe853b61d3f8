"""How writes spread over a region: popularity in bins of ranks, piecewise constant.

the masses of all bins add up to 1; ranks of one bin are equally popular; rank 0 is the most popular
no table of the size of the region: zipf over 26 million ranks takes about 500 bins

Masses are rounded to 32 significant bits: the last bit of another `libm` cannot move an event (CORRECTNESS.md 5.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

SINGLE_RANKS = 64  # the first ranks of a zipf law stand alone; beyond, a bin's ranks differ by GROWTH at most
GROWTH = 1.03


@dataclass(frozen=True, slots=True)
class Bin:
    """Ranks [first, first + count), equally popular: together they get `mass` of all writes."""

    first: int
    count: int
    mass: float

    @property
    def each(self) -> float:
        """The share of all writes that one rank gets."""
        return self.mass / self.count


@dataclass(frozen=True, slots=True)
class Popularity:
    """Bins of ranks from the most popular down; they cover [0, ranks) without gaps."""

    bins: tuple[Bin, ...]

    @property
    def ranks(self) -> int:
        """How many ranks there are."""
        return self.bins[-1].first + self.bins[-1].count

    def expected_distinct(self, writes: float) -> float:
        """Expected number of distinct ranks after Poisson(`writes`) writes (NUMBERS.md 1.5)."""
        return math.fsum(-one.count * math.expm1(-writes * one.each) for one in self.bins)

    def writes_until(self, distinct: float) -> float:
        """How many writes bring so many distinct ranks, on average; 1e15 for all of them or more."""
        if distinct >= self.ranks:
            return 1e15
        writes = distinct
        for _ in range(40):  # Newton from below on a concave function: steps only grow, and never pass the root
            slope = math.fsum(one.mass * math.exp(-writes * one.each) for one in self.bins)
            step = (distinct - self.expected_distinct(writes)) / max(slope, 1e-9)
            writes = min(writes + step, 1e15)
            if step <= 1e-3 * writes:
                break
        return writes

    def coarsened(self, ratio: float) -> Popularity:
        """The same with fewer bins: those whose popularity differs by less than `ratio` become one."""
        groups: list[list[Bin]] = []
        for one in self.bins:
            if groups and groups[-1][0].each < ratio * one.each and one.each < ratio * groups[-1][0].each:
                groups[-1].append(one)
            else:
                groups.append([one])
        return Popularity(tuple(_joined(group) for group in groups))


def uniform(ranks: int) -> Popularity:
    """Every rank alike."""
    return Popularity((Bin(0, ranks, 1.0),))


def hot_and_cold(ranks: int, hot_ranks: int, hot_mass: float) -> Popularity:
    """`hot_ranks` of the ranks get `hot_mass` of the writes (NUMBERS.md 1.5)."""
    if not 0 < hot_ranks < ranks:
        return uniform(ranks)
    hot = _steady(hot_mass)
    return Popularity((Bin(0, hot_ranks, hot), Bin(hot_ranks, ranks - hot_ranks, 1.0 - hot)))


def zipf(ranks: int, exponent: float) -> Popularity:
    """Rank r (from 1) gets a share proportional to r ** -exponent; exact per bin, even within a bin.

    The sums come from Euler-Maclaurin, exact to rounding from rank 64 on; within a bin shares differ by at most
    GROWTH ** exponent, which changes the number of distinct ranks by less than 1e-4 of it.
    """
    edges = _edges(ranks)
    sums = [_power_sum(low, high, exponent) for low, high in pairwise(edges)]
    total = math.fsum(sums)
    bins = (
        Bin(low, high - low, _steady(part / total)) for (low, high), part in zip(pairwise(edges), sums, strict=True)
    )
    return Popularity(tuple(bins))


def _joined(group: list[Bin]) -> Bin:
    return Bin(group[0].first, sum(one.count for one in group), math.fsum(one.mass for one in group))


def _edges(ranks: int) -> list[int]:
    edges = list(range(min(ranks, SINGLE_RANKS) + 1))
    while edges[-1] < ranks:
        edges.append(min(ranks, math.ceil(edges[-1] * GROWTH)))
    return edges


def _power_sum(low: int, high: int, exponent: float) -> float:
    """Sum of r ** -exponent over ranks low + 1 .. high."""
    first, last = low + 1, high
    if last <= 2 * SINGLE_RANKS:
        return math.fsum(math.pow(r, -exponent) for r in range(first, last + 1))
    ends = math.pow(first, -exponent), math.pow(last, -exponent)
    slope = exponent * (ends[0] / first - ends[1] / last) / 12.0
    return math.fsum((_integral(first, last, exponent), (ends[0] + ends[1]) / 2.0, slope))


def _integral(first: int, last: int, exponent: float) -> float:
    span = math.log(last / first)
    power = 1.0 - exponent
    if abs(power) * span < 1e-12:
        return span
    return math.pow(first, power) * math.expm1(power * span) / power


def _steady(value: float) -> float:
    """Rounded to 32 significant bits."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(math.ldexp(mantissa, 32)), exponent - 32)
