"""The block map against a dictionary."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from sim.engine.blockmap import ABSENT, MOST_UNTIDY, BlockMap
from tests.engine.oracle_snapshots import at

N_BLOCKS = 60
BATCHES = st.lists(
    st.tuples(st.sampled_from(["insert", "remove", "look", "items"]), st.sets(st.integers(0, N_BLOCKS - 1))),
    max_size=30,
)


@given(BATCHES)
def test_FIG_44_a_block_map_is_a_dictionary(batches):
    block_map, plain, save = BlockMap(), {}, 1_000
    for act, chosen in batches:
        if act == "insert":
            new = sorted(chosen - plain.keys())
            block_map.insert(at(*new), np.arange(save, save + len(new)))
            plain |= {block: save + place for place, block in enumerate(new)}
            save += len(new)
        elif act == "remove":
            block_map.remove(at(*sorted(chosen)))
            plain = {block: place for block, place in plain.items() if block not in chosen}
        elif act == "look":
            asked = sorted(chosen)
            assert list(block_map.lookup(at(*asked))) == [plain.get(block, ABSENT) for block in asked]
            assert list(block_map.contains(at(*asked))) == [block in plain for block in asked]
        else:
            blocks, saves = block_map.items()
            assert dict(zip(blocks, saves, strict=True)) == plain
            assert list(blocks) == sorted(plain)
        assert len(block_map) == len(plain)
        assert list(block_map.bitmap(N_BLOCKS).indices()) == sorted(plain)


def test_many_small_batches_leave_few_runs():
    block_map = BlockMap()
    for block in range(20 * MOST_UNTIDY):
        block_map.insert(at(block), at(block + 7))
    assert len(block_map._runs) < 10 + MOST_UNTIDY
    assert list(block_map.lookup(at(0, 500, 20 * MOST_UNTIDY))) == [7, 507, ABSENT]
    assert len(block_map._runs) < 12


def test_the_callers_arrays_are_not_kept():
    block_map, blocks = BlockMap(), at(1, 2)
    block_map.insert(blocks, at(5, 6))
    blocks[:] = 0
    assert list(block_map.items().blocks) == [1, 2]


def test_blocks_and_places_must_be_as_many():
    with pytest.raises(ValueError, match="2 blocks but 1 save"):
        BlockMap().insert(at(1, 2), at(1))
