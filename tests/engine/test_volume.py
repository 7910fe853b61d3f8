"""The volume and its meta bit map (FIG 45, 46; S12, S13, S17)."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from sim.engine.bitmap import PAGE_BITS
from sim.engine.volume import PAGE_BLOCKS, Volume, blocks_of_groups
from tests.engine.oracle_snapshots import at, encode, id_rows

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "allocate", "free", "freeze", "restore", "extend"]), st.sets(st.integers(0, 12))
    ),
    max_size=25,
)


def group_in_use(allocated, granularity):
    return [any(allocated[b - b % granularity :][:granularity]) for b in range(len(allocated))]


@given(st.integers(1, 4), STEPS)
def test_S13_a_bit_of_the_meta_map_is_the_or_of_its_blocks(granularity, steps):
    volume, allocated = Volume(id_rows(7), granularity), [False] * 7
    frozen, then = volume.freeze_use(), list(allocated)
    for act, chosen in steps:
        blocks = sorted(block for block in chosen if block < len(allocated))
        if act in ("write", "allocate"):
            if act == "write":
                volume.write(at(*blocks), encode(blocks, volume.contents))
            else:
                volume.allocate(at(*blocks))
            allocated = [was or block in blocks for block, was in enumerate(allocated)]
        elif act == "free":
            volume.free(at(*blocks))
            allocated = [was and block not in blocks for block, was in enumerate(allocated)]
        elif act == "freeze":
            frozen, then = volume.freeze_use(), list(allocated)
        elif act == "restore":
            volume.restore_use(frozen)
            allocated = then + [False] * (len(allocated) - len(then))
        elif len(allocated) + len(blocks) < 30:
            volume.extend(id_rows(len(allocated) + len(blocks)))
            allocated += [False] * len(blocks)
        everywhere = np.arange(len(allocated))
        assert list(volume.allocated(everywhere)) == allocated
        assert list(volume.in_use(everywhere)) == group_in_use(allocated, granularity)
        assert list(volume.blocks_in_use()) == list(np.flatnonzero(group_in_use(allocated, granularity)))
        assert list(frozen.test(np.arange(len(then)))) == group_in_use(then, granularity), "S12"
        assert list(frozen.blocks().indices()) == list(np.flatnonzero(group_in_use(then, granularity)))


def test_contents_are_used_in_place_and_read_as_copies():
    contents = id_rows(4)
    volume = Volume(contents)
    volume.write(at(1, 3), encode([7, 8], contents))
    assert list(contents) == [0, 7, 0, 8]
    rows = volume.read(at(1, 3))
    rows[:] = 0
    assert list(volume.read(at(1, 3))) == [7, 8]


def test_ranges_are_put_in_use_by_groups():
    volume = Volume(id_rows(10), granularity=4)
    volume.allocate_range(3, 5)
    assert list(volume.blocks_in_use()) == [0, 1, 2, 3, 4, 5, 6, 7]
    volume.free(at(3))
    assert list(volume.blocks_in_use()) == [4, 5, 6, 7]
    volume.allocate_range(9, 10)
    assert list(volume.blocks_in_use()) == [4, 5, 6, 7, 8, 9]


def test_pages_that_were_ever_written_are_known():
    volume = Volume(id_rows(2_000))
    volume.write(at(3, 1_999), encode([1, 2], volume.contents))
    assert list(volume.touched_pages()) == [0, 3]
    volume.extend(id_rows(5_000))
    volume.write(at(4_999), encode([3], volume.contents))
    assert list(volume.touched_pages()) == [0, 3, 9]


@pytest.mark.parametrize("addresses", [at(-1), at(4), at(0, 4)])
def test_blocks_outside_are_an_error(addresses):
    volume = Volume(id_rows(4))
    with pytest.raises(IndexError):
        volume.read(addresses)
    with pytest.raises(IndexError):
        volume.write(addresses, encode([1] * addresses.size, volume.contents))


def test_what_makes_no_sense_is_an_error():
    with pytest.raises(ValueError, match="granularity is 0"):
        Volume(id_rows(4), granularity=0)
    with pytest.raises(ValueError, match="cannot move to 3"):
        Volume(id_rows(4)).extend(id_rows(3))


def test_groups_are_clipped_at_the_end_of_the_volume():
    assert list(blocks_of_groups(at(0, 2), 3, 8)) == [0, 1, 2, 6, 7]


def test_a_page_that_was_not_written_before_is_known_among_pages_that_were():
    volume = Volume(id_rows(8 * PAGE_BLOCKS))
    everywhere = np.arange(volume.n_blocks)
    for first, last in ((0, 3), (5, 8)):
        run = everywhere[first * PAGE_BLOCKS : last * PAGE_BLOCKS]
        volume.write(run, encode(run, volume.contents))
    assert list(volume.touched_pages()) == [0, 1, 2, 5, 6, 7]
    across = everywhere[:: PAGE_BLOCKS // 4][:19]
    volume.write(across, encode(across, volume.contents))
    assert list(volume.touched_pages()) == [0, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("granularity", [1, 3])
def test_a_block_out_of_use_among_pages_in_use_is_put_in_use_by_a_write(granularity):
    volume = Volume(id_rows(3 * PAGE_BITS), granularity)
    volume.allocate_range(0, volume.n_blocks)
    ends = at(0, volume.n_blocks - 1)
    volume.write(ends, encode([1, 2], volume.contents))
    assert volume.blocks_in_use().size == volume.n_blocks
    gone = np.arange(PAGE_BITS + 9, PAGE_BITS + 15)
    volume.free(gone)
    written = at(0, PAGE_BITS + 10, volume.n_blocks - 1)
    volume.write(written, encode([1, 2, 3], volume.contents))
    assert list(volume.allocated(gone)) == [False, True, False, False, False, False]
    assert list(volume.in_use(written)) == [True, True, True]
