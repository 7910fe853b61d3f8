"""Where a rank lies: a keyed bijection on [0, n), by arithmetic and without a table.

every slot has exactly one rank; another key gives another order

Rounds of odd multiplication and xor-shift permute the next power of two; what falls outside [0, n) walks on along its
cycle until it falls inside and so stay a bijection (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ranks = NDArray[np.int64]
Words = NDArray[Any]  # uint32 or int64
_NONE: Ranks = np.zeros(0, dtype=np.int64)

ROUNDS = 3


class Scatter:
    """A bijection on [0, n), chosen by `luck`."""

    __slots__ = ("_mask", "_odd", "_offsets", "_shift", "_word", "n")

    def __init__(self, n: int, luck: np.random.Generator) -> None:
        bits = max(1, (n - 1).bit_length())
        if n < 1 or bits > 62:
            raise ValueError(f"cannot scatter {n} ranks")
        self.n = n
        self._word = np.uint32 if bits <= 32 else np.int64  # what the mask leaves is the same, at half the traffic
        self._mask = self._word((1 << bits) - 1)
        self._shift = self._word((bits + 1) // 2)
        words = (luck.integers(0, 1 << 62, size=2 * ROUNDS, dtype=np.int64) & np.int64(self._mask)).tolist()
        self._odd = [self._word(word | 1) for word in words[:ROUNDS]]
        self._offsets = [self._word(word) for word in words[ROUNDS:]]

    def slots(self, ranks: Ranks) -> Ranks:
        """The slot of each rank; `ranks` int64 in [0, n), any order, repeats allowed."""
        slots = self._step(ranks.astype(self._word))
        outside = np.flatnonzero(slots >= self.n) if self.n <= self._mask else _NONE
        while outside.size:
            walked = self._step(slots[outside])
            slots[outside] = walked
            outside = outside[walked >= self.n]
        return slots.astype(np.int64, copy=False)

    def _step(self, x: Words) -> Words:
        """One pass of the permutation on the power of two, in place (arithmetic wraps modulo 2**32 or 2**64)."""
        high = np.empty_like(x)
        for odd, offset in zip(self._odd, self._offsets, strict=True):
            x *= odd
            x += offset
            x &= self._mask
            x ^= np.right_shift(x, self._shift, out=high)
        return x
