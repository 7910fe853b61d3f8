"""What recurs is named by (generation, number), never by number alone (finding 3; L1167, L1297)."""

from __future__ import annotations

from typing import NamedTuple


class SetId(NamedTuple):
    """A delta set, or the boundary that closed it: numbers count from 1 within a generation; (1, 0) is the start."""

    generation: int
    number: int

    def next(self) -> SetId:
        """The set after this one in the same generation."""
        return tuple.__new__(SetId, (self.generation, self.number + 1))  # half the price of a call of the class

    def __str__(self) -> str:
        return f"g{self.generation}.{self.number}"


START = SetId(1, 0)
