"""From a checked scenario to a world that stands ready: nothing has happened yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.engine.distribution import FullPolicy
from sim.engine.identity import START
from sim.engine.modlog import ModificationLog
from sim.engine.playback import Playback
from sim.engine.receiver import SetReceiver
from sim.engine.savevolume import SaveVolume
from sim.engine.snapshots import SnapshotQueue
from sim.engine.source import Source
from sim.engine.store import SnapshotStore
from sim.engine.triggers import Triggers
from sim.engine.volume import Volume
from sim.oracle import Checking, Oracle
from sim.records import LinkStood, ReplicationBegan, VolumeStood
from sim.scenario import schema
from sim.streams import Streams
from sim.world.activity import Activity
from sim.world.clock import Clock
from sim.world.contents import RowType, empty_disk, first_ids, rows_of
from sim.world.copier import Copier
from sim.world.disk import Disk
from sim.world.ledger import Ledger
from sim.world.link import Link
from sim.world.localfeed import LocalFeed
from sim.world.mirror import Arm, Mirror
from sim.world.node import Node
from sim.world.operator import Operator
from sim.world.primary import Policy, Primary
from sim.world.secondary import PlaybackTriggers, Secondary
from sim.world.sender import Sender
from sim.world.snapshotting import Snapshotter, of_primary, of_secondary
from sim.world.snapshotwatch import SnapshotWatch
from sim.world.workload import VolumeWrites
from sim.world.workload import build as build_writes

FILL_BLOCKS = 1 << 20  # blocks that get their first contents at a time


@dataclass(slots=True)
class World:
    """All that waits in one run."""

    clock: Clock
    ledger: Ledger
    scenario: schema.Scenario
    mirrors: dict[str, Mirror]
    snapshotters: dict[tuple[str, str], Snapshotter]
    operator: Operator

    def start(self) -> None:
        """Let everything begin, in the order of names, so that the order of declaration means nothing (M12)."""
        for name in sorted(self.mirrors):
            self.mirrors[name].start(self.scenario.replication[name].initial_copy)
        for key in sorted(self.snapshotters):
            schedule = self._schedule(*key)
            if schedule is not None:
                self.clock.start(self.snapshotters[key].keep(schedule.every, schedule.keep))
        self.operator.plan(self.scenario.timeline)

    def look(self) -> None:
        """Bring every volume and transfer up to date: the end of the run is an instant that is looked at."""
        for name in sorted(self.mirrors):
            self.mirrors[name].primary.look()
            for arm in self.mirrors[name].arms.values():
                arm.sender.tell_unfinished()
                arm.copier.tell_unfinished()

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
        self._nodes = {
            name: Node(self._clock, name, Disk(self._clock, site.disk.read, site.disk.write))
            for name, site in sorted(scenario.sites.items())
        }
        self._links = [
            Link(self._clock, name, link.between, link.bandwidth, link.rtt)
            for name, link in sorted(scenario.links.items())
        ]

    def world(self) -> World:
        """Everything, wired."""
        for link in self._links:
            spec = self._scenario.links[link.name]
            self._ledger.append(LinkStood(time_ns=0, link=link.name, bits_per_s=spec.bandwidth, rtt_ns=spec.rtt))
        mirrors = {name: self._mirror(name, spec) for name, spec in sorted(self._scenario.replication.items())}
        snapshotters = {key: one for name, mirror in mirrors.items() for key, one in self._snapshotters(name, mirror)}
        operator = Operator(self._clock, self._ledger, self._nodes, mirrors, snapshotters)
        return World(self._clock, self._ledger, self._scenario, mirrors, snapshotters, operator)

    def _snapshotters(self, name: str, mirror: Mirror) -> Iterator[tuple[tuple[str, str], Snapshotter]]:
        volume = self._scenario.replication[name].volume
        yield (volume, mirror.primary.node.site), of_primary(mirror.primary)
        for arm in mirror.arms.values():
            if not arm.secondary.shares_save_volume:
                yield (volume, arm.secondary.node.site), of_secondary(arm.secondary)

    # -- one replication ----------------------------------------------------------------------------------------------

    def _mirror(self, name: str, spec: schema.Replication) -> Mirror:
        volume_spec = self._scenario.volumes[spec.volume]
        primary = self._primary(name, spec, volume_spec)
        self._tell_standing(name, spec, volume_spec)
        mirror = Mirror(name, primary)
        for secondary in sorted(spec.secondaries):
            mirror.join(self._arm(primary, name, spec, volume_spec, secondary))
        return mirror

    def _primary(self, name: str, spec: schema.Replication, volume_spec: schema.Volume) -> Primary:
        volume = self._volume(volume_spec, filled=spec.initial_copy != "done")
        snapshots = self._snapshots(volume, spec.volume, spec.primary)
        save_volume = self._save_volume(spec.save_volume.size, volume_spec)
        log = ModificationLog(volume.n_blocks)
        source = Source(volume, log, save_volume, snapshots.queue, _chunk_blocks(spec, volume_spec))
        policy = Policy(
            spec.volume,
            volume_spec.block,
            tuple(sorted(spec.secondaries)),
            Triggers(spec.timeout, _blocks(spec.high_water_mark, volume_spec.block), spec.poll),
            spec.empty_sets == "send",
            FullPolicy(spec.save_volume.on_full),
        )
        activity = Activity(self._clock, self._writes(spec, volume_spec))
        oracle = Oracle(self._checking, volume.contents)
        node = self._nodes[spec.primary]
        return Primary(self._clock, self._ledger, node, name, policy, source, snapshots, activity, oracle)

    def _arm(
        self, primary: Primary, replication: str, spec: schema.Replication, volume_spec: schema.Volume, name: str
    ) -> Arm:
        site, options = spec.site_of(name), spec.secondaries[name]
        local = site == spec.primary
        volume = self._volume(volume_spec, filled=False)
        snapshots = self._snapshots(volume, spec.volume, site)
        save_volume = (
            primary.save_volume
            if local
            else self._save_volume(options.save_volume.size or spec.save_volume.size, volume_spec)
        )
        receiver = None if local else SetReceiver(save_volume, START)
        secondary = Secondary(
            primary,
            self._nodes[site],
            name,
            PlaybackTriggers(
                options.timeout, options.high_water_mark and _blocks(options.high_water_mark, volume_spec.block)
            ),
            Playback(volume, save_volume, START if spec.initial_copy == "done" else None, snapshots.queue),
            receiver,
            save_volume,
            snapshots,
        )
        feed: Sender | LocalFeed
        if receiver is None:
            feed = LocalFeed(primary, secondary)
        else:
            feed = Sender(primary, secondary, receiver, self._link(spec.primary, site).way(spec.primary, site))
        copier = Copier(primary, secondary, feed, spec.initial_copy == "two-snapshots", spec.retries)
        return Arm(secondary, feed, copier)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _volume(self, spec: schema.Volume, filled: bool) -> Volume:
        """A volume whose first blocks are in use; filled ones hold something that a copy can be compared with."""
        volume = Volume(empty_disk(spec.size // spec.block, spec.block, self._row_type), spec.granularity)
        in_use = _in_use_blocks(spec)
        volume.allocate_range(0, in_use)
        if filled:
            for start, stop in _ranges(in_use, FILL_BLOCKS):
                volume.contents[start:stop] = rows_of(first_ids(start, stop), volume.contents)
        return volume

    def _snapshots(self, volume: Volume, name: str, site: str) -> SnapshotWatch:
        spec = self._scenario.volumes[name]
        capacity = (spec.snapshot_store.size or spec.size) // spec.block
        store = SnapshotStore(empty_disk(capacity, spec.block, self._row_type))
        queue = SnapshotQueue(volume, store, when_full="invalidate_oldest")
        return SnapshotWatch(self._clock, self._ledger, name, site, spec.block, queue)

    def _save_volume(self, size: int, spec: schema.Volume) -> SaveVolume:
        return SaveVolume(empty_disk(size // spec.block, spec.block, self._row_type))

    def _writes(self, spec: schema.Replication, volume_spec: schema.Volume) -> VolumeWrites:
        base_dir = Path(self._scenario.base_dir)
        return build_writes(spec.volume, volume_spec, self._streams, base_dir, spec.timeout)

    def _link(self, near: str, far: str) -> Link:
        return next(link for link in self._links if set(link.between) == {near, far})

    def _tell_standing(self, name: str, spec: schema.Replication, volume_spec: schema.Volume) -> None:
        self._ledger.append(
            VolumeStood(
                time_ns=0,
                volume=spec.volume,
                site=spec.primary,
                n_blocks=volume_spec.size // volume_spec.block,
                block_bytes=volume_spec.block,
                in_use_blocks=_in_use_blocks(volume_spec),
            )
        )
        self._ledger.append(
            ReplicationBegan(
                time_ns=0,
                replication=name,
                volume=spec.volume,
                primary=spec.primary,
                secondaries=tuple(sorted(spec.secondaries)),
                generation=1,
                timeout_ns=spec.timeout,
                high_water_mark_bytes=spec.high_water_mark,
                save_volume_bytes=spec.save_volume.size,
            )
        )


def build(scenario: schema.Scenario, ledger: Ledger, streams: Streams, checking: Checking, row_type: RowType) -> World:
    """The world of a scenario at instant 0. Raises BadInput for a trace or profile that cannot be read."""
    return Builder(scenario, ledger, streams, checking, row_type).world()


def _blocks(size_bytes: int, block_bytes: int) -> int:
    return -(-size_bytes // block_bytes)


def _chunk_blocks(spec: schema.Replication, volume_spec: schema.Volume) -> int:
    return max(1, spec.chunk // volume_spec.block)


def _in_use_blocks(spec: schema.Volume) -> int:
    return int(spec.size // spec.block * spec.in_use)


def _ranges(stop: int, step: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + step, stop)) for start in range(0, stop, step))
