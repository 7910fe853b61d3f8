"""The timeline: what an operator does, and the disasters; what else goes wrong is in sim/world/faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.scenario.disasters import (
    AskStatus,
    CopyDelta,
    Failback,
    Failover,
    Resync,
    SiteLoss,
    SiteReturn,
    Swap,
)
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
from sim.streams import Streams
from sim.world.chance import draw_ns
from sim.world.clock import Clock
from sim.world.faults import Faults
from sim.world.faults.onsite import data_movers
from sim.world.mirror import Mirror
from sim.world.node import Node
from sim.world.recovery.commands import Commands, Directive
from sim.world.recovery.disasters import Disasters
from sim.world.recovery.succession import Succession
from sim.world.snapshotting import Snapshotter

Ordered = Failover | Resync | Failback | Swap | AskStatus | CopyDelta


@dataclass(slots=True)
class Operator:
    """Carries the timeline out."""

    clock: Clock
    streams: Streams
    nodes: Mapping[str, Node]
    successions: Mapping[str, Succession]
    commands: Mapping[str, Commands]
    snapshotters: dict[tuple[str, str], Snapshotter]  # by volume and site, a volume's primary first
    faults: Faults
    disasters: Disasters

    def do(self, entry: TimelineEntry, place: int, since_ns: int | None) -> None:
        """Carry one entry out now; `since_ns`: when what it answers happened."""
        match entry:
            case Spell():
                if not entry.at.is_static:
                    self.faults.begin_now(entry, place + 1)
            case SiteLoss():
                self._lose(entry, place)
            case SiteReturn():
                self.disasters.give_back(entry.site or entry.group or "")
            case Failover() | Resync() | Failback() | Swap() | AskStatus() | CopyDelta():
                self._order(entry, place, since_ns)
            case TakeSnapshot():
                self.clock.start(self._snapshotter(entry.volume).take("operator", entry.id))
            case DeleteSnapshot():
                for snapshotter in self.snapshotters.values():
                    snapshotter.delete(entry.snapshot)
            case SetPolicy() | Stop() | Start() | Join() | Leave() if self._is_source(entry):
                self._refuse(entry, place)
            case _:
                self._replicate(entry)

    def detected(self, entry: TimelineEntry, began_ns: int) -> None:
        """People know of what an entry answers."""
        if isinstance(entry, Failover):
            self.successions[entry.replication].detected(began_ns)

    def _is_source(self, entry: SetPolicy | Stop | Start | Join | Leave) -> bool:
        """Whether what an entry names as a secondary is the one that users write to now."""
        return entry.secondary is not None and entry.secondary not in self._mirror(entry.replication).arms

    def _refuse(self, entry: SetPolicy | Stop | Start | Join | Leave, place: int) -> None:
        order = Directive(entry.kind, entry.id or f"{entry.kind} {place + 1}", entry.secondary or "")
        self.commands[entry.replication].refuse(order, f"{entry.secondary} is the primary now")

    def _replicate(self, entry: TimelineEntry) -> None:
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
                self.successions[entry.replication].join(entry.secondary)
            case Leave():
                self.successions[entry.replication].leave(entry.secondary)
            case Move():
                [data_mover] = data_movers(self.nodes.values(), entry.site, entry.data_mover)
                self._mirror(entry.replication).move(entry.site, data_mover)

    def _lose(self, entry: SiteLoss, place: int) -> None:
        name = entry.id or f"{entry.kind} {place + 1}"
        lasts = entry.duration
        lasts_ns = (
            None if lasts is None else draw_ns(lasts, self.streams.generator(f"timeline/{entry.id or place + 1}"))
        )
        self.disasters.lose(name, entry.site or entry.group or "", entry.destroys, entry.corrupts, lasts_ns)

    def _order(self, entry: Ordered, place: int, since_ns: int | None) -> None:
        name = entry.id or f"{entry.kind} {place + 1}"
        target = getattr(entry, "to", None) or getattr(entry, "site", None) or getattr(entry, "secondary", None) or ""
        mode = entry.mode if isinstance(entry, Failover) else ""
        base = self._named(entry, entry.base) if isinstance(entry, CopyDelta) else None
        snapshot = self._named(entry, entry.snapshot) if isinstance(entry, CopyDelta) else None
        self.commands[entry.replication].give(Directive(entry.kind, name, target, mode, since_ns, base, snapshot))

    def _named(self, entry: CopyDelta, name: str) -> int | None:
        return self._snapshotter(self._mirror(entry.replication).primary.volume).named(name)

    def _mirror(self, name: str) -> Mirror:
        return self.successions[name].mirror

    def _snapshotter(self, volume: str) -> Snapshotter:
        mirrors = (succession.mirror for succession in self.successions.values())
        site = next(mirror.primary.node.site for mirror in mirrors if mirror.primary.volume == volume)
        return self.snapshotters[volume, site]

    def _for_arms(self, entry: Stop | Start, act: Callable[[Mirror, str], None]) -> None:
        mirror = self._mirror(entry.replication)
        for secondary in [entry.secondary] if entry.secondary is not None else list(mirror.arms):
            act(mirror, secondary)
