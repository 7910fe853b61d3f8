"""How many packets pass until the next one is lost: independent losses, as exponential waiting in units of the hazard.

A wait that is left over lasts into the next transfer, and keeps its meaning when the loss of the path changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

STRATA: Final = 16


class Luck:
    """Waits until the next loss, exponential with mean 1."""

    __slots__ = ("draw",)

    def __init__(self, draw: Callable[[], float]) -> None:
        self.draw = draw

    def wait(self) -> float:
        """The next wait."""
        return -math.log1p(-self.draw())


class EvenLuck:
    """Waits that cover their distribution evenly: of sixteen, one falls into each sixteenth, in any order."""

    __slots__ = ("_luck", "_strata")

    def __init__(self, luck: Luck) -> None:
        self._luck = luck
        self._strata: list[int] = []

    def wait(self) -> float:
        """The next wait."""
        if not self._strata:
            self._strata = list(range(STRATA))
        draw = self._luck.draw
        stratum = self._strata.pop(int(draw() * len(self._strata)))
        return -math.log1p(-(stratum + draw()) / STRATA)
