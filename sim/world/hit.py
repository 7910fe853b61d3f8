"""What is on its way over a direction, or at a data mover, at the instant at which a fault begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.world.mirror import Mirror
from sim.world.network import Direction
from sim.world.node import Node


class Hit:
    """Says in words what a fault meets: "home-mirror g1.7 to lisbon"."""

    def __init__(self, mirrors: Mapping[str, Mirror]) -> None:
        self._mirrors = mirrors

    def __call__(self, place: Direction | Node) -> Iterator[str]:
        """What is there now, replication by replication."""
        for mirror in self._mirrors.values():
            if isinstance(place, Node):
                yield from self._on_node(mirror, place)
            else:
                yield from self._on_way(mirror, place)

    def _on_way(self, mirror: Mirror, direction: Direction) -> Iterator[str]:
        for member in mirror.tree.members.values():
            way = member.feed.way
            if member.inbox is not None and direction in (*way.directions, *way.back):
                yield from (f"{mirror.name} {set_id} to {member.name}" for set_id in member.inbox.incoming)
            if member.copier is not None and member.copier.is_on(direction):
                yield f"{mirror.name} copy to {member.name}"

    def _on_node(self, mirror: Mirror, node: Node) -> Iterator[str]:
        if mirror.primary.node.node is node:
            yield f"{mirror.name} primary"
        for member in mirror.tree.members.values():
            if member.node.node is node:
                yield f"{mirror.name} {'forwarder' if member.secondary is None else 'secondary'} {member.name}"
