"""The history of a volume is a tree of generations: each begins at a boundary of an earlier one (finding 3, C9, F6).

state (g, 0) == the boundary at which g began; the sets by which two boundaries differ are those on both sides of the
point where their histories part
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sim.engine.identity import SetId


class UnknownLineage(Exception):
    """Nothing is known of a boundary that both histories have in common."""

    def __init__(self, here: SetId, there: SetId) -> None:
        super().__init__(here, there)
        self.here, self.there = here, there

    def __str__(self) -> str:
        return f"it is not known where the histories of {self.here} and {self.there} parted"


class Parting(NamedTuple):
    """The sets that only one side has, each in the order in which they were cut."""

    own: tuple[SetId, ...]
    others: tuple[SetId, ...]


def parting(here: SetId, there: SetId, began_at: Mapping[int, SetId], begun: SetId | None = None) -> Parting:
    """The sets by which a volume at boundary `here` differs from boundary `there`.

    `began_at`: the boundary at which each later generation began. `begun`: the last set of a group that is partly in
    the volume, in the generation of `here`. Raises UnknownLineage.
    """
    ours, theirs = dict(_ancestry(here, began_at)), dict(_ancestry(there, began_at))
    shared = next((generation for generation in ours if generation in theirs), None)
    if shared is None:
        raise UnknownLineage(here, there)
    last = min(ours[shared], theirs[shared])
    if begun is not None and begun.generation == here.generation:
        ours[here.generation] = max(ours[here.generation], begun.number)
    return Parting(_after(ours, shared, last), _after(theirs, shared, last))


def _ancestry(boundary: SetId | None, began_at: Mapping[int, SetId]) -> Iterator[SetId]:
    """The last number of each generation on the way from a boundary to the oldest that is known of."""
    while boundary is not None:
        yield boundary
        before = began_at.get(boundary.generation)
        boundary = before if before is not None and before.generation < boundary.generation else None


def _after(ancestry: Mapping[int, int], shared: int, last: int) -> tuple[SetId, ...]:
    found = []
    for generation in sorted(ancestry):
        if generation >= shared:
            first = last + 1 if generation == shared else 1
            found += [SetId(generation, number) for number in range(first, ancestry[generation] + 1)]
    return tuple(found)
