"""Who is fed by whom, over which links, and since when: the trees of routes of a run (FIG 3, 13-18).

a tree stands at the start (`RouteStood`) and changes when a forwarder is passed by or takes its children back
a path runs from the primary down to a member, hop by hop; on each hop the links in their order
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sim.records import LinkStood, RouteChanged, RouteStood
from sim.summary.facts import Facts

FORWARDER = "forwarder"


@dataclass(frozen=True, slots=True)
class Hop:
    """One member and what leads to it from `since_ns` on; `feeder` is a member, or none for the primary."""

    member: str
    role: str
    site: str
    feeder: str | None
    links: tuple[str, ...]
    since_ns: int


class Routes:
    """The tree of one replication over time; empty where the ledger tells of no routes."""

    def __init__(self, facts: Facts, replication: str, primary_site: str) -> None:
        self.replication, self.primary_site = replication, primary_site
        self._hops: dict[str, list[Hop]] = {}
        self._paths: dict[tuple[str, int], tuple[Hop, ...]] = {}
        stood = list(facts.about(RouteStood, replication=replication))
        names = {fact.member for fact in stood}
        for fact in stood:
            feeder = fact.feeder if fact.feeder in names - {primary_site} else None
            hop = Hop(fact.member, fact.role, fact.site, feeder, fact.links, fact.time_ns)
            self._hops.setdefault(fact.member, []).append(hop)
        for change in facts.about(RouteChanged, replication=replication):
            for before in self._hops.get(change.member, [])[-1:]:
                feeder = change.feeder if change.feeder in names - {primary_site} else None
                hop = Hop(before.member, before.role, before.site, feeder, change.links, change.time_ns)
                self._hops[change.member].append(hop)

    @property
    def members(self) -> tuple[str, ...]:
        """All members that were ever fed, in the order of the ledger."""
        return tuple(self._hops)

    @property
    def has_forwarders(self) -> bool:
        """Whether anybody is ever fed by another member."""
        return any(hop.feeder is not None for hops in self._hops.values() for hop in hops)

    @cached_property
    def changes_ns(self) -> list[int]:
        """The instants at which somebody's feeder changed, in order."""
        return sorted({hop.since_ns for hops in self._hops.values() for hop in hops})

    def hops(self, member: str) -> tuple[Hop, ...]:
        """Every way that a member was ever fed by, in order of time."""
        return tuple(self._hops.get(member, ()))

    def hop(self, member: str, time_ns: int) -> Hop | None:
        """What leads to a member at an instant; before its first route that one."""
        hops = self._hops.get(member, [])
        at = bisect_right(hops, time_ns, key=lambda hop: hop.since_ns) - 1
        return hops[max(at, 0)] if hops else None

    def path(self, member: str, time_ns: int) -> tuple[Hop, ...]:
        """The hops from the primary down to a member; none where no route is known."""
        piece = member, bisect_right(self.changes_ns, time_ns)
        if piece not in self._paths:
            self._paths[piece] = self._path(member, time_ns)
        return self._paths[piece]

    def _path(self, member: str, time_ns: int) -> tuple[Hop, ...]:
        hops: list[Hop] = []
        name: str | None = member
        while name is not None and (hop := self.hop(name, time_ns)) is not None and hop not in hops:
            hops.append(hop)
            name = hop.feeder
        return tuple(reversed(hops))

    def links(self, member: str, time_ns: int) -> tuple[str, ...]:
        """All links from the primary to a member, in order."""
        return tuple(link for hop in self.path(member, time_ns) for link in hop.links)

    def pieces(self, member: str, until_ns: int) -> Iterator[tuple[int, int, tuple[Hop, ...]]]:
        """From when to when a member had which path, over the whole run."""
        begins = [0, *(time_ns for time_ns in self.changes_ns if 0 < time_ns < until_ns)]
        for begin, end in zip(begins, [*begins[1:], until_ns], strict=True):
            yield begin, end, self.path(member, begin)

    def walk(self, time_ns: int, feeder: str | None = None, depth: int = 0) -> Iterator[tuple[int, Hop]]:
        """The tree at an instant from the primary on, depth first: how deep, and the hop."""
        for member in self._hops:
            hop = self.hop(member, time_ns)
            if hop is not None and hop.feeder == feeder and depth <= len(self._hops):
                yield depth, hop
                yield from self.walk(time_ns, member, depth + 1)

    def sites(self, hop: Hop, ends: dict[str, tuple[str, str]], time_ns: int) -> list[str]:
        """The sites along a hop, one more than its links; empty names where the links do not tell where they lead."""
        feeder = self.hop(hop.feeder, time_ns) if hop.feeder is not None else None
        found = [feeder.site if feeder is not None else self.primary_site]
        for link in hop.links[:-1]:
            found.append(far_end(ends.get(link, ("", "")), found[-1]))
        return [*found, hop.site] if hop.links else found


def far_end(ends: tuple[str, str], here: str) -> str:
    """Where a link leads from a site; an empty name where it does not begin there."""
    return {ends[0]: ends[1], ends[1]: ends[0]}.get(here, "")


def ends_of(facts: Facts) -> dict[str, tuple[str, str]]:
    """The two sites of each link."""
    return {link.link: link.ends for link in facts.of(LinkStood)}
