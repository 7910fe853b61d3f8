"""From a checked scenario to a world that stands ready: nothing has happened yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.oracle import Checking
from sim.records import LinkStood
from sim.scenario import schema
from sim.scenario.routes import tree
from sim.scenario.timeline import Join, Leave
from sim.streams import Streams
from sim.world.clock import Clock
from sim.world.contents import RowType
from sim.world.disk import Disk
from sim.world.faults import Faults
from sim.world.hit import Hit
from sim.world.ledger import Ledger
from sim.world.lines import link_specs
from sim.world.mirror import Mirror
from sim.world.network import Network
from sim.world.node import Node
from sim.world.operator import Operator
from sim.world.parts import Parts
from sim.world.snapshotting import Snapshotter, of_primary, of_secondary
from sim.world.wiring import Ground, Wiring


@dataclass(slots=True)
class World:
    """All that waits in one run."""

    clock: Clock
    ledger: Ledger
    scenario: schema.Scenario
    mirrors: dict[str, Mirror]
    snapshotters: dict[tuple[str, str], Snapshotter]
    operator: Operator
    faults: Faults

    def start(self) -> None:
        """Let everything begin, in the order of names, so that the order of declaration means nothing (M12)."""
        for name in sorted(self.mirrors):
            self.mirrors[name].start(self.scenario.replication[name].initial_copy)
        for key in sorted(self.snapshotters):
            schedule = self._schedule(*key)
            if schedule is not None:
                self.clock.start(self.snapshotters[key].keep(schedule.every, schedule.keep))
        self.operator.plan(self.scenario.timeline)
        self.faults.plan(self.scenario)

    def look(self) -> None:
        """Bring every volume and transfer up to date: the end of the run is an instant that is looked at."""
        for name in sorted(self.mirrors):
            self.mirrors[name].primary.look()
            for member in self.mirrors[name].tree.members.values():
                member.feed.tell_unfinished()
                if member.copier is not None:
                    member.copier.tell_unfinished()

    def _schedule(self, volume: str, site: str) -> schema.SnapshotSchedule | None:
        spec = next(spec for spec in self.scenario.replication.values() if spec.volume == volume)
        if site == spec.primary:
            return self.scenario.volumes[volume].snapshots
        return next(other.snapshots for name, other in spec.secondaries.items() if spec.site_of(name) == site)


class Builder:
    """Puts a world together, part by part."""

    def __init__(
        self, scenario: schema.Scenario, ledger: Ledger, streams: Streams, checking: Checking, row_type: RowType
    ) -> None:
        self._scenario, self._ledger, self._streams = scenario, ledger, streams
        self._checking: Checking = checking
        self._row_type: RowType = row_type
        self._clock = Clock()
        self._nodes = {key: node for site in sorted(scenario.sites) for key, node in self._data_movers(site)}
        self._network = Network(self._clock, streams, link_specs(scenario))

    def world(self) -> World:
        """Everything, wired."""
        self._tell_links()
        mirrors = {name: self._mirror(name, spec) for name, spec in sorted(self._scenario.replication.items())}
        snapshotters = {key: one for name, mirror in mirrors.items() for key, one in self._snapshotters(name, mirror)}
        operator = Operator(self._clock, self._nodes, mirrors, snapshotters)
        hit = Hit(mirrors)
        faults = Faults(self._clock, self._ledger, self._streams, self._network, self._nodes.values(), hit, mirrors)
        return World(self._clock, self._ledger, self._scenario, mirrors, snapshotters, operator, faults)

    def _data_movers(self, site: str) -> Iterator[tuple[str, Node]]:
        """A site's data movers share its disks; the site's own name stands for the first."""
        spec = self._scenario.sites[site]
        disk = Disk(self._clock, spec.disk.read, spec.disk.write)
        movers = [Node(self._clock, site, disk, name) for name in spec.data_movers or (site,)]
        yield site, movers[0]
        yield from ((f"{site}/{node.name}", node) for node in movers)

    def _tell_links(self) -> None:
        for name, link in sorted(self._scenario.links.items()):
            there, back = link.direction(0), link.direction(1)
            self._ledger.append(
                LinkStood(
                    time_ns=0,
                    link=name,
                    bits_per_s=there.bandwidth,
                    rtt_ns=there.rtt,
                    ends=link.between,
                    back_bits_per_s=back.bandwidth if back.bandwidth != there.bandwidth else None,
                    congestion=link.congestion_control,
                )
            )

    def _mirror(self, name: str, spec: schema.Replication) -> Mirror:
        ground = Ground(
            self._clock, self._ledger, self._streams, self._network, self._nodes, self._checking,
            Path(self._scenario.base_dir),
        )  # fmt: skip
        volume = self._scenario.volumes[spec.volume]
        parts = Parts(self._clock, self._ledger, spec.volume, volume, self._row_type)
        return Wiring(ground, name, spec, parts, joiners(self._scenario, name)).mirror(tree(self._scenario, name))

    def _snapshotters(self, name: str, mirror: Mirror) -> Iterator[tuple[tuple[str, str], Snapshotter]]:
        volume = self._scenario.replication[name].volume
        yield (volume, mirror.primary.node.site), of_primary(mirror.primary)
        for arm in mirror.arms.values():
            if not arm.secondary.shares_save_volume:
                yield (volume, arm.secondary.node.site), of_secondary(arm.secondary)


def build(scenario: schema.Scenario, ledger: Ledger, streams: Streams, checking: Checking, row_type: RowType) -> World:
    """The world of a scenario at instant 0. Raises BadInput for a trace or profile that cannot be read."""
    return Builder(scenario, ledger, streams, checking, row_type).world()


def joiners(scenario: schema.Scenario, replication: str) -> frozenset[str]:
    """The secondaries of a replication that are not there at the start: those whose first entry is to join."""
    first: dict[str, schema.TimelineEntry] = {}
    for entry in sorted(scenario.timeline, key=lambda entry: int(entry.at)):
        if isinstance(entry, Join | Leave) and entry.replication == replication:
            first.setdefault(entry.secondary, entry)
    return frozenset(name for name, entry in first.items() if isinstance(entry, Join))
