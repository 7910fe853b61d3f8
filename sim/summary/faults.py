"""When something was wrong with a link, a direction of it, or a site: from the facts of faults.

several faults may be on one thing at a time: it is down while any of them keeps it down
a link is cut by what lets nothing pass; whatever else is on it only makes it slow or bad
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

from sim.records import (
    FaultBegan,
    FaultEnded,
    LinkStood,
    MemberReachable,
    MemberUnreachable,
    Record,
    RouteChanged,
    SecondaryLeft,
)
from sim.summary.facts import Facts
from sim.summary.spans import before_next_generation, spans_between
from sim.summary.windows import Span, Windows

# of these kinds nothing passes a link that they befall
CUTS: Final = ("link-down", "flap", "swizzle", "group-down", "site-lost")


def fault_spans(facts: Facts) -> list[tuple[Span, FaultBegan]]:
    """From when to when each fault lasted, in order of its begin."""
    return spans_between(facts, FaultBegan, FaultEnded, _which)


def unreachable(facts: Facts) -> list[tuple[Span, MemberUnreachable]]:
    """When a member could not be reached: from the first attempt that failed to the first that did not.

    Who is fed by another from some instant on is no longer unreachable to whoever fed it before; nor is anybody who has
    left, or once another generation began.
    """
    marked = spans_between(facts, MemberUnreachable, (MemberReachable, RouteChanged, SecondaryLeft), _member)
    return [((fact.since_ns, before_next_generation(facts, fact, end)), fact) for (_, end), fact in marked]


def arrow(source: str, destination: str) -> str:
    """How facts name a direction."""
    return f"{source} -> {destination}"


class Cuts:
    """When nothing passed over links, each direction for itself."""

    def __init__(self, facts: Facts) -> None:
        links = [link.link for link in facts.of(LinkStood)]
        spans: dict[tuple[str, str], list[Span]] = {}
        for span, fault in fault_spans(facts):
            if fault.kind in CUTS and fault.target in links:
                spans.setdefault((fault.target, fault.direction), []).append(span)
        self._until_ns = facts.until_ns
        self._both = {link: self._union(own for (cut, _), own in spans.items() if cut == link) for link in links}
        self._one_way = spans

    @property
    def links(self) -> list[str]:
        """The links that were ever cut, in order of their names."""
        return sorted(link for link, cut in self._both.items() if cut.spans)

    def of_link(self, link: str) -> Windows:
        """When a link was cut in one direction or in both."""
        return self._both.get(link, Windows((), self._until_ns))

    def of_direction(self, link: str, source: str, destination: str) -> Windows:
        """When nothing passed over a link from `source` to `destination`."""
        if not self.of_link(link).spans:
            return Windows((), self._until_ns)
        return self._union(self._one_way.get((link, way), ()) for way in ("", arrow(source, destination)))

    def _union(self, parts: Iterable[Iterable[Span]]) -> Windows:
        return Windows.of((span for part in parts for span in part), self._until_ns)


def _which(fact: Record) -> Hashable:
    assert isinstance(fact, FaultBegan | FaultEnded)
    return fact.fault, fact.kind, fact.target, fact.direction


def _member(fact: Record) -> Hashable:
    if isinstance(fact, SecondaryLeft):
        return fact.replication, fact.secondary
    assert isinstance(fact, MemberUnreachable | MemberReachable | RouteChanged)
    return fact.replication, fact.member
