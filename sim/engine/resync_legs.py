"""What a resync sends, in which order, and read from which snapshot of the source (FIG 28: 532, 534, 536; R4, R6).

literal   undo read from the restart point, then the delta from there to the intermediate point: up to twice a full copy
merged    the blocks of both, once each, read from the intermediate point: the same on every block in use there, and
          never more than a full copy
full      every block in use in the intermediate point
min       merged, or full where that sends no more

afterwards the caller makes in use what is in use there: `volume.restore_use(queue.entry(intermediate).allocation)`
a block that is not in use at the restart point and is at the intermediate one is in the delta between them (FIG 40)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from sim.engine.bitmap import Addresses, Bitmap
from sim.engine.delta import delta
from sim.engine.deltaset import NO_BLOCKS
from sim.engine.snapshots import SnapshotQueue

Transfer = Literal["literal", "merged", "min"]


class Plan(Protocol):
    """What the legs need to know of a `ResyncPlan`."""

    @property
    def incremental(self) -> bool:
        """Whether it goes by difference."""

    @property
    def undo(self) -> Addresses:
        """The blocks in which the copy may differ from the restart point, increasing."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """Blocks to send, int64, increasing, with the contents they have in `snapshot`."""

    name: Literal["undo", "copy", "full"]
    snapshot: int
    addresses: Addresses = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResyncCosts:
    """What each way sends, in blocks. `undo_blocks` and `copy_blocks` are the legs of the literal way."""

    undo_blocks: int
    copy_blocks: int
    merged_blocks: int
    full_blocks: int

    @property
    def literal_blocks(self) -> int:
        """Both legs of the literal way."""
        return self.undo_blocks + self.copy_blocks


def costs(found: Plan, queue: SnapshotQueue, restart_snapshot: int | None, intermediate: int) -> ResyncCosts:
    """How many blocks each way would send (R6); of a full copy only that is known. Raises as `delta`."""
    full = queue.entry(intermediate).use.blocks().count()
    if not found.incremental or restart_snapshot is None:
        return ResyncCosts(0, 0, 0, full)
    changed = delta(queue, restart_snapshot, intermediate).addresses
    undone = _in_use(queue, restart_snapshot, found.undo)
    undo, copied = _merged(found, queue, changed, intermediate)
    return ResyncCosts(int(undone.size), int(changed.size), int(undo.size + copied.size), full)


def legs(
    found: Plan, queue: SnapshotQueue, restart_snapshot: int | None, intermediate: int, transfer: Transfer
) -> tuple[Leg, ...]:
    """What is sent, in order: the legs undo and copy, of which either may have no blocks, or one leg full.

    Raises as `delta`.
    """
    if not found.incremental or restart_snapshot is None:
        return (_full(queue, intermediate),)
    changed = delta(queue, restart_snapshot, intermediate).addresses
    if transfer == "literal":
        undone = _in_use(queue, restart_snapshot, found.undo)
        return Leg("undo", restart_snapshot, undone), Leg("copy", intermediate, changed)
    undo, copied = _merged(found, queue, changed, intermediate)
    if transfer == "min" and undo.size + copied.size >= queue.entry(intermediate).use.blocks().count():
        return (_full(queue, intermediate),)
    return Leg("undo", intermediate, undo), Leg("copy", intermediate, copied)


def _merged(found: Plan, queue: SnapshotQueue, changed: Addresses, intermediate: int) -> tuple[Addresses, Addresses]:
    """Blocks to undo as far as they are in use in the intermediate point, and what changed beside them."""
    undo = _in_use(queue, intermediate, found.undo)
    if undo.size == 0 or changed.size == 0:
        return undo, changed
    undone = Bitmap.of(queue.entry(intermediate).n_blocks, undo)
    return undo, changed[~undone.test(changed)]


def _full(queue: SnapshotQueue, intermediate: int) -> Leg:
    return Leg("full", intermediate, queue.blocks_in_use(intermediate))


def _in_use(queue: SnapshotQueue, snapshot: int, addresses: Addresses) -> Addresses:
    """Those of the blocks that are in use in a snapshot, and inside the volume as it was then."""
    inside = addresses[: int(np.searchsorted(addresses, queue.entry(snapshot).n_blocks))]
    return inside[queue.in_use(snapshot, inside)] if inside.size else NO_BLOCKS
