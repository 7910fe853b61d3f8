"""The difference between two snapshots: which blocks to send, and what they hold (FIG 34, 35, 39, 40; L2260-2450).

    apply(delta(a, b), a) == b      on every block in use in b (D1)
    delta(a, b) then delta(b, c) == delta(a, c)     on every block in use in c (D7)

The charts loop over blocks outside and snapshots inside. Here each step is done for all blocks: bit maps are OR-ed a
cache-sized run of pages at a time, and the indices are taken once, in increasing order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

import numpy as np

from sim.engine.bitmap import Addresses, Bitmap
from sim.engine.bitmap_algebra import difference, intersection, spread, union
from sim.engine.queue_entry import Entry
from sim.engine.snapshot_errors import BitMapsDoNotTell, OlderThanBase
from sim.engine.snapshots import SnapshotQueue
from sim.engine.volume import Rows

Rule = Literal["fig40", "fig40-lean", "fig34"]


@dataclass(frozen=True, slots=True)
class Delta:
    """Blocks to copy from snapshot `younger` onto a copy of `older`, increasing; rows are read when asked for.

    Used as a context manager it pins both snapshots (D9): a transfer that takes time holds it open.
    """

    queue: SnapshotQueue = field(repr=False)
    older: int
    younger: int
    addresses: Addresses = field(repr=False)

    def __len__(self) -> int:
        return int(self.addresses.size)

    def rows(self) -> Rows:
        """Contents of all the blocks in the younger snapshot (D4). Raises what `SnapshotQueue.read` raises."""
        return self.queue.read(self.younger, self.addresses)

    def batches(self, blocks: int) -> Iterator[tuple[Addresses, Rows]]:
        """The delta in pieces of at most so many blocks: (addresses, rows). Raises like `rows`, at each piece."""
        for first in range(0, len(self), blocks):
            piece = self.addresses[first : first + blocks]
            yield piece, self.queue.read(self.younger, piece)

    def __enter__(self) -> Delta:
        self.queue.pin(self.older)
        self.queue.pin(self.younger)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.queue.unpin(self.older)
        self.queue.unpin(self.younger)


def delta(queue: SnapshotQueue, older: int, younger: int, rule: Rule = "fig40") -> Delta:
    """What changed from one snapshot to a younger one; nothing when they are the same one (D8).

    fig40       in use in `younger`, and a before-image or not in use somewhere from `older` to just before `younger`
    fig40-lean  the same, but asking only `older` whether the block was not in use: enough, as FIG 41 would have saved
                a before-image had the block changed later (E4)
    fig34       a before-image somewhere; right only where every change leaves one, on a queue without meta maps

    A block beyond the end of the volume as it was at `older` counts as not in use there (S17). Raises OlderThanBase,
    BitMapsDoNotTell, UnknownSnapshot, DeletedSnapshot, InvalidatedSnapshot.
    """
    base, target = queue.entry(older), queue.entry(younger)
    if target.number < base.number:
        raise OlderThanBase(older, younger)
    if rule == "fig34" and queue.meta_maps:
        raise BitMapsDoNotTell
    if base is target:
        return Delta(queue, older, younger, np.zeros(0, dtype=np.int64))
    scanned = queue.entries(older, younger)[:-1]
    asked = scanned if rule == "fig40" else scanned[:1]
    wanted = target.use.blocks()
    changed = union(target.n_blocks, [_imaged(scanned, target), difference(wanted, _always_in_use(asked, target))])
    return Delta(queue, older, younger, intersection(target.n_blocks, [changed, wanted]).indices())


def _imaged(scanned: list[Entry], target: Entry) -> Bitmap:
    """Steps 585 and 667: the blocks with a before-image in any of the entries."""
    return union(target.n_blocks, [entry.bits for entry in scanned])


def _always_in_use(asked: list[Entry], target: Entry) -> Bitmap:
    """Step 668: the blocks in use in each of the entries; the oldest has the smallest volume."""
    groups = intersection(target.use.meta.n_bits, [entry.use.meta for entry in asked])
    return spread(groups, target.use.granularity, asked[0].n_blocks)
