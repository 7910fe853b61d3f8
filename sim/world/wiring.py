"""One replication put together: its primary, the tree of its members, and what leads from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from sim.engine.distribution import FullPolicy
from sim.engine.identity import START
from sim.engine.modlog import ModificationLog
from sim.engine.playback import Playback
from sim.engine.receiver import SetReceiver
from sim.engine.source import Source
from sim.engine.triggers import Triggers
from sim.oracle import Checking, Oracle
from sim.records import ReplicationBegan, VolumeStood
from sim.scenario import schema
from sim.scenario.routes import Hop
from sim.streams import Streams
from sim.world.activity import Activity
from sim.world.clock import Clock
from sim.world.copier import Copier
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
        self._seats: dict[str, Seat] = {}

    def mirror(self, hops: Mapping[str, Hop]) -> Mirror:
        """Everything, wired; `hops` tells who feeds each member, parents before children."""
        primary = self._primary()
        self._tell_standing()
        tree = Tree(primary, self._spec.bypass)
        mirror = Mirror(self._name, primary, self._ground.network, tree, self._seats)
        for name, hop in hops.items():
            mirror.join(self._member(primary, tree.members.get(hop.feeder), name, hop))
        return mirror

    # -- the primary --------------------------------------------------------------------------------------------------

    def _primary(self) -> Primary:
        ground, spec, parts = self._ground, self._spec, self._parts
        volume = parts.volume(filled=spec.initial_copy != "done")
        snapshots = parts.snapshots(volume, spec.primary)
        save_volume = parts.save_volume(spec.save_volume.size)
        chunk_blocks = max(1, spec.chunk // parts.spec.block)
        source = Source(volume, ModificationLog(volume.n_blocks), save_volume, snapshots.queue, chunk_blocks)
        policy = Policy(
            spec.volume,
            parts.spec.block,
            tuple(sorted(spec.secondaries)),
            Triggers(spec.timeout, parts.blocks(spec.high_water_mark), spec.poll),
            spec.empty_sets == "send",
            FullPolicy(spec.save_volume.on_full),
        )
        activity = Activity(ground.clock, self._writes())
        oracle = Oracle(ground.checking, volume.contents)
        seat = self._seat(spec.primary)
        return Primary(ground.clock, ground.ledger, seat, self._name, policy, source, snapshots, activity, oracle)

    def _writes(self) -> VolumeWrites:
        ground, spec = self._ground, self._spec
        return build_writes(spec.volume, self._parts.spec, ground.streams, ground.base_dir, spec.timeout)

    def _seat(self, site: str) -> Seat:
        """The data mover that this replication uses at a site; all its roles there share it."""
        if site not in self._seats:
            self._seats[site] = Seat(self._ground.clock, self._ground.nodes[site])
        return self._seats[site]

    # -- members ------------------------------------------------------------------------------------------------------

    def _member(self, primary: Primary, home: Member | None, name: str, hop: Hop) -> Member:
        seat, present = self._seat(hop.site), name not in self._absent
        feeder: Feeder = primary if home is None or home.inbox is None else home.inbox
        inbox = self._inbox(primary, seat, name) if hop.path else None
        secondary = self._secondary(primary, seat, name, inbox, feeder) if name in self._spec.secondaries else None
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

    def _inbox(self, primary: Primary, seat: Seat, name: str) -> Inbox:
        size = self._save_volume_size(name) or self._spec.save_volume.size
        save_volume = self._parts.save_volume(size)
        receiver = SetReceiver(save_volume, START)
        luck = self._ground.streams.generator(f"chunks/{self._name}/{name}")
        return Inbox(primary, seat, name, save_volume, receiver, Mischief(luck, receiver))

    def _save_volume_size(self, name: str) -> int | None:
        if name in self._spec.secondaries:
            return self._spec.secondaries[name].save_volume.size
        return self._spec.forwarders[name].save_volume.size

    def _secondary(self, primary: Primary, seat: Seat, name: str, inbox: Inbox | None, feeder: Feeder) -> Secondary:
        options, parts = self._spec.secondaries[name], self._parts
        volume = parts.volume(filled=False)
        snapshots = parts.snapshots(volume, seat.site)
        save_volume = feeder.save_volume if inbox is None else inbox.save_volume
        begins_whole = self._spec.initial_copy == "done" and name not in self._absent
        playback = Playback(volume, save_volume, START if begins_whole else None, snapshots.queue)
        mark = options.high_water_mark and parts.blocks(options.high_water_mark)
        triggers = PlaybackTriggers(options.timeout, mark)
        return Secondary(primary, seat, name, triggers, playback, inbox, save_volume, snapshots)

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

    def _tell_standing(self) -> None:
        spec, volume_spec, ledger = self._spec, self._parts.spec, self._ground.ledger
        ledger.append(
            VolumeStood(
                time_ns=0,
                volume=spec.volume,
                site=spec.primary,
                n_blocks=volume_spec.size // volume_spec.block,
                block_bytes=volume_spec.block,
                in_use_blocks=in_use_blocks(volume_spec),
            )
        )
        ledger.append(
            ReplicationBegan(
                time_ns=0,
                replication=self._name,
                volume=spec.volume,
                primary=spec.primary,
                secondaries=tuple(sorted(spec.secondaries)),
                generation=1,
                timeout_ns=spec.timeout,
                high_water_mark_bytes=spec.high_water_mark,
                save_volume_bytes=spec.save_volume.size,
            )
        )
