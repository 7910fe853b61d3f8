"""The timeline: what an operator does, and what happens to data movers, at declared instants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.records import NodeCameUp, NodeWentDown
from sim.scenario.schema import (
    Constant,
    CutNow,
    DeleteSnapshot,
    Reboot,
    SetPolicy,
    Start,
    Stop,
    TakeSnapshot,
    TimelineEntry,
)
from sim.world.clock import Clock, Order
from sim.world.ledger import Ledger
from sim.world.mirror import Mirror
from sim.world.node import Node
from sim.world.snapshotting import Snapshotter


@dataclass(slots=True)
class Operator:
    """Carries the timeline out."""

    clock: Clock
    ledger: Ledger
    nodes: dict[str, Node]
    mirrors: dict[str, Mirror]
    snapshotters: dict[tuple[str, str], Snapshotter]  # by volume and site, a volume's primary first
    _down: dict[str, int] = field(default_factory=dict)  # reboots that are not over, by site
    _down_since: dict[str, int] = field(default_factory=dict)

    def plan(self, timeline: Iterable[TimelineEntry]) -> None:
        """Arm every entry at its instant."""
        for entry in timeline:
            order = Order.DISASTER if isinstance(entry, Reboot) else Order.COMMAND
            self.clock.call_at(int(entry.at), order, lambda entry=entry: self._do(entry))  # type: ignore[misc]

    def _do(self, entry: TimelineEntry) -> None:
        match entry:
            case Reboot():
                self._reboot(entry)
            case CutNow():
                self._mirror(entry.replication).primary.cut_now("demand")
            case SetPolicy():
                self._mirror(entry.replication).set_policy(entry.secondary, entry.timeout, entry.high_water_mark)
            case Stop():
                self._for_arms(entry, Mirror.stop)
            case Start():
                self._for_arms(entry, Mirror.restart)
            case TakeSnapshot():
                self.clock.start(self._snapshotter(entry.volume).take("operator", entry.id))
            case DeleteSnapshot():
                for snapshotter in self.snapshotters.values():
                    snapshotter.delete(entry.snapshot)

    def _mirror(self, name: str | None) -> Mirror:
        return self.mirrors[name] if name is not None else next(iter(self.mirrors.values()))

    def _snapshotter(self, volume: str) -> Snapshotter:
        site = next(mirror.primary.node.site for mirror in self.mirrors.values() if mirror.primary.volume == volume)
        return self.snapshotters[volume, site]

    def _for_arms(self, entry: Stop | Start, act) -> None:  # type: ignore[no-untyped-def]
        mirror = self._mirror(entry.replication)
        for secondary in [entry.secondary] if entry.secondary is not None else list(mirror.arms):
            act(mirror, secondary)

    def _reboot(self, entry: Reboot) -> None:
        """A data mover stops and comes back; where two reboots overlap, the node is up when both are over."""
        node, now = self.nodes[entry.site], self.clock.now_ns
        self._down[node.site] = self._down.get(node.site, 0) + 1
        if self._down[node.site] == 1:
            for mirror in self.mirrors.values():
                mirror.node_went_down(node)
            node.go_down()
            self._down_since[node.site] = now
            self.ledger.append(NodeWentDown(time_ns=now, site=node.site))
        assert isinstance(entry.duration, Constant)
        self.clock.call_at(now + entry.duration.value, Order.REPAIR, lambda: self._come_back(node))

    def _come_back(self, node: Node) -> None:
        self._down[node.site] -= 1
        if self._down[node.site]:
            return
        now = self.clock.now_ns
        down_ns = now - self._down_since[node.site]
        self.ledger.append(NodeCameUp(time_ns=now, site=node.site, down_ns=down_ns))
        node.come_up()
        for mirror in self.mirrors.values():
            mirror.node_came_up(node)
