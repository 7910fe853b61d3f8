"""When a resync by difference beats a full copy (NUMBERS.md 1.8; L1912-1951).

a share u of the blocks was written on the branch that ended, a share c since the failover, each independently:

    d = 1 - (1 - u)(1 - c)       dirty: what a merged resync sends, of a volume in use as a whole
    a = (u + c) / d              amplification: a literal resync sends blocks of both twice
    by difference wins exactly while d x a < 1: merged (a = 1) always, literal while u + c < 1

with p pages to a block and pages written independently, u = 1 - (1 - w)^p for a share w of the pages: a block is sent
for a single page. Equal shares on both sides break even at w = 1 - 2^(-1/p).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.engine import ResyncPlan, SnapshotQueue, SnapshotStore, Volume
from sim.engine.resync import ResyncCosts, costs

BLOCKS = 1 << 15
SEEDS = 30
Z99 = 2.7564  # Student t, 29 degrees of freedom, two-sided 99 %


def resync(luck: np.random.Generator, undone: float, changed: float, pages: int = 1) -> ResyncCosts:
    """What is sent after random writes on both sides, of a volume of which every block is in use."""
    volume = Volume(np.zeros(BLOCKS, np.uint64))
    volume.allocate_range(0, BLOCKS)
    queue = SnapshotQueue(volume, SnapshotStore(np.zeros(BLOCKS, np.uint64)))
    restart = queue.create()
    written = dirty_blocks(luck, changed, pages)
    queue.write(written, written.astype(np.uint64))
    found = ResyncPlan(None, dirty_blocks(luck, undone, pages))
    return costs(found, queue, restart, queue.create())


def dirty_blocks(luck: np.random.Generator, share: float, pages: int) -> np.ndarray:
    """Blocks of which at least one page was written."""
    return np.flatnonzero((luck.random((BLOCKS, pages)) < share).any(axis=1))


def mean_is(values: list[float], expected: float) -> bool:
    half = Z99 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    assert half < 0.02 * expected, "the interval is narrow enough to mean something"
    return abs(float(np.mean(values)) - expected) <= half


@pytest.mark.parametrize(("u", "c"), [(0.1, 0.1), (0.1, 0.6), (0.5, 0.5), (0.9, 0.8)])
def test_a_merged_resync_sends_the_dirty_share_and_a_literal_one_the_sum(u: float, c: float) -> None:
    seen = [resync(np.random.default_rng(seed), u, c) for seed in range(SEEDS)]
    dirty = 1 - (1 - u) * (1 - c)
    assert mean_is([each.merged_blocks / BLOCKS for each in seen], dirty)
    assert mean_is([each.literal_blocks / BLOCKS for each in seen], u + c)
    assert mean_is([each.literal_blocks / each.merged_blocks for each in seen], (u + c) / dirty)


@pytest.mark.parametrize("u", [0.2, 0.45, 0.55, 0.9])
@pytest.mark.parametrize("c", [0.05, 0.35, 0.75])
def test_by_difference_wins_exactly_while_dirty_share_times_amplification_is_below_one(u: float, c: float) -> None:
    sent = resync(np.random.default_rng(1), u, c)
    assert (sent.literal_blocks < sent.full_blocks) == (u + c < 1)
    assert sent.merged_blocks < sent.full_blocks


@pytest.mark.parametrize("pages", [1, 4, 16])
@pytest.mark.parametrize("beside", [0.9, 1.1])
def test_larger_blocks_break_even_at_a_smaller_share_of_pages(pages: int, beside: float) -> None:
    break_even = 1 - 2 ** (-1 / pages)
    sent = resync(np.random.default_rng(2), break_even * beside, break_even * beside, pages)
    assert (sent.literal_blocks < sent.full_blocks) == (beside < 1)
    share = 1 - (1 - break_even * beside) ** pages
    assert sent.undo_blocks / BLOCKS == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / BLOCKS))
