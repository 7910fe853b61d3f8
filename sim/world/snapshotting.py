"""Snapshots that users keep: on a grid or on demand, the oldest deleted when there are enough (FIG 24-27)."""

from __future__ import annotations

from sim.records import SnapshotDeleted, SnapshotStoreChanged, SnapshotTaken
from sim.world.clock import Order, Process
from sim.world.primary import Primary


class Snapshotter:
    """Takes and deletes the snapshots of one volume at its primary."""

    def __init__(self, primary: Primary, volume: str) -> None:
        self._primary, self._volume = primary, volume
        self._kept: list[int] = []

    def take(self, cause: str) -> int:
        """A snapshot of this very instant."""
        self._primary.look()
        snapshot = self._primary.snapshots.create()
        self._tell(SnapshotTaken, snapshot=snapshot, cause=cause)
        self.tell_store()
        return snapshot

    def delete(self, snapshot: int, cause: str) -> None:
        """Delete a snapshot, if it still stands; before-images that older ones need move there."""
        self._primary.look()
        queue = self._primary.snapshots
        if snapshot in queue:
            queue.delete(snapshot)
            self._tell(SnapshotDeleted, snapshot=snapshot, cause=cause)
            self.tell_store()

    def keep(self, every_ns: int, keep: int) -> Process:
        """Take one at every multiple of `every_ns`, for ever, and keep the last `keep`."""
        clock = self._primary.clock
        while True:
            yield clock.at((clock.now_ns // every_ns + 1) * every_ns, Order.COMMAND)
            yield from self._primary.node.until_up()
            self._kept.append(self.take("schedule"))
            while len(self._kept) > keep:
                self.delete(self._kept.pop(0), "schedule")

    def tell_store(self) -> None:
        """Enter how full the snapshot store is."""
        store, block = self._primary.snapshots.store, self._primary.block_bytes
        used, capacity = store.used * block, store.capacity * block
        self._tell(SnapshotStoreChanged, used_bytes=used, capacity_bytes=capacity)

    def _tell(self, kind: type, **facts: object) -> None:
        primary = self._primary
        primary.ledger.append(kind(time_ns=primary.clock.now_ns, volume=self._volume, site=primary.node.site, **facts))
