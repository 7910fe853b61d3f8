"""How links and data movers stand at the end of a story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sim.records import FaultBegan, FaultEnded, LinkStood, NodeCameUp, NodeWentDown
from sim.summary.faults import CUTS
from sim.summary.story import Story
from sim.summary.traffic import capacity

UP: Final = "up"
CUT: Final = "cut"
IMPAIRED: Final = "impaired"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a link now."""

    name: str
    kind: str
    direction: str
    detail: str
    since_ns: int


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A link: up, impaired, or cut in one direction or both; bits a second, there and back, are 0 for unlimited."""

    link: str
    ends: tuple[str, str]
    bits_per_s: int
    back_bits_per_s: int
    state: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A site whose data mover is down."""

    site: str
    down_since_ns: int


def links(story: Story) -> Iterator[LinkStatus]:
    """Every link, in the order of the ledger."""
    present: dict[tuple[str, str, str, str], FaultBegan] = {}
    for fact in story.facts.among(FaultBegan, FaultEnded):
        assert isinstance(fact, FaultBegan | FaultEnded)
        what = (fact.fault, fact.kind, fact.target, fact.direction)
        if isinstance(fact, FaultBegan):
            present[what] = fact
        else:
            present.pop(what, None)
    for link in story.facts.of(LinkStood):
        own = [fault for fault in present.values() if fault.target == link.link]
        told = tuple(Fault(one.fault, one.kind, one.direction, one.detail, one.time_ns) for one in own)
        state = CUT if any(one.kind in CUTS for one in own) else IMPAIRED if own else UP
        yield LinkStatus(link.link, link.ends, link.bits_per_s, capacity(link, link.ends[::-1]), state, told)


def nodes(story: Story) -> Iterator[NodeStatus]:
    """Every site with a data mover that is down, in order of when it went down."""
    down: dict[tuple[str, str], int] = {}
    for fact in story.facts.among(NodeWentDown, NodeCameUp):
        if isinstance(fact, NodeWentDown):
            down[fact.site, fact.data_mover] = fact.time_ns
        elif isinstance(fact, NodeCameUp):
            down.pop((fact.site, fact.data_mover), None)
    first: dict[str, int] = {}
    for (site, _), since in down.items():
        first.setdefault(site, since)
    yield from (NodeStatus(site, since) for site, since in first.items())
