"""One entry of the snapshot queue: a snapshot's bit map, block map and frozen meta map (FIG 25, 42)."""

from __future__ import annotations

from sim.engine.bitmap import Addresses, Bitmap, Mask
from sim.engine.blockmap import BlockMap
from sim.engine.identity import SetId
from sim.engine.volume import InUse


class Entry:
    """A snapshot. Its before-images hold what blocks held when it was created."""

    __slots__ = ("_bits", "allocation", "block_map", "number", "stamp", "use")

    def __init__(self, number: int, stamp: SetId | None, allocation: InUse, use: InUse) -> None:
        """`allocation`: what restoring puts back; `use`: what counts as in use, the same unless meta maps are off."""
        self.number = number
        self.stamp = stamp
        self.allocation = allocation
        self.use = use
        self.block_map = BlockMap()
        self._bits: Bitmap | None = Bitmap(use.n_blocks)

    @property
    def n_blocks(self) -> int:
        """Size of the volume when the snapshot was created."""
        return self.use.n_blocks

    @property
    def bits(self) -> Bitmap:
        """Which blocks have a before-image here; built from the block map when it was dropped (L2557)."""
        if self._bits is None:
            self._bits = self.block_map.bitmap(self.n_blocks)
        return self._bits

    def drop_bits(self) -> None:
        """Free the bit map's memory; the block map tells the same."""
        self._bits = None

    def holds(self, blocks: Addresses) -> Mask:
        """Which blocks have a before-image in this entry."""
        return self.bits.test(blocks)

    def record(self, blocks: Addresses, saves: Addresses) -> None:
        """Steps 515 and 688: first the block map, then the bit, so that a bit is never ahead of the map (S4)."""
        self.block_map.insert(blocks, saves)
        self.bits.set(blocks)
