"""A secondary data mover: sets are received whole and played back in order (FIG 9; L1287-1305, L1394-1405).

what users read there is always a boundary: the view switches when a group of sets begins to be integrated (V1)
receipt and replay are acknowledged separately (finding 4)
while a copy of the volume is on its way nothing can be read and nothing is played back (V7)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from sim.engine.identity import START, SetId
from sim.engine.playback import Playback
from sim.engine.savevolume import SaveVolume
from sim.records import ReplayBegan, SetReceived, SetReplayed
from sim.world.clock import Order, Process, Signal, Wait
from sim.world.fluid import Flow
from sim.world.inbox import Inbox
from sim.world.node import Seat
from sim.world.primary import Primary
from sim.world.snapshotwatch import SnapshotWatch


@dataclass(slots=True)
class PlaybackTriggers:
    """When waiting sets are played back; without either, as soon as one is complete (L1398-1405)."""

    timeout_ns: int | None = None
    high_water_blocks: int | None = None


class Secondary:
    """The playback service of one copy."""

    def __init__(
        self,
        primary: Primary,
        node: Seat,
        name: str,
        triggers: PlaybackTriggers,
        playback: Playback,
        inbox: Inbox | None,
        save_volume: SaveVolume,
        snapshots: SnapshotWatch,
    ) -> None:
        self.clock, self.ledger, self.node = primary.clock, primary.ledger, node
        self.name, self.replication, self.block_bytes = name, primary.name, primary.block_bytes
        self.triggers, self.playback, self.inbox, self.save_volume = triggers, playback, inbox, save_volume
        self.oracle, self._boundary_time_ns = primary.oracle, primary.boundary_time_ns
        self.snapshots = snapshots
        self.in_sync = True  # false while a new copy is needed
        self.playing = True  # false while stopped by the operator
        self.retired = False  # its generation is over
        self.stamp = primary.begin  # the boundary that a copy under way will hold
        self.changed = Signal(self.clock, Order.PLAYBACK)
        self.on_received: Callable[[SetId], None] = lambda _set_id: None
        self.on_replayed: Callable[[SetId], None] = lambda _set_id: None
        self._flow: Flow | None = None
        self._last_playback_ns = self.clock.now_ns
        self._urged_through = START  # somebody waits for the room that playing back up to here would make
        self._waiting_for_boundary = 0  # how many wait to take a snapshot
        # the boundary from which loss may still be counted: the one replayed, or the one that a copy will hold
        self.oldest_needed = self.stamp
        self._see_what_is_needed()
        self._copies = 0  # counts copies, so that a replay of what a copy overwrote is given up
        if inbox is not None:
            inbox.on_no_room.append(self.urge)
            inbox.relay.keep_for(name, primary.begin)

    @property
    def shares_save_volume(self) -> bool:
        """Whether it plays back from its feeder's own save volume (FIG 4, 6, 18)."""
        return self.inbox is None

    def received(self, set_id: SetId, blocks: int) -> None:
        """A set is complete here: say so, and see whether it is time to play back."""
        self.ledger.append(
            SetReceived(
                time_ns=self.clock.now_ns,
                replication=self.replication,
                secondary=self.name,
                generation=set_id.generation,
                number=set_id.number,
                blocks=blocks,
                boundary_time_ns=self._boundary_time_ns[set_id],
            )
        )
        self.on_received(set_id)
        self.changed.fire()

    def crash(self) -> None:
        """The node stops: a replay breaks off in mid-set, partly received chunks are gone."""
        if self._flow is not None:
            self.node.disk.copying.break_off(self._flow)

    def retire(self) -> None:
        """Its generation is over: a replay breaks off where it is; whoever waits for it looks again."""
        self.retired = True
        self.crash()
        self.changed.fire()

    def recover(self) -> None:
        """The node is back: go on with the set in mid-replay (V3)."""
        self.playback.recover()
        self.changed.fire()

    def urge(self, through: SetId) -> None:
        """Do not wait for more sets after these: a save volume is full, here or at the primary (V8)."""
        self._urged_through = max(self._urged_through, through)
        self.changed.fire()

    def set_triggers(self, timeout_ns: int | None, high_water_blocks: int | None) -> None:
        """Change when waiting sets are played back."""
        if timeout_ns is not None:
            self.triggers.timeout_ns = timeout_ns
        if high_water_blocks is not None:
            self.triggers.high_water_blocks = high_water_blocks
        self.changed.fire()

    # -- copies of the whole volume ---------------------------------------------------------------------------------

    def forget_everything(self) -> None:
        """A new copy is coming: nothing here is a boundary any more, and received sets are of no use (V7)."""
        self._copies += 1
        self.playback.stop_reading()
        self._see_what_is_needed()
        if self._flow is not None:
            self.node.disk.copying.break_off(self._flow)
        if self.inbox is not None:
            self.inbox.forget_for(self.name)

    def let_go(self) -> None:
        """No sets are kept for it any more; what it shows can still be read until a copy begins.

        A set that is not complete never will be. At the primary's site the sets themselves are gone, even those of a
        group under way: then there is no boundary left to be read.
        """
        if self.inbox is not None:
            self.inbox.forget_incomplete()
        elif self.playback.readable and self.playback.view != self.playback.boundary:
            self.forget_everything()
        self.in_sync = False

    def expect_after(self, stamp: SetId) -> None:
        """The copy under way will hold boundary `stamp`: take the sets after it."""
        self.stamp = stamp
        self._see_what_is_needed()
        if self.inbox is not None:
            self.inbox.relay.keep_for(self.name, stamp)
            self.inbox.skip_what_nobody_needs()

    def write_copy(self, addresses: NDArray[np.int64], rows: NDArray[Any]) -> None:
        """Write part of a copy; snapshots that users keep here get their before-images first."""
        self.snapshots.queue.write(addresses, rows)
        self.snapshots.note()

    @property
    def at_boundary(self) -> bool:
        """Whether the volume itself, without the block index, is a boundary: when a snapshot may be taken (case 33)."""
        return self.node.up and self.playback.readable and self._flow is None

    def until_at_boundary(self) -> Process:
        """Wait for the end of a replay or a copy; playback that is never idle leaves a moment between two groups."""
        self._waiting_for_boundary += 1
        while not self.at_boundary and not self.retired:
            yield self.changed.wait()
        self._waiting_for_boundary -= 1

    def start_over(self) -> None:
        """The copy is in place: play back from the set after its stamp (step 357; V6)."""
        self.playback.start(self.stamp)
        self._see_what_is_needed()
        self.in_sync = True
        self.changed.fire()

    def _see_what_is_needed(self) -> None:
        self.oldest_needed = self.playback.boundary if self.playback.readable else self.stamp

    # -- FIG 9 --------------------------------------------------------------------------------------------------------

    def play_back(self) -> Process:
        """Integrate received sets, for ever (FIG 9).

        wait for complete sets and a trigger -> switch the view -> write blocks to the volume -> acknowledge, free space
             ^---------------------------------------------------------------------------------------+
        """
        while True:
            last = yield from self._until_group()
            blocks = self._show(last)
            whole = yield from self._integrate()
            if whole:
                self._finish(last, blocks)
            self.changed.fire()
            if self._waiting_for_boundary:  # let them before the next group begins
                yield self.clock.at(self.clock.now_ns, Order.PLAYBACK)

    # -- when ---------------------------------------------------------------------------------------------------------

    def _until_group(self) -> Wait[SetId]:
        while True:
            if not self.node.up:
                yield from self.node.until_up()
            if self.playing and (self.in_sync or not self.shares_save_volume):
                last = self.playback.group(self.triggers.high_water_blocks, self._due())
                if last is not None:
                    return last
            timers = self._timers()
            yield self.clock.either(self.changed.wait(), *timers) if timers else self.changed.wait()

    def _due(self) -> bool:
        timeout = self.triggers.timeout_ns
        if self.playback.readable and self.playback.view < self._urged_through:
            return True
        if timeout is None:
            return self.triggers.high_water_blocks is None
        return self.clock.now_ns >= self._last_playback_ns + timeout

    def _timers(self) -> list[Event]:
        if self.triggers.timeout_ns is None or self._due():
            return []
        return [self.clock.at(self._last_playback_ns + self.triggers.timeout_ns, Order.PLAYBACK)]

    # -- what ---------------------------------------------------------------------------------------------------------

    def _show(self, last: SetId) -> int:
        """Switch the view to boundary `last`; how many blocks are to be integrated."""
        first = self.playback.boundary.next()
        for number in range(first.number, last.number + 1) if self.oracle.wants_sets else ():
            set_id = last._replace(number=number)
            self._must_hold(self.oracle.fault_in_set(set_id, *self.save_volume.read(set_id)))
        blocks = self.playback.begin(last)
        self._last_playback_ns = self.clock.now_ns
        self._see_view(last)
        self.ledger.append(
            ReplayBegan(
                time_ns=self.clock.now_ns,
                replication=self.replication,
                secondary=self.name,
                generation=last.generation,
                first_number=first.number,
                number=last.number,
                blocks=blocks,
            )
        )
        return blocks

    def _integrate(self) -> Wait[bool]:
        """Write the group to the volume at the disk's rate; answers false when a new copy made it pointless."""
        copies = self._copies
        while True:
            if not self.node.up:
                yield from self.node.until_up()
            flow = self.node.disk.copying.begin(self.playback.remaining * self.block_bytes)
            self._flow = flow
            yield flow.ended
            self._flow = None
            if copies != self._copies:
                return False
            self.playback.integrate(flow.served_bytes(self.clock.now_ns) // self.block_bytes)
            self.snapshots.note()
            if not flow.broken_off:
                return True

    def _finish(self, last: SetId, blocks: int) -> None:
        replayed = self.playback.finish()
        self._see_what_is_needed()
        self._see_view(last)
        self.ledger.append(
            SetReplayed(
                time_ns=self.clock.now_ns,
                replication=self.replication,
                secondary=self.name,
                generation=last.generation,
                number=last.number,
                sets=len(replayed),
                blocks=blocks,
                boundary_time_ns=self._boundary_time_ns[last],
            )
        )
        if self.inbox is not None:
            self.inbox.done(self.name, last)
        self.on_replayed(last)

    def _see_view(self, set_id: SetId) -> None:
        if self.oracle.wants_views:
            view = self.playback.read(np.arange(self.playback.volume.n_blocks))
            self._must_hold(self.oracle.fault_in_view(set_id, view))

    def _must_hold(self, fault: str | None) -> None:
        if fault is not None:
            self.ledger.broken("ViewIsABoundary", f"{self.name}: {fault}", self.clock.now_ns)
