"""Durations drawn from the distributions that scenarios name, in whole nanoseconds.

Scalar `math` only, rounded at once (CORRECTNESS.md 5.1); a duration is at least one nanosecond.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from sim.scenario.distributions import (
    Choice,
    Constant,
    Distribution,
    Exponential,
    Lognormal,
    UniformRange,
    Weibull,
)

Z95 = 1.6448536269514722  # 95 % of a standard normal lie below


def draw_ns(distribution: Distribution, luck: np.random.Generator) -> int:
    """One duration; each takes its luck in the same way whatever came before."""
    match distribution:
        case Constant():
            return distribution.value
        case Exponential():
            return _whole(luck.standard_exponential() * distribution.mean)
        case Lognormal():
            spread = math.log(distribution.p95 / distribution.median) / Z95
            return _whole(distribution.median * math.exp(spread * luck.standard_normal()))
        case UniformRange():
            return int(luck.integers(distribution.low, distribution.high, endpoint=True))
        case Weibull():
            return _whole(distribution.scale * math.pow(luck.standard_exponential(), 1.0 / distribution.shape))
        case Choice():
            return distribution.values[_chosen([float(share) for share in distribution.shares], luck)]


def _whole(duration: float) -> int:
    return max(1, math.ceil(duration))


def _chosen(shares: list[float], luck: np.random.Generator) -> int:
    return min(bisect_right(list(accumulate(shares)), luck.random()), len(shares) - 1)


def drawn_order(names: Sequence[str], luck: np.random.Generator) -> list[str]:
    """All of them, each order as likely as any other."""
    return [names[place] for place in luck.permutation(len(names))]
