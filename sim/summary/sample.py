"""What a metric measures for one choice of labels: a value at every instant, or one number.

The table of all metrics, their names, units and formulas is in `sim.summary.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sim.summary.curve import Curve
from sim.summary.story import Story
from sim.summary.windows import Windows

Number = Fraction | int
Labels = dict[str, str]

SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Series:
    """A value at every instant: a curve in units of 1 / `divisor`, made when it is asked for."""

    labels: Labels
    curve: Callable[[], Curve]
    divisor: int = 1
    listed: bool = True  # whether the summary has it; a check can ask for the others too


@dataclass(frozen=True, slots=True)
class Total:
    """One number for the windows it was asked for; None where there is none (a ratio to nothing)."""

    labels: Labels
    value: Number | None


OfRun = Callable[[Story], Iterator[Series]]
OfWindows = Callable[[Story, Windows], Iterator[Total]]
