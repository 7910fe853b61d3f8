"""What was cut and is not yet complete at a secondary: waiting, or on its way.

sets that a copy holds already do not travel any more (one by two snapshots holds more at its end than at its begin),
and those of a secondary that was dropped, or left, never will; what is cut while it is no member is not for it
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from sim.records import (
    CopyBegan,
    CopyFinished,
    DeltaSetCut,
    Record,
    SecondaryDropped,
    SecondaryJoined,
    SecondaryLeft,
    SetReceived,
)
from sim.summary.facts import Facts
from sim.summary.generation import Generation


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many sets have not arrived from `time_ns` on, and how many bytes of payload they hold."""

    time_ns: int
    sets: int
    payload_bytes: int


def history(facts: Facts, generation: Generation, secondary: str) -> list[Waiting]:
    """Each change of what has not arrived in whole at a secondary, in order of time."""
    waiting: dict[int, int] = {}
    total, found = 0, [Waiting(generation.began.time_ns, 0, 0)]
    member = generation.membership[secondary]
    for fact in _concerning(facts, generation.name, secondary):
        if isinstance(fact, DeltaSetCut) and not member.holds(fact.time_ns):
            continue
        total += _see(fact, generation, waiting)
        found.append(Waiting(fact.time_ns, len(waiting), total))
    return found


def at(changes: list[Waiting], time_ns: int) -> Waiting:
    """What has not arrived at an instant, after all that happened in it."""
    place = bisect_right(changes, time_ns, key=lambda change: change.time_ns) - 1
    return changes[max(place, 0)]


def _concerning(facts: Facts, replication: str, secondary: str) -> Iterator[Record]:
    """Cuts and what happened to the secondary; a cut comes first within an instant (DESIGN.md, same instant)."""
    own = (fact for fact in facts.of_arm(replication, secondary) if isinstance(fact, _ABOUT_ARRIVAL))
    return merge(facts.about(DeltaSetCut, replication=replication), own, key=lambda fact: fact.time_ns)


_ABOUT_ARRIVAL = (SetReceived, CopyBegan, CopyFinished, SecondaryDropped, SecondaryLeft, SecondaryJoined)


def _see(fact: Record, generation: Generation, waiting: dict[int, int]) -> int:
    """Enter a fact; answers by how much the payload changed."""
    position = generation.boundaries.position
    match fact:
        case DeltaSetCut():
            waiting[position(fact.generation, fact.number)] = fact.payload_bytes
            return fact.payload_bytes
        case SetReceived():
            return -waiting.pop(position(fact.generation, fact.number), 0)
        case CopyBegan() | CopyFinished():
            held = position(fact.generation, fact.number)
            return -sum(waiting.pop(number) for number in [number for number in waiting if number <= held])
    gone = sum(waiting.values())
    waiting.clear()
    return -gone
