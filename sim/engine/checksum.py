"""Checksums of delta sets (L1267, L1298): they do not depend on the order of arrival, and they add up.

a block's sum mixes its address with its row; a chunk's, a range's and a set's sum is the sum over its blocks mod 2^64
a flip of one bit of an address or a row always changes the sum: odd coefficients, then a bijective mix
whoever seals a sum mixes in what it is the sum of, so that a wrong number or place is caught as well (T3)
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Addresses

Sums = NDArray[np.uint64]

PIECE_BLOCKS = 1 << 15  # sums are worked out so many blocks at a time, to stay in the cache

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_ADDRESS = _CONSTANT = np.uint64(_GOLDEN)
_ROUNDS = ((np.uint64(30), np.uint64(_MIX_1)), (np.uint64(27), np.uint64(_MIX_2)))
_LAST_SHIFT = np.uint64(31)


def block_sums(addresses: Addresses, rows: NDArray[Any]) -> Sums:
    """One sum a block: uint64 (n,) from `addresses` int64 (n,) and `rows` (n, ...) of any row type.

    Raises ValueError when a row is not a whole number of 8-byte words.
    """
    words = _words(rows)
    if addresses.size <= PIECE_BLOCKS:
        return _mixed(addresses, words)
    sums = np.empty(addresses.size, dtype=np.uint64)
    for first in range(0, addresses.size, PIECE_BLOCKS):
        piece = slice(first, first + PIECE_BLOCKS)
        sums[piece] = _mixed(addresses[piece], words[piece])
    return sums


def chunk_sums(addresses: Addresses, rows: NDArray[Any], chunk_blocks: int) -> Sums:
    """One sum a chunk of `chunk_blocks` blocks (the last may be shorter): uint64 (chunks,)."""
    sums = block_sums(addresses, rows)
    whole, left = divmod(sums.size, chunk_blocks)
    of_chunks = np.empty(whole + (left > 0), dtype=np.uint64)
    np.einsum("ij->i", sums[: sums.size - left].reshape(whole, chunk_blocks), out=of_chunks[:whole])
    if left:
        of_chunks[whole] = np.add.reduce(sums[-left:])
    return of_chunks


def total(sums: Sums) -> int:
    """The sum of sums mod 2^64."""
    return int(np.add.reduce(sums, dtype=np.uint64))


def address_total(addresses: Addresses) -> int:
    """The sum over addresses alone, for lists of blocks without rows; equal lists have equal sums."""
    return 0 if addresses.size == 0 else total(_finish(addresses.view(np.uint64) * _ADDRESS))


@lru_cache(maxsize=1024)  # the same message is sealed, and its seal worked out again, at every hop
def seal(*facts: int) -> int:
    """One 64-bit number of several whole numbers in their order."""
    sealed = len(facts)
    for fact in facts:
        sealed = (sealed * _MIX_1 + fact + _GOLDEN) & _MASK  # then as `_mix`, without a call for each
        sealed = ((sealed ^ (sealed >> 30)) * _MIX_1) & _MASK
        sealed = ((sealed ^ (sealed >> 27)) * _MIX_2) & _MASK
        sealed ^= sealed >> 31
    return sealed


def _mixed(addresses: Addresses, words: Sums) -> Sums:
    coefficients = _coefficients(words.shape[1])
    mixed = words[:, 0] * coefficients[0] if coefficients.size == 1 else np.einsum("ij,j->i", words, coefficients)
    mixed += addresses.view(np.uint64) * _ADDRESS
    return _finish(mixed)


def _finish(mixed: Sums) -> Sums:
    """The bijective end of splitmix64, in place; the constant keeps an all-zero block from summing to zero."""
    mixed += _CONSTANT
    shifted = np.empty_like(mixed)
    for shift, factor in _ROUNDS:
        np.right_shift(mixed, shift, out=shifted)
        mixed ^= shifted
        mixed *= factor
    np.right_shift(mixed, _LAST_SHIFT, out=shifted)
    mixed ^= shifted
    return mixed


def _mix(value: int) -> int:
    value = ((value ^ (value >> 30)) * _MIX_1) & _MASK
    value = ((value ^ (value >> 27)) * _MIX_2) & _MASK
    return value ^ (value >> 31)


def _words(rows: NDArray[Any]) -> Sums:
    row_bytes = rows.dtype.itemsize * math.prod(rows.shape[1:])
    if row_bytes % 8:
        raise ValueError(f"a row of {row_bytes} bytes is not a whole number of 8-byte words")
    flat = np.ascontiguousarray(rows).reshape(-1)
    return flat.view(np.uint64).reshape(rows.shape[0], row_bytes // 8)


@lru_cache(maxsize=32)
def _coefficients(width: int) -> Sums:
    """One odd coefficient a word of the row, so that no flipped bit can be multiplied away."""
    return np.array([_mix(word * _GOLDEN & _MASK) | 1 for word in range(1, width + 1)], dtype=np.uint64)
