"""The arrays that a world stands on: volumes, snapshot stores, save volumes, of one row type (decision 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.engine.savevolume import SaveVolume
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from sim.scenario import schema
from sim.world.clock import Clock
from sim.world.contents import RowType, empty_disk, first_ids, rows_of
from sim.world.ledger import Ledger
from sim.world.snapshotwatch import SnapshotWatch

FILL_BLOCKS = 1 << 20  # blocks that get their first contents at a time


@dataclass(frozen=True, slots=True)
class Parts:
    """Makes the arrays of one replicated volume, at whichever site."""

    clock: Clock
    ledger: Ledger
    name: str
    spec: schema.Volume
    row_type: RowType

    def volume(self, filled: bool) -> Volume:
        """A volume whose first blocks are in use; filled ones hold something that a copy can be compared with."""
        spec = self.spec
        volume = Volume(empty_disk(spec.size // spec.block, spec.block, self.row_type), spec.granularity)
        in_use = in_use_blocks(spec)
        volume.allocate_range(0, in_use)
        if filled:
            for start, stop in _ranges(in_use, FILL_BLOCKS):
                volume.contents[start:stop] = rows_of(first_ids(start, stop), volume.contents)
        return volume

    def snapshots(self, volume: Volume, site: str) -> SnapshotWatch:
        """The snapshot queue of a volume, watched."""
        spec = self.spec
        capacity = (spec.snapshot_store.size or spec.size) // spec.block
        store = SnapshotStore(empty_disk(capacity, spec.block, self.row_type))
        queue = SnapshotQueue(volume, store, when_full="invalidate_oldest")
        return SnapshotWatch(self.clock, self.ledger, self.name, site, spec.block, queue)

    def save_volume(self, size_bytes: int) -> SaveVolume:
        """A save volume."""
        return SaveVolume(empty_disk(size_bytes // self.spec.block, self.spec.block, self.row_type))

    def blocks(self, size_bytes: int) -> int:
        """How many blocks hold so many bytes."""
        return -(-size_bytes // self.spec.block)


def in_use_blocks(spec: schema.Volume) -> int:
    """How many blocks are in use at the start."""
    return int(spec.size // spec.block * spec.in_use)


def _ranges(stop: int, step: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + step, stop)) for start in range(0, stop, step))
