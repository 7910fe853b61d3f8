"""How many distinct blocks a disaster would lose: those written after the boundary that survives.

    lost(t, r) = sum over the sets j > r, up to the open one, of the blocks of j whose last earlier set is <= r
    a block that is written in many sets after r counts once, in the first of them
`WritesLooked.growth` says how each set grew: row d holds the blocks that count when boundary r = j - 1 - d survives,
and its last row stands for every greater d. Exact at the step instants of each look; linear, rounded down, between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from sim.records import WritesLooked
from sim.summary.curve import Curve, Integers, Line, Segment
from sim.summary.facts import Facts
from sim.summary.standing import Boundaries

Surviving = Sequence[tuple[int, int | None]]  # from when on, which boundary survives; None while none does


class Growth:
    """How one set grew while it was open: `times_ns` `(n,)` and `blocks` `(rows, n)`, from its first instant on."""

    __slots__ = ("_lines", "blocks", "times_ns")

    def __init__(self, opened_ns: int, looks: Sequence[WritesLooked]) -> None:
        rows = max((len(look.growth) for look in looks), default=1)
        times, blocks = [np.array([opened_ns], dtype=np.int64)], [np.zeros((rows, 1), dtype=np.int64)]
        for look in looks:
            before = blocks[-1][:, -1:]
            if look.since_ns > times[-1][-1]:
                times.append(np.array([look.since_ns]))
                blocks.append(before)
            times.append(step_instants(look).clip(min=opened_ns))
            blocks.append(before + _table(look, rows))
        self.times_ns = np.concatenate(times)
        self.blocks = np.concatenate(blocks, axis=1)
        self._lines: dict[int, Line] = {}

    def line(self, sets_before: int) -> Line:
        """The blocks that count when the boundary `sets_before` cuts before the set's own beginning survives."""
        row = min(sets_before, len(self.blocks) - 1)
        if row not in self._lines:
            times = next((line.times_ns for line in self._lines.values()), None) or self.times_ns.tolist()
            self._lines[row] = Line(times, self.blocks[row].tolist())
        return self._lines[row]


def step_instants(look: WritesLooked) -> Integers:
    """The ends of the equal steps of a look's window `(steps,)`, rounded down to a nanosecond; the last is its end."""
    steps = len(look.growth[0])
    span = look.time_ns - look.since_ns
    return np.array([look.since_ns + (step + 1) * span // steps for step in range(steps)], dtype=np.int64)


def _table(look: WritesLooked, rows: int) -> Integers:
    short = np.array(look.growth, dtype=np.int64).reshape(len(look.growth), -1)
    return short[np.minimum(np.arange(rows), len(short) - 1)]


class LostBlocks:
    """The distinct blocks of one replication's volume that a disaster would lose."""

    def __init__(self, facts: Facts, replication: str, boundaries: Boundaries) -> None:
        looks: list[list[WritesLooked]] = [[] for _ in boundaries.times_ns]
        for look in facts.about(WritesLooked, replication=replication):
            if look.growth:
                looks[boundaries.position(look.generation, look.number - 1)].append(look)
        self._opened_ns = boundaries.times_ns
        self._until_ns = facts.until_ns
        # one for each set, at the position of the boundary at which it opened
        self._growth = [Growth(start, looks[before]) for before, start in enumerate(boundaries.times_ns)]
        self._depth = max(len(growth.blocks) for growth in self._growth)
        self._totals = np.array(
            [[growth.blocks[min(d, len(growth.blocks) - 1)][-1] for d in range(self._depth)] for growth in self._growth]
        )
        self._old_totals = np.concatenate([[0], np.cumsum(self._totals[:, -1])])

    def closed(self, survives: int, opened: int) -> int:
        """The lost blocks of the sets that opened at the boundaries survives .. opened - 1 (all of them closed)."""
        near = min(opened, survives + self._depth)
        counted = sum(int(self._totals[before, before - survives]) for before in range(survives, near))
        return counted + int(self._old_totals[opened] - self._old_totals[near])

    def curve(self, surviving: Surviving) -> Curve:
        """Lost blocks over time when the boundary that survives changes like this."""
        return Curve.of(self._parts(surviving))

    def _parts(self, surviving: Surviving) -> Iterator[Segment]:
        ends = [time_ns for time_ns, _ in surviving[1:]] + [self._until_ns]
        for (start, survives), end in zip(surviving, ends, strict=True):
            if survives is not None:
                yield from self._while_surviving(survives, start, end)

    def _while_surviving(self, survives: int, start_ns: int, end_ns: int) -> Iterator[Segment]:
        opened = max(survives, bisect_right(self._opened_ns, start_ns) - 1)
        lost_before = self.closed(survives, opened)
        while True:
            last = opened + 1 == len(self._opened_ns)
            closes = self._until_ns if last else self._opened_ns[opened + 1]
            grown = self._growth[opened].line(opened - survives)
            yield from grown.stretch(start_ns, min(closes, end_ns), lost_before)
            if last or closes >= end_ns:
                return
            start_ns, lost_before, opened = closes, lost_before + grown.values[-1], opened + 1
