"""The data path of the volume that is replicated: every write goes through here (FIG 8, 10; L1257-1268, L1340-1366).

order of a write: what Old still needs to the delta set (C5), mark Open, what snapshots need (S4), change the volume
a crash between any two of these loses nothing: a bit too many in Open ships a block that did not change
a cut is one step, in which no write can come (C14); when it cannot be made, nothing was changed
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from sim.engine.bitmap import Addresses, Mask
from sim.engine.builder import DeltaSetBuilder
from sim.engine.copyout import Steps, in_order
from sim.engine.deltaset import CHUNK_BLOCKS, SetShape
from sim.engine.modlog import CopyOutUnfinished, ModificationLog
from sim.engine.savevolume import Found, SaveVolume
from sim.engine.storedset import StoredSet
from sim.engine.volume import Contents, Rows, Volume


class Writable(Protocol):
    """A volume, or the snapshot queue in front of it."""

    def write(self, addresses: Addresses, rows: Rows) -> object:
        """Write rows to distinct blocks."""


class Source:
    """A volume, its modification log, its snapshots and the save volume that its delta sets go to."""

    def __init__(
        self,
        volume: Volume,
        log: ModificationLog,
        save_volume: SaveVolume,
        snapshots: Writable | None = None,
        chunk_blocks: int = CHUNK_BLOCKS,
    ) -> None:
        """`snapshots`: the volume's snapshot queue, if it has one; writes then go through its copy-before-write."""
        self.volume, self.log, self.save_volume = volume, log, save_volume
        self.chunk_blocks = chunk_blocks
        self._target: Writable = volume if snapshots is None else snapshots
        self.builder: DeltaSetBuilder | None = None

    def write(self, addresses: Addresses, rows: Rows) -> Mask:
        """Write rows to strictly increasing `addresses`; which of these are in Open for the first time."""
        if self.log.old_count:
            self.copy_before_write(addresses[self.log.in_old(addresses)])
        new = self.log.record(addresses)
        self._target.write(addresses, rows)
        return new

    def free(self, addresses: Addresses) -> None:
        """Take blocks out of use."""
        self.log.free(addresses)
        self.volume.free(addresses)

    def allocate(self, addresses: Addresses) -> None:
        """Put blocks in use without writing them."""
        self.log.allocate(addresses)
        self.volume.allocate(addresses)

    def extend(self, contents: Contents) -> None:
        """Grow the volume onto a larger array that begins with what it holds; see `Volume.extend`."""
        self.volume.extend(contents)
        self.log.extend(self.volume.n_blocks)

    def cut(self) -> DeltaSetBuilder:
        """Close the set of all that was written since the last cut, and reserve its space (steps 347-351).

        Raises CopyOutUnfinished (C4) or SaveVolumeFull; then nothing was changed.
        """
        if self.builder is not None or self.log.old_count:
            raise CopyOutUnfinished(self.log.old_count)
        shape = SetShape(self.log.open_count, self.chunk_blocks)
        stored = self.save_volume.reserve(self.log.stamp.next(), shape)
        closed = self.log.cut()
        stored.addresses = closed.addresses
        self.builder = DeltaSetBuilder(closed, stored, self.volume)
        return self.builder

    def copy_out(self, count: int) -> int:
        """Copy the next `count` blocks of Old, in increasing address order; how many there were."""
        return self._copied(self._building().take_next(count))

    def copy_before_write(self, addresses: Addresses) -> int:
        """Copy these blocks of Old now, because they are about to change (C5); how many."""
        if addresses.size == 0:
            return 0
        return self._copied(self._building().take(addresses))

    def copy_out_while(self, addresses: Addresses, steps_at_write: Steps, steps: int) -> int:
        """Bring the background copy to `steps` completed disk steps, while increasing `addresses` were written.

        `steps_at_write`: the steps completed when each of them was first written since the last call; which of the
        writes of one step came first makes no difference. Blocks that are not in Old are passed over. The writes
        themselves come afterwards, with `write`. Returns how many blocks were copied early (`CopyWalk.early`).
        """
        builder = self._building()
        waiting = np.flatnonzero(self.log.in_old(addresses))
        early = self._copied_early(addresses[waiting], steps_at_write[waiting]) if waiting.size else 0
        self._copied(builder.take_below(builder.walk.front(steps)))
        return early

    def finish_copy_out(self) -> StoredSet:
        """Show the set in the mailbox, ready to be sent (L1367-1371). Raises ValueError while blocks are missing."""
        stored = self._building().finish()
        self.builder = None
        return stored

    def copy_out_all(self) -> StoredSet:
        """Copy what is left of Old and show the set."""
        self.copy_out(self._building().remaining)
        return self.finish_copy_out()

    def recover(self) -> None:
        """Come back after a crash, before users do: Old and the mailbox say where the copy-out stood (L1490-1495)."""
        self.log.reboot()
        self.builder = None
        never_cut = self.log.stamp.next()
        if self.save_volume.find(never_cut) is Found.HELD:
            self.save_volume.forget(never_cut)
        if self.save_volume.find(self.log.stamp) is Found.HELD and not self.save_volume.is_complete(self.log.stamp):
            self.builder = self._resumed()

    def _resumed(self) -> DeltaSetBuilder:
        closed = self.log.closing()
        stored = self.save_volume.stored(closed.id)
        if closed.addresses.size == stored.blocks:  # the crash may have come before the mailbox had the addresses
            stored.addresses[:] = closed.addresses
        return DeltaSetBuilder(closed, stored, self.volume, self.log.in_old(stored.addresses))

    def _copied_early(self, waiting: Addresses, steps_at_write: Steps) -> int:
        """Copy those of these blocks that the walk had not come to when they were written; how many."""
        builder = self._building()
        order, steps_at_write = in_order(steps_at_write)
        ranks = builder.ranks(waiting)[order]
        early = ranks[builder.walk.early(ranks, steps_at_write)]
        return self._copied(builder.take_ranks(np.sort(early)))

    def _copied(self, addresses: Addresses) -> int:
        self.log.copied(addresses)
        return int(addresses.size)

    def _building(self) -> DeltaSetBuilder:
        if self.builder is None:
            raise ValueError("no delta set is being copied out")
        return self.builder

    @property
    def open_count(self) -> int:
        """Distinct blocks written since the last cut."""
        return self.log.open_count

    def not_in_open(self, addresses: Addresses) -> Mask:
        """Which of these blocks were not written since the last cut."""
        return self.log.not_in_open(addresses)

    def in_old(self, addresses: Addresses) -> Mask:
        """Which of these blocks still wait to be copied out."""
        return self.log.in_old(addresses)

    def old_addresses(self) -> Addresses:
        """The blocks that wait to be copied out, increasing."""
        return self.log.old_addresses()
