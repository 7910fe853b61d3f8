"""When nothing could get from a primary to one of its secondaries, and when that ended.

    a link on its way was cut, in one direction or both: without acknowledgements nothing goes on either
    a data mover or a site on its way was down; or the secondary could not be reached, or its operator had stopped it
the way is that of the instant: a forwarder that is passed by is on nobody's way
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.records import MemberUnreachable
from sim.summary.facts import Facts
from sim.summary.faults import Cuts, unreachable
from sim.summary.generation import Generation
from sim.summary.mirror import Mirror
from sim.summary.routes import Hop
from sim.summary.spans import node_outages, site_losses, stops
from sim.summary.windows import Span, Windows


class Outages:
    """Of all arms of a run."""

    def __init__(self, facts: Facts) -> None:
        self._until_ns = facts.until_ns
        self._cuts = Cuts(facts)
        stopped = [(span, fact.site) for span, fact in node_outages(facts)]
        self._down = _by_name((*stopped, *((span, fact.site) for span, fact in site_losses(facts))))
        self._stopped = _by_name((span, (fact.replication, fact.secondary)) for span, fact in stops(facts))
        self._unreachable = _by_name((_since_marked(span, fact), _whose(fact)) for span, fact in unreachable(facts))

    def of(self, mirror: Mirror, secondary: str) -> Windows:
        """When nothing could get to a secondary."""
        parts = [self.during(one, secondary) for one in mirror.generations if secondary in one.secondaries]
        return parts[0] if len(parts) == 1 else Windows.of((s for part in parts for s in part.spans), self._until_ns)

    def during(self, generation: Generation, secondary: str) -> Windows:
        """The same within one generation, which is when its windows end."""
        spans = [*self._stopped.get((generation.name, secondary), ())]
        for start, end, path in generation.routes.pieces(secondary, generation.until_ns):
            for windows in self._on(generation, secondary, path):
                spans += windows.parts_of(max(start, generation.since_ns), end)
        known = Windows.of(spans, generation.until_ns)
        return known.within(Windows.of([(generation.since_ns, generation.until_ns)], generation.until_ns))

    def _on(self, generation: Generation, secondary: str, path: tuple[Hop, ...]) -> Iterator[Windows]:
        for link in {link: None for hop in path for link in hop.links}:
            yield self._cuts.of_link(link)
        for site in dict.fromkeys(
            [generation.began.primary, *(hop.site for hop in path), generation.site_of(secondary)]
        ):
            yield Windows.of(self._down.get(site, ()), self._until_ns)
        for member in dict.fromkeys([secondary, *(hop.member for hop in path)]):
            yield Windows.of(self._unreachable.get((generation.name, member), ()), self._until_ns)


def _since_marked(span: Span, fact: MemberUnreachable) -> Span:
    return fact.time_ns, span[1]


def _whose(fact: MemberUnreachable) -> tuple[str, str]:
    return fact.replication, fact.member


def _by_name(named: Iterable[tuple[Span, object]]) -> dict[object, list[Span]]:
    found: dict[object, list[Span]] = {}
    for span, name in named:
        found.setdefault(name, []).append(span)
    return found
