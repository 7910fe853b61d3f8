"""One fault: what it does to which things, and the two moments of its life.

what was on its way is looked at before anything breaks, so that a group that fails as one sees itself whole
each fault ends for itself: what it did is undone, what others did stays
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from sim.records import FaultBegan, FaultEnded
from sim.world.clock import Clock, Order
from sim.world.faults.spells import Spell
from sim.world.ledger import Ledger


class Harm(Protocol):
    """What a fault does to one thing, and how that is undone."""

    @property
    def target(self) -> str:
        """The link, or the site."""

    @property
    def direction(self) -> str:
        """`madrid -> lisbon`; empty for both ways and for sites."""

    @property
    def detail(self) -> str:
        """How much: `10 % of the bandwidth`."""

    def on_its_way(self) -> Iterable[str]:
        """What is on its way there now."""

    def strike(self) -> None:
        """Do it; other faults may be on the same thing already."""

    def mend(self) -> None:
        """Undo it; other faults may stay."""


@dataclass(slots=True, eq=False)
class Fault:
    """Something that goes wrong under one name: one harm, or several at the same instant."""

    name: str
    kind: str
    harms: tuple[Harm, ...]
    began_ns: int = field(default=-1, init=False)


class Fate:
    """Lets faults begin and end, and writes down that they did."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self._clock, self._ledger = clock, ledger

    def will_have(self, fault: Fault, spells: Iterator[Spell]) -> None:
        """Let a fault come and go at these times, which do not overlap: one event waits at any time, however many."""
        spell = next(spells, None)
        if spell is not None:
            begin_ns, end_ns = spell
            self._clock.call_at(begin_ns, Order.DISASTER, lambda: self._has(fault, end_ns, spells))

    def _has(self, fault: Fault, end_ns: int, spells: Iterator[Spell]) -> None:
        self.begin(fault)
        self._clock.call_at(end_ns, Order.REPAIR, lambda: self._had(fault, spells))

    def _had(self, fault: Fault, spells: Iterator[Spell]) -> None:
        self.end(fault)
        self.will_have(fault, spells)

    def begin(self, fault: Fault) -> None:
        """Now it is there."""
        fault.began_ns = self._clock.now_ns
        for fact in [self._began(fault, harm) for harm in fault.harms]:
            self._ledger.append(fact)
        for harm in fault.harms:
            harm.strike()

    def end(self, fault: Fault) -> None:
        """Now it is over."""
        for harm in fault.harms:
            self._ledger.append(self._ended(fault, harm))
        for harm in fault.harms:
            harm.mend()

    def _began(self, fault: Fault, harm: Harm) -> FaultBegan:
        return FaultBegan(
            time_ns=self._clock.now_ns,
            fault=fault.name,
            kind=fault.kind,
            target=harm.target,
            direction=harm.direction,
            detail=harm.detail,
            hit=tuple(dict.fromkeys(harm.on_its_way())),
        )

    def _ended(self, fault: Fault, harm: Harm) -> FaultEnded:
        return FaultEnded(
            time_ns=self._clock.now_ns,
            fault=fault.name,
            kind=fault.kind,
            target=harm.target,
            direction=harm.direction,
            lasted_ns=self._clock.now_ns - fault.began_ns,
        )
