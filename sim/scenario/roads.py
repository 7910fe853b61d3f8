"""Ways over links: the fewest links, of several such ways the one whose links come first by name.

a way may have to pass links or sites, in order; it knows nothing of what the links carry
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Leg: TypeAlias = tuple[str, str, str]  # a link, and the sites that it is crossed from and to
_Spot: TypeAlias = tuple[str, int]  # a site, and how many of the waypoints lie behind


class Roads:
    """The links of a scenario as a map of ways."""

    def __init__(self, ends: Mapping[str, tuple[str, str]]) -> None:
        """`ends`: the two sites that each link joins."""
        self._exits: dict[str, list[tuple[str, str]]] = {}
        for link, (one, other) in sorted(ends.items()):
            self._exits.setdefault(one, []).append((link, other))
            if one != other:
                self._exits.setdefault(other, []).append((link, one))

    def way(self, source: str, destination: str, waypoints: Sequence[str] = ()) -> tuple[Leg, ...] | None:
        """The way from one site to another past all waypoints; nothing where it is no way at all, None without one."""
        begin = (source, _passed(waypoints, 0, "", source))
        goal = (destination, len(waypoints))
        came: dict[_Spot, tuple[_Spot, str] | None] = {begin: None}
        reached = [begin]  # each step further in the order of the ways by name, so the first way to a spot is the one
        while reached and goal not in came:
            reached = [there for spot in reached for there in self._beyond(spot, waypoints, came)]
        return _retraced(came, goal) if goal in came else None

    def _beyond(
        self, spot: _Spot, waypoints: Sequence[str], came: dict[_Spot, tuple[_Spot, str] | None]
    ) -> Iterator[_Spot]:
        """Where nobody came before, one link further; how one comes there is noted."""
        for link, other in self._exits.get(spot[0], ()):
            there = (other, _passed(waypoints, spot[1], link, other) if waypoints else 0)
            if there not in came:
                came[there] = (spot, link)
                yield there


def _passed(waypoints: Sequence[str], behind: int, link: str, site: str) -> int:
    """How many waypoints lie behind after crossing a link to a site."""
    if waypoints[behind : behind + 1] and waypoints[behind] == link:
        behind += 1
    while behind < len(waypoints) and waypoints[behind] == site:
        behind += 1
    return behind


def _retraced(came: Mapping[_Spot, tuple[_Spot, str] | None], spot: _Spot) -> tuple[Leg, ...]:
    legs: list[Leg] = []
    while (step := came[spot]) is not None:
        before, link = step
        legs.append((link, before[0], spot[0]))
        spot = before
    return tuple(reversed(legs))
