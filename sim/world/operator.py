"""The timeline: what an operator does, at declared instants. What goes wrong by itself is in sim/world/faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sim.scenario.timeline import (
    CutNow,
    DeleteSnapshot,
    Join,
    Leave,
    Move,
    SetPolicy,
    Spell,
    Start,
    Stop,
    TakeSnapshot,
    TimelineEntry,
)
from sim.world.clock import Clock, Order
from sim.world.faults.onsite import data_movers
from sim.world.mirror import Mirror
from sim.world.node import Node
from sim.world.snapshotting import Snapshotter


@dataclass(slots=True)
class Operator:
    """Carries the timeline out."""

    clock: Clock
    nodes: Mapping[str, Node]
    mirrors: dict[str, Mirror]
    snapshotters: dict[tuple[str, str], Snapshotter]  # by volume and site, a volume's primary first

    def plan(self, timeline: Sequence[TimelineEntry]) -> None:
        """Arm every command at its instant."""
        for entry in timeline:
            if not isinstance(entry, Spell):
                self.clock.call_at(int(entry.at), Order.COMMAND, lambda entry=entry: self._do(entry))  # type: ignore[misc]

    def _do(self, entry: TimelineEntry) -> None:
        match entry:
            case CutNow():
                self._mirror(entry.replication).primary.cut_now("demand")
            case SetPolicy():
                self._mirror(entry.replication).set_policy(entry.secondary, entry.timeout, entry.high_water_mark)
            case Stop():
                self._for_arms(entry, Mirror.stop)
            case Start():
                self._for_arms(entry, Mirror.restart)
            case Join():
                self._mirror(entry.replication).add(entry.secondary)
            case Leave():
                self._mirror(entry.replication).remove(entry.secondary)
            case Move():
                [data_mover] = data_movers(self.nodes.values(), entry.site, entry.data_mover)
                self._mirror(entry.replication).move(entry.site, data_mover)
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

    def _for_arms(self, entry: Stop | Start, act: Callable[[Mirror, str], None]) -> None:
        mirror = self._mirror(entry.replication)
        for secondary in [entry.secondary] if entry.secondary is not None else list(mirror.arms):
            act(mirror, secondary)
