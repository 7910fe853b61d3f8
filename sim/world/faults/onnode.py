"""A data mover that is down, as what a fault does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.world.faults.outages import Outages
from sim.world.node import Node


@dataclass(frozen=True, slots=True, eq=False)
class OnNode:
    """A data mover is down, and restarts from what is durable."""

    outages: Outages
    hit: Callable[[Node], Iterable[str]]
    node: Node

    @property
    def target(self) -> str:
        """The site."""
        return self.node.site

    @property
    def direction(self) -> str:
        """None: a node is a place."""
        return ""

    @property
    def detail(self) -> str:
        """Which of the site's data movers, where that is not clear."""
        return "down" if self.node.name == self.node.site else f"data mover {self.node.name} down"

    def on_its_way(self) -> Iterable[str]:
        """What is being sent or received there."""
        return self.hit(self.node)

    def strike(self) -> None:
        """Down."""
        self.outages.stop(self.node)

    def mend(self) -> None:
        """Up, when no other fault is on it."""
        self.outages.release(self.node)


def data_movers(nodes: Iterable[Node], site: str, data_mover: str | None = None) -> tuple[Node, ...]:
    """The data movers of a site, or the one of that name."""
    return tuple(node for node in nodes if node.site == site and data_mover in (None, node.name))
