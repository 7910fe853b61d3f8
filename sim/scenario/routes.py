"""The tree of routes of one replication: who feeds each member, and over which links (FIG 3, 13-18).

`via` names the feeder first, if it is not the primary, then links or sites that are passed, in order
a member at its feeder's own site has no way to go: it shares its feeder's save volume (FIG 4, 18)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sim.scenario.errors import BadInput
from sim.scenario.replication import Replication
from sim.scenario.roads import Leg, Roads

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


class NoRoute(BadInput):
    """A member cannot be reached. The loader says so with its place; only scenarios made in Python come here."""

    def __init__(self, replication: str, member: str) -> None:
        super().__init__(replication, member)
        self.replication, self.member = replication, member

    def __str__(self) -> str:
        """Whom nothing leads to."""
        return f"replication {self.replication}: no way leads to '{self.member}'"


@dataclass(frozen=True, slots=True)
class Hop:
    """The last part of the way to a member: from whom, and over which links; none where both are at one site."""

    member: str
    feeder: str  # a member, or the primary's site
    site: str
    path: tuple[Leg, ...]

    @property
    def local(self) -> bool:
        """Whether nothing travels, for member and feeder share a save volume."""
        return not self.path

    @property
    def links(self) -> tuple[str, ...]:
        """The links on the way, in order."""
        return tuple(link for link, _, _ in self.path)


Tree: TypeAlias = dict[str, Hop]  # by member; the primary's children first, by name, then theirs


def tree(scenario: Scenario, replication: str) -> Tree:
    """The hops to all members of a replication. Raises NoRoute."""
    group = scenario.replication[replication]
    roads = Roads({name: link.between for name, link in scenario.links.items()})
    hops = (_hop(replication, group, name, roads) for name in by_level(feeders_of(group)))
    found = {hop.member: hop for hop in hops}
    if len(found) < len(group.members):
        raise NoRoute(replication, next(name for name in sorted(group.members) if name not in found))
    return found


def tree_from(scenario: Scenario, replication: str, source: str) -> Tree:
    """The hops when another copy is the source: the way down to it is gone up, and all else is fed as it was.

    Whom the primary fed, the new source feeds over the fewest links; the old primary is a member called as its site.
    Raises NoRoute.
    """
    group = scenario.replication[replication]
    if source == group.primary:
        return tree(scenario, replication)
    roads = Roads({name: link.between for name, link in scenario.links.items()})
    turned = _Turned(group, source)
    return {name: turned.hop(replication, name, roads) for name in by_level(turned.feeders)}


class _Turned:
    """A replication's tree with another root."""

    def __init__(self, group: Replication, source: str) -> None:
        self._group, self._source = group, source
        before = feeders_of(group)
        chain = [source]
        while (above := before[chain[-1]]) is not None:
            chain.append(above)
        self._gone_up = dict(zip([*chain[1:], group.primary], chain, strict=True))
        below = {name: feeder for name, feeder in before.items() if name not in chain}
        self.feeders: dict[str, str | None] = {
            name: None if feeder in (None, source) else feeder for name, feeder in (below | self._gone_up).items()
        }

    def hop(self, replication: str, name: str, roads: Roads) -> Hop:
        """What leads to a member now."""
        group, feeder = self._group, self.feeders[name]
        root = group.site_of(self._source)
        here = root if feeder is None else self._site(feeder)
        there = self._site(name)
        if name in self._gone_up:
            waypoints = waypoints_of(group, self._gone_up[name])
            path = None if (down := roads.way(there, here, waypoints)) is None else _backwards(down)
        elif feeder_of(group, name) is None:
            path = roads.way(here, there)
        else:
            path = roads.way(here, there, waypoints_of(group, name))
        if path is None:
            raise NoRoute(replication, name)
        return Hop(name, root if feeder is None else feeder, there, path)

    def _site(self, name: str) -> str:
        return name if name == self._group.primary else self._group.site_of(name)


def _backwards(path: tuple[Leg, ...]) -> tuple[Leg, ...]:
    return tuple((link, far, near) for link, near, far in reversed(path))


def children(routes: Tree, feeder: str) -> tuple[str, ...]:
    """Whom a member, or the primary's site, feeds directly, by name."""
    return tuple(name for name, hop in routes.items() if hop.feeder == feeder)


def depth(routes: Tree, member: str) -> int:
    """How many hops away from the primary."""
    return len(list(ancestors(routes, member))) + 1


def ancestors(routes: Tree, member: str) -> Iterator[str]:
    """The members that everything for `member` passes, nearest first."""
    above = routes[member].feeder
    while above in routes:
        yield above
        above = routes[above].feeder


def descendants(routes: Tree, member: str) -> tuple[str, ...]:
    """All that are fed through a member, feeders before those whom they feed."""
    below = {member}
    for name, hop in routes.items():
        if hop.feeder in below:
            below.add(name)
    return tuple(name for name in routes if name in below and name != member)


def feeder_of(group: Replication, member: str) -> str | None:
    """The member that feeds another; None: the primary."""
    via = group.members[member].via
    return via[0] if via and via[0] in group.members else None


def feeders_of(group: Replication) -> dict[str, str | None]:
    """The feeder of each member; None: the primary."""
    return {name: feeder_of(group, name) for name in group.members}


def waypoints_of(group: Replication, member: str) -> tuple[str, ...]:
    """The links or sites to be passed on the way to a member, in order."""
    via = group.members[member].via
    return via if feeder_of(group, member) is None else via[1:]


def by_level(feeders: Mapping[str, str | None]) -> list[str]:
    """Those whom the primary feeds by name, then those whom they feed, and so on; who is in a circle is in no level."""
    fed: dict[str | None, list[str]] = {}
    for name, feeder in sorted(feeders.items()):
        fed.setdefault(feeder, []).append(name)
    levels: list[str] = []
    level = fed.get(None, [])
    while level:
        levels += level
        level = sorted(name for feeder in level for name in fed.get(feeder, ()))
    return levels


def _hop(replication: str, group: Replication, name: str, roads: Roads) -> Hop:
    feeder = feeder_of(group, name)
    source = group.primary if feeder is None else group.site_of(feeder)
    path = roads.way(source, group.site_of(name), waypoints_of(group, name))
    if path is None:
        raise NoRoute(replication, name)
    return Hop(name, group.primary if feeder is None else feeder, group.site_of(name), path)
