"""Keep freed memory for the next array: fresh pages cost a simulation more than its arithmetic.

Looks come in batches of a few MB, allocated and freed again and again. glibc gives such blocks back to the system each
time and gets zeroed pages anew. Told to keep them, a day of writes took a quarter less time. Results are the same;
where there is no glibc, nothing happens.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
KEPT_BYTES = 1 << 29
SELDOM = 50_000  # new objects that hold others, until those in cycles are looked for: facts are kept for good anyway


@cache
def keep_freed_pages() -> bool:
    """Tell the allocator of this process, once; whether it listened."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_TRIM_THRESHOLD, 2 * KEPT_BYTES) and mallopt(_MMAP_THRESHOLD, KEPT_BYTES))


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Meanwhile Python looks less often for objects that hold each other; what nobody holds goes at once as ever."""
    young, *older = gc.get_threshold()
    gc.set_threshold(max(young, SELDOM) if young else 0, *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)
