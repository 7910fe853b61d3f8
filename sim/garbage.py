"""How often Python looks for cycles of garbage while a run goes on.

A run keeps every fact and leaves few cycles behind: looking through what is new took a twentieth of a month, mostly for
facts. Nothing that decides a run has a finaliser or a weak reference, so nobody can tell when a cycle is found; that is
why this stands outside of what decides.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 5_000, 20, 10  # things that came; such looks; looks further back


@contextmanager
def sought_seldom() -> Iterator[None]:
    """Meanwhile look for it seven times less often, unless that is done more seldom already, or never."""
    before = gc.get_threshold()
    if 0 < before[0] < _SELDOM[0]:
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
