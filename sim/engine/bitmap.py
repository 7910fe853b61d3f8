"""A bit map as a page table: pages that are all zero are not stored (FIG 43, L2536-2547).

memory follows touched pages, not the number of bits
set and clear are idempotent; indices come out in increasing order
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Addresses = NDArray[np.int64]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]

WORD_BITS = 64
PAGE_WORDS = 512
PAGE_BITS = WORD_BITS * PAGE_WORDS  # 4 KiB a page
ZERO_PAGE = 0  # slot of the page that every absent page shares, so that reads need no branch

_ONE = np.uint64(1)
_LOW6 = np.int64(63)


class Bitmap:
    """A set of block addresses in [0, n_bits), packed 64 to a word, in pages that exist once touched."""

    __slots__ = ("_pages", "_table", "_used", "n_bits")

    def __init__(self, n_bits: int) -> None:
        if n_bits < 0:
            raise ValueError(f"a bit map cannot have {n_bits} bits")
        self.n_bits = n_bits
        self._table = np.zeros(-(-n_bits // PAGE_BITS), dtype=np.int32)
        self._pages = np.zeros((1, PAGE_WORDS), dtype=np.uint64)
        self._used = 1

    @classmethod
    def of(cls, n_bits: int, addresses: Addresses) -> Bitmap:
        """A bit map with exactly these bits set."""
        bitmap = cls(n_bits)
        bitmap.set(addresses)
        return bitmap

    def set(self, addresses: Addresses) -> None:
        """Set the bits; `addresses` int64 of any order, repeats allowed. Raises IndexError outside [0, n_bits)."""
        if addresses.size == 0:
            return
        self._check(addresses)
        self._make_present(addresses)
        flat, word = self._flat_words(addresses)
        np.bitwise_or.at(flat, word, _bits(addresses))

    def clear(self, addresses: Addresses) -> None:
        """Clear the bits; `addresses` as in `set`."""
        if addresses.size == 0:
            return
        self._check(addresses)
        present = addresses[self._table[addresses // PAGE_BITS] != ZERO_PAGE]
        flat, word = self._flat_words(present)
        np.bitwise_and.at(flat, word, ~_bits(present))

    def clear_all(self) -> None:
        """Clear every bit and give the pages back."""
        self._table[:] = ZERO_PAGE
        self._pages = np.zeros((1, PAGE_WORDS), dtype=np.uint64)
        self._used = 1

    def set_range(self, start: int, stop: int) -> None:
        """Set the bits of [start, stop), a page at a time."""
        if not 0 <= start <= stop <= self.n_bits:
            raise IndexError(f"[{start}, {stop}) is outside [0, {self.n_bits})")
        first, last = -(-start // PAGE_BITS), stop // PAGE_BITS
        if first >= last:
            self.set(np.arange(start, stop, dtype=np.int64))
            return
        self.set(np.arange(start, first * PAGE_BITS, dtype=np.int64))
        self._ensure_pages(np.arange(first, last))
        self._pages[self._table[first:last]] = ~np.uint64(0)
        self.set(np.arange(last * PAGE_BITS, stop, dtype=np.int64))

    def test(self, addresses: Addresses) -> Mask:
        """Which of the bits are set: bool array of the shape of `addresses`."""
        if addresses.size == 0:
            return np.zeros(0, dtype=np.bool_)
        self._check(addresses)
        flat, word = self._flat_words(addresses)
        found: Mask = (flat[word] & _bits(addresses)) != 0
        return found

    def any(self) -> bool:
        """Whether any bit is set."""
        return bool(self._pages[1 : self._used].any())

    def count(self) -> int:
        """How many bits are set."""
        return int(np.bitwise_count(self._pages[1 : self._used]).sum(dtype=np.int64))

    def indices(self) -> Addresses:
        """The set bits, int64, in increasing order."""
        present = self.present_pages()
        if present.size == 0:
            return np.zeros(0, dtype=np.int64)
        base, local = _set_bits(self._pages[self._table[present]])
        return present[base] * PAGE_BITS + local

    def extend(self, n_bits: int) -> None:
        """Grow to `n_bits`; the new bits are zero."""
        if n_bits < self.n_bits:
            raise ValueError(f"cannot shrink a bit map from {self.n_bits} to {n_bits} bits")
        grown = np.zeros(-(-n_bits // PAGE_BITS), dtype=np.int32)
        grown[: self._table.size] = self._table
        self._table, self.n_bits = grown, n_bits

    def copy(self) -> Bitmap:
        """An independent bit map with the same bits."""
        twin = Bitmap(0)
        twin.n_bits, twin._table, twin._used = self.n_bits, self._table.copy(), self._used
        twin._pages = self._pages[: self._used].copy()
        return twin

    def present_pages(self) -> NDArray[np.int64]:
        """Numbers of the pages that are stored, increasing."""
        return np.flatnonzero(self._table)

    @property
    def n_pages(self) -> int:
        """How many pages the whole map would have."""
        return int(self._table.size)

    @property
    def stored_pages(self) -> int:
        """How many pages are stored (what the memory follows)."""
        return self._used - 1

    def page_words(self, first: int, last: int) -> Words:
        """The packed words of pages [first, last): uint64 of shape (last - first, PAGE_WORDS).

        A view where the pages lie in a row in store (then it must not be written to), else a copy.
        """
        slots = self._table[first:last]
        if slots.size and slots[0] != ZERO_PAGE and bool((np.diff(slots) == 1).all()):
            return self._pages[slots[0] : slots[0] + slots.size]
        return self._pages[slots]

    def _check(self, addresses: Addresses) -> None:
        low, high = int(addresses.min()), int(addresses.max())
        if low < 0 or high >= self.n_bits:
            raise IndexError(f"addresses {low}..{high} are outside [0, {self.n_bits})")

    def _make_present(self, addresses: Addresses) -> None:
        pages = addresses // PAGE_BITS
        absent = pages[self._table[pages] == ZERO_PAGE]
        if absent.size:
            wanted = np.zeros(self._table.size, dtype=np.bool_)
            wanted[absent] = True
            self._ensure_pages(np.flatnonzero(wanted))

    def _ensure_pages(self, pages: NDArray[np.int64]) -> None:
        absent = pages[self._table[pages] == ZERO_PAGE]
        need = self._used + absent.size
        if need > self._pages.shape[0]:
            grown = np.zeros((max(need, 2 * self._pages.shape[0]), PAGE_WORDS), dtype=np.uint64)
            grown[: self._used] = self._pages[: self._used]
            self._pages = grown
        self._table[absent] = np.arange(self._used, need, dtype=np.int32)
        self._used = need

    def _flat_words(self, addresses: Addresses) -> tuple[Words, NDArray[np.int64]]:
        slot = self._table[addresses // PAGE_BITS].astype(np.int64)
        return self._pages.reshape(-1), slot * PAGE_WORDS + ((addresses >> 6) & (PAGE_WORDS - 1))


def _bits(addresses: Addresses) -> Words:
    return _ONE << (addresses & _LOW6).view(np.uint64)


def _set_bits(pages: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and bit number of each set bit: only bytes that hold one are unpacked, so cost follows set bits."""
    octets = pages.reshape(-1).view(np.uint8)
    busy = np.flatnonzero(octets)
    bits = np.flatnonzero(np.unpackbits(octets[busy], bitorder="little").view(np.bool_))
    position = (busy[bits >> 3] << 3) + (bits & 7)
    return position // PAGE_BITS, position % PAGE_BITS
