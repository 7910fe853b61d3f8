"""Which boundary a secondary could offer, and from when on.

    replayed <= begun: a replay that has begun is finished, whatever happens
    replayed <= received: sets count once they are complete and no set before them is missing (V2)
    nothing can be offered while a copy is on its way (V7, FIG 11)
Boundaries are counted along the primary's history: 0 is the start, k the k-th cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.records import (
    CopyBegan,
    CopyFinished,
    DeltaSetCut,
    Record,
    ReplayBegan,
    ReplicationBegan,
    SetReceived,
    SetReplayed,
)
from sim.summary.facts import Facts


class Boundaries:
    """The instants at which a primary's volume was a boundary, in order, and their names."""

    __slots__ = ("_positions", "times_ns")

    def __init__(self, facts: Facts, replication: str) -> None:
        self.times_ns: list[int] = []
        self._positions: dict[tuple[int, int], int] = {}
        for fact in facts.in_order:
            if isinstance(fact, ReplicationBegan) and fact.replication == replication:
                self._add(fact.time_ns, fact.generation, 0)
            elif isinstance(fact, DeltaSetCut) and fact.replication == replication:
                self._add(fact.time_ns, fact.generation, fact.number)

    def _add(self, time_ns: int, generation: int, number: int) -> None:
        self._positions[generation, number] = len(self.times_ns)
        self.times_ns.append(time_ns)

    def position(self, generation: int, number: int) -> int:
        """Where a boundary stands in the history. Raises KeyError for one that was never cut."""
        return self._positions[generation, number]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a secondary can offer from `time_ns` on: positions of boundaries, or None while it cannot be read."""

    time_ns: int
    replayed: int | None
    begun: int | None
    received: int | None

    def offers(self, mode: str) -> int | None:
        """The boundary at which a failover in this mode would go on; `sync` loses nothing and is not asked here."""
        return {"replayed": self.replayed, "now": self.begun, "default": self.received}[mode]


@dataclass(slots=True)
class _Secondary:
    boundaries: Boundaries
    readable: bool
    replayed: int = 0
    begun: int = 0
    received: int = 0
    held: set[int] = field(default_factory=set)

    def see(self, fact: Record) -> None:
        match fact:
            case CopyBegan():
                self.readable = False
            case CopyFinished(generation=generation, number=number):
                self.readable = True
                self.replayed = self.begun = self.received = self.boundaries.position(generation, number)
            case SetReceived(generation=generation, number=number):
                self.held.add(self.boundaries.position(generation, number))
            case ReplayBegan(generation=generation, number=number):
                self.begun = max(self.begun, self.boundaries.position(generation, number))
            case SetReplayed(generation=generation, number=number):
                self.replayed = max(self.replayed, self.boundaries.position(generation, number))
        self.begun = max(self.begun, self.replayed)
        self.received = max(self.received, self.replayed)
        while self.received + 1 in self.held:
            self.received += 1
            self.held.remove(self.received)

    def standing(self, time_ns: int) -> Standing:
        if not self.readable:
            return Standing(time_ns, None, None, None)
        return Standing(time_ns, self.replayed, self.begun, self.received)


_ABOUT_A_SECONDARY = (CopyBegan, CopyFinished, SetReceived, ReplayBegan, SetReplayed)


def standings(facts: Facts, replication: str, secondary: str, boundaries: Boundaries) -> list[Standing]:
    """Each change of what a secondary can offer, from the start of its replication on, in order of time."""
    concerned = list(_concerning(facts, replication, secondary))
    copied_at_first = any(isinstance(fact, CopyBegan) and fact.cause == "initial_copy" for fact in concerned)
    state = _Secondary(boundaries, readable=not copied_at_first)
    history = [state.standing(boundaries.times_ns[0])]
    for fact in concerned:
        state.see(fact)
        changed = state.standing(fact.time_ns)
        if (changed.replayed, changed.begun, changed.received) != (
            history[-1].replayed,
            history[-1].begun,
            history[-1].received,
        ):
            history.append(changed)
    return history


def _concerning(facts: Facts, replication: str, secondary: str) -> Iterator[Record]:
    for fact in facts.in_order:
        if isinstance(fact, _ABOUT_A_SECONDARY) and (fact.replication, fact.secondary) == (replication, secondary):
            yield fact
