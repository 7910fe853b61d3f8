"""Union, intersection and difference of bit maps, a cache-sized run of pages at a time.

Each pass reads the pages that exist and are not full: what is absent, full or shared costs a table entry.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.engine.bitmap import FIRST_OWN, FULL_PAGE, PAGE_BITS, RUN_PAGES, ZERO_PAGE, Addresses, Bitmap, Kinds, Words


def union(n_bits: int, maps: Sequence[Bitmap]) -> Bitmap:
    """The bits set in any of `maps`, none of which is longer than `n_bits`."""
    maps = _without_copies(maps)
    if len(maps) == 1 and maps[0].n_bits == n_bits:
        return maps[0].copy()
    n_pages = _pages_for(n_bits)
    some, full = np.zeros(n_pages, dtype=np.bool_), np.zeros(n_pages, dtype=np.bool_)
    for one in maps:
        kinds = one.page_kinds(n_pages)
        some |= kinds != ZERO_PAGE
        full |= kinds == FULL_PAGE
    mixed = np.flatnonzero(some & ~full)
    result, words = Bitmap.laid_out(n_bits, mixed, np.flatnonzero(full))
    for run in _runs(mixed.size):
        for one in maps:
            one.or_into(words[run], mixed[run])
    return result


def intersection(n_bits: int, maps: Sequence[Bitmap]) -> Bitmap:
    """The bits set in every one of `maps`, none longer than `n_bits`; beyond its end a map has no bit set."""
    first, *others = _without_copies(maps)
    if not others and first.n_bits == n_bits:
        return first.copy()
    n_pages = _pages_for(n_bits)
    kinds = first.page_kinds(n_pages)
    for one in others:
        kinds = _both(kinds, one.page_kinds(n_pages))
    mixed = np.flatnonzero(kinds == FIRST_OWN)
    result, words = Bitmap.laid_out(n_bits, mixed, np.flatnonzero(kinds == FULL_PAGE))
    for run in _runs(mixed.size):
        first.or_into(words[run], mixed[run])
        for one in others:
            np.bitwise_and(words[run], one.words_of(mixed[run]), out=words[run])
    return result


def difference(keep: Bitmap, drop: Bitmap) -> Bitmap:
    """The bits set in `keep` and not in `drop`; as long as `keep`."""
    if keep.shares_with(drop):
        return Bitmap(keep.n_bits)
    kept, dropped = keep.page_kinds(keep.n_pages), drop.page_kinds(keep.n_pages)
    left = (kept != ZERO_PAGE) & (dropped != FULL_PAGE)
    whole = (kept == FULL_PAGE) & (dropped == ZERO_PAGE)
    mixed = np.flatnonzero(left & ~whole)
    result, words = Bitmap.laid_out(keep.n_bits, mixed, np.flatnonzero(whole))
    for run in _runs(mixed.size):
        np.bitwise_and(keep.words_of(mixed[run]), ~drop.words_of(mixed[run]), out=words[run])
    return result


def spread(groups: Bitmap, granularity: int, n_blocks: int) -> Bitmap:
    """A coarse map as one of blocks: each bit repeated `granularity` times, cut off at `n_blocks` (FIG 46).

    Not a copy when granularity is 1: read it only.
    """
    if granularity == 1:
        return groups
    kinds = groups.page_kinds(groups.n_pages)
    mixed, full = np.flatnonzero(kinds == FIRST_OWN), np.flatnonzero(kinds == FULL_PAGE)
    fine = groups.n_bits * granularity
    blocks, words = Bitmap.laid_out(fine, _wider(mixed, granularity, fine), _wider(full, granularity, fine))
    step = max(1, RUN_PAGES // granularity)
    for first in range(0, mixed.size, step):
        wide = _repeated(groups.words_of(mixed[first : first + step]), granularity)
        place = words[first * granularity : (first + step) * granularity]
        place[:] = wide[: place.shape[0]]
    blocks.clip(n_blocks)
    return blocks


def _pages_for(n_bits: int) -> int:
    return -(-n_bits // PAGE_BITS)


def _without_copies(maps: Sequence[Bitmap]) -> list[Bitmap]:
    """Neighbours that are unchanged copies of each other count once."""
    return [one for place, one in enumerate(maps) if place == 0 or not one.shares_with(maps[place - 1])]


def _both(left: Kinds, right: Kinds) -> Kinds:
    some = (left != ZERO_PAGE) & (right != ZERO_PAGE)
    full = (left == FULL_PAGE) & (right == FULL_PAGE)
    return np.where(full, FULL_PAGE, np.where(some, FIRST_OWN, ZERO_PAGE)).astype(np.int32)


def _runs(n_pages: int) -> list[slice]:
    return [slice(first, first + RUN_PAGES) for first in range(0, n_pages, RUN_PAGES)]


def _wider(pages: Addresses, granularity: int, n_bits: int) -> Addresses:
    """The pages of the fine map that lie behind pages of the coarse one."""
    wide = (pages[:, None] * granularity + np.arange(granularity)).reshape(-1)
    return wide[wide < _pages_for(n_bits)]


def _repeated(words: Words, granularity: int) -> Words:
    bits = np.unpackbits(words.reshape(-1).view(np.uint8), bitorder="little")
    packed = np.packbits(np.repeat(bits, granularity), bitorder="little")
    return packed.view(np.uint64).reshape(-1, words.shape[1])
