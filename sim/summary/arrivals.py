"""What was cut and is not yet complete at a secondary: waiting, or on its way."""

from __future__ import annotations

from sim.records import CopyBegan, DeltaSetCut, Record, SecondaryDropped, SetReceived
from sim.summary.facts import Facts
from sim.summary.mirror import Mirror


def not_arrived_bytes(facts: Facts, mirror: Mirror, secondary: str, until_ns: int) -> int:
    """Payload of the sets that had been cut, had still to travel, and were not complete at the secondary.

    Sets that a copy holds already do not travel any more, and those of a secondary that was dropped never will.
    """
    waiting: dict[int, int] = {}
    for fact in facts.in_order:
        if fact.time_ns <= until_ns and _concerns(fact, mirror.name, secondary):
            _see(fact, mirror, waiting)
    return sum(waiting.values())


def _concerns(fact: Record, replication: str, secondary: str) -> bool:
    arm = isinstance(fact, SetReceived | CopyBegan | SecondaryDropped) and fact.secondary == secondary
    return (arm or isinstance(fact, DeltaSetCut)) and getattr(fact, "replication", None) == replication


def _see(fact: Record, mirror: Mirror, waiting: dict[int, int]) -> None:
    position = mirror.boundaries.position
    match fact:
        case DeltaSetCut():
            waiting[position(fact.generation, fact.number)] = fact.payload_bytes
        case SetReceived():
            waiting.pop(position(fact.generation, fact.number), None)
        case CopyBegan():
            held = position(fact.generation, fact.number)
            for number in [number for number in waiting if number <= held]:
                del waiting[number]
        case SecondaryDropped():
            waiting.clear()
