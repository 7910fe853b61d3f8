"""The source's data path: C1-C5, C8, C14, C15, and how a cut fails."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.identity import SetId
from sim.engine.modlog import CopyOutUnfinished
from sim.engine.ring import Region
from sim.engine.savevolume import Found, SaveVolumeFull
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from tests.engine.oracle_replication import Pair, blocks, empty_contents, naive_walk, rows_of, stored_blocks, values_in

G1, G2 = SetId(1, 1), SetId(1, 2)


def queue(volume):
    return SnapshotQueue(volume, SnapshotStore(empty_contents(100)))


def sets_are_golden(pair, *set_ids):
    for set_id in set_ids:
        assert stored_blocks(pair.save_volume, set_id) == pair.golden.sets[set_id]


def test_C1_a_set_is_what_was_written_since_the_cut_before_with_the_contents_of_its_boundary():
    pair = Pair()
    pair.write(1, 2, 3)
    pair.cut()
    pair.write(2, 3, 4)  # before the copy-out has begun
    assert pair.source.copy_out(1) == 1
    pair.write(1, 5)  # block 1 is copied, it may change
    pair.source.copy_out_all()
    pair.cut()
    pair.source.copy_out_all()
    sets_are_golden(pair, G1, G2)
    assert stored_blocks(pair.save_volume, G1) == {1: 1, 2: 2, 3: 3}
    assert sorted(stored_blocks(pair.save_volume, G2)) == [1, 2, 3, 4, 5]


def test_C5_the_old_contents_move_before_a_block_changes_and_only_then():
    pair = Pair()
    pair.write(1, 2, 3)
    pair.cut()
    pair.write(2)
    assert pair.source.old_addresses().tolist() == [1, 3]
    pair.write(2)
    assert (pair.log.old_count, pair.source.builder.remaining) == (2, 2)
    assert pair.source.copy_out(5) == 2
    pair.source.finish_copy_out()
    sets_are_golden(pair, G1)


def test_C5_a_block_that_was_copied_is_never_copied_again():
    pair = Pair()
    pair.write(1, 2, 3)
    builder = pair.source.cut()
    pair.source.copy_before_write(blocks(2))
    with pytest.raises(ValueError, match="copied already"):
        builder.take(blocks(2))
    for wrong in (0, 4, 15):
        with pytest.raises(ValueError, match="not in set"):
            builder.take(blocks(wrong))


def test_C4_a_cut_waits_for_the_copy_of_the_last_set():
    pair = Pair()
    pair.write(1, 2)
    pair.cut()
    pair.write(5)
    with pytest.raises(CopyOutUnfinished):
        pair.source.cut()
    pair.source.copy_out(2)
    with pytest.raises(CopyOutUnfinished):
        pair.source.cut()  # copied, but the mailbox does not show it yet
    pair.source.finish_copy_out()
    assert pair.save_volume.held() == (G1,)
    pair.cut_and_copy()
    sets_are_golden(pair, G1, G2)


def test_C8_an_empty_interval_makes_a_set_without_blocks():
    pair = Pair()
    set_id = pair.cut_and_copy()
    assert pair.save_volume.is_complete(set_id)
    assert pair.messages(set_id)[0] == []
    pair.ship(set_id)
    pair.play()
    assert pair.playback.boundary == G1


@pytest.mark.parametrize(("size", "fits"), [(5, True), (6, True), (7, False)])
def test_C10_a_cut_without_room_changes_nothing(size, fits):
    pair = Pair(capacity=6)
    pair.write(*range(size))
    if fits:
        pair.cut_and_copy()
        sets_are_golden(pair, G1)
        return
    with pytest.raises(SaveVolumeFull, match="7 blocks"):
        pair.source.cut()
    assert pair.source.builder is None
    assert (pair.log.stamp.number, pair.source.open_count, pair.log.old_count) == (0, 7, 0)
    assert pair.save_volume.find(G1) is Found.NEVER_EXISTED


def test_C14_a_cut_is_one_step_that_copies_nothing(monkeypatch):
    """Users wait for the swap of two tables, however much was written: contents are read after the cut."""

    def copied(*_):
        pytest.fail("a block was copied while users wait")

    pair = Pair()
    pair.write(1, 2, 3)
    with monkeypatch.context() as patch:
        for name in ("gather", "scatter", "put"):
            patch.setattr(Region, name, copied)
        pair.cut()
    pair.write(3, 4)  # the first write after the cut is not in the set
    pair.source.copy_out_all()
    sets_are_golden(pair, G1)


@pytest.mark.parametrize("extra", range(6))
def test_C15_a_cut_on_demand_commutes_with_the_others(extra):
    """Wherever a further cut falls, every set is golden, and the copy ends the same."""
    pair = Pair()
    writes = [(1, 2), (2, 3), (9,), (1, 9), (4,), (4, 5)]
    for number, addresses in enumerate(writes):
        pair.write(*addresses)
        if number % 2 or number == extra:
            pair.ship(pair.cut_and_copy())
    pair.play()
    pair.check_view()
    assert pair.playback.boundary.number == 3 + (extra % 2 == 0)
    assert pair.seen() == (pair.golden.contents, pair.golden.used)


def test_case_12_a_cut_on_demand_during_a_cut_waits_as_any_other():
    pair = Pair()
    pair.write(1)
    pair.cut()
    with pytest.raises(CopyOutUnfinished, match="1 blocks"):
        pair.source.cut()
    pair.source.copy_out_all()
    assert pair.cut() == G2


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_case_04_a_block_is_written_twice_while_its_copy_is_in_flight(order):
    pair = Pair()
    pair.write(1, 2, 3)
    pair.cut()
    for address in order:
        pair.write(2)
        pair.source.copy_before_write(blocks(address)[pair.source.in_old(blocks(address))])
        pair.write(2)
    pair.source.copy_out_all()
    pair.cut_and_copy()
    sets_are_golden(pair, G1, G2)
    assert len(pair.golden.sets[G2]) == 1


def test_case_07_the_whole_volume_in_one_interval():
    pair = Pair(n_blocks=50, capacity=50)
    pair.ship(pair.cut_and_copy(*range(50)))
    pair.play()
    pair.check_view()


def test_a_write_says_which_blocks_are_new_in_open():
    pair = Pair()
    assert pair.source.write(blocks(1, 2), rows_of([7, 8])).tolist() == [True, True]
    assert pair.source.write(blocks(2, 3), rows_of([7, 8])).tolist() == [False, True]
    assert pair.source.not_in_open(blocks(1, 2, 3, 4)).tolist() == [False, False, False, True]
    assert values_in(pair.volume.read(blocks(1, 2, 3))) == [7, 7, 8]


def test_freed_blocks_keep_their_place_in_the_set():
    """What was written is in the set, also when it was freed since: at its boundary the block is not in use."""
    pair = Pair()
    pair.write(1, 2)
    pair.free(2)
    pair.cut()
    pair.write(2)
    pair.source.copy_out_all()
    sets_are_golden(pair, G1)
    pair.ship(G1)
    pair.play()
    pair.check_view()


def test_S17_a_volume_grows_while_its_set_is_copied_out():
    pair = Pair(n_blocks=16)
    pair.write(1, 15)
    pair.cut()
    grown = empty_contents(100)
    grown[:16] = pair.volume.contents
    pair.source.extend(grown)
    pair.source.write(blocks(15, 99), rows_of([70, 71]))
    pair.source.recover()
    pair.source.copy_out_all()
    assert stored_blocks(pair.save_volume, G1) == {1: 1, 15: 2}
    assert pair.save_volume.stored(G1).header.n_blocks == 16, "the boundary was before it grew"
    pair.source.cut()
    pair.source.copy_out_all()
    assert stored_blocks(pair.save_volume, G2) == {15: 70, 99: 71}
    assert pair.save_volume.stored(G2).header.n_blocks == 100


def test_writes_go_through_the_snapshots_in_front_of_the_volume():
    pair = Pair(snapshots=queue)
    pair.write(1, 2)
    snapshot = pair.snapshots.create()
    pair.cut()
    pair.write(1, 3)
    pair.source.copy_out_all()
    assert values_in(pair.snapshots.read(snapshot, blocks(1, 2))) == [1, 2]
    assert stored_blocks(pair.save_volume, G1) == {1: 1, 2: 2}
    assert values_in(pair.volume.read(blocks(1, 2, 3))) == [3, 2, 4]


def test_nothing_can_be_copied_out_when_nothing_was_cut():
    pair = Pair()
    for ask in (lambda: pair.source.copy_out(1), pair.source.finish_copy_out, pair.source.copy_out_all):
        with pytest.raises(ValueError, match="no delta set"):
            ask()
    pair.write(1)
    pair.cut()
    with pytest.raises(ValueError, match="1 blocks of set"):
        pair.source.finish_copy_out()


@st.composite
def copy_outs(draw):
    """A set of so many blocks, and looks: (writes as (block, steps) in order of time, steps at the look)."""
    n_blocks = draw(st.integers(1, 12))
    looks, before = [], 0
    for _ in range(draw(st.integers(1, 4))):
        now = draw(st.integers(before, n_blocks))
        touched = draw(st.lists(st.integers(0, 15), unique=True, max_size=6))
        steps = sorted(draw(st.lists(st.integers(before, now), min_size=len(touched), max_size=len(touched))))
        looks.append((list(zip(touched, steps, strict=True)), now))
        before = now
    return n_blocks, looks


@given(copy_outs())
def test_C5_the_state_at_each_look_is_that_of_a_disk_walked_step_by_step(history):
    """Which bits of Old are set at a look (that is, at a crash) is exact; the set is golden whatever the writes did."""
    n_blocks, looks = history
    pair = Pair()
    pair.write(*range(n_blocks))
    pair.cut()
    told = []
    for writes, steps in looks:
        told += [(address, step) for address, step in writes if address < n_blocks]
        pair.source.copy_out_while(
            np.array([address for address, _ in writes], dtype=np.int64),
            np.array([step for _, step in writes], dtype=np.int64),
            steps,
        )
        early, waiting = naive_walk(n_blocks, told, steps)
        assert pair.source.builder.walk.early_count == sum(early)
        assert pair.source.old_addresses().tolist() == waiting
        if writes:
            pair.write(*(address for address, _ in writes))
        assert pair.source.old_addresses().tolist() == waiting, "no write met a block that waited"
    pair.source.copy_out_all()
    sets_are_golden(pair, G1)
    pair.cut_and_copy()
    sets_are_golden(pair, G2)
