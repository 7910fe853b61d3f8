"""Copy-out arithmetic against a disk that is walked one step at a time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.engine.copyout import CopyWalk, early_copies
from tests.engine.oracle_replication import naive_walk


@st.composite
def histories(draw, most_blocks=30):
    """Writes to distinct ranks in order of time, as (rank, steps completed)."""
    n_blocks = draw(st.integers(1, most_blocks))
    ranks = draw(st.permutations(range(n_blocks)))[: draw(st.integers(0, n_blocks))]
    steps = sorted(draw(st.lists(st.integers(0, n_blocks), min_size=len(ranks), max_size=len(ranks))))
    return n_blocks, list(zip(ranks, steps, strict=True))


def columns(writes):
    ranks, steps = zip(*writes, strict=True) if writes else ((), ())
    return np.array(ranks, dtype=np.int64), np.array(steps, dtype=np.int64)


@given(histories(), st.integers(0, 30))
@example((10, [(5, 1), (6, 1), (7, 1), (8, 1), (0, 2)]), 3)  # a burst that comes after block 0 was copied
@example((10, [(0, 0), (1, 0), (2, 0)]), 0)
@example((6, [(3, 0), (0, 1)]), 2)
def test_C5_early_copies_are_those_of_a_disk_walked_step_by_step(history, until):
    n_blocks, writes = history
    walk = CopyWalk(n_blocks)
    early = walk.early(*columns(writes))
    until = max([until, *(steps for _, steps in writes)])
    expected, waiting = naive_walk(n_blocks, writes, until)
    assert early.tolist() == expected
    assert walk.early_count == sum(expected)
    assert walk.remaining(until).tolist() == waiting
    assert walk.front(until) == min(waiting, default=n_blocks)
    assert walk.remaining(n_blocks).tolist() == [], "n blocks take n steps, however the writes fell"


@given(histories(), st.lists(st.integers(0, 30)))
def test_C5_a_history_told_in_pieces_is_the_same_history(history, cuts):
    n_blocks, writes = history
    walk, early = CopyWalk(n_blocks), []
    places = sorted({0, len(writes), *(cut for cut in cuts if cut <= len(writes))})
    for first, last in pairwise(places):
        early += walk.early(*columns(writes[first:last])).tolist()
    assert early == naive_walk(n_blocks, writes, 0)[0]


@given(histories(most_blocks=120))
def test_C5_passes_at_once_agree_with_one_by_one(history):
    n_blocks, writes = history
    ranks, steps = columns(writes)
    one_by_one = CopyWalk(n_blocks)._one_by_one(ranks, steps)
    assert CopyWalk(n_blocks)._by_passes(ranks, steps).tolist() == one_by_one.tolist()
    assert CopyWalk(n_blocks)._by_passes(ranks, steps, passes=1).tolist() == one_by_one.tolist(), "without convergence"


@given(histories(), st.integers(0, 30))
def test_case_14_a_walk_begun_again_after_a_crash_goes_on_with_what_waits(history, crash):
    n_blocks, writes = history
    before = [(rank, steps) for rank, steps in writes if steps <= crash]
    waiting = naive_walk(n_blocks, before, crash)[1]
    copied = np.setdiff1d(np.arange(n_blocks), waiting)
    walk = CopyWalk(n_blocks, copied)
    assert walk.total_steps == len(waiting)
    after = [(rank, min(steps, len(waiting))) for rank, steps in writes if steps > crash]
    expected, left = naive_walk(
        len(waiting), [(waiting.index(r), s) for r, s in after if r in waiting], len(waiting) // 2
    )
    early = walk.early(*columns(after)).tolist()
    assert [e for e, (rank, _) in zip(early, after, strict=True) if rank in waiting] == expected
    assert not any(e for e, (rank, _) in zip(early, after, strict=True) if rank not in waiting)
    if all(steps <= len(waiting) // 2 for _, steps in after):
        assert walk.remaining(len(waiting) // 2).tolist() == [waiting[rank] for rank in left]


def test_case_04_a_block_that_waits_written_twice_is_copied_early_once():
    walk = CopyWalk(10)
    assert walk.early(np.array([7]), np.array([2])).tolist() == [True]
    assert walk.early(np.array([7]), np.array([3])).tolist() == [False]
    assert walk.early_count == 1


def test_a_burst_on_a_large_set_is_decided_in_bulk():
    rng = np.random.default_rng(5)
    n_blocks = 200_000
    ranks = rng.permutation(n_blocks)[:120_000]
    steps = np.sort(rng.integers(0, n_blocks, ranks.size))
    early = early_copies(ranks, steps, n_blocks)
    assert np.array_equal(early, CopyWalk(n_blocks)._one_by_one(ranks, steps))
    assert 0.1 < early.mean() < 0.9, "both sides are reached"


def test_no_write_and_no_block():
    nothing = np.zeros(0, dtype=np.int64)
    assert early_copies(nothing, nothing, 5).tolist() == []
    walk = CopyWalk(0)
    assert walk.early(nothing, nothing).tolist() == []
    assert (walk.front(0), walk.remaining(3).tolist()) == (0, [])


@pytest.mark.parametrize("n_blocks", [1, 2, 3])
def test_C5_every_history_of_a_tiny_set(n_blocks):
    """All orders of writes at all steps, exhaustively."""

    def extend(writes):
        expected, waiting = naive_walk(n_blocks, writes, n_blocks)
        assert CopyWalk(n_blocks).early(*columns(writes)).tolist() == expected
        assert not waiting
        for rank in set(range(n_blocks)) - {rank for rank, _ in writes}:
            for steps in range(writes[-1][1] if writes else 0, n_blocks + 1):
                extend([*writes, (rank, steps)])

    extend([])
