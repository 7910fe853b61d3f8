"""Who gets how much where several share: weighted max-min over all that a flow crosses (progressive filling).

    all rates grow together, each as its weight, until a direction is full: whoever crosses it stops there
    a flow that cannot use so much (its cap) stops before, and leaves the rest to the others
    what nobody took although there is room is shared out in the same way without caps
    the sum over the flows of a direction never exceeds its capacity

Exact fractions; one whose denominator has become long is rounded down, so that they stay short however many links.
Max-min fairness: Bertsekas and Gallager, Data Networks, 6.5.2.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, Generic, TypeVar

D = TypeVar("D", bound=Hashable)

_LONG: Final = 1 << 48
_GRAIN: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Demand(Generic[D]):
    """One flow: its weight, what it crosses that is limited, and the most that it can use (None: anything).

    Whoever crosses one twice takes its rate there twice.
    """

    weight: Fraction
    crosses: tuple[D, ...]
    cap: Fraction | None = None


def shares(demands: Sequence[Demand[D]], capacities: Mapping[D, Fraction | int]) -> list[Fraction]:
    """The rate of each, in the unit of the capacities. Raises ValueError for a demand that crosses nothing limited."""
    if not all(demand.crosses for demand in demands):
        raise ValueError("a flow that crosses nothing limited has no share")
    if len(demands) == 1:
        return [_least(demands[0], capacities)]
    if all(demand.cap is None for demand in demands) and _share_nothing(demands):
        return [_short(_least(demand, capacities)) for demand in demands]
    common = math.lcm(*(demand.weight.denominator for demand in demands))
    weights = [demand.weight.numerator * (common // demand.weight.denominator) for demand in demands]
    filling = _Filling(demands, weights, {direction: Fraction(capacity) for direction, capacity in capacities.items()})
    rates = filling.fill([demand.cap for demand in demands])
    if any(demand.cap is not None for demand in demands):
        more = filling.fill([None] * len(demands))
        rates = [rate + extra for rate, extra in zip(rates, more, strict=True)]
    return rates


@lru_cache(maxsize=1024)
def part(capacity: int, times: int) -> Fraction:
    """Such a part of it; the same object each time, which makes comparing what connections see cheap."""
    return Fraction(capacity, times)


def _share_nothing(demands: Sequence[Demand[D]]) -> bool:
    """Whether no direction is crossed by two of them: then nobody takes anything from anybody."""
    crossed = [direction for demand in demands for direction in dict.fromkeys(demand.crosses)]
    return len(set(crossed)) == len(crossed)


def _least(demand: Demand[D], capacities: Mapping[D, Fraction | int]) -> Fraction:
    """What the narrowest of the directions that it crosses lets through for it alone."""
    crosses = demand.crosses
    if len(crosses) == 1:
        return Fraction(capacities[crosses[0]])
    return min(Fraction(capacities[direction]) / crosses.count(direction) for direction in crosses)


class _Filling(Generic[D]):
    """What is left of each direction while it is filled. Weights are whole numbers here: only their ratios count."""

    def __init__(self, demands: Sequence[Demand[D]], weights: Sequence[int], left: dict[D, Fraction]) -> None:
        self._demands, self._weights, self._left = demands, weights, left

    def fill(self, caps: Sequence[Fraction | None]) -> list[Fraction]:
        """Rates that fill what is left, which becomes less by them."""
        rates = [Fraction(0)] * len(self._demands)
        growing = list(range(len(self._demands)))
        limited = [n for n in growing if caps[n] is not None]
        while growing:
            heavy = self._heavy(growing)
            tight = min(heavy, key=lambda direction: self._left[direction] / heavy[direction])
            level = self._left[tight] / heavy[tight]
            stops = [n for n in limited if self._is_below(caps[n], level * self._weights[n])]
            if stops:
                for n in stops:
                    rates[n] = caps[n] or Fraction(0)
                    for direction in self._demands[n].crosses:
                        self._left[direction] -= rates[n]
            else:
                stops = [n for n in growing if tight in self._demands[n].crosses]
                rate_of = {weight: _short(level * weight) for weight in dict.fromkeys(self._weights[n] for n in stops)}
                rates = [rate_of[self._weights[n]] if n in stops else rate for n, rate in enumerate(rates)]
                for direction, weight in self._heavy(stops).items():
                    self._left[direction] -= level * weight
            growing = [n for n in growing if n not in stops]
            limited = [n for n in limited if n not in stops]
        return rates

    def _heavy(self, flows: Sequence[int]) -> dict[D, int]:
        """The weight of these flows together, on each direction."""
        heavy: dict[D, int] = {}
        for n in flows:
            for direction in self._demands[n].crosses:
                heavy[direction] = heavy.get(direction, 0) + self._weights[n]
        return heavy

    @staticmethod
    def _is_below(cap: Fraction | None, rate: Fraction) -> bool:
        return cap is not None and cap < rate


def _short(rate: Fraction) -> Fraction:
    return rate if rate.denominator < _LONG else Fraction(rate.numerator * _GRAIN // rate.denominator, _GRAIN)
