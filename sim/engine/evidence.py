"""What a site has on its disks when its copy is to be brought back, and the list of what it undoes (FIG 28, L1906).

read when the resync is planned, not at the disaster: a source that nobody told went on writing (E12)
an undo list is durable before the save volume takes a set of the new generation, which may overwrite its sources (R7)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sim.engine.bitmap import Addresses, Bitmap
from sim.engine.deltaset import NO_BLOCKS
from sim.engine.identity import SetId
from sim.engine.modlog import ModificationLog
from sim.engine.savevolume import SaveVolume


class HasAddresses(Protocol):
    """A part of what is sent."""

    @property
    def addresses(self) -> Addresses:
        """Its blocks, int64, strictly increasing."""


@dataclass(frozen=True, slots=True, eq=False)
class UndoList:
    """The blocks in which a copy may differ from boundary `after`, int64, strictly increasing.

    Durable at the site that is brought back, from before the first block of it changes until it is at a boundary again.
    """

    after: SetId
    addresses: Addresses = field(repr=False)

    def with_legs(self, legs: Iterable[HasAddresses]) -> UndoList:
        """The list with all blocks that are about to be sent.

        They hold what came after `after`, and whoever is the source once this one is lost may not know of that.
        """
        return UndoList(self.after, union_of([self.addresses, *(leg.addresses for leg in legs)]))


class FullCopyCause(StrEnum):
    """Why everything must be copied, the most fundamental first: that one is named where there are several."""

    NEVER_SEEDED = "never_seeded"
    VOLUME_LOST = "volume_lost"
    SAVE_VOLUME_LOST = "save_volume_lost"
    SAVE_VOLUME_PARTLY_LOST = "save_volume_partly_lost"
    SAVE_VOLUME_OVERWRITTEN = "save_volume_overwritten"
    SAVE_VOLUME_CORRUPT = "save_volume_corrupt"
    MODIFICATION_LOG_LOST = "modification_log_lost"
    RESTART_SNAPSHOT_LOST = "restart_snapshot_lost"
    LINEAGE = "lineage"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is found of a copy.

    `position`: the boundary that its volume was last at: of a former source its log's stamp, of a copy its playback's
    boundary, None where it never was at one. `begun`: the last set of a group whose integration had begun.
    `save_volume`: its own, None when it is destroyed. `log`: Open and Old of a former source. `undo`: the list of a
    resync that did not come to its end; what it says goes before `position`, `begun` and `log`.
    """

    position: SetId | None
    save_volume: SaveVolume | None
    log: ModificationLog | None = None
    was_source: bool = False
    log_lost: bool = False
    volume_lost: bool = False
    begun: SetId | None = None
    undo: UndoList | None = None


def union_of(lists: Sequence[Addresses]) -> Addresses:
    """The blocks in any of several increasing lists, increasing: a new array that shares nothing with them."""
    lists = [addresses for addresses in lists if addresses.size]
    if len(lists) <= 1:
        return lists[0].copy() if lists else NO_BLOCKS
    found = Bitmap(max(int(addresses[-1]) for addresses in lists) + 1)
    for addresses in lists:
        found.set(addresses)
    return found.indices()
