"""How a curve's values are distributed over time, exactly.

A linear segment spends equal times at equal heights, so that the values of a curve, weighted with time, are a mixture
of uniform distributions and of steps. Its distribution function is piecewise linear with corners at integers: quantiles
come from inverting it, not from sampling. Segments that rise with time itself (an age) are summed in integers, the
others with one correctly rounded sum (`math.fsum`). Time at which the value was more than any number can be among it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction

import numpy as np

from sim.summary.curve import Curve, Integers

Number = Fraction | int | float  # a float only where it is infinite: more than any number


class Distribution:
    """The values of a curve, each as long as it held, and an infinite one for `endless_ns`.

    Every answer is None where there is no value at all.
    """

    __slots__ = ("_corners", "_curve", "_finite_ns", "_high", "_low", "_weight", "endless_ns", "total_ns")

    def __init__(self, curve: Curve, endless_ns: int = 0) -> None:
        weight = curve.end_ns - curve.begin_ns
        held = weight > 0
        self._curve = curve
        self._weight: Integers = weight[held]
        self._low = np.minimum(curve.begin_value, curve.end_value)[held]
        self._high = np.maximum(curve.begin_value, curve.end_value)[held]
        self._corners: Integers | None = None
        self._finite_ns = int(self._weight.sum())
        self.endless_ns = endless_ns
        self.total_ns = self._finite_ns + endless_ns

    def maximum(self) -> Number | None:
        """The least upper bound, values passed through in an instant among them."""
        return math.inf if self.endless_ns else self.highest()

    def highest(self) -> int | None:
        """The least upper bound of the values that are not infinite."""
        if not self._finite_ns:
            return None
        return int(max(self._curve.begin_value.max(), self._curve.end_value.max()))

    def minimum(self) -> Number | None:
        """The greatest lower bound, values passed through in an instant among them."""
        if not self._finite_ns:
            return math.inf if self.endless_ns else None
        return int(min(self._curve.begin_value.min(), self._curve.end_value.min()))

    def mean(self) -> Number | None:
        """The time-weighted mean, exact."""
        if self.endless_ns:
            return math.inf
        if not self.total_ns:
            return None
        doubled = (self._low + self._high).tolist()
        return Fraction(sum(map(int.__mul__, self._weight.tolist(), doubled)), 2 * self.total_ns)

    def above_ns(self, target: int) -> Fraction:
        """For how long the value was above `target`."""
        return self.total_ns - self._at_most(target)

    def quantile(self, share: Fraction) -> Number | None:
        """The smallest value that was not exceeded for `share` of the time, 0 < share <= 1."""
        if not self.total_ns:
            return None
        corners, wanted = self._all_corners(), share * self.total_ns
        if wanted > self._finite_ns:
            return math.inf
        right = bisect_left(range(len(corners)), wanted, key=lambda at: self._at_most(int(corners[at])))
        corner = int(corners[min(right, len(corners) - 1)])
        reached = self._below(corner)
        if right in (0, len(corners)) or reached < wanted:
            return Fraction(corner)
        before = int(corners[right - 1])
        passed = self._at_most(before)
        return before + (corner - before) * (wanted - passed) / (reached - passed)

    def _all_corners(self) -> Integers:
        if self._corners is None:
            self._corners = np.unique(np.concatenate([self._low, self._high]))
        return self._corners

    def _at_most(self, value: int) -> Fraction:
        return int(self._weight[self._high <= value].sum()) + self._partly_below(value)

    def _below(self, value: int) -> Fraction:
        whole = (self._high < value) | ((self._high == value) & (self._low < value))
        return int(self._weight[whole].sum()) + self._partly_below(value)

    def _partly_below(self, value: int) -> Fraction:
        crossing = (self._low < value) & (self._high > value)
        weight, height = self._weight[crossing], (self._high - self._low)[crossing]
        above_low = value - self._low[crossing]
        ages = weight == height
        slopes = ~ages
        uneven = weight[slopes] * (above_low[slopes] / height[slopes])
        return int(above_low[ages].sum()) + Fraction(math.fsum(uneven.tolist()))
