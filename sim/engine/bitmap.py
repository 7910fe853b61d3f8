"""A bit map as a page table: pages of zeros are not stored, pages of ones share one page (FIG 43, L2536-2547).

memory follows the pages that are neither all zero nor filled as a whole, not the number of bits
set and clear are idempotent; indices come out in increasing order
copies share their pages until one of them changes, so freezing a map costs nothing while it does not change
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Addresses = NDArray[np.int64]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]
Kinds = NDArray[np.int32]

WORD_BITS = 64
PAGE_WORDS = 512
PAGE_BITS = WORD_BITS * PAGE_WORDS  # 4 KiB a page
PAGE_SHIFT = 15
ZERO_PAGE = 0  # slot of the page that every absent page shares, so that reads need no branch
FULL_PAGE = 1  # slot of the page that every whole run of ones shares
FIRST_OWN = 2
RUN_PAGES = 64  # pages worked on at a time: 256 KiB of words and 2 MiB of unpacked bits stay in the cache
DENSE = 1 / 12  # from this share of set bits on, unpacking everything beats looking for words that hold a bit
MOST_IN_A_ROW = 256  # pages that are looked at whether they lie in a row
CROWDED = 6  # set bits a word, above which unpacking the words that hold one beats taking one bit off each at a time

_ONE = np.uint64(1)
_LOW6 = np.int64(63)
_IN_PAGE = np.int64(PAGE_WORDS - 1)
_UNIFORM = np.zeros((FIRST_OWN, PAGE_WORDS), dtype=np.uint64)
_UNIFORM[FULL_PAGE] = ~np.uint64(0)
_UNIFORM.setflags(write=False)
_FULL_PAGES = np.full(MOST_IN_A_ROW, FULL_PAGE, dtype=np.int32).tobytes()  # bytes are compared at a fifth of the price


class Bitmap:
    """A set of block addresses in [0, n_bits), packed 64 to a word, in pages that exist once touched."""

    __slots__ = ("_pages", "_shared", "_table", "_used", "n_bits")

    def __init__(self, n_bits: int) -> None:
        if n_bits < 0:
            raise ValueError(f"a bit map cannot have {n_bits} bits")
        self.n_bits = n_bits
        self._table: Kinds = np.zeros(-(-n_bits // PAGE_BITS), dtype=np.int32)
        self._pages: Words = _UNIFORM
        self._used = FIRST_OWN
        self._shared = True

    @classmethod
    def of(cls, n_bits: int, addresses: Addresses) -> Bitmap:
        """A bit map with exactly these bits set."""
        bitmap = cls(n_bits)
        bitmap.set(addresses)
        return bitmap

    @classmethod
    def laid_out(cls, n_bits: int, mixed: Addresses, full: Addresses) -> tuple[Bitmap, Words]:
        """A bit map with pages `full` of ones and pages `mixed` to be filled in: the map and the view to fill.

        The view is uint64 of shape (mixed.size, PAGE_WORDS), zero at first, in the order of `mixed`.
        """
        bitmap = cls(n_bits)
        bitmap._table[full] = FULL_PAGE
        bitmap._own()
        bitmap._ensure_pages(mixed)
        return bitmap, bitmap._pages[FIRST_OWN : bitmap._used]

    def set(self, addresses: Addresses) -> None:
        """Set the bits; `addresses` int64 of any order, repeats allowed. Raises IndexError outside [0, n_bits)."""
        if addresses.size == 0:
            return
        self._check(addresses)
        self._own()
        addresses = self._make_settable(addresses)
        np.bitwise_or.at(self._pages.reshape(-1), self._word_of(addresses), _bits(addresses))

    def add(self, addresses: Addresses) -> Mask:
        """Set the bits of distinct `addresses` and say which of them were clear before: cheaper than test and set."""
        if addresses.size == 0:
            return np.zeros(0, dtype=np.bool_)
        low, high = self._check(addresses)
        self._own()
        word = self._in_a_row(low, high, addresses)
        if word is None:
            if self._make_settable(addresses).size < addresses.size:  # some lie on full pages
                new: Mask = ~self.test(addresses)
                self.set(addresses[new])
                return new
            word = self._in_a_row(low, high, addresses)  # as they mostly do now
            word = self._word_of(addresses) if word is None else word
        flat, bits = self._pages.reshape(-1), _bits(addresses)
        before = np.take(flat, word)
        new = (before & bits) == 0
        flat[word] = before | bits  # of several bits of one word only the last one stands now
        lost = np.flatnonzero((np.take(flat, word) & bits) == 0)
        np.bitwise_or.at(flat, word[lost], bits[lost])  # costs as much for each as all of the above
        return new

    def clear(self, addresses: Addresses) -> None:
        """Clear the bits; `addresses` as in `set`."""
        if addresses.size == 0:
            return
        self._check(addresses)
        self._own()
        addresses = self._make_clearable(addresses)
        np.bitwise_and.at(self._pages.reshape(-1), self._word_of(addresses), ~_bits(addresses))

    def clear_all(self) -> None:
        """Clear every bit and give the pages back."""
        self._table = np.zeros(self._table.size, dtype=np.int32)
        self._pages, self._used, self._shared = _UNIFORM, FIRST_OWN, True

    def wipe(self) -> None:
        """Clear every bit and keep the pages, in a row, for a map that will soon be filled much like it was."""
        if self._shared:
            self.clear_all()
            return
        self._pages[FIRST_OWN : self._used] = 0
        own = np.flatnonzero(self._table >= FIRST_OWN)
        self._used = FIRST_OWN + own.size
        self._table.fill(ZERO_PAGE)
        self._table[own] = np.arange(FIRST_OWN, self._used, dtype=np.int32)

    def set_range(self, start: int, stop: int) -> None:
        """Set the bits of [start, stop); whole pages cost one table entry each."""
        if not 0 <= start <= stop <= self.n_bits:
            raise IndexError(f"[{start}, {stop}) is outside [0, {self.n_bits})")
        first, last = -(-start // PAGE_BITS), stop // PAGE_BITS
        if first >= last:
            self.set(np.arange(start, stop, dtype=np.int64))
            return
        self.set(np.arange(start, first * PAGE_BITS, dtype=np.int64))
        self._fill_pages(first, last)
        self.set(np.arange(last * PAGE_BITS, stop, dtype=np.int64))

    def test(self, addresses: Addresses) -> Mask:
        """Which of the bits are set: bool array of the shape of `addresses`."""
        if addresses.size == 0:
            return np.zeros(0, dtype=np.bool_)
        low, high = self._check(addresses)
        if self.all_set(low, high):
            return np.ones(addresses.size, dtype=np.bool_)
        where = self._in_a_row(low, high, addresses)
        if where is None:
            if not np.count_nonzero(self._table[low >> PAGE_SHIFT : (high >> PAGE_SHIFT) + 1]):
                return np.zeros(addresses.size, dtype=np.bool_)
            where = self._word_of(addresses)
        words = np.take(self._pages.reshape(-1), where)
        words &= _bits(addresses)
        found: Mask = words != 0
        return found

    def all_set(self, low: int, high: int) -> bool:
        """Whether all bits in [low, high] are known to be set: by whole pages, looking no further than is worth it."""
        first, after = low >> PAGE_SHIFT, (high >> PAGE_SHIFT) + 1
        pages = after - first
        if pages > MOST_IN_A_ROW or self._table.item(first) != FULL_PAGE:
            return False
        return self._table[first:after].tobytes() == _FULL_PAGES[: pages * self._table.itemsize]

    def any(self) -> bool:
        """Whether any bit is set."""
        return bool(self._pages[FIRST_OWN : self._used].any() or (self._table == FULL_PAGE).any())

    def count(self) -> int:
        """How many bits are set."""
        own = np.bitwise_count(self._pages[FIRST_OWN : self._used]).sum(dtype=np.int64)
        return int(own) + PAGE_BITS * int(np.count_nonzero(self._table == FULL_PAGE))

    def indices(self) -> Addresses:
        """The set bits, int64, in increasing order."""
        pages = self.present_pages()
        if pages.size <= RUN_PAGES:
            return self._indices_in(pages)
        found = np.empty(self.count(), dtype=np.int64)
        filled = 0
        for first in range(0, pages.size, RUN_PAGES):
            bits = self._indices_in(pages[first : first + RUN_PAGES])
            found[filled : filled + bits.size] = bits
            filled += bits.size
        return found

    def _indices_in(self, run: Addresses) -> Addresses:
        """The set bits of these pages, increasing."""
        if run.size == 0:
            return np.zeros(0, dtype=np.int64)
        bits = set_bits(self.words_of(run))
        ahead = (run - np.arange(run.size)) << PAGE_SHIFT  # by how much absent pages put the run's bits further on
        bits += ahead[0] if ahead[0] == ahead[-1] else ahead[bits >> PAGE_SHIFT]
        return bits

    def extend(self, n_bits: int) -> None:
        """Grow to `n_bits`; the new bits are zero."""
        if n_bits < self.n_bits:
            raise ValueError(f"cannot shrink a bit map from {self.n_bits} to {n_bits} bits")
        grown = np.zeros(-(-n_bits // PAGE_BITS), dtype=np.int32)
        grown[: self._table.size] = self._table
        self._table, self.n_bits = grown, n_bits

    def clip(self, n_bits: int) -> None:
        """Shrink to `n_bits`; what lay beyond is forgotten."""
        pages = -(-n_bits // PAGE_BITS)
        self.clear(np.arange(n_bits, min(self.n_bits, pages * PAGE_BITS), dtype=np.int64))
        kept = self._table[:pages]
        slots = kept[kept >= FIRST_OWN]
        self._pages = np.concatenate([_UNIFORM, self._pages[slots]])
        self._table, self._used, self.n_bits, self._shared = kept.copy(), FIRST_OWN + slots.size, n_bits, False
        self._table[kept >= FIRST_OWN] = np.arange(FIRST_OWN, self._used, dtype=np.int32)

    def copy(self) -> Bitmap:
        """An independent bit map with the same bits; the pages are shared until one of the two changes."""
        twin = Bitmap(0)
        twin.n_bits, twin._table, twin._pages, twin._used = self.n_bits, self._table, self._pages, self._used
        self._shared = twin._shared = True
        return twin

    def shares_with(self, other: Bitmap) -> bool:
        """Whether both are copies of one map of which neither has changed since: then their bits are equal."""
        return self._table is other._table and self._pages is other._pages and self._used == other._used

    def present_pages(self) -> Addresses:
        """Numbers of the pages that may hold a set bit, increasing."""
        return self._table.nonzero()[0]

    def page_kinds(self, n_pages: int) -> Kinds:
        """For pages [0, n_pages): ZERO_PAGE, FULL_PAGE, or FIRST_OWN for a page of its own; zero beyond the end."""
        kinds = np.zeros(n_pages, dtype=np.int32)
        kinds[: self._table.size] = np.minimum(self._table[:n_pages], FIRST_OWN)
        return kinds

    @property
    def n_pages(self) -> int:
        """How many pages the whole map would have."""
        return int(self._table.size)

    @property
    def stored_pages(self) -> int:
        """How many pages are stored (what the memory follows)."""
        return self._used - FIRST_OWN

    def page_words(self, first: int, last: int) -> Words:
        """The packed words of pages [first, last): uint64 of shape (last - first, PAGE_WORDS).

        A view where the pages lie in a row in store (then it must not be written to), else a copy.
        """
        return self.words_of(np.arange(first, last))

    def words_of(self, pages: Addresses) -> Words:
        """The packed words of these pages (increasing; zero beyond the end), as `page_words`."""
        if pages.size and pages[-1] >= self._table.size:
            return self._padded_words(pages)
        slots = self._table[pages]
        if slots.size and slots[0] >= FIRST_OWN and not np.count_nonzero(slots[1:] - slots[:-1] != 1):
            return self._pages[slots[0] : slots[0] + slots.size]
        return self._pages[slots]

    def or_into(self, out: Words, pages: Addresses) -> None:
        """OR the words of these pages (increasing) into `out` of shape (pages.size, PAGE_WORDS)."""
        inside = pages[: np.searchsorted(pages, self._table.size)]
        if self._table[inside].any():
            np.bitwise_or(out[: inside.size], self.words_of(inside), out=out[: inside.size])

    def _padded_words(self, pages: Addresses) -> Words:
        words = np.zeros((pages.size, PAGE_WORDS), dtype=np.uint64)
        self.or_into(words, pages)
        return words

    def _check(self, addresses: Addresses) -> tuple[int, int]:
        if np.count_nonzero(addresses[1:] < addresses[:-1]):
            low, high = int(addresses.min()), int(addresses.max())
        else:  # they increase, as nearly always
            low, high = addresses.item(0), addresses.item(-1)
        if low < 0 or high >= self.n_bits:
            raise IndexError(f"addresses {low}..{high} are outside [0, {self.n_bits})")
        return low, high

    def _in_a_row(self, low: int, high: int, addresses: Addresses) -> Addresses | None:
        """The words of these bits in [low, high], where the pages between lie in a row in store; else None."""
        first = low >> PAGE_SHIFT
        slots = self._table[first : (high >> PAGE_SHIFT) + 1]
        slot = int(slots[0])
        if slots.size > MOST_IN_A_ROW or slot < FIRST_OWN or slots.tolist() != [*range(slot, slot + slots.size)]:
            return None
        words = addresses >> 6
        words += (slot - first) * PAGE_WORDS
        return words

    def _own(self) -> None:
        """Before a change: stop sharing with copies."""
        if self._shared:
            self._table, self._pages, self._shared = self._table.copy(), self._pages[: self._used].copy(), False

    def _make_settable(self, addresses: Addresses) -> Addresses:
        """Give absent pages a place; what lies on full pages is set already and dropped."""
        pages = self._distinct_pages(addresses)
        self._ensure_pages(pages)
        if not np.count_nonzero(self._table[pages] == FULL_PAGE):
            return addresses
        left: Addresses = addresses[self._slots(addresses) != FULL_PAGE]
        return left

    def _make_clearable(self, addresses: Addresses) -> Addresses:
        """Give full pages a copy of their own; what lies on absent pages is clear already and dropped."""
        slots = self._slots(addresses)
        if slots.min() >= FIRST_OWN:
            return addresses
        split = self._distinct_pages(addresses[slots == FULL_PAGE])
        self._table[split] = ZERO_PAGE
        self._ensure_pages(split)
        self._pages[self._table[split]] = _UNIFORM[FULL_PAGE]
        left: Addresses = addresses[slots != ZERO_PAGE]
        return left

    def _fill_pages(self, first: int, last: int) -> None:
        self._own()
        table = self._table[first:last]
        table[table == ZERO_PAGE] = FULL_PAGE
        self._pages[table[table >= FIRST_OWN]] = _UNIFORM[FULL_PAGE]

    def _distinct_pages(self, addresses: Addresses) -> Addresses:
        wanted = np.zeros(self._table.size, dtype=np.bool_)
        wanted[addresses >> PAGE_SHIFT] = True
        return np.flatnonzero(wanted)

    def _ensure_pages(self, pages: Addresses) -> None:
        absent = pages[self._table[pages] == ZERO_PAGE]
        need = self._used + absent.size
        if need > self._pages.shape[0]:
            grown = np.zeros((max(need, 2 * self._pages.shape[0]), PAGE_WORDS), dtype=np.uint64)
            grown[: self._used] = self._pages[: self._used]
            self._pages = grown
        self._table[absent] = np.arange(self._used, need, dtype=np.int32)
        self._used = need

    def _slots(self, addresses: Addresses) -> Kinds:
        return np.take(self._table, addresses >> PAGE_SHIFT)

    def _word_of(self, addresses: Addresses) -> Addresses:
        return _words_at(self._slots(addresses), addresses)


def _words_at(slots: Kinds, addresses: Addresses) -> Addresses:
    words = slots.astype(np.int64)
    words *= PAGE_WORDS
    words += (addresses >> 6) & _IN_PAGE
    return words


def _bits(addresses: Addresses) -> Words:
    return _ONE << (addresses & _LOW6).view(np.uint64)


def increase(addresses: Addresses) -> bool:
    """Whether addresses increase strictly, as those of a delta set do."""
    return bool(np.count_nonzero(addresses[1:] <= addresses[:-1]) == 0)


def set_bits(words: Words) -> Addresses:
    """Positions of the set bits, counted through `words` from its first bit on, increasing."""
    flat = words.reshape(-1)
    busy = (flat != 0).nonzero()[0]
    held = flat[busy]
    count = np.bitwise_count(held)
    found = int(np.add.reduce(count, dtype=np.int64))
    if found > words.size * WORD_BITS * DENSE:
        return np.flatnonzero(_unpacked(words))
    return _bits_of_busy(held, busy << 6, count, found)


def _bits_of_busy(words: Words, base: Addresses, count: NDArray[np.uint8], found: int) -> Addresses:
    """The set bits of words of which each holds one; `count`: how many each, `found`: how many all."""
    if found > words.size * CROWDED:
        bits = np.flatnonzero(_unpacked(words))
        crowded: Addresses = base[bits >> 6] + (bits & _LOW6)
        return crowded
    positions = np.empty(found, dtype=np.int64)
    each = count.astype(np.int64)
    place = np.cumsum(each) - each
    while words.size:
        below = words - _ONE
        positions[place] = base + np.bitwise_count(~words & below)
        words = words & below
        more = (words != 0).nonzero()[0]
        words, place, base = words.take(more), place.take(more) + 1, base.take(more)
    return positions


def _unpacked(words: Words) -> Mask:
    bits: Mask = np.unpackbits(words.reshape(-1).view(np.uint8), bitorder="little").view(np.bool_)
    return bits
