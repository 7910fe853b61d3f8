"""Touches that were drawn together: when each came, and which slot it fell on.

most looks want few of what a window holds, so where a cold write fell is worked out for those alone
"""

from __future__ import annotations

from typing import Protocol

from sim.world.drawn import Longs
from sim.world.poisson_law import ColdWrites
from sim.world.scatter import Scatter


class Lot(Protocol):
    """Touches of one draw; a slot may come more than once."""

    instants: Longs
    """When, in operational nanoseconds."""
    in_order: bool
    """Whether the slots are distinct and increase."""

    def slots(self) -> Longs:
        """The slot of each; asked for last and once."""
        ...

    def slots_of(self, chosen: Longs) -> Longs:
        """The slots of these touches (int64 indices)."""
        ...

    def later(self, ops: int) -> Lot:
        """The same touches, so much later."""
        ...


class PopularLot:
    """Slots drawn one by one: they are known, in order."""

    __slots__ = ("_slots", "instants")
    in_order = True

    def __init__(self, slots: Longs, instants: Longs) -> None:
        self._slots, self.instants = slots, instants

    def slots(self) -> Longs:
        """All of them."""
        return self._slots

    def slots_of(self, chosen: Longs) -> Longs:
        """Those of these touches."""
        return self._slots[chosen]

    def later(self, ops: int) -> PopularLot:
        """The same, so much later."""
        return PopularLot(self._slots, self.instants + ops)


class ColdLot:
    """Writes drawn one by one: their ranks, and the slots that those lie on, are worked out when they are asked for."""

    __slots__ = ("_scatter", "_writes", "instants")
    in_order = False

    def __init__(self, writes: ColdWrites, scatter: Scatter, begin: int = 0) -> None:
        """`begin`: by how much later they are than what was drawn says."""
        self._writes, self._scatter = writes, scatter
        self.instants = writes.instants + begin if begin else writes.instants

    def slots(self) -> Longs:
        """All of them; what was drawn is used up."""
        return self._scatter.slots(self._writes.ranks())

    def slots_of(self, chosen: Longs) -> Longs:
        """Those of these writes."""
        return self._scatter.slots(self._writes.ranks_of(chosen))

    def later(self, ops: int) -> ColdLot:
        """The same, so much later; of what a stage hands out, which is not late yet."""
        return ColdLot(self._writes, self._scatter, ops)
