"""When nothing could get from a primary to one of its secondaries, and when that ended.

    a link on its way was cut, in one direction or both: without acknowledgements nothing goes on either
    a data mover on its way was down; or the secondary could not be reached, or its operator had stopped it
the way is that of the instant: a forwarder that is passed by is on nobody's way
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.records import MemberUnreachable
from sim.summary.facts import Facts
from sim.summary.faults import Cuts, unreachable
from sim.summary.mirror import Mirror
from sim.summary.routes import Hop
from sim.summary.spans import node_outages, stops
from sim.summary.windows import Span, Windows


class Outages:
    """Of all arms of a run."""

    def __init__(self, facts: Facts) -> None:
        self._until_ns = facts.until_ns
        self._cuts = Cuts(facts)
        self._down = _by_name((span, fact.site) for span, fact in node_outages(facts))
        self._stopped = _by_name((span, (fact.replication, fact.secondary)) for span, fact in stops(facts))
        self._unreachable = _by_name((_since_marked(span, fact), _whose(fact)) for span, fact in unreachable(facts))

    def of(self, mirror: Mirror, secondary: str) -> Windows:
        """When nothing could get to a secondary."""
        spans = [*self._stopped.get((mirror.name, secondary), ())]
        for start, end, path in mirror.routes.pieces(secondary, self._until_ns):
            for windows in self._on(mirror, secondary, path):
                spans += windows.parts_of(start, end)
        return Windows.of(spans, self._until_ns)

    def _on(self, mirror: Mirror, secondary: str, path: tuple[Hop, ...]) -> Iterator[Windows]:
        for link in {link: None for hop in path for link in hop.links}:
            yield self._cuts.of_link(link)
        for site in dict.fromkeys([mirror.began.primary, *(hop.site for hop in path), mirror.site_of(secondary)]):
            yield Windows.of(self._down.get(site, ()), self._until_ns)
        for member in dict.fromkeys([secondary, *(hop.member for hop in path)]):
            yield Windows.of(self._unreachable.get((mirror.name, member), ()), self._until_ns)


def _since_marked(span: Span, fact: MemberUnreachable) -> Span:
    return fact.time_ns, span[1]


def _whose(fact: MemberUnreachable) -> tuple[str, str]:
    return fact.replication, fact.member


def _by_name(named: Iterator[tuple[Span, object]]) -> dict[object, list[Span]]:
    found: dict[object, list[Span]] = {}
    for span, name in named:
        found.setdefault(name, []).append(span)
    return found
