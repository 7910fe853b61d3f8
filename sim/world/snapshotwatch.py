"""What becomes of the snapshots of one volume, told to the ledger: taken, deleted, given up; and their space."""

from __future__ import annotations

from collections.abc import Callable

from sim.engine.snapshots import SnapshotQueue
from sim.records import SnapshotDeleted, SnapshotStoreChanged, SnapshotTaken
from sim.world.clock import Clock
from sim.world.ledger import Ledger

GIVEN_UP = "store_full"


class SnapshotWatch:
    """The snapshot queue of a volume at a site, with what was last told of it."""

    def __init__(
        self, clock: Clock, ledger: Ledger, volume: str, site: str, block_bytes: int, queue: SnapshotQueue
    ) -> None:
        self.queue = queue
        self._clock, self._ledger, self._block_bytes = clock, ledger, block_bytes
        self._where = (volume, site)
        self.on_given_up: Callable[[], None] = lambda: None  # the store was full, and a snapshot had to go
        self._live: tuple[int, ...] = ()
        self._used = 0

    def take(self, cause: str) -> int:
        """Take a snapshot of the volume as it is."""
        snapshot = self.queue.create()
        self.note(cause)
        return snapshot

    def delete(self, snapshot: int, cause: str) -> None:
        """Delete a snapshot; one that is gone already is no fault."""
        if snapshot in self.queue.snapshots:
            self.queue.delete(snapshot)
            self.note(cause)

    def note(self, cause: str = GIVEN_UP) -> None:
        """Tell what changed since the last time; by itself a snapshot goes only when the store is full (S15)."""
        live = self.queue.snapshots
        volume, site = self._where
        now = self._clock.now_ns
        if live != self._live:
            for snapshot in sorted(set(self._live) - set(live)):
                gone = SnapshotDeleted(time_ns=now, volume=volume, site=site, snapshot=snapshot, cause=cause)
                self._ledger.append(gone)
            for snapshot in sorted(set(live) - set(self._live)):
                taken = SnapshotTaken(time_ns=now, volume=volume, site=site, snapshot=snapshot, cause=cause)
                self._ledger.append(taken)
            self._live = live
            if cause == GIVEN_UP:
                self.on_given_up()
        self._note_store()

    def _note_store(self) -> None:
        used = self.queue.store.used
        if used == self._used:
            return
        self._used = used
        volume, site = self._where
        self._ledger.append(
            SnapshotStoreChanged(
                time_ns=self._clock.now_ns,
                volume=volume,
                site=site,
                used_bytes=used * self._block_bytes,
                capacity_bytes=self.queue.store.capacity * self._block_bytes,
            )
        )
