"""Snapshots of a volume: copy before write, read, delete, restore (FIG 24-27, 41, 42; L1789-1905, L2453-2530).

S1   what a snapshot reads is what the volume held when it was created, on every block in use then
S4   a before-image, its block map entry and its bit are there before the volume changes (514, 515, 516)
S9   a before-image is saved in the youngest entry exactly when some snapshot needs it and has none to read
S11  deleting a snapshot moves its before-images to its older neighbour exactly where an older one needs them
S15  a full store has a declared policy; no snapshot ever answers wrongly

A call takes its batch whole: no writer or reader can come between test, copy and set (S6), or between the test of a
bit and the read of the volume (S7), which in a storage server takes a lock per block. A snapshot is created between
two batches, never inside one.

"In use" means in use at the granularity of the meta map, and inside the volume as it was when the snapshot was made
(S13, S17). The meta map lies outside the volume that it describes, so it needs no bits for itself. An image stays in
its entry when the one older snapshot that needed it goes; it is given back with the entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import numpy as np

from sim.engine.bitmap import Addresses, Bitmap, Mask, increase
from sim.engine.bitmap_algebra import intersection, union
from sim.engine.identity import SetId
from sim.engine.queue_entry import Entry
from sim.engine.roster import Roster
from sim.engine.snapshot_errors import (
    BitMapsDoNotTell,
    DeletedSnapshot,
    InvalidatedSnapshot,
    OlderThanBase,
    QueueBroken,
    SnapshotError,
    SnapshotPinned,
    SnapshotStoreFull,
    UnknownSnapshot,
)
from sim.engine.store import SnapshotStore
from sim.engine.volume import Contents, InUse, Rows, Volume

__all__ = [
    "BitMapsDoNotTell",
    "DeletedSnapshot",
    "InvalidatedSnapshot",
    "OlderThanBase",
    "QueueBroken",
    "SnapshotError",
    "SnapshotPinned",
    "SnapshotQueue",
    "SnapshotStoreFull",
    "UnknownSnapshot",
    "WriteOutcome",
]

WhenFull = Literal["invalidate_oldest", "refuse"]

COPY_BYTES = 1 << 20  # before-images are copied about this much at a time, so that they pass through the cache
READ_BLOCKS = 1 << 18  # blocks looked up at a time
RESTORE_BLOCKS = 1 << 16  # blocks put back at a time


class WriteOutcome(NamedTuple):
    """What a write did beside writing: before-images saved, and snapshots given up to make room for them."""

    saved_blocks: int
    invalidated: tuple[int, ...]


NOTHING_SAVED = WriteOutcome(0, ())


class SnapshotQueue:
    """The snapshots of one volume, oldest at the head, youngest at the tail; all writes to it pass through here.

    Addresses are int64, strictly increasing; rows have the volume's row type. Snapshots are named by ints that count up
    from 1 and are never used again. Every method that takes one raises UnknownSnapshot, DeletedSnapshot or
    InvalidatedSnapshot where it is not there.
    """

    def __init__(
        self,
        volume: Volume,
        store: SnapshotStore,
        *,
        meta_maps: bool = True,
        when_full: WhenFull = "invalidate_oldest",
    ) -> None:
        """`meta_maps=False` is FIG 26: every block counts as in use, each first write saves.

        `when_full` says what a write does whose before-images do not fit: "refuse" raises SnapshotStoreFull before
        anything changed, "invalidate_oldest" gives up the oldest snapshots that are not pinned until they fit.
        """
        self.volume = volume
        self.store = store
        self.meta_maps = meta_maps
        self.when_full = when_full
        self._roster = Roster()

    @property
    def snapshots(self) -> tuple[int, ...]:
        """The live snapshots, oldest first."""
        return tuple([entry.number for entry in self._entries])

    @property
    def youngest(self) -> int | None:
        """The snapshot at the tail, or None."""
        return self._entries[-1].number if self._entries else None

    def __len__(self) -> int:
        return len(self._entries)

    def is_live(self, snapshot: int) -> bool:
        """Whether the snapshot is in the queue; anything else is answered with False, not with an error."""
        return snapshot in self._roster

    def create(self, stamp: SetId | None = None) -> int:
        """Take a snapshot of the volume as it is, named after a boundary if it is one; returns its number."""
        allocation = self.volume.freeze_use()
        use = allocation if self.meta_maps else everything(self.volume.n_blocks)
        return self._roster.append(stamp, allocation, use)

    def write(self, addresses: Addresses, rows: Rows) -> WriteOutcome:
        """Write to the volume, before-images first (FIG 26 and 41, for the whole batch at once).

        Raises SnapshotStoreFull, IndexError outside the volume, ValueError for addresses that do not increase; then
        the volume is as it was.
        """
        if not increase(addresses):
            raise ValueError("addresses must be strictly increasing")
        return self.write_in_order(addresses, rows)

    def write_in_order(self, addresses: Addresses, rows: Rows) -> WriteOutcome:
        """The same for addresses of which it is known that they increase: those of a delta set, as it was received."""
        if not self._entries:
            self.volume.write(addresses, rows)
            return NOTHING_SAVED
        self.volume.check(addresses)
        blocks, invalidated = self._make_room(addresses)
        self._save(blocks)
        self.volume.write(addresses, rows)
        return WriteOutcome(blocks.size, invalidated)

    def allocate(self, addresses: Addresses) -> None:
        """Put blocks in use without writing them; no snapshot sees it."""
        self.volume.allocate(addresses)

    def free(self, addresses: Addresses) -> None:
        """Take blocks out of use; no snapshot sees it."""
        self.volume.free(addresses)

    def extend(self, contents: Contents) -> None:
        """Grow the volume onto a larger array; its new blocks are not in any snapshot taken so far (S17)."""
        self.volume.extend(contents)

    def read(self, snapshot: int, addresses: Addresses) -> Rows:
        """What these blocks held when the snapshot was created (FIG 27), a copy.

        Each block is read from the first entry, from the snapshot to the tail, that holds its before-image, else from
        the volume. Blocks not in use then may hold anything. Raises IndexError beyond the volume's end at that time.
        """
        position = self._roster.position(snapshot)
        _check_inside(self._entries[position], addresses)
        contents = self.volume.contents
        rows = np.empty((addresses.size, *contents.shape[1:]), dtype=contents.dtype)
        for first in range(0, addresses.size, READ_BLOCKS):
            self._read_into(rows[first : first + READ_BLOCKS], position, addresses[first : first + READ_BLOCKS])
        return rows

    def delete(self, snapshot: int) -> None:
        """Delete a snapshot anywhere in the queue; no other one changes (S11). Raises SnapshotPinned."""
        position = self._roster.position(snapshot)
        self._roster.check_unpinned(snapshot)
        self._remove(position)

    def restore(self, snapshot: int) -> WriteOutcome:
        """Make the volume what it was: contents of the blocks in use then, and what is in use (S16, L2516-2522).

        Copies before it writes, so every other snapshot, older or younger, stays what it is; the snapshot itself lives
        on. Can be repeated after an interruption. Raises SnapshotStoreFull before anything changed.
        """
        entry = self.entry(snapshot)
        changed = self.changed_since(snapshot)
        with self.pinned(snapshot):
            blocks, invalidated = self._make_room(changed)
            for batch in _batches(changed, RESTORE_BLOCKS):
                self.write(batch, self.read(snapshot, batch))
        self.volume.restore_use(entry.allocation)
        return WriteOutcome(blocks.size, invalidated)

    def changed_since(self, snapshot: int) -> Addresses:
        """The blocks in use in the snapshot that were written since, increasing: what `restore` puts back."""
        position = self._roster.position(snapshot)
        n_blocks = self.volume.n_blocks
        written = union(n_blocks, [entry.bits for entry in self._entries[position:]])
        return intersection(n_blocks, [written, self._entries[position].use.blocks()]).indices()

    def pin(self, snapshot: int) -> None:
        """Refuse to delete the snapshot until it is unpinned as often as it was pinned (D9)."""
        self._roster.pin(snapshot)

    def unpin(self, snapshot: int) -> None:
        """Take one pin away. Raises ValueError when there is none."""
        self._roster.unpin(snapshot)

    @contextmanager
    def pinned(self, snapshot: int) -> Iterator[None]:
        """Hold the snapshot for the duration of a `with` block."""
        self._roster.pin(snapshot)
        try:
            yield
        finally:
            self._roster.unpin(snapshot)

    def stamp(self, snapshot: int) -> SetId | None:
        """The boundary that the snapshot was named after."""
        return self.entry(snapshot).stamp

    def find(self, stamp: SetId) -> int | None:
        """The youngest live snapshot named after this boundary, or None."""
        return self._roster.find(stamp)

    def entry(self, snapshot: int) -> Entry:
        """The queue entry of a snapshot: its size, bit map, block map and what was in use. Read it only."""
        return self._roster.entry(snapshot)

    def entries(self, older: int, younger: int) -> list[Entry]:
        """The entries from one snapshot to another, both included, oldest first; none when the first is younger."""
        return self._roster.between(older, younger)

    def in_use(self, snapshot: int, addresses: Addresses) -> Mask:
        """Which blocks were in use in the snapshot, at the granularity of its meta map."""
        entry = self.entry(snapshot)
        _check_inside(entry, addresses)
        return entry.use.test(addresses)

    def blocks_in_use(self, snapshot: int) -> Addresses:
        """All blocks in use in the snapshot at the granularity of its meta map, increasing."""
        return self.entry(snapshot).use.blocks().indices()

    def saved_blocks(self, snapshot: int) -> int:
        """How many before-images the snapshot's entry holds."""
        return len(self.entry(snapshot).block_map)

    def drop_bitmap(self, snapshot: int) -> None:
        """Free the memory of the snapshot's bit map; it is built again from the block map when needed (L2557)."""
        self.entry(snapshot).drop_bits()

    def recover(self) -> None:
        """After a write that was cut short: take the block maps as the truth (S4).

        Bits not yet set are set; places in the store that were filled but not entered in a block map are free again.
        The write can then be done again, or not.
        """
        for entry in self._entries:
            entry.drop_bits()
        self.store.reset(self._all_saves())

    def audit(self) -> None:
        """Check the queue's books (S5, S14). Raises QueueBroken."""
        for entry in self._entries:
            if not np.array_equal(entry.bits.indices(), entry.block_map.items().blocks):
                raise QueueBroken(f"bit map and block map of snapshot {entry.number} differ")
        saves = np.sort(self._all_saves())
        if (saves[1:] == saves[:-1]).any():
            raise QueueBroken("two before-images share a place in the store")
        if saves.size and not 0 <= saves[0] <= saves[-1] < self.store.capacity:
            raise QueueBroken("a before-image lies outside the store")
        if saves.size != self.store.used:
            raise QueueBroken(f"{saves.size} before-images but {self.store.used} places in use")

    def _read_into(self, rows: Rows, position: int, asked: Addresses) -> None:
        """FIG 27 without its recursion (E50): from the entry at `position` to the tail, then the volume."""
        place = np.arange(asked.size)
        for entry in self._entries[position:]:
            if not (len(entry.block_map) and asked.size):
                continue
            held = entry.holds(asked)
            hit, missed = np.flatnonzero(held), np.flatnonzero(~held)
            rows[place[hit]] = self.store.read(entry.block_map.lookup(asked[hit]))
            asked, place = asked[missed], place[missed]
        if asked.size == rows.shape[0]:
            self.volume.read_into(rows, asked)
        else:
            rows[place] = self.volume.read(asked)

    def _needed(self, position: int, blocks: Addresses) -> Mask:
        """FIG 41 from the entry at `position` to the head: which blocks some snapshot needs and has no image of.

        A block drops out of the walk at the first entry that holds it (683: not needed) or has it in use (686: needed).
        """
        needed = np.zeros(blocks.size, dtype=np.bool_)
        place = np.arange(blocks.size)
        while position >= 0 and blocks.size:
            entry = self._entries[position]
            inside = int(np.searchsorted(blocks, entry.n_blocks))  # older volumes were no larger
            blocks, place = blocks[:inside], place[:inside]
            unsaved = ~entry.holds(blocks)
            in_use = entry.use.test(blocks)
            needed[place[unsaved & in_use]] = True
            walk_on = np.flatnonzero(unsaved & ~in_use)
            blocks, place = blocks[walk_on], place[walk_on]
            position -= 1
        return needed

    def _make_room(self, addresses: Addresses) -> tuple[Addresses, tuple[int, ...]]:
        """The blocks whose before-images a write must save, once they fit; and the snapshots invalidated for that."""
        if not self._entries:
            return addresses[:0], ()
        invalidated: list[int] = []
        while True:
            blocks = addresses[self._needed(self._roster.tail, addresses)]
            if blocks.size <= self.store.free_blocks:
                return blocks, tuple(invalidated)
            victim = self._roster.oldest_unpinned() if self.when_full == "invalidate_oldest" else None
            if victim is None:
                raise SnapshotStoreFull(blocks.size, self.store.free_blocks, tuple(invalidated))
            invalidated.append(self._roster.invalidate(victim))
            self._remove(victim)

    def _save(self, blocks: Addresses) -> None:
        """Steps 514 and 515: the before-images, then the block map and the bits of the tail."""
        if blocks.size == 0:
            return
        saves = self.store.allocate(blocks.size)
        step = max(1, COPY_BYTES // self.volume.contents[:1].nbytes)
        for first in range(0, blocks.size, step):
            self.store.write(saves[first : first + step], self.volume.read(blocks[first : first + step]))
        self._entries[-1].record(blocks, saves)

    def _remove(self, position: int) -> None:
        """Take an entry out: its before-images go to the older neighbour where an older snapshot needs them (S11)."""
        blocks, saves = self._entries[position].block_map.items()
        kept = self._needed(position - 1, blocks)
        if kept.any():
            self._entries[position - 1].record(blocks[kept], saves[kept])
        del self._entries[position]
        self.store.free(saves[~kept])

    def _all_saves(self) -> Addresses:
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *(entry.block_map.items().saves for entry in self._entries)])

    @property
    def _entries(self) -> list[Entry]:
        return self._roster.entries


def everything(n_blocks: int) -> InUse:
    """All blocks in use: what FIG 26 takes for granted."""
    blocks = Bitmap(n_blocks)
    blocks.set_range(0, n_blocks)
    return InUse(blocks, blocks, 1, n_blocks)


def _check_inside(entry: Entry, addresses: Addresses) -> None:
    if addresses.size and not 0 <= addresses[0] <= addresses[-1] < entry.n_blocks:
        raise IndexError(f"blocks {addresses[0]}..{addresses[-1]} are outside [0, {entry.n_blocks})")


def _batches(addresses: Addresses, size: int) -> Iterator[Addresses]:
    return (addresses[first : first + size] for first in range(0, addresses.size, size))
