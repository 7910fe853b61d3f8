"""Who gets how much where several share: weighted max-min over all that a flow crosses (progressive filling).

    all rates grow together, each as its weight, until a direction is full: whoever crosses it stops there
    a flow that cannot use so much (its cap) stops before, and leaves the rest to the others
    what nobody took although there is room is shared out in the same way without caps
    the sum over the flows of a direction never exceeds its capacity

Exact fractions; one whose denominator has become long is rounded down, so that they stay short however many links.
Max-min fairness: Bertsekas and Gallager, Data Networks, 6.5.2.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Generic, TypeVar

D = TypeVar("D", bound=Hashable)

_LONG: Final = 1 << 48
_GRAIN: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Demand(Generic[D]):
    """One flow: its weight, what it crosses that is limited, and the most that it can use (None: anything)."""

    weight: Fraction
    crosses: tuple[D, ...]
    cap: Fraction | None = None


def shares(demands: Sequence[Demand[D]], capacities: Mapping[D, Fraction | int]) -> list[Fraction]:
    """The rate of each, in the unit of the capacities. Raises ValueError for a demand that crosses nothing limited."""
    if not all(demand.crosses for demand in demands):
        raise ValueError("a flow that crosses nothing limited has no share")
    if len(demands) == 1:
        return [Fraction(min(capacities[direction] for direction in demands[0].crosses))]
    left = {direction: Fraction(capacity) for direction, capacity in capacities.items()}
    rates = _fill(demands, [demand.cap for demand in demands], left)
    if any(demand.cap is not None for demand in demands):
        more = _fill(demands, [None] * len(demands), left)
        rates = [rate + extra for rate, extra in zip(rates, more, strict=True)]
    return rates


def _fill(demands: Sequence[Demand[D]], caps: Sequence[Fraction | None], left: dict[D, Fraction]) -> list[Fraction]:
    """Rates that fill what is left, which becomes less by them."""
    rates = [Fraction(0)] * len(demands)
    growing = dict.fromkeys(range(len(demands)))
    weights = _weights(demands, growing)
    while growing:
        level, full = min(
            (left[direction] / weight, place) for place, (direction, weight) in enumerate(weights.items())
        )
        tight = list(weights)[full]
        stops = _capped(demands, caps, growing, level) or [n for n in growing if tight in demands[n].crosses]
        for n in stops:
            cap = caps[n]
            rates[n] = _short(level * demands[n].weight if cap is None else min(cap, level * demands[n].weight))
            del growing[n]
            for direction in demands[n].crosses:
                left[direction] -= rates[n]
        weights = _weights(demands, growing)
    return rates


def _weights(demands: Sequence[Demand[D]], growing: Mapping[int, None]) -> dict[D, Fraction]:
    """The weight of those who still grow, a direction."""
    weights: dict[D, Fraction] = {}
    for n in growing:
        for direction in demands[n].crosses:
            weights[direction] = weights.get(direction, Fraction(0)) + demands[n].weight
    return weights


def _capped(
    demands: Sequence[Demand[D]], caps: Sequence[Fraction | None], growing: Mapping[int, None], level: Fraction
) -> list[int]:
    """Those who cannot use what the level offers them."""
    return [n for n in growing if (cap := caps[n]) is not None and cap < level * demands[n].weight]


def _short(rate: Fraction) -> Fraction:
    return rate if rate.denominator < _LONG else Fraction(rate.numerator * _GRAIN // rate.denominator, _GRAIN)
