"""Independent (Poisson) writes over any popularity, drawn per distinct block (DESIGN.md decision 2).

exact in distribution, at a cost that grows with the distinct blocks touched, not with the writes
memoryless: a take ends an epoch, and what was drawn beyond it never happened
prefix-consistent: what is drawn one by one and what in windows follows from the takes, never from how far one looks

Popular slots draw one exponential each, their first touch; the cold rest is drawn write by write, in windows. Which is
which depends on how long an epoch is believed to be. One that lasts longer goes on in stages, each four times as long:
the process has no memory, so a stage may draw afresh.
Thinning of a Poisson process: Kingman 1993, "Poisson Processes", 5.1. Number of distinct blocks: NUMBERS.md 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.world.drawn import NOTHING, Longs, Luck
from sim.world.earliest import chosen, earliest, joined
from sim.world.lots import Lot, PopularLot
from sim.world.poisson_law import PoissonLaw
from sim.world.stage import Stage

FEW = 8  # one in so many of what was drawn is picked out of the rest before it is sorted
REMEMBERED = 4  # takes: a look just after a cut must not make the next epoch believe that intervals are short


class PoissonEpoch:
    """What the Poisson writes of a source do between two takes."""

    def __init__(self, law: PoissonLaw, luck: Luck, recent: tuple[int, ...] = ()) -> None:
        self._law, self._luck, self._recent = law, luck, recent
        self._level = law.level(max(recent, default=law.typical_ops))
        self._stages: list[Stage] = []
        self._slots, self._ops = NOTHING, NOTHING  # slots, increasing, and their first instants, of all but
        self._unsorted: list[Lot] = []  # what else was drawn

    def touched(self, ops: int) -> tuple[Longs, Longs]:
        """Slots first written in (0, ops], increasing, and when."""
        self._draw_until(ops)
        if self._unsorted and (early := self._early(ops)) is not None:
            return early
        self._sort()
        slots, instants = chosen(self._ops <= ops, self._slots, self._ops)
        return slots, instants

    def writes(self, ops: int) -> int:
        """How many writes (0, ops] has, given what `touched(ops)` says."""
        self._draw_until(ops)
        return sum(stage.writes(min(ops - begin, stage.ops)) for begin, stage in self.stages(ops))

    def freed(self, ops: int) -> Longs:
        """Nothing: these writes free no block."""
        return NOTHING

    def following(self, ops: int, luck: Luck) -> PoissonEpoch:
        """A fresh epoch: the process has no memory, the tuning has a little."""
        return PoissonEpoch(self._law, luck, (*self._recent, ops)[-REMEMBERED:])

    def ops_until(self, slots: int) -> int:
        """A guess: by when so many slots have been touched."""
        return self._law.ops_until(slots)

    def stages(self, ops: int) -> Iterator[tuple[int, Stage]]:
        """The stages of (0, ops], and when each begins."""
        begin, number = 0, 0
        while begin < ops:
            if number == len(self._stages):
                split = self._law.split(self._level + number)
                self._stages.append(Stage(split, self._law.scatter, self._luck, number))
            yield begin, self._stages[number]
            begin, number = begin + self._stages[number].ops, number + 1

    def _draw_until(self, ops: int) -> None:
        drawn = [
            lot.later(begin) if begin else lot
            for begin, stage in self.stages(ops)
            for lot in stage.draw_until(min(ops - begin, stage.ops))
            if lot.instants.size
        ]
        if drawn:
            self._keep(drawn)

    def _keep(self, drawn: list[Lot]) -> None:
        self._unsorted += drawn

    def _early(self, ops: int) -> tuple[Longs, Longs] | None:
        """What (0, ops] has where that is little of what was drawn: then the rest need not be sorted yet, if ever."""
        lots = [*self._unsorted, PopularLot(self._slots, self._ops)]
        within = [lot.instants <= ops for lot in lots]
        if FEW * sum(map(np.count_nonzero, within)) > sum(mask.size for mask in within):
            return None
        where = [(lot, np.flatnonzero(mask)) for lot, mask in zip(lots, within, strict=True)]
        slots = [lot.slots_of(places) for lot, places in where if places.size]
        return earliest(joined(slots), joined([lot.instants[places] for lot, places in where if places.size]))

    def _sort(self) -> None:
        lots, self._unsorted = self._unsorted, []
        if not lots:
            return
        slots, instants = [lot.slots() for lot in lots], [lot.instants for lot in lots]
        if self._slots.size:
            slots, instants = [self._slots, *slots], [self._ops, *instants]
        if len(lots) == len(slots) == 1 and lots[0].in_order:
            self._slots, self._ops = slots[0], instants[0]
        else:
            self._slots, self._ops = earliest(joined(slots), joined(instants))
