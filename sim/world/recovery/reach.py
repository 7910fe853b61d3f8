"""Whether one site can tell another something now: there is a way, it works in both directions, both ends are up."""

from __future__ import annotations

from collections.abc import Iterator

from sim.world.clock import Signal
from sim.world.network import Network, Way
from sim.world.node import Seat


def reaches(network: Network, here: Seat, there: Seat) -> bool:
    """Whether word gets from one data mover to another now."""
    if not (here.up and there.up):
        return False
    way = _way(network, here, there)
    return here.site == there.site or (way is not None and way.usable)


def news_of(network: Network, here: Seat, there: Seat) -> Iterator[Signal]:
    """What fires when a way between them may have become another."""
    way = _way(network, here, there)
    if way is not None:
        yield way.changed


def _way(network: Network, here: Seat, there: Seat) -> Way | None:
    path = network.shortest(here.site, there.site)
    return None if path is None else network.way(path)
