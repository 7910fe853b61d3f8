"""The path of links between two sites: the one with the fewest links, of several the first by the links' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Hop: TypeAlias = tuple[str, str, str]  # link, source, destination
Path: TypeAlias = tuple[Hop, ...]


def shortest(
    between: Mapping[str, tuple[str, str]], source: str, destination: str, waypoints: Sequence[str] = ()
) -> Path | None:
    """The shortest path past `waypoints` (names of links or sites) in this order; None where there is none.

    A link as a waypoint is crossed, in whichever way is nearer. No path goes over a link twice in the same way.
    """
    path = _past(between, source, (*waypoints, destination))
    return path if path is not None and len(dict.fromkeys(path)) == len(path) else None


def _past(between: Mapping[str, tuple[str, str]], source: str, waypoints: Sequence[str]) -> Path | None:
    if not waypoints:
        return ()
    best: Path | None = None
    for leg, end in _legs(between, source, waypoints[0]):
        rest = _past(between, end, waypoints[1:])
        if rest is not None and (best is None or _rank(leg + rest) < _rank(best)):
            best = leg + rest
    return best


def _legs(between: Mapping[str, tuple[str, str]], source: str, waypoint: str) -> list[tuple[Path, str]]:
    """Ways to a waypoint, and where they end."""
    if waypoint not in between:
        leg = _nearest(between, source, waypoint)
        return [] if leg is None else [(leg, waypoint)]
    legs = []
    for near, far in (between[waypoint], between[waypoint][::-1]):
        leg = _nearest(between, source, near)
        if leg is not None:
            legs.append((*leg, (waypoint, near, far)))
    return [(leg, leg[-1][2]) for leg in legs]


def _nearest(between: Mapping[str, tuple[str, str]], source: str, destination: str) -> Path | None:
    """Breadth first, a ring of sites at a time; each site keeps the path that is first by names."""
    reached: dict[str, Path] = {source: ()}
    ring = [source]
    while ring and destination not in reached:
        found: dict[str, Path] = {}
        for site in ring:
            for hop in _hops(between, site):
                path = (*reached[site], hop)
                if hop[2] not in reached and (hop[2] not in found or _rank(path) < _rank(found[hop[2]])):
                    found[hop[2]] = path
        reached.update(found)
        ring = list(found)
    return reached.get(destination)


def _hops(between: Mapping[str, tuple[str, str]], site: str) -> list[Hop]:
    return [
        (link, near, far)
        for link, ends in between.items()
        for near, far in dict.fromkeys((ends, ends[::-1]))
        if near == site
    ]


def _rank(path: Path) -> tuple[int, tuple[str, ...]]:
    return len(path), tuple(hop[0] for hop in path)
