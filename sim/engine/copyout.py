"""Which blocks a write must copy first, while the disk walks Old in the background (L1355-1366; DESIGN.md, copy-out).

the disk copies one block a step and is never idle until all are copied: n blocks take n steps, whatever happens
the walk goes by rank, that is by increasing address; a write to a block that waits copies it at that very instant,
ahead of its turn, and the walk stands still for the one step that this takes
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Mask

Ranks = NDArray[np.int64]
Steps = NDArray[np.int64]

MOST_PASSES = 24  # fixed-point passes before the rest is done one by one; four or five are usual
FEW_WRITES = 48  # up to here one by one is faster


class CopyWalk:
    """A walk over `blocks` ranks: how far it came, and which ranks writes pulled forward.

    At `_steps` completed steps the disk still owes `_debt` steps to blocks that were pulled forward. So the walk itself
    had the steps that were not spent on such blocks: steps - pulled forward + owed.
    """

    def __init__(self, blocks: int, already_copied: Ranks | None = None) -> None:
        """`already_copied`: ranks, increasing, that a walk before a crash had copied; steps count from 0 again."""
        self.blocks = blocks
        self._early: Ranks = np.zeros(0, dtype=np.int64) if already_copied is None else already_copied
        self._before = int(self._early.size)
        self._steps = self._debt = 0

    @property
    def early_count(self) -> int:
        """How many ranks writes pulled forward in this walk."""
        return int(self._early.size) - self._before

    def early(self, ranks: Ranks, steps: Steps) -> Mask:
        """Which of these writes have to copy their block first, and remember that they did.

        `ranks`: int64, each at most once a call, in order of time (and not before those of the call before).
        `steps`: int64 like it, the steps completed at each write. Returns a bool array like it.
        """
        waiting = ~_among(ranks, self._early)
        found = np.zeros(ranks.size, dtype=np.bool_)
        found[waiting] = self._decide(ranks[waiting], np.minimum(steps[waiting], self.total_steps))
        self._pull_forward(np.sort(ranks[found]), steps[found])
        return found

    def front(self, steps: int) -> int:
        """All ranks below are copied once `steps` steps are completed; of those from it on, only the early ones are."""
        walked = self._walked(min(steps, self.total_steps))
        if walked + self._early.size >= self.blocks:
            return self.blocks
        # the early ranks up to the walked-th rank that is not early: rank - index is how many of those lie below
        skipped = int(np.searchsorted(self._early - np.arange(self._early.size), walked, side="right"))
        return walked + skipped

    def remaining(self, steps: int) -> Ranks:
        """The ranks that are still to be copied once `steps` steps are completed, increasing."""
        front = self.front(steps)
        waiting = np.ones(self.blocks - front, dtype=np.bool_)
        waiting[self._early[self._early >= front] - front] = False
        return front + np.flatnonzero(waiting)

    @property
    def total_steps(self) -> int:
        """After so many steps everything is copied, however the writes fell."""
        return self.blocks - self._before

    def _walked(self, steps: int) -> int:
        owed = max(0, self._debt - (steps - self._steps))
        return steps - self.early_count + owed

    def _decide(self, ranks: Ranks, steps: Steps) -> Mask:
        if ranks.size <= FEW_WRITES:
            return self._one_by_one(ranks, steps)
        return self._by_passes(ranks, steps)

    def _by_passes(self, ranks: Ranks, steps: Steps, passes: int = MOST_PASSES) -> Mask:
        """Guess, work out what the guess implies for everybody at once, and repeat until nothing changes.

        Every fixed point is the answer: what it says of a write follows from the writes before it, so by induction
        there is only one. That later writes below a rank count as well does no harm: where there is one, the walk had
        not come to that rank either.
        """
        order = self._by_rank(ranks)
        guess: Mask = ranks >= steps  # the walk cannot have come so far
        elapsed, walked = steps - self._steps, steps - self.early_count
        room = ranks - np.searchsorted(self._early, ranks) if self._early.size else ranks
        for _ in range(passes):
            implied = self._implied(guess, elapsed, walked, room, order)
            if np.array_equal(implied, guess):
                return guess
            guess = implied
        return self._one_by_one(ranks, steps)

    def _by_rank(self, ranks: Ranks) -> Ranks:
        """What `np.argsort` says of distinct ranks, by marking their places."""
        place = np.full(self.blocks, -1, dtype=np.int64)
        place[ranks] = np.arange(ranks.size)
        return place[place >= 0]

    def _implied(self, early: Mask, elapsed: Steps, walked: Steps, room: Ranks, order: Ranks) -> Mask:
        """Who is early if `early` are: those to whose place the walk had not come."""
        pulled: Steps = np.cumsum(early) - early
        backlog = self._debt + pulled
        backlog -= elapsed
        owed = backlog - np.minimum(np.minimum.accumulate(backlog), 0)
        came = walked - pulled
        came += owed
        by_rank = np.take(early, order)
        below = np.empty(room.size, dtype=np.int64)
        below[order] = np.cumsum(by_rank) - by_rank
        came += below
        implied: Mask = came <= room
        return implied

    def _one_by_one(self, ranks: Ranks, steps: Steps) -> Mask:
        early: list[Any] = self._early.tolist()
        debt, before, count = self._debt, self._steps, self.early_count
        found = []
        for rank, step in zip(ranks.tolist(), steps.tolist(), strict=True):
            debt, before = max(0, debt - (step - before)), step
            below = bisect_left(early, rank)
            waits = step - count + debt <= rank - below
            if waits:
                insort(early, rank)
                debt, count = debt + 1, count + 1
            found.append(waits)
        return np.array(found, dtype=np.bool_)

    def _pull_forward(self, ranks: Ranks, steps: Steps) -> None:
        if ranks.size == 0:
            return
        steps = np.minimum(steps, self.total_steps)
        backlog = self._debt + np.arange(ranks.size) - (steps - self._steps)
        lowest = min(int(backlog.min()), 0)
        self._debt, self._steps = int(backlog[-1]) - lowest + 1, int(steps[-1])
        self._early = np.sort(np.concatenate([self._early, ranks]))


def _among(ranks: Ranks, increasing: Ranks) -> Mask:
    place = np.searchsorted(increasing, ranks)
    found = np.zeros(ranks.size, dtype=np.bool_)
    inside = place < increasing.size
    found[inside] = increasing[place[inside]] == ranks[inside]
    return found


def in_order(steps: Steps) -> tuple[Steps, Steps]:
    """How to put steps in order, equal ones as they stand, and the steps in order: a stable sort of packed keys."""
    bits = int(steps.size).bit_length()
    keys = np.sort((steps << bits) | np.arange(steps.size))
    return keys & ((1 << bits) - 1), keys >> bits


def early_copies(ranks: Ranks, steps: Steps, blocks: int) -> Mask:
    """Which writes, in order of time from the cut on, find their block not yet copied; see `CopyWalk.early`."""
    return CopyWalk(blocks).early(ranks, steps)
