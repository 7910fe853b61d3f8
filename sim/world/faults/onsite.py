"""Data movers of a site that are down, as what a fault does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sim.world.faults.outages import Outages
from sim.world.node import Node


@dataclass(frozen=True, slots=True, eq=False)
class OnSite:
    """One data mover of a site or all of them are down, and restart from what is durable."""

    outages: Outages
    hit: Callable[[Node], Iterable[str]]
    target: str
    nodes: tuple[Node, ...]
    data_mover: str | None = None  # which one; None: all

    @property
    def direction(self) -> str:
        """None: a site is a place."""
        return ""

    @property
    def detail(self) -> str:
        """Which of the site's data movers, if not all."""
        return "down" if self.data_mover in (None, self.target) else f"data mover {self.data_mover} down"

    def on_its_way(self) -> Iterator[str]:
        """What is being sent or received there."""
        return (what for node in self.nodes for what in self.hit(node))

    def strike(self) -> None:
        """Down."""
        for node in self.nodes:
            self.outages.stop(node)

    def mend(self) -> None:
        """Up, each when no other fault is on it."""
        for node in self.nodes:
            self.outages.release(node)


def data_movers(nodes: Iterable[Node], site: str, data_mover: str | None = None) -> tuple[Node, ...]:
    """The data movers of a site, or the one of that name; each once, however often it is among `nodes`."""
    return tuple(dict.fromkeys(node for node in nodes if node.site == site and data_mover in (None, node.name)))
