"""Which data movers are down: a node stops with the first fault on it, and is up again when the last is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sim.records import NodeCameUp, NodeWentDown
from sim.world.clock import Clock
from sim.world.ledger import Ledger
from sim.world.node import Node


class Replication(Protocol):
    """What has to know that a node stopped: the part of a `Mirror` that faults see."""

    def node_went_down(self, node: Node) -> None:
        """It is about to go down."""

    def node_came_up(self, node: Node) -> None:
        """It is up again."""


@dataclass(slots=True)
class _Outage:
    """A node that is down."""

    since_ns: int
    faults: int = 1


@dataclass(slots=True)
class Outages:
    """Stops nodes and starts them again, and tells every replication."""

    clock: Clock
    ledger: Ledger
    mirrors: Mapping[str, Replication]
    _down: dict[Node, _Outage] = field(default_factory=dict)

    def stop(self, node: Node) -> None:
        """A fault on it begins; what survives is what is durable."""
        if node in self._down:
            self._down[node].faults += 1
            return
        now = self.clock.now_ns
        self._down[node] = _Outage(now)
        for mirror in self.mirrors.values():
            mirror.node_went_down(node)
        node.go_down()
        self.ledger.append(NodeWentDown(time_ns=now, site=node.site, data_mover=node.told_as))

    def release(self, node: Node) -> None:
        """A fault on it is over."""
        outage, now = self._down[node], self.clock.now_ns
        outage.faults -= 1
        if outage.faults:
            return
        del self._down[node]
        down_ns = now - outage.since_ns
        self.ledger.append(NodeCameUp(time_ns=now, site=node.site, down_ns=down_ns, data_mover=node.told_as))
        node.come_up()
        for mirror in self.mirrors.values():
            mirror.node_came_up(node)
