"""What a tree of routes carries, beside a star for the same secondaries.

    tree    payload that each member received x links of the hop from whoever fed it
    star    payload that each secondary received x links of its own way from the primary, as if nobody relayed
both in payload, without headers, compression and what is sent again; a whole copy travels all the way in both
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.records import CopyBegan, CopyFinished, SetForwarded, SetReceived
from sim.summary.generation import Generation
from sim.summary.mirror import Mirror
from sim.summary.routes import Hop
from sim.summary.windows import Windows


@dataclass(frozen=True, slots=True)
class Delivery:
    """Payload that a member got, and the way it came: the last hop of it, or all of it for a copy."""

    time_ns: int
    member: str
    payload_bytes: int
    path: tuple[Hop, ...]
    relayed: bool  # whether earlier hops are told of by deliveries of their own
    kept: bool  # whether the member is a secondary

    @property
    def came_over(self) -> tuple[Hop, ...]:
        """The hops that this delivery stands for."""
        return self.path[-1:] if self.relayed else self.path


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes over all links, and those of them that left the primary's site."""

    all_links: int
    from_primary: int


def deliveries(mirror: Mirror) -> Iterator[Delivery]:
    """What every member got in whole, in no particular order."""
    for generation in mirror.generations:
        yield from _within(generation)


def _within(generation: Generation) -> Iterator[Delivery]:
    facts, block = generation.facts, generation.block_bytes
    path = generation.routes.path
    for name in generation.secondaries:
        copying = 0
        for fact in facts.of_arm(generation.name, name):
            way = path(name, fact.time_ns)
            match fact:
                case SetReceived():
                    yield Delivery(fact.time_ns, name, fact.blocks * block, way, relayed=True, kept=True)
                case CopyBegan():
                    copying = fact.copy_bytes
                case CopyFinished():
                    yield Delivery(fact.time_ns, name, copying, way, relayed=False, kept=True)
    for passed in facts.about(SetForwarded, replication=generation.name):
        way = path(passed.forwarder, passed.time_ns)
        yield Delivery(passed.time_ns, passed.forwarder, passed.blocks * block, way, relayed=True, kept=False)


def tree_and_star(mirror: Mirror, windows: Windows) -> tuple[Cost, Cost]:
    """What the tree carried for what arrived in the windows, and a star would have, so that all get the same."""
    arrived = [one for one in deliveries(mirror) if windows.holds(one.time_ns)]
    star = _cost((one.payload_bytes, one.path) for one in arrived if one.kept)
    return _cost((one.payload_bytes, one.came_over) for one in arrived), star


def _cost(carried: Iterator[tuple[int, tuple[Hop, ...]]]) -> Cost:
    all_links = from_primary = 0
    for payload, hops in carried:
        all_links += payload * sum(len(hop.links) for hop in hops)
        from_primary += payload * _leaves_primary(hops)
    return Cost(all_links, from_primary)


def _leaves_primary(hops: tuple[Hop, ...]) -> bool:
    """Whether these hops begin at the primary and lead off its site; a local hop at the beginning costs nothing."""
    return bool(hops) and hops[0].feeder is None and any(hop.links for hop in hops)
