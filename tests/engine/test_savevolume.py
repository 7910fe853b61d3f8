"""The save volume as a ring: C8, C10, C11, what became of a set, and a model cell by cell."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sim.engine.deltaset import SetShape
from sim.engine.identity import SetId
from sim.engine.ring import Region
from sim.engine.savevolume import Found, SaveVolume, SaveVolumeFull
from tests.engine.oracle_replication import NaiveRing, delta_set, empty_contents, stored_blocks

G1, G2, G3 = SetId(1, 1), SetId(1, 2), SetId(1, 3)


def ring(capacity):
    return SaveVolume(empty_contents(capacity))


def holding(capacity, *sizes):
    """A save volume with complete sets 1, 2, ... of these sizes."""
    save_volume = ring(capacity)
    for number, size in enumerate(sizes, start=1):
        save_volume.append(delta_set(number, range(size)))
    return save_volume


@pytest.mark.parametrize("start", range(10))
@pytest.mark.parametrize("size", range(11))
def test_C11_the_wrap_is_exactly_at_capacity(start, size):
    cells = np.full(10, 99, dtype=np.uint64)
    region = Region(cells, 70 + start, size)
    region.put(0, np.arange(size, dtype=np.uint64))
    expected = [99] * 10
    for position in range(size):
        expected[(start + position) % 10] = position
    assert cells.tolist() == expected
    assert region.get(0, size).tolist() == list(range(size))
    assert region.slots_of(np.arange(size)).tolist() == [(start + position) % 10 for position in range(size)]
    for first in range(size):
        assert region.get(first, size).tolist() == list(range(first, size))
    region.scatter(np.arange(0, size, 2), np.arange(50, 50 + len(range(0, size, 2)), dtype=np.uint64))
    region.gather(size // 2, np.arange(100, 120, dtype=np.uint64), np.arange(size - size // 2))
    assert region.get(size // 2, size).tolist() == list(range(100, 100 + size - size // 2))
    assert region.get(0, size // 2).tolist() == [50 + p // 2 if p % 2 == 0 else p for p in range(size // 2)]


def test_C11_a_region_stays_inside_itself():
    region = Region(np.zeros(10, dtype=np.uint64), 8, 4)
    with pytest.raises(IndexError):
        region.put(3, np.zeros(2, dtype=np.uint64))
    with pytest.raises(ValueError, match="does not fit"):
        Region(np.zeros(10, dtype=np.uint64), 0, 11)


def test_C11_full_and_empty_differ():
    save_volume = ring(6)
    assert (save_volume.used_blocks, save_volume.free_blocks) == (0, 6)
    for number in range(1, 4):
        save_volume.append(delta_set(number, range(6)))
        assert (save_volume.used_blocks, save_volume.free_blocks) == (6, 0)
        save_volume.free(SetId(1, number))
        assert (save_volume.used_blocks, save_volume.free_blocks) == (0, 6)


@pytest.mark.parametrize(("size", "fits"), [(9, True), (10, True), (11, False)])
def test_case_08_capacity_minus_one_exactly_and_plus_one(size, fits):
    save_volume = ring(10)
    made = delta_set(1, range(size))
    if fits:
        save_volume.append(made)
        assert stored_blocks(save_volume, G1) == dict(zip(range(size), made.rows.tolist(), strict=True))
        assert save_volume.used_blocks == size, "header and addresses lie outside the size"
    else:
        with pytest.raises(SaveVolumeFull, match="11 blocks does not fit: 10 of 10"):
            save_volume.append(made)
        assert save_volume.find(G1) is Found.NEVER_EXISTED
        assert save_volume.used_blocks == 0


@pytest.mark.parametrize("before", range(11))
def test_case_09_the_wrap_falls_between_any_two_blocks(before):
    save_volume = holding(10, before)
    save_volume.free(G1)
    made = delta_set(2, range(10), chunk_blocks=3)
    stored = save_volume.append(made)
    assert stored.rows.tolist() == made.rows.tolist()
    assert stored.verify()
    for first in range(4):
        message = stored.chunk_range(first, 4)
        assert message.verified_sums() is not None
        assert message.rows.tolist() == made.chunk_range(first, 4).rows.tolist()
        assert message.checksum == made.chunk_range(first, 4).checksum


def test_C10_a_set_never_overwrites_what_is_held():
    save_volume = holding(10, 4, 4)
    with pytest.raises(SaveVolumeFull) as full:
        save_volume.reserve(G3, SetShape(3))
    assert (full.value.needed_blocks, full.value.free_blocks, full.value.capacity_blocks) == (3, 2, 10)
    assert stored_blocks(save_volume, G1) == dict(zip(range(4), delta_set(1, range(4)).rows.tolist(), strict=True))
    save_volume.append(delta_set(3, range(2)))
    for number in (1, 2, 3):
        assert save_volume.stored(SetId(1, number)).verify()


def test_C8_a_set_without_blocks_takes_no_space_and_is_a_set():
    save_volume = holding(4, 4, 0)
    assert save_volume.complete_after(SetId(1, 0)) == (G1, G2)
    assert stored_blocks(save_volume, G2) == {}
    save_volume.free(G1)
    save_volume.free(G2)
    assert save_volume.find(G2) is Found.RELEASED
    assert save_volume.free_blocks == 4


def test_finding_2_held_released_overwritten_and_never_existed_are_four_things():
    save_volume = holding(10, 6, 2)
    assert save_volume.find(G1) is Found.HELD
    assert save_volume.holding(G1) is save_volume.stored(G1)
    save_volume.free(G1)
    assert save_volume.find(G1) is Found.RELEASED
    assert save_volume.holding(G1) is None
    assert stored_blocks(save_volume, G1), "an undo list may still read it"
    save_volume.append(delta_set(3, range(2)))
    assert save_volume.find(G1) is Found.RELEASED, "the free blocks come first"
    save_volume.append(delta_set(4, range(1)))
    assert save_volume.find(G1) is Found.OVERWRITTEN
    with pytest.raises(KeyError):
        save_volume.read(G1)
    assert save_volume.find(SetId(1, 5)) is Found.NEVER_EXISTED
    assert save_volume.holding(SetId(1, 5)) is None
    assert save_volume.find(SetId(2, 1)) is Found.NEVER_EXISTED, "finding 3: the same number of another generation"
    assert save_volume.find(SetId(1, 0)) is Found.NEVER_EXISTED


def test_a_set_is_released_before_it_is_overwritten_and_only_exactly_there():
    save_volume = holding(10, 3, 3)
    save_volume.free(G1)
    save_volume.append(delta_set(3, range(4)))
    assert save_volume.find(G1) is Found.RELEASED, "filled to the last free block, and not one of its own"
    assert save_volume.stored(G1).verify()


def test_C11_space_returns_in_order():
    save_volume = holding(10, 3, 3, 3)
    with pytest.raises(ValueError, match="not the oldest"):
        save_volume.free(G2)
    save_volume.release(G2)
    assert (save_volume.used_blocks, save_volume.held()) == (9, (G1, G3))
    assert save_volume.find(G2) is Found.RELEASED
    save_volume.release(G1)
    assert (save_volume.used_blocks, save_volume.held()) == (3, (G3,))
    assert save_volume.release_through(SetId(1, 9)) == (G3,)
    assert save_volume.used_blocks == 0


def test_a_set_cannot_come_twice():
    save_volume = holding(10, 3)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"g1\.1 has been"):
            save_volume.reserve(G1, SetShape(3))
        save_volume.release(G1)


def test_a_reservation_can_be_made_undone():
    save_volume = holding(10, 3)
    save_volume.reserve(G2, SetShape(5))
    save_volume.forget(G2)
    assert (save_volume.used_blocks, save_volume.find(G2)) == (3, Found.NEVER_EXISTED)
    save_volume.reserve(G2, SetShape(2))
    save_volume.reserve(G3, SetShape(5))
    save_volume.forget(G2)
    assert save_volume.used_blocks == 10, "in the middle: its space returns in order"
    save_volume.release(G1)
    assert (save_volume.used_blocks, save_volume.held()) == (5, (G3,))
    save_volume.append(delta_set(2, range(5)))
    assert stored_blocks(save_volume, G2)
    assert save_volume.held() == (G3, G2)


def test_V2_only_complete_sets_without_a_gap_follow():
    save_volume = ring(50)
    save_volume.append(delta_set(1, range(2)))
    save_volume.reserve(G2, SetShape(2))
    save_volume.append(delta_set(3, range(2)))
    assert save_volume.complete_after(SetId(1, 0)) == (G1,)
    with pytest.raises(ValueError, match="not complete"):
        save_volume.read(G2)
    save_volume.append(delta_set(1, range(2), generation=2))
    assert save_volume.complete_after(G1) == ()
    assert save_volume.complete_after(G2) == (G3,), "and not into another generation"


def test_E12_a_set_that_rotted_in_the_save_volume_is_found_out():
    cells = empty_contents(10)
    save_volume = SaveVolume(cells)
    save_volume.append(delta_set(1, range(6)))
    assert save_volume.stored(G1).verify()
    cells[4] ^= np.uint64(1 << 40)
    assert not save_volume.stored(G1).verify()
    save_volume.reserve(G2, SetShape(2))
    assert not save_volume.stored(G2).verify(), "a torn set is no set"


def test_a_save_volume_needs_a_block():
    with pytest.raises(ValueError, match="at least one"):
        ring(0)


class Ring(RuleBasedStateMachine):
    """A save volume against a model in which every cell knows who wrote it last (C11)."""

    def __init__(self):
        super().__init__()
        self.real, self.naive = ring(12), NaiveRing(12)
        self.made, self.number = {}, 0

    @rule(size=st.integers(0, 13))
    def append(self, size):
        self.number += 1
        made = delta_set(self.number, range(size))
        free = 12 - self.naive.used
        if self.naive.reserve(made.id, size):
            self.real.append(made)
            self.made[made.id] = made
        else:
            with pytest.raises(SaveVolumeFull) as full:
                self.real.append(made)
            assert (full.value.needed_blocks, full.value.free_blocks) == (size, free)
            self.number -= 1

    @precondition(lambda self: self.naive.live)
    @rule(data=st.data())
    def release(self, data):
        set_id = data.draw(st.sampled_from(self.naive.live))
        self.real.release(set_id)
        self.naive.release(set_id)

    @precondition(lambda self: self.naive.live)
    @rule()
    def free_the_oldest(self):
        self.real.free(self.naive.live[0])
        self.naive.release(self.naive.live[0])

    @invariant()
    def C11_used_and_free_are_the_capacity(self):
        assert self.real.used_blocks == self.naive.used
        assert self.real.used_blocks + self.real.free_blocks == self.real.capacity_blocks

    @invariant()
    def every_set_is_what_the_cells_say(self):
        for number in range(1, self.number + 2):
            set_id = SetId(1, number)
            found = self.real.find(set_id)
            if set_id not in self.naive.known:
                assert found is Found.NEVER_EXISTED
            elif set_id not in self.naive.released:
                assert found is Found.HELD
            elif self.made[set_id].shape.blocks:
                assert found is (Found.RELEASED if self.naive.intact(set_id) else Found.OVERWRITTEN)
            if found in (Found.HELD, Found.RELEASED):
                assert self.real.read(set_id)[1].tolist() == self.made[set_id].rows.tolist()
        assert self.real.held() == tuple(s for s in self.naive.live if s not in self.naive.released)


TestRing = Ring.TestCase
TestRing.settings = settings(max_examples=60, stateful_step_count=40)
