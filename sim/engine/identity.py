"""What recurs is named by (generation, number), never by number alone (finding 3; L1167, L1297)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class SetId(NamedTuple):
    """A delta set, or the boundary that closed it: numbers count from 1 within a generation; (1, 0) is the start."""

    generation: int
    number: int

    def next(self) -> SetId:
        """The set after this one in the same generation."""
        return _after(self)

    def __str__(self) -> str:
        return f"g{self.generation}.{self.number}"


@lru_cache(maxsize=1024)  # whoever passes a set on asks for the one after it, many times
def _after(set_id: SetId) -> SetId:
    return SetId(set_id.generation, set_id.number + 1)


START = SetId(1, 0)
