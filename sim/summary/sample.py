"""What a metric measures for one choice of labels: a value at every instant, or one number.

The table of all metrics, their names, units and formulas is in `sim.summary.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from sim.summary.curve import Curve
from sim.summary.distribution import Distribution, Number
from sim.summary.story import Story
from sim.summary.windows import Windows

Labels = dict[str, str]

SECOND = 10**9


class Gap(Enum):
    """What it means that there is no value at an instant, in the word that stands for the value."""

    NO_SAMPLE = ""
    NOTHING_TO_SERVE = "nothing to serve"  # infinite for a check; the summary is over the rest of the time
    EVERYTHING = "everything"  # infinite for both


@dataclass(frozen=True, slots=True)
class Series:
    """A value at every instant: a curve in units of 1 / `divisor`, made when it is asked for."""

    labels: Labels
    curve: Callable[[], Curve]
    divisor: int = 1
    listed: bool = True  # whether the summary has it; a check can ask for the others too
    gap: Gap = Gap.NO_SAMPLE
    there: Windows | None = None  # when what it is about exists: outside of it a gap means nothing

    def told(self, windows: Windows) -> Distribution:
        """How its values are distributed, for the summary."""
        return self._over(windows, endless=self.gap is Gap.EVERYTHING)

    def asked(self, windows: Windows) -> Distribution:
        """The same for a check, which takes no gap for safety."""
        return self._over(windows, endless=self.gap is not Gap.NO_SAMPLE)

    def _over(self, windows: Windows, *, endless: bool) -> Distribution:
        windows = windows if self.there is None else windows.within(self.there)
        part = self.curve().within(windows)
        return Distribution(part, windows.length_ns - part.length_ns if endless else 0)


@dataclass(frozen=True, slots=True)
class Total:
    """One number for the windows it was asked for; None where there is none (a ratio to nothing)."""

    labels: Labels
    value: Number | None


OfRun = Callable[[Story], Iterator[Series]]
OfWindows = Callable[[Story, Windows], Iterator[Total]]
