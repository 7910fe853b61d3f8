"""From a checked scenario to a world that stands ready: nothing has happened yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
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
from sim.world.recovery.agenda import Agenda
from sim.world.recovery.commands import Commands
from sim.world.recovery.disasters import Disasters
from sim.world.recovery.handover import Handover
from sim.world.recovery.succession import Succession
from sim.world.snapshotting import Snapshotter
from sim.world.wiring import Ground, Wiring


@dataclass(slots=True)
class World:
    """All that waits in one run."""

    clock: Clock
    ledger: Ledger
    scenario: schema.Scenario
    mirrors: dict[str, Mirror]  # the generation of now, by replication
    successions: dict[str, Succession]
    snapshotters: dict[tuple[str, str], Snapshotter]
    operator: Operator
    agenda: Agenda
    faults: Faults

    def start(self) -> None:
        """Let everything begin, in the order of names, so that the order of declaration means nothing (M12)."""
        for name in sorted(self.mirrors):
            self.mirrors[name].start(self.scenario.replication[name].initial_copy)
        for key in sorted(self.snapshotters):
            schedule = self._schedule(*key)
            if schedule is not None:
                self.clock.start(self.snapshotters[key].keep(schedule.every, schedule.keep))
        self.agenda.plan(self.scenario.timeline)
        self.faults.plan(self.scenario)

    def look(self) -> None:
        """Bring every volume and transfer up to date: the end of the run is an instant that is looked at."""
        for name in sorted(self.mirrors):
            self.mirrors[name].primary.look()
            for member in self.mirrors[name].tree.members.values():
                member.feed.tell_unfinished()
                if member.copier is not None:
                    member.copier.tell_unfinished()
            self.successions[name].look()

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
        self._links = link_specs(scenario)
        self._network = Network(self._clock, streams, self._links)

    def world(self) -> World:
        """Everything, wired."""
        self._tell_links()
        scenario, clock, ledger, streams = self._scenario, self._clock, self._ledger, self._streams
        mirrors: dict[str, Mirror] = {}
        successions = {
            name: self._succession(name, spec, mirrors) for name, spec in sorted(scenario.replication.items())
        }
        snapshotters = {key: one for of in successions.values() for key, one in self._snapshotters(of)}
        hit, nodes = Hit(mirrors), self._nodes.values()
        faults = Faults(clock, ledger, streams, self._network, nodes, hit, successions, scenario.groups)
        disasters = Disasters(clock, ledger, faults.fate, successions, faults.aim.place, self._sites_in)
        commands = {name: Commands(of) for name, of in successions.items()}
        operator = Operator(clock, streams, self._nodes, successions, commands, snapshotters, faults, disasters)
        agenda = Agenda(clock, ledger, streams, scenario.operator, successions, operator.do, operator.detected)
        return World(clock, ledger, scenario, mirrors, successions, snapshotters, operator, agenda, faults)

    def _sites_in(self, where: str) -> list[str]:
        """The site itself, or those of a group."""
        sites = self._scenario.sites
        return [where] if where in sites else sorted(name for name in self._scenario.groups[where] if name in sites)

    def _data_movers(self, site: str) -> Iterator[tuple[str, Node]]:
        """A site's data movers share its disks; the site's own name stands for the first."""
        spec = self._scenario.sites[site]
        disk = Disk(self._clock, spec.disk.read, spec.disk.write)
        names = spec.data_movers or (site,)
        movers = [Node(self._clock, site, disk, name, alone=len(names) == 1) for name in names]
        yield site, movers[0]
        yield from ((f"{site}/{node.name}", node) for node in movers)

    def _tell_links(self) -> None:
        for link in self._links:
            there, back = link.there.nominal_bits_per_s, link.back.nominal_bits_per_s
            self._ledger.append(
                LinkStood(
                    time_ns=0,
                    link=link.name,
                    bits_per_s=there,
                    rtt_ns=self._scenario.links[link.name].rtt,
                    ends=link.between,
                    back_bits_per_s=back if back != there else None,
                    congestion=link.congestion,
                )
            )

    def _succession(self, name: str, spec: schema.Replication, mirrors: dict[str, Mirror]) -> Succession:
        ground = Ground(
            self._clock, self._ledger, self._streams, self._network, self._nodes, self._checking,
            Path(self._scenario.base_dir),
        )  # fmt: skip
        volume = self._scenario.volumes[spec.volume]
        parts = Parts(self._clock, self._ledger, spec.volume, volume, self._row_type)
        absent = joiners(self._scenario, name)
        wiring = Wiring(ground, name, spec, parts, absent)
        mirrors[name] = wiring.mirror(tree(self._scenario, name))
        succession = Succession(name, self._scenario, wiring, self._network, mirrors)
        succession.begin(absent)
        succession.begin_anew = Handover(succession).begin_anew
        return succession

    def _snapshotters(self, of: Succession) -> Iterator[tuple[tuple[str, str], Snapshotter]]:
        """One for each copy that has a save volume of its own."""
        for held in of.holdings.values():
            arm = of.mirror.arms.get(held.name)
            if arm is None or not arm.secondary.shares_save_volume:
                actor = partial(of.actor, held)
                yield (of.spec.volume, held.site), Snapshotter(self._clock, held.snapshots, actor)


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
