"""One replication put together: its primary, the tree of its members, and what leads from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from sim.engine.distribution import FullPolicy
from sim.engine.identity import START, SetId
from sim.engine.modlog import ModificationLog
from sim.engine.playback import Playback
from sim.engine.receiver import SetReceiver
from sim.engine.roles import Role
from sim.engine.savevolume import SaveVolume
from sim.engine.source import Source
from sim.engine.triggers import Triggers
from sim.engine.volume import Volume
from sim.oracle import Checking, Oracle
from sim.records import ReplicationBegan, VolumeStood
from sim.scenario import schema
from sim.scenario.routes import Hop
from sim.streams import Streams
from sim.world.activity import Activity
from sim.world.clock import Clock
from sim.world.copier import Copier
from sim.world.holding import Holding, empty
from sim.world.inbox import Inbox
from sim.world.ledger import Ledger
from sim.world.localfeed import LocalFeed
from sim.world.member import Member
from sim.world.mirror import Mirror
from sim.world.mischief import Mischief
from sim.world.network import Network, Path, Session
from sim.world.node import Node, Seat
from sim.world.parts import Parts, in_use_blocks
from sim.world.patience import Patience
from sim.world.primary import Policy, Primary
from sim.world.secondary import PlaybackTriggers, Secondary
from sim.world.sender import Feeder, Sender
from sim.world.tree import Tree
from sim.world.workload import VolumeWrites
from sim.world.workload import build as build_writes


@dataclass(frozen=True, slots=True)
class Ground:
    """What all replications of a world stand on."""

    clock: Clock
    ledger: Ledger
    streams: Streams
    network: Network
    nodes: Mapping[str, Node]  # each data mover; a site's own name stands for its first
    checking: Checking
    base_dir: FilePath


class Wiring:
    """Puts one replication together."""

    def __init__(
        self, ground: Ground, name: str, spec: schema.Replication, parts: Parts, absent: frozenset[str]
    ) -> None:
        """`absent`: secondaries that join later."""
        self._ground, self._name, self._spec, self._parts, self._absent = ground, name, spec, parts, absent
        self.seats: dict[str, Seat] = {}
        self.holdings: dict[str, Holding] = {}  # the declared primary's first, then as members came
        self._buffers: dict[str, SaveVolume] = {}  # of forwarders
        self.playback_triggers: dict[str, PlaybackTriggers] = {}  # of copies under the sources until now
        self.triggers = Triggers(spec.timeout, parts.blocks(spec.high_water_mark), spec.poll)  # of the source of now

    def mirror(self, hops: Mapping[str, Hop]) -> Mirror:
        """The first generation, wired; `hops` tells who feeds each member, parents before children."""
        spec = self._spec
        volume = self._parts.volume(filled=spec.initial_copy != "done")
        source = self._hold(spec.primary, self._seat(spec.primary), volume, spec.save_volume.size)
        source.role = Role.PRIMARY
        self._tell_volume()
        return self._generation(source, START, hops, Activity(self._ground.clock, self._writes()), self._absent)

    def next_mirror(
        self, source: Holding, begin: SetId, hops: Mapping[str, Hop], activity: Activity, absent: frozenset[str]
    ) -> Mirror:
        """Another generation, whose source is another copy; who is not `absent` holds boundary `begin` now."""
        source.free_save_volume()
        return self._generation(source, begin, hops, activity, absent)

    def destroy_buffers(self, site: str, parts: tuple[str, ...]) -> None:
        """A disaster at a site took what its forwarders had in their save volumes."""
        for name, ring in self._buffers.items():
            if "save_volume" in parts and self._spec.site_of(name) == site:
                for set_id in ring.held():
                    ring.lose(set_id)

    def other_users(self, side: int) -> VolumeWrites:
        """Users with luck of their own, for a primary that does not know that it was replaced."""
        return self._writes(side)

    def _generation(
        self, source: Holding, begin: SetId, hops: Mapping[str, Hop], activity: Activity, absent: frozenset[str]
    ) -> Mirror:
        copies = tuple(sorted(name for name in hops if name not in self._spec.forwarders))
        primary = self._primary(source, begin, copies, activity)
        self._tell_begin(source, begin, copies)
        tree = Tree(primary, self._spec.bypass)
        mirror = Mirror(self._name, primary, self._ground.network, tree, self.seats)
        for name, hop in hops.items():
            mirror.join(self._member(primary, tree.members.get(hop.feeder), name, hop, name not in absent))
        return mirror

    def _hold(self, name: str, seat: Seat, volume: Volume, size_bytes: int) -> Holding:
        snapshots = self._parts.snapshots(volume, seat.site)
        self.holdings[name] = Holding(name, seat, volume, snapshots, self._parts.save_volume(size_bytes))
        return self.holdings[name]

    # -- the primary --------------------------------------------------------------------------------------------------

    def _primary(self, held: Holding, begin: SetId, copies: tuple[str, ...], activity: Activity) -> Primary:
        ground, spec, parts = self._ground, self._spec, self._parts
        chunk_blocks = max(1, spec.chunk // parts.spec.block)
        log = ModificationLog(held.volume.n_blocks, begin)
        source = Source(held.volume, log, held.save_volume, held.snapshots.queue, chunk_blocks)
        policy = Policy(
            spec.volume,
            parts.spec.block,
            copies,
            self.triggers,
            spec.empty_sets == "send",
            FullPolicy(spec.save_volume.on_full),
        )
        oracle = Oracle(ground.checking, held.volume.contents)
        return Primary(
            ground.clock, ground.ledger, held.seat, self._name, policy, source, held.snapshots, activity, oracle, begin
        )

    def _writes(self, side: int = 0) -> VolumeWrites:
        ground, spec = self._ground, self._spec
        return build_writes(spec.volume, self._parts.spec, ground.streams, ground.base_dir, spec.timeout, side)

    def _seat(self, site: str) -> Seat:
        """The data mover that this replication uses at a site; all its roles there share it."""
        if site not in self.seats:
            self.seats[site] = Seat(self._ground.clock, self._ground.nodes[site])
        return self.seats[site]

    # -- members ------------------------------------------------------------------------------------------------------

    def _member(self, primary: Primary, home: Member | None, name: str, hop: Hop, present: bool) -> Member:
        seat = self._seat(hop.site)
        feeder: Feeder = primary if home is None or home.inbox is None else home.inbox
        held = None if name in self._spec.forwarders else self._held(name, seat)
        inbox = self._inbox(primary, seat, name, held, present) if hop.path else None
        secondary = None if held is None else self._secondary(primary, held, inbox, feeder, present)
        feed: Sender | LocalFeed
        if inbox is not None:
            patience = Patience(self._ground.clock, self._spec.retries, self._spec.retry_after)
            feed = Sender(primary, inbox, self._ground.network, self._connector(name, hop), feeder, patience)
        else:
            assert secondary is not None
            session = self._session((), f"{self._name}/{name}")
            feed = LocalFeed(primary, secondary, feeder, session)
        copier = None if secondary is None else self._copier(primary, secondary, feed)
        return Member(name, seat, home, feed, inbox, secondary, copier, present)

    def _held(self, name: str, seat: Seat) -> Holding:
        """What a copy has on its site's disks: what it had before, or as it is at the start."""
        if name not in self.holdings:
            self._hold(name, seat, self._parts.volume(filled=False), self._save_volume_bytes(name))
        return self.holdings[name]

    def _inbox(self, primary: Primary, seat: Seat, name: str, held: Holding | None, present: bool) -> Inbox:
        if held is None and name not in self._buffers:
            self._buffers[name] = self._parts.save_volume(self._save_volume_bytes(name))
        save_volume = self._buffers[name] if held is None else held.save_volume
        begin = primary.begin
        if present and begin != START:
            empty(save_volume)
        receiver = SetReceiver(save_volume, begin, tidy=present)
        again = "" if begin == START else f"/{begin}"
        luck = self._ground.streams.generator(f"chunks/{self._name}/{name}{again}")
        return Inbox(primary, seat, name, save_volume, receiver, Mischief(luck, receiver))

    def _save_volume_bytes(self, name: str) -> int:
        member = self._spec.members.get(name)
        return (member and member.save_volume.size) or self._spec.save_volume.size

    def _secondary(
        self, primary: Primary, held: Holding, inbox: Inbox | None, feeder: Feeder, present: bool
    ) -> Secondary:
        save_volume = feeder.save_volume if inbox is None else inbox.save_volume
        begins_whole = present and (self._spec.initial_copy == "done" or primary.begin != START)
        stamp = primary.begin if begins_whole else None
        playback = Playback(held.volume, save_volume, stamp, held.snapshots.queue)
        triggers = self.playback_triggers.get(held.name) or self._said_triggers(held.name)
        return Secondary(primary, held.seat, held.name, triggers, playback, inbox, save_volume, held.snapshots)

    def _said_triggers(self, name: str) -> PlaybackTriggers:
        """When a copy plays back, as the scenario says."""
        options = self._spec.secondaries.get(name, schema.Secondary())
        mark = options.high_water_mark and self._parts.blocks(options.high_water_mark)
        return PlaybackTriggers(options.timeout, mark)

    def _copier(self, primary: Primary, secondary: Secondary, feed: Sender | LocalFeed) -> Copier:
        two_snapshots = self._spec.initial_copy == "two-snapshots"
        return Copier(primary, secondary, feed, self._ground.network, two_snapshots, self._spec.retries)

    # -- ways ---------------------------------------------------------------------------------------------------------

    def _connector(self, name: str, hop: Hop) -> Callable[[Feeder], Session]:
        """How to connect to a member from whoever feeds it: the route of the scenario, or the fewest links."""
        sessions: dict[str, Session] = {}

        def connect(feeder: Feeder) -> Session:
            where = feeder.feeder_name
            if where not in sessions:
                network = self._ground.network
                own = where == hop.feeder
                path = hop.path if own else network.shortest(feeder.node.site, hop.site)
                sessions[where] = self._session(path or hop.path, f"{self._name}/{where}/{name}")
            return sessions[where]

        return connect

    def _session(self, path: Path, name: str) -> Session:
        network = self._ground.network
        return Session(network, network.way(path), name=name, reconnect_after_ns=self._spec.retry_after)

    # -- the ledger ---------------------------------------------------------------------------------------------------

    def _tell_volume(self) -> None:
        spec, volume_spec = self._spec, self._parts.spec
        self._ground.ledger.append(
            VolumeStood(
                time_ns=0,
                volume=spec.volume,
                site=spec.primary,
                n_blocks=volume_spec.size // volume_spec.block,
                block_bytes=volume_spec.block,
                in_use_blocks=in_use_blocks(volume_spec),
            )
        )

    def _mark_bytes(self) -> int:
        """The mark as the scenario has it, unless an operator has changed it since."""
        spec, blocks = self._spec, self.triggers.high_water_blocks or 0
        unchanged = blocks == self._parts.blocks(spec.high_water_mark)
        return spec.high_water_mark if unchanged else blocks * self._parts.spec.block

    def _tell_begin(self, source: Holding, begin: SetId, copies: tuple[str, ...]) -> None:
        spec = self._spec
        self._ground.ledger.append(
            ReplicationBegan(
                time_ns=self._ground.clock.now_ns,
                replication=self._name,
                volume=spec.volume,
                primary=source.site,
                secondaries=copies,
                generation=begin.generation,
                timeout_ns=self.triggers.timeout or 0,
                high_water_mark_bytes=self._mark_bytes(),
                save_volume_bytes=spec.save_volume.size,
            )
        )
