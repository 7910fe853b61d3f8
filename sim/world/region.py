"""Where a workload writes: a region of a volume in aligned extents; one write covers one extent ("slot")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Region:
    """`slots` extents of `extent_blocks` blocks each, from `first_block` on."""

    first_block: int
    slots: int
    extent_blocks: int = 1

    @property
    def blocks(self) -> int:
        """How many blocks the region has."""
        return self.slots * self.extent_blocks

    def addresses(self, slots: Longs) -> Longs:
        """The blocks of the extents, in the extents' order; `slots` int64 in [0, self.slots)."""
        if self.extent_blocks == 1:
            return slots + self.first_block if self.first_block else slots
        first = slots * self.extent_blocks + self.first_block
        return (first[:, None] + np.arange(self.extent_blocks)).reshape(-1)

    def per_block(self, values: Longs) -> Longs:
        """One value an extent becomes one value a block."""
        return values if self.extent_blocks == 1 else np.repeat(values, self.extent_blocks)
