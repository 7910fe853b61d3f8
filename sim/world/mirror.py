"""One replication as a whole: a primary and its secondaries, wired together, with what an operator can ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sim.engine.identity import SetId
from sim.records import PolicyChanged, ReplicationStarted, ReplicationStopped, SecondaryDropped
from sim.world.clock import Order
from sim.world.copier import Copier
from sim.world.localfeed import LocalFeed
from sim.world.node import Node
from sim.world.primary import Primary
from sim.world.secondary import Secondary
from sim.world.sender import Sender


@dataclass(slots=True)
class Arm:
    """What leads to one secondary."""

    secondary: Secondary
    sender: Sender | LocalFeed
    copier: Copier


@dataclass(slots=True)
class Mirror:
    """A replication: name, primary and the arms to its secondaries."""

    name: str
    primary: Primary
    arms: dict[str, Arm] = field(default_factory=dict)

    def join(self, arm: Arm) -> None:
        """Wire a secondary in: its acknowledgements travel back, its node's fate breaks connections."""
        secondary = arm.secondary
        secondary.on_received = lambda set_id: self._send_back(arm, "received", set_id)
        secondary.on_replayed = lambda set_id: self._send_back(arm, "replayed", set_id)
        self.primary.schedule.limit(secondary.save_volume.capacity_blocks)
        self.arms[secondary.name] = arm

    def start(self, copies: str) -> None:
        """Let every process run; `copies` says whether secondaries are seeded first (run, two-snapshots) or done."""
        clock = self.primary.clock
        self.primary.drop = self.drop
        self.primary.ask_for_room = self._urge
        self.primary.snapshots.on_given_up = self._look_at_snapshots
        self.primary.oldest_needed = self._oldest_needed
        for arm in self.arms.values():
            if copies != "done":
                arm.copier.ask("initial_copy", "first_copy")
            clock.start(arm.copier.serve())
            clock.start(arm.sender.send())
            clock.start(arm.secondary.play_back())
        clock.start(self.primary.replicate())

    # -- the operator -------------------------------------------------------------------------------------------------

    def stop(self, secondary: str) -> None:
        """Stop sending to a secondary and playing back there; a replay in progress is finished (L1481-1484)."""
        arm = self.arms[secondary]
        arm.sender.stopped = True
        arm.secondary.playing = False
        arm.sender.disconnect()
        self._tell(ReplicationStopped, secondary=secondary)

    def restart(self, secondary: str) -> None:
        """Go on from what both sides hold (L1490-1495)."""
        arm = self.arms[secondary]
        arm.secondary.playing = True
        arm.sender.stopped = False
        self._tell(ReplicationStarted, secondary=secondary)
        arm.sender.reconnect()
        arm.copier.go_on()
        arm.secondary.changed.fire()

    def set_policy(self, secondary: str | None, timeout_ns: int | None, high_water_bytes: int | None) -> None:
        """Change the triggers of the source, or of one destination (L1486-1488)."""
        block = self.primary.block_bytes
        blocks = None if high_water_bytes is None else -(-high_water_bytes // block)
        if secondary is None:
            self.primary.set_triggers(timeout_ns, blocks)
            triggers = self.primary.schedule.triggers
            now = (triggers.timeout or 0, (triggers.high_water_blocks or 0) * block)
        else:
            copy = self.arms[secondary].secondary
            copy.set_triggers(timeout_ns, blocks)
            now = (copy.triggers.timeout_ns or 0, (copy.triggers.high_water_blocks or 0) * block)
        self._tell(PolicyChanged, secondary=secondary or "", timeout_ns=now[0], high_water_mark_bytes=now[1])

    def drop(self, secondary: str, cause: str) -> None:
        """A secondary has lost the thread: free what was held for it, and copy the volume anew (L1235-1239)."""
        arm = self.arms[secondary]
        behind = self.primary.last_cut.number - arm.secondary.oldest_needed.number
        self._tell(SecondaryDropped, secondary=secondary, cause=cause, sets_behind=behind)
        arm.copier.ask("full_copy", cause)

    # -- nodes --------------------------------------------------------------------------------------------------------

    def node_went_down(self, node: Node) -> None:
        """Everything of this replication on that node stops where it is."""
        if self.primary.node is node:
            self.primary.crash()
        for arm in self.arms.values():
            if node in (self.primary.node, arm.secondary.node):
                arm.sender.disconnect()
                arm.copier.crash()
            if arm.secondary.node is node:
                arm.secondary.crash()

    def node_came_up(self, node: Node) -> None:
        """Go on from what is durable, before users are let in."""
        for arm in self.arms.values():
            if arm.secondary.node is node:
                arm.secondary.recover()
            if node in (self.primary.node, arm.secondary.node):
                arm.sender.reconnect()
                self._agree(arm)
        if self.primary.node is node:
            self.primary.recover()

    # -- wiring -------------------------------------------------------------------------------------------------------

    def _send_back(self, arm: Arm, what: str, set_id: SetId) -> None:
        """An acknowledgement takes its way; one that meets a node that went down meanwhile is lost."""
        primary, clock = self.primary, self.primary.clock
        life = primary.node.life
        deliver: Callable[[], None] = lambda: self._acknowledge(arm, what, set_id, life)  # noqa: E731
        clock.call_at(clock.now_ns + arm.sender.way.delay_ns, Order.NETWORK, deliver)

    def _acknowledge(self, arm: Arm, what: str, set_id: SetId, life: int) -> None:
        if self.primary.node.up and self.primary.node.life == life:
            self.primary.acknowledge(arm.secondary.name, what, set_id)

    def _agree(self, arm: Arm) -> None:
        """After a restart both sides tell what they hold, so that a lost acknowledgement is made good."""
        playback = arm.secondary.playback
        if playback.readable and playback.boundary.number > 0:
            self._send_back(arm, "replayed", playback.boundary)

    def _urge(self) -> None:
        """The primary waits for room: ask whoever it keeps sets for to play back what it has (V8)."""
        clock, through = self.primary.clock, self.primary.last_cut
        for name in self.primary.distribution.in_sync():
            arm = self.arms[name]
            urge = partial(arm.secondary.urge, through)
            clock.call_at(clock.now_ns + arm.sender.way.delay_ns, Order.NETWORK, urge)

    def _look_at_snapshots(self) -> None:
        for arm in self.arms.values():
            arm.copier.look_at_snapshots()

    def _oldest_needed(self) -> int:
        """The oldest boundary that any secondary serves or will serve: loss is never counted from before it."""
        return min(arm.secondary.oldest_needed.number for arm in self.arms.values())

    def _tell(self, kind: type, **facts: object) -> None:
        primary = self.primary
        primary.ledger.append(kind(time_ns=primary.clock.now_ns, replication=self.name, **facts))
