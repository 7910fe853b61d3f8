"""The modification log: which blocks were written since the last cut, and which still wait to be copied (FIG 10).

Open is written with every write, Old is read to make the set of the last cut; at a cut they swap (L1257-1268)
Old must be all zero before it becomes the next Open: a cut waits for the copy-out before it (C4, L1363-1365)
both are durable with (generation, number): what was never cut is needed by a resync (finding 1), and a reboot loses
nothing (C13, L1490-1495), because the only state beside the maps is counters that follow from them
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.engine.bitmap import Addresses, Bitmap, Mask
from sim.engine.identity import START, SetId

MOST_REMEMBERED = 1 << 16  # blocks of the open set that are remembered beside the map: half a megabyte
MOST_KEPT = 256  # pages that an emptied map keeps for the set after the next: a megabyte


class CopyOutUnfinished(Exception):
    """Old is not all zero: the set before is still being copied out (C4, E32)."""

    def __init__(self, old_blocks: int) -> None:
        super().__init__(old_blocks)
        self.old_blocks = old_blocks

    def __str__(self) -> str:
        return f"{self.old_blocks} blocks of the last delta set are still to be copied out"


@dataclass(frozen=True, slots=True, eq=False)
class ClosedSet:
    """What a cut closed: addresses written in the interval, and whose use changed without a write; all increasing.

    `n_blocks`: the size of the volume at the cut.
    """

    id: SetId
    n_blocks: int
    addresses: Addresses = field(repr=False)
    freed: Addresses = field(repr=False)
    allocated: Addresses = field(repr=False)


class UseChanges:
    """Blocks freed, and blocks put in use without a write, since the last cut: the last word on each block (E52)."""

    __slots__ = ("_allocated", "_freed")

    def __init__(self, n_blocks: int) -> None:
        self._freed = Bitmap(n_blocks)
        self._allocated = Bitmap(n_blocks)

    def write(self, addresses: Addresses) -> None:
        """A write puts a block in use by itself."""
        _drop(self._freed, addresses)
        _drop(self._allocated, addresses)

    def free(self, addresses: Addresses) -> None:
        """These blocks are no longer in use."""
        _drop(self._allocated, addresses)
        self._freed.set(addresses)

    def allocate(self, addresses: Addresses) -> None:
        """These blocks are in use and were not written."""
        _drop(self._freed, addresses)
        self._allocated.set(addresses)

    def extend(self, n_blocks: int) -> None:
        """The volume grew."""
        self._freed.extend(n_blocks)
        self._allocated.extend(n_blocks)

    def lists(self) -> tuple[Addresses, Addresses]:
        """Addresses freed and allocated, each increasing."""
        return _listed(self._freed), _listed(self._allocated)


class _Newcomers:
    """Runs of blocks as they came into an empty map, while they are few: merging runs beats a search of the map.

    None of it is durable, and the map says the same.
    """

    __slots__ = ("_count", "_runs")

    def __init__(self) -> None:
        self._runs: list[Addresses] | None = []
        self._count = 0

    def add(self, run: Addresses) -> None:
        """These blocks, increasing, are new."""
        self._count += run.size
        if self._count > MOST_REMEMBERED:
            self._runs = None
        elif self._runs is not None and run.size:
            self._runs.append(run.copy())

    def forget(self) -> None:
        """Only the map knows from now on."""
        self._runs = None

    def listed(self) -> Addresses | None:
        """All of them, increasing; None when only the map knows."""
        if not self._runs:
            return None
        together = np.concatenate(self._runs)
        together.sort(kind="stable")  # which finds the runs and merges them
        return together


class ModificationLog:
    """Open and Old of a volume of `n_blocks` blocks, and the name of the last set that was cut."""

    def __init__(self, n_blocks: int, stamp: SetId = START) -> None:
        """`stamp`: the boundary that the volume is at now; the first cut makes the one after it."""
        self.n_blocks = n_blocks
        self._stamp, self._stamp_blocks = stamp, n_blocks
        self._open, self._old = Bitmap(n_blocks), Bitmap(n_blocks)
        self._open_use, self._old_use = UseChanges(n_blocks), UseChanges(n_blocks)
        self._newcomers = _Newcomers()  # of Open
        self._open_count = 0
        self._old_count = 0

    @property
    def stamp(self) -> SetId:
        """The last boundary: a copy of the volume made at this instant includes it, and is played on from the next."""
        return self._stamp

    @property
    def open_count(self) -> int:
        """Distinct blocks written since the last cut (E31)."""
        return self._open_count

    @property
    def old_count(self) -> int:
        """Blocks of the last set that were not copied out yet."""
        return self._old_count

    def record(self, addresses: Addresses) -> Mask:
        """Enter a write to strictly increasing `addresses`; which of them were not in Open before.

        Raises IndexError outside the volume. The same contents again count as a write: the log sees no contents.
        """
        new = self._open.add(addresses)
        self._open_use.write(addresses)
        count = int(np.count_nonzero(new))
        self._newcomers.add(addresses if count == addresses.size else addresses[new])
        self._open_count += count
        return new

    def free(self, addresses: Addresses) -> None:
        """Enter that these blocks are no longer in use; what was written to them stays in the set."""
        self._open_use.free(addresses)

    def allocate(self, addresses: Addresses) -> None:
        """Enter that these blocks are in use without having been written."""
        self._open_use.allocate(addresses)

    def not_in_open(self, addresses: Addresses) -> Mask:
        """Which of these blocks were not written since the last cut."""
        missing: Mask = ~self._open.test(addresses)
        return missing

    def in_old(self, addresses: Addresses) -> Mask:
        """Which of these blocks must be copied out before they may change (C5)."""
        return self._old.test(addresses)

    def open_addresses(self) -> Addresses:
        """The blocks in Open, increasing."""
        return self._open.indices()

    def old_addresses(self) -> Addresses:
        """The blocks in Old, increasing."""
        return self._old.indices()

    def cut(self) -> ClosedSet:
        """Close the set (steps 347-351): Open becomes Old, and an all-zero map the next Open. Nothing may come between.

        Raises CopyOutUnfinished while Old is not all zero; then nothing was changed.
        """
        if self._old_count:
            raise CopyOutUnfinished(self._old_count)
        self._open, self._old = self._old, self._open
        self._open_count, self._old_count = 0, self._open_count
        self._open_use, self._old_use = UseChanges(self.n_blocks), self._open_use
        self._newcomers, addresses = _Newcomers(), self._newcomers.listed()
        self._stamp, self._stamp_blocks = self._stamp.next(), self.n_blocks
        return self.closing() if addresses is None else self._closed(addresses)

    def closing(self) -> ClosedSet:
        """What is known of the last cut, as far as its blocks were not copied out: all that a restart needs."""
        return self._closed(self._old.indices())

    def copied(self, addresses: Addresses) -> None:
        """Clear these bits of Old: their contents are in the save volume (L1361-1363). Each must be set.

        Raises ValueError when there are more of them than Old has.
        """
        if addresses.size == 0:
            return
        if addresses.size > self._old_count:
            raise ValueError("more blocks were copied out than were waiting for it")
        if addresses.size < self._old_count:
            self._old.clear(addresses)
        elif self._old.stored_pages <= MOST_KEPT:
            self._old.wipe()
        else:
            self._old.clear_all()
        self._old_count -= addresses.size

    def extend(self, n_blocks: int) -> None:
        """The volume grew; the new blocks were not written."""
        self.n_blocks = n_blocks
        for part in (self._open, self._old, self._open_use, self._old_use):
            part.extend(n_blocks)

    def new_generation(self) -> SetId:
        """Start again as the source of the next generation, at the state the volume is in now (C9).

        Both maps are emptied: whoever needs what they say asks before. Returns the boundary that begins it.
        """
        self._stamp, self._stamp_blocks = SetId(self._stamp.generation + 1, 0), self.n_blocks
        self._open.clear_all()
        self._old.clear_all()
        self._open_use, self._old_use = UseChanges(self.n_blocks), UseChanges(self.n_blocks)
        self._newcomers = _Newcomers()
        self._open_count = self._old_count = 0
        return self._stamp

    def reboot(self) -> None:
        """Come back after a crash: the counters are worked out again, all else is durable."""
        self._newcomers.forget()
        self._open_count, self._old_count = self._open.count(), self._old.count()

    def _closed(self, addresses: Addresses) -> ClosedSet:
        return ClosedSet(self._stamp, self._stamp_blocks, addresses, *self._old_use.lists())


def _listed(bitmap: Bitmap) -> Addresses:
    """The bits of a map that is nearly always empty."""
    return bitmap.indices() if bitmap.stored_pages else np.zeros(0, dtype=np.int64)


def _drop(bitmap: Bitmap, addresses: Addresses) -> None:
    """Clear bits of a map that is nearly always empty."""
    if bitmap.stored_pages and addresses.size:
        bitmap.clear(addresses)
