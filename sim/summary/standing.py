"""Which boundary a secondary could offer, and from when on.

    replayed <= begun: a replay that has begun is finished, whatever happens
    replayed <= received: sets count once they are complete and no set before them is missing (V2)
    nothing can be offered from when a copy begins until one is complete (V7, FIG 11); a secondary that was dropped, and
    waits for its copy, serves its old boundary until then
    nor by who is no member, or has joined and waits for its first copy
    nor by a site that is lost; who had its volume there has nothing before the next copy
Boundaries are counted along the primary's history: 0 is the start, k the k-th cut. A cut that was skipped because
nothing had been written finds the volume still at its newest boundary, which is as young as that instant (C8).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import pairwise
from typing import NamedTuple

from sim.records import (
    CopyBegan,
    CopyFinished,
    CutSkipped,
    DeltaSetCut,
    Record,
    ReplayBegan,
    ReplicationBegan,
    SecondaryJoined,
    SecondaryLeft,
    SetReceived,
    SetReplayed,
    SiteBack,
    SiteLost,
)
from sim.summary.curve import Segment
from sim.summary.facts import Facts


class SetName(NamedTuple):
    """What names a delta set, or the boundary at its end."""

    generation: int
    number: int

    def __str__(self) -> str:
        return f"g{self.generation}.{self.number}"


class Boundaries:
    """The instants at which a primary's volume was a boundary, in order, and their names."""

    __slots__ = ("_positions", "names", "payload_so_far", "times_ns", "unchanged_ns")

    def __init__(self, facts: Facts, replication: str) -> None:
        self.times_ns: list[int] = []
        self.names: list[SetName] = []
        self.payload_so_far: list[int] = []  # bytes of all sets up to each boundary
        self.unchanged_ns: list[list[int]] = []  # when the volume was found to be still at this boundary
        self._positions: dict[tuple[int, int], int] = {}
        for fact in facts.among(ReplicationBegan, DeltaSetCut, CutSkipped):
            match fact:
                case ReplicationBegan(replication=name, generation=generation) if name == replication:
                    self._add(fact.time_ns, generation, 0, 0)
                case DeltaSetCut(replication=name, generation=generation, number=number) if name == replication:
                    self._add(fact.time_ns, generation, number, fact.payload_bytes)
                case CutSkipped(replication=name) if name == replication:
                    self.unchanged_ns[-1].append(fact.time_ns)

    def _add(self, time_ns: int, generation: int, number: int, payload_bytes: int) -> None:
        self._positions[generation, number] = len(self.times_ns)
        self.payload_so_far.append(sum(self.payload_so_far[-1:]) + payload_bytes)
        self.names.append(SetName(generation, number))
        self.times_ns.append(time_ns)
        self.unchanged_ns.append([])

    def position(self, generation: int, number: int) -> int:
        """Where a boundary stands in the history. Raises KeyError for one that was never cut."""
        return self._positions[generation, number]

    def ages(self, position: int, start_ns: int, end_ns: int) -> Iterator[Segment]:
        """The age in nanoseconds of what a boundary holds, from start to end."""
        unchanged = self.unchanged_ns[position]
        first, stop = bisect_right(unchanged, start_ns), bisect_left(unchanged, end_ns)
        as_of = unchanged[first - 1] if first else self.times_ns[position]
        for begin, end in pairwise([start_ns, *unchanged[first:stop], end_ns]):
            as_of = begin if begin > start_ns else as_of
            yield begin, end, begin - as_of, end - as_of


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
    lost: bool = False  # its site, to a disaster
    replayed: int = 0
    begun: int = 0
    received: int = 0
    held: set[int] = field(default_factory=set)

    def see(self, fact: Record) -> None:
        match fact:
            case CopyBegan() | SecondaryJoined() | SecondaryLeft():
                self.readable = False
            case SiteLost(destroys=destroys):
                self.lost = True
                self.readable = self.readable and "volume" not in destroys
            case SiteBack():
                self.lost = False
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
        if self.lost or not self.readable:
            return Standing(time_ns, None, None, None)
        return Standing(time_ns, self.replayed, self.begun, self.received)


_ABOUT_A_SECONDARY = (
    CopyBegan, CopyFinished, SetReceived, ReplayBegan, SetReplayed, SecondaryJoined, SecondaryLeft,
)  # fmt: skip


def standings(
    facts: Facts, replication: str, secondary: str, boundaries: Boundaries, *, site: str = "",
    begins_empty: bool = False, first: bool = True,
) -> list[Standing]:  # fmt: skip
    """Each change of what a secondary can offer, from the start of its generation on, in order of time.

    One that `begins_empty`, or, in the `first` generation, whose ledger tells of an initial copy, offers nothing before
    its first copy is complete; one whose `site` is lost nothing until that is back.
    """
    concerned = list(_concerning(facts, replication, secondary, site))
    since_ns = boundaries.times_ns[0]
    copied_at_first = first and _begins_with_a_copy(concerned, since_ns)
    state = _Secondary(boundaries, readable=not (begins_empty or copied_at_first))
    for fact in concerned:
        if fact.time_ns < since_ns:
            state.see(fact)  # a disaster before this generation
    history = [state.standing(since_ns)]
    for fact in concerned:
        if fact.time_ns < since_ns:
            continue
        state.see(fact)
        changed = state.standing(fact.time_ns)
        if not first and fact.time_ns == since_ns:
            history = [changed]  # who is told to be out at the begin was never in
        elif (changed.replayed, changed.begun, changed.received) != (
            history[-1].replayed,
            history[-1].begun,
            history[-1].received,
        ):
            history.append(changed)
    return history


def _begins_with_a_copy(concerned: list[Record], since_ns: int) -> bool:
    """Whether an initial copy was its first one: who left, and came again, had one before it left."""
    for fact in concerned:
        if isinstance(fact, CopyBegan) and fact.cause == "initial_copy":
            return True
        if isinstance(fact, SecondaryLeft) and fact.time_ns > since_ns:
            return False
    return False


def _concerning(facts: Facts, replication: str, secondary: str, site: str) -> Iterator[Record]:
    own = (fact for fact in facts.of_arm(replication, secondary) if isinstance(fact, _ABOUT_A_SECONDARY))
    disasters = [fact for fact in facts.among(SiteLost, SiteBack) if getattr(fact, "site", "") == site]
    return merge(disasters, own, key=lambda fact: fact.time_ns) if disasters else own
