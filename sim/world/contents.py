"""Arrays that stand for disks: content ids or payload, both sparse until written."""

from __future__ import annotations

import mmap
import sys
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RowType = Literal["ids", "payload"]

# Python names this flag from 3.13 on; Linux has always had it: address space is not counted as memory until touched.
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)

_FIRST_CONTENTS = np.uint64(1 << 63)  # ids of what stood at the start: no write has this bit


def empty_disk(n_blocks: int, block_bytes: int, row_type: RowType) -> NDArray[Any]:
    """`n_blocks` zero rows; memory follows the pages touched: a 10 TiB volume costs what is written to it."""
    if row_type == "payload":
        return _sparse(n_blocks * block_bytes).reshape(n_blocks, block_bytes)
    return sparse_zeros(n_blocks, np.uint64)


def sparse_zeros(n: int, dtype: Any) -> NDArray[Any]:
    """`n` zeros whose memory exists once touched."""
    return _sparse(n * np.dtype(dtype).itemsize).view(dtype)


def rows_of(ids: NDArray[np.uint64], like: NDArray[Any]) -> NDArray[Any]:
    """Rows that stand for content ids, of the row type of `like`: the ids themselves, or each over and over."""
    if like.ndim == 1:
        return ids.view(like.dtype)
    repeated = np.repeat(ids, like[:0].view(np.uint64).shape[1])
    return repeated.view(like.dtype).reshape(ids.size, *like.shape[1:])


def first_ids(start: int, stop: int) -> NDArray[np.uint64]:
    """What blocks [start, stop) hold before anybody wrote them: every block something else."""
    return np.arange(start, stop, dtype=np.uint64) | _FIRST_CONTENTS


def _sparse(n_bytes: int) -> NDArray[np.uint8]:
    """Zero bytes from the system, stored by the small page: a huge page per touched block would undo it."""
    if n_bytes == 0:
        return np.zeros(0, dtype=np.uint8)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
    region = mmap.mmap(-1, n_bytes, flags=flags)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        region.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(region, dtype=np.uint8)
