"""Whom a fault befalls: from names of the scenario to harms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.scenario.trouble import OneWay
from sim.world.faults.fault import Harm
from sim.world.faults.onlink import Lines, OnLink, trouble_of
from sim.world.faults.onsite import OnSite, data_movers
from sim.world.faults.outages import Outages
from sim.world.network import Direction
from sim.world.node import Node

Hit = Callable[[Direction | Node], Iterable[str]]  # what is on its way over a direction, or at a data mover

DOWN = OneWay()


@dataclass(frozen=True, slots=True)
class Aim:
    """Finds links, data movers and groups by their names."""

    lines: Lines
    nodes: Sequence[Node]
    outages: Outages
    hit: Hit
    groups: Mapping[str, Sequence[str]]

    def link(self, name: str, said: OneWay = DOWN) -> tuple[Harm, ...]:
        """What is said of a link, on both ways or the one that is said."""
        found = (way for (link, _, _), way in self.lines.directions.items() if link == name)
        ways = tuple(way for way in found if said.from_site in (None, way.source))
        return (OnLink(self.lines, self.hit, name, ways, *trouble_of(said)),)

    def site(self, name: str, data_mover: str | None = None) -> tuple[Harm, ...]:
        """Data movers that are down: one, or all of a site; nothing where there is no such site."""
        movers = data_movers(self.nodes, name, data_mover)
        return (OnSite(self.outages, self.hit, name, movers, data_mover),) if movers else ()

    def place(self, name: str) -> tuple[Harm, ...]:
        """All of a site, or all of a group."""
        return self.group(name) if name in self.groups else self.site(name)

    def group(self, name: str) -> tuple[Harm, ...]:
        """All sites and links of a group, in order of their names."""
        return tuple(harm for member in sorted(self.groups[name]) for harm in self.site(member) or self.link(member))
