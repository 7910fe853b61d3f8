"""Distinct loss from the ledger: growth rows against a brute-force count of sets (DESIGN.md, lag and exposure)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.world.overlap import SetHistory

histories = st.lists(
    st.tuples(st.dictionaries(st.integers(0, 30), st.integers(1, 640), max_size=20), st.integers(1, 7)),
    min_size=1,
    max_size=8,
)


@given(histories)
def test_growth_counts_what_earlier_sets_did_not_hold(history: list[tuple[dict[int, int], int]]) -> None:
    """Set k holds the touched blocks of the k-th entry; its window is (640 (k - 1), 640 k]."""
    book = SetHistory(31)
    held: list[set[int]] = []
    for number, (touched, rows) in enumerate(history, start=1):
        since = 640 * (number - 1)
        addresses = np.array(sorted(touched), dtype=np.int64)
        first = np.array([since + touched[block] for block in sorted(touched)], dtype=np.int64)
        growth = book.growth(addresses, first, since, 640 * number, number, rows)
        for distance in range(rows):
            recent = set().union(*held[max(0, len(held) - distance) :]) if distance else set()
            for step, count in enumerate(growth[distance]):
                by_then = {block for block, at in touched.items() if at * len(growth[0]) <= 640 * (step + 1)}
                assert count == len(by_then - recent)
        held.append(set(touched))
