"""An independent recorder of the true history: outside of the engine, it says whether a view is a boundary (O1).

cheap    hashes of after-images: what a set brings to a secondary is what was written between its two cuts
full     also a golden copy of the volume at each boundary, compared block by block with every view

Nothing here advances the world or draws luck: a run is the same with and without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine.identity import SetId

Checking = Literal["off", "cheap", "full"]
Addresses = NDArray[np.int64]
Rows = NDArray[Any]

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
FULL_LIMIT_BLOCKS = 1 << 20  # golden copies of larger volumes would cost more than they prove


@dataclass(slots=True)
class _Interval:
    """Blocks written since the last boundary and what they hold now, newest last."""

    addresses: list[Addresses] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)

    def latest(self) -> tuple[Addresses, Rows]:
        """Distinct addresses, increasing, with the last rows."""
        addresses, rows = np.concatenate(self.addresses), np.concatenate(self.rows)
        last_first, position = np.unique(addresses[::-1], return_index=True)
        return last_first, rows[::-1][position]


class Oracle:
    """The golden history of one replicated volume."""

    def __init__(self, checking: Checking, contents: Rows) -> None:
        self.checking = checking
        self._full = checking == "full" and contents.shape[0] <= FULL_LIMIT_BLOCKS
        self._open = _Interval()
        self._after_images: dict[SetId, tuple[int, int]] = {}
        self._golden: dict[SetId, tuple[Rows, Rows]] = {}

    def wrote(self, addresses: Addresses, rows: Rows) -> None:
        """The primary's users wrote these distinct blocks, in this order of calls."""
        if self.checking != "off" and addresses.size:
            self._open.addresses.append(addresses)
            self._open.rows.append(rows)

    def boundary(self, set_id: SetId, contents: Rows, in_use: Rows) -> None:
        """A set was cut: the volume is `contents` now, `in_use` a bool for each block (read only in full checking)."""
        if self.checking == "off":
            return
        self._after_images[set_id] = _hash_of(*self._open.latest()) if self._open.addresses else (0, 0)
        self._open = _Interval()
        if self._full:
            self._golden[set_id] = (contents.copy(), in_use)

    def fault_in_set(self, set_id: SetId, addresses: Addresses, rows: Rows) -> str | None:
        """What is wrong with a set that a secondary is about to show, or None (V1, C1)."""
        if self.checking == "off":
            return None
        expected, found = self._after_images[set_id], _hash_of(addresses, rows)
        if expected == found:
            return None
        return f"set {set_id} brings {found[0]} blocks that are not the {expected[0]} written between its cuts"

    def fault_in_view(self, set_id: SetId, view: Rows) -> str | None:
        """What is wrong with a secondary's whole view of a boundary, or None; needs full checking."""
        if set_id not in self._golden:
            return None
        contents, in_use = self._golden[set_id]
        wrong = np.flatnonzero((view != contents).reshape(contents.shape[0], -1).any(axis=1) & in_use)
        return f"view of {set_id} differs from the boundary at block {wrong[0]}" if wrong.size else None

    @property
    def wants_sets(self) -> bool:
        """Whether sets are compared."""
        return self.checking != "off"

    @property
    def wants_views(self) -> bool:
        """Whether whole views are compared."""
        return self._full

    def forget_before(self, set_id: SetId) -> None:
        """Every secondary is past this boundary: what came before it is not needed any more."""
        for old in [known for known in self._after_images if known < set_id]:
            del self._after_images[old]
            self._golden.pop(old, None)


def _hash_of(addresses: Addresses, rows: Rows) -> tuple[int, int]:
    """How many blocks, and a hash of which block holds what that does not depend on their order."""
    if addresses.size == 0:
        return 0, 0
    words = np.ascontiguousarray(rows).reshape(addresses.size, -1).view(np.uint64)
    mixed = addresses.view(np.uint64) * _A
    for column in range(words.shape[1]):
        mixed = (mixed ^ words[:, column]) * _B
        mixed ^= mixed >> _HALF
    return int(addresses.size), int(np.bitwise_xor.reduce(mixed))
