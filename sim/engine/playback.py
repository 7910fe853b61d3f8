"""Playback: delta sets go into the copy while it can be read (FIG 6, 9; L1163-1180, L1394-1405; V1-V8).

at every instant a reader sees one boundary: the block index first, then the disk (V1, V4)
only complete sets without a gap are played (V2); a group jumps over boundaries and lands on one (V5)
data before progress, and progress only forwards: a crash at any block is made good by going on (V3)
durable: the group that was begun, how many blocks of it are in, the boundary; the index follows from the save volume
nothing is freed here: the sets may still be needed by whoever forwards them or undoes them
"""

from __future__ import annotations

import numpy as np

from sim.engine.bitmap import Addresses, Mask
from sim.engine.blockindex import BlockIndex
from sim.engine.identity import SetId
from sim.engine.savevolume import SaveVolume
from sim.engine.snapshots import SnapshotQueue
from sim.engine.volume import Rows, Volume

PIECE_BYTES = 1 << 22  # rows on their way from save volume to volume are held a few MiB at a time


class NotReadable(Exception):
    """The copy is not a boundary yet: its initial copy or resync is under way (V7)."""


class Playback:
    """Brings a copy from boundary to boundary, out of the save volume that its sets were received in."""

    def __init__(
        self,
        volume: Volume,
        save_volume: SaveVolume,
        stamp: SetId | None = None,
        snapshots: SnapshotQueue | None = None,
    ) -> None:
        """`stamp`: the boundary that the volume is at, None while the initial copy is under way.

        `snapshots`: the volume's snapshot queue, if it has one; integration then goes through its copy-before-write.
        """
        self.volume, self._save_volume = volume, save_volume
        self._snapshots = snapshots
        self._piece_blocks = max(PIECE_BYTES // max(volume.contents[:1].nbytes, 1), 1)
        self._boundary = stamp
        self._group: tuple[SetId, ...] = ()
        self._index: BlockIndex | None = None
        self._done = 0

    @property
    def readable(self) -> bool:
        """Whether there is a boundary to be read: not so from a copy's first block to its last (V7)."""
        return self._boundary is not None

    @property
    def boundary(self) -> SetId:
        """The newest boundary wholly in the volume: what the acknowledgement of replay says. Raises NotReadable."""
        if self._boundary is None:
            raise NotReadable
        return self._boundary

    @property
    def view(self) -> SetId:
        """The boundary that readers see: the end of the group under way, or else `boundary`. Raises NotReadable."""
        return self._group[-1] if self._group else self.boundary

    @property
    def remaining(self) -> int:
        """Blocks of the group under way that are not in the volume yet."""
        return 0 if self._index is None else self._index.addresses.size - self._done

    def start(self, stamp: SetId) -> None:
        """The copy is complete and holds boundary `stamp`: play back from the set after it (L1386-1392; V6, E10)."""
        if self._group:
            raise ValueError("a group of sets is being integrated")
        self._boundary = stamp

    def stop_reading(self) -> None:
        """A new copy begins: until `start` nothing here is a boundary (V7). A group under way is given up."""
        self._boundary, self._group, self._index, self._done = None, (), None, 0

    def follow(self, begin: SetId) -> None:
        """The source changed: boundary `begin`, number 0 of its generation, is the state that this copy is at.

        Raises ValueError while a group is under way, and when `begin` is not the start of a later generation.
        """
        if self._group or begin.number != 0 or begin.generation <= self.boundary.generation:
            raise ValueError(f"cannot go on from {self.view} with {begin}")
        self._boundary = begin

    def playable(self) -> tuple[SetId, ...]:
        """The complete sets that follow the view without a gap, oldest first (V2)."""
        return () if self._boundary is None else self._save_volume.complete_after(self.view)

    def group(self, high_water_blocks: int | None, due: bool) -> SetId | None:
        """The last set of the group to be played now, if any: all there are, once they are due or large enough.

        `due`: the destination's own timeout has passed; `high_water_blocks`: reaching it is enough (L1394-1405, E30).
        """
        waiting = self.playable()
        if not waiting:
            return None
        if due:
            return waiting[-1]
        if high_water_blocks is None:
            return None
        blocks = sum(self._save_volume.stored(set_id).blocks for set_id in waiting)
        return waiting[-1] if blocks >= high_water_blocks else None

    def begin(self, last: SetId) -> int:
        """Switch the view to boundary `last` at once, and begin to integrate all sets up to it; how many blocks.

        Raises ValueError when a group is under way, a set is missing or incomplete, or the volume is too small.
        """
        if self._group:
            raise ValueError(f"sets up to {self._group[-1]} are being integrated")
        playable = self.playable()
        if last not in playable:
            raise ValueError(f"{last} does not follow {self.boundary} in complete sets")
        self._start_group(playable[: playable.index(last) + 1])
        return self.remaining

    def integrate(self, limit: int | None = None) -> int:
        """Write the next blocks of the group to the volume, at most `limit`, in increasing address order; how many."""
        index, began = self._index, self._done
        if index is None:
            return 0
        left = len(index) - began
        end = began + (left if limit is None else min(limit, left))
        while self._done < end:
            stop = min(self._done + self._piece_blocks, end)
            self._write(index.addresses[self._done : stop], index.rows(self._done, stop))
            self._done = stop
        return self._done - began

    def _write(self, addresses: Addresses, rows: Rows) -> None:
        if self._snapshots is None:
            self.volume.write(addresses, rows)
        else:
            self._snapshots.write_in_order(addresses, rows)

    def finish(self) -> tuple[SetId, ...]:
        """All blocks are in: the boundary is the volume's own now. Which sets were replayed.

        Raises ValueError while blocks are missing.
        """
        index, replayed = self._index, self._group
        if index is None:
            return ()
        if self.remaining:
            raise ValueError(f"{self.remaining} blocks are still to be integrated")
        self.volume.allocate(index.allocated)
        self.volume.free(index.freed)
        self._boundary = replayed[-1]
        self._group, self._index, self._done = (), None, 0
        return replayed

    def at_boundary(self) -> tuple[SetId, ...]:
        """Finish what was begun: the volume is a boundary then, as a snapshot needs it (case 33). As `finish`."""
        self.integrate()
        return self.finish()

    def recover(self) -> None:
        """Come back after a crash: the index is made again, and `integrate` goes on where progress stands (V3)."""
        if self._group and self._group[-1] == self._boundary:  # the crash came between the last two steps of `finish`
            self._group, self._done = (), 0
        self._index = None
        if self._group:
            self._index = BlockIndex(self._save_volume, [self._save_volume.stored(set_id) for set_id in self._group])

    def read(self, addresses: Addresses) -> Rows:
        """What these blocks hold in the view, a copy: index first, disk second (V4). Raises NotReadable, IndexError."""
        self.boundary  # noqa: B018
        rows = self.volume.read(addresses)
        if self._index is not None:
            found, newer = self._index.find(addresses)
            rows[found] = newer
        return rows

    def in_use(self, addresses: Addresses) -> Mask:
        """Which blocks are in use in the view, at the volume's granularity, as its meta bit map will say."""
        groups = self.volume.group_of(addresses)
        used = np.zeros(addresses.size, dtype=np.bool_)
        for offset in range(self.volume.granularity):
            blocks = groups * self.volume.granularity + offset
            inside = blocks < self.volume.n_blocks
            used[inside] |= self._allocated(blocks[inside])
        return used

    def _allocated(self, blocks: Addresses) -> Mask:
        used = self.volume.allocated(blocks)
        if self._index is not None:
            used |= self._index.holds(blocks) | np.isin(blocks, self._index.allocated)
            used &= ~np.isin(blocks, self._index.freed)
        return used

    def _start_group(self, group: tuple[SetId, ...]) -> None:
        stored = [self._save_volume.stored(set_id) for set_id in group]
        header = stored[-1].header
        if header is None or header.n_blocks > self.volume.n_blocks:
            raise ValueError(f"the volume has {self.volume.n_blocks} blocks, fewer than the boundary {group[-1]}")
        self._index = BlockIndex(self._save_volume, stored)
        self._group, self._done = group, 0
