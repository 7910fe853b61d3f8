"""How sure one can be after so many runs with different luck.

mean        Student's t
share       Wilson's score: good near 0 and 1, where data loss lives
percentile  order statistics, whatever the distribution: below 59 runs a p95 has no upper 95 % bound
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from sim.summary import amount
from sim.summary.amounts import Unit


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its bounds; a bound is None where so few runs allow none."""

    value: float
    low: float | None
    high: float | None

    def shown(self, unit: Unit) -> str:
        """For people: `12.4 min (11.9 min to 12.9 min)`."""
        if self.low is None and self.high is None:
            return f"{amount(self.value, unit)} (too few runs for bounds)"
        return f"{amount(self.value, unit)} ({_bound(self.low, unit)} to {_bound(self.high, unit)})"


def _bound(value: float | None, unit: Unit) -> str:
    return "no bound" if value is None else amount(value, unit)


def mean(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The mean of independent runs. Raises ValueError without any."""
    if not values:
        raise ValueError("there is no mean of nothing")
    n = len(values)
    middle = math.fsum(values) / n
    if n == 1:
        return Interval(middle, None, None)
    deviation = math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (n - 1))
    half = student_t((1 + confidence) / 2, n - 1) * deviation / math.sqrt(n)
    return Interval(middle, middle - half, middle + half)


def share(hits: int, runs: int, confidence: float = 0.95) -> Interval:
    """The chance of something that happened in `hits` of `runs` (Wilson 1927). Raises ValueError without any run."""
    if not 0 <= hits <= runs or not runs:
        raise ValueError(f"{hits} of {runs} is not a share")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    found, weight = hits / runs, z * z / runs
    centre = (found + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(found * (1 - found) / runs + weight / (4 * runs))
    return Interval(found, 0.0 if hits == 0 else centre - half, 1.0 if hits == runs else centre + half)


def percentile(values: Sequence[float], level: float, confidence: float = 0.95) -> Interval:
    """A percentile of the runs, with one-sided bounds at `confidence` each; None where no run is far enough out."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered, n = sorted(values), len(values)
    below = _binomial_sums(n, level)  # [k] is the chance that at most k runs lie below the true percentile
    high = next((at for at in range(n) if below[at] >= confidence), None)
    low = next((at for at in reversed(range(n)) if below[at] <= 1 - confidence), None)
    value = ordered[max(math.ceil(level * n) - 1, 0)]
    return Interval(value, None if low is None else ordered[low], None if high is None else ordered[high])


def runs_needed(level: float, confidence: float = 0.95) -> int:
    """How many runs a percentile needs before it has an upper bound: 59 for a p95 at 95 %."""
    return math.ceil(math.log(1 - confidence) / math.log(level))


def student_t(level: float, freedom: int) -> float:
    """Quantile of Student's t for 1/2 < level < 1, by bisection of its distribution function."""
    low, high = 0.0, 1.0
    while _t_between(high, freedom) < 2 * level - 1:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_between(middle, freedom) < 2 * level - 1 else (low, middle)
    return (low + high) / 2


def _t_between(t: float, freedom: int) -> float:
    """P(-t < T < t) as a finite series (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2 == 1
    terms, term = [], cosine if odd else 1.0
    for at in range(2 if odd else 1, freedom, 2):
        terms.append(term)
        term *= cosine * cosine * at / (at + 1)
    series = math.sin(angle) * math.fsum(terms)
    return 2 / math.pi * (angle + series) if odd else series


def _binomial_sums(n: int, chance: float) -> list[float]:
    total, sums = 0.0, []
    for k in range(n + 1):
        log_ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        total += math.exp(log_ways + k * math.log(chance) + (n - k) * math.log1p(-chance))
        sums.append(min(total, 1.0))
    return sums
