"""The routes of a scenario as text: a line for every member that feeds nobody, with the way from the primary to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.routes import Hop, Tree, ancestors, tree
from sim.scenario.units import format_duration

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


def routes_text(scenario: Scenario) -> str:
    """The tree of routes of each replication, as comments of YAML. Raises NoRoute."""
    return "".join(f"# {line}\n" for line in _lines(scenario))


def _lines(scenario: Scenario) -> Iterator[str]:
    for name, group in scenario.replication.items():
        routes = tree(scenario, name)
        feeding = {hop.feeder for hop in routes.values()}
        yield f"routes of {name}:"
        ways = sorted(_way(routes, member) for member in routes if member not in feeding)
        for way in ways:
            yield f"  {' -> '.join([group.primary, *(_step(scenario, routes[member]) for member in way)])}"


def _way(routes: Tree, member: str) -> list[str]:
    """The members that lead to one, and it."""
    return [*reversed(list(ancestors(routes, member))), member]


def _step(scenario: Scenario, hop: Hop) -> str:
    """`hub at lisbon (iberia + atlantic, 18 ms)`."""
    where = f" at {hop.site}" if hop.site != hop.member else ""
    if hop.local:
        return f"{hop.member}{where} (shared save volume)"
    rtt = sum(scenario.links[link].rtt for link in hop.links)
    return f"{hop.member}{where} ({' + '.join(hop.links)}, {format_duration(rtt)})"
