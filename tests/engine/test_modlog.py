"""The modification log: C2-C4, C9, C13, and what a crash must not take."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.bitmap import PAGE_BITS
from sim.engine.identity import START, SetId
from sim.engine.modlog import MOST_KEPT, MOST_REMEMBERED, CopyOutUnfinished, ModificationLog
from tests.engine.oracle_replication import Pair, blocks


def test_C3_several_writes_to_a_block_count_once():
    log = ModificationLog(100)
    assert log.record(blocks(3, 7)).sum() == 2
    assert log.record(blocks(3, 8)).sum() == 1
    assert log.open_count == 3
    assert log.cut().addresses.tolist() == [3, 7, 8]


def test_C4_no_cut_before_the_copy_of_the_last_set_is_complete():
    log = ModificationLog(100)
    log.record(blocks(1, 2))
    log.cut()
    log.record(blocks(5))
    with pytest.raises(CopyOutUnfinished, match="2 blocks"):
        log.cut()
    assert (log.stamp, log.open_count, log.old_count) == (SetId(1, 1), 1, 2), "a refused cut changes nothing"
    log.copied(blocks(1, 2))
    assert log.cut().addresses.tolist() == [5]


def test_C4_old_is_all_zero_when_it_becomes_the_next_open():
    log = ModificationLog(100)
    for round_ in range(4):
        log.record(blocks(round_, 50))
        closed = log.cut()
        assert closed.addresses.tolist() == [round_, 50]
        for address in closed.addresses:
            log.copied(blocks(address))
        assert log.old_addresses().size == 0
        assert log.open_addresses().size == 0


def test_C2_a_write_is_in_open_until_the_cut_and_in_old_until_it_is_copied():
    log = ModificationLog(100)
    log.record(blocks(1, 2))
    log.cut()
    log.record(blocks(2, 3))
    assert log.not_in_open(blocks(1, 2, 3)).tolist() == [True, False, False]
    assert log.in_old(blocks(1, 2, 3)).tolist() == [True, True, False]
    log.copied(blocks(2))
    assert log.in_old(blocks(1, 2, 3)).tolist() == [True, False, False]
    assert log.open_addresses().tolist() == [2, 3]
    assert (log.open_count, log.old_count) == (2, 1)


def test_C9_numbers_go_up_by_one_and_a_new_source_is_a_new_generation():
    log = ModificationLog(10)
    names = [log.stamp]
    for _ in range(3):
        names.append(log.cut().id)
    assert names == [START, SetId(1, 1), SetId(1, 2), SetId(1, 3)]
    log.record(blocks(1))
    assert log.new_generation() == SetId(2, 0)
    assert log.open_count == log.old_count == 0
    assert log.cut().id == SetId(2, 1), "numbers recur, names do not (finding 3)"


def test_C13_a_reboot_gives_the_same_cut():
    log, twin = ModificationLog(70_000), ModificationLog(70_000)
    for each in (log, twin):
        each.record(blocks(1, 64, 69_999))
        each.cut()
        each.record(blocks(2, 64))
        each.copied(blocks(64))
    log.reboot()
    assert log.closing().addresses.tolist() == twin.closing().addresses.tolist() == [1, 69_999]
    assert (log.open_count, log.old_count, log.stamp) == (2, 2, SetId(1, 1))
    log.copied(log.old_addresses())
    assert log.cut().addresses.tolist() == [2, 64]


def test_finding_1_what_was_never_cut_can_be_asked_for():
    """write b0; cut; write b1; crash: an undo list without b1 leaves b1 at the old primary silently."""
    log = ModificationLog(10)
    log.record(blocks(0))
    log.cut()
    log.record(blocks(1))
    log.reboot()
    assert (log.old_addresses().tolist(), log.open_addresses().tolist()) == ([0], [1])


def test_case_05_one_block_written_a_thousand_times_is_one_block():
    log = ModificationLog(10)
    for _ in range(1_000):
        log.record(blocks(4))
    assert log.cut().addresses.tolist() == [4]


def test_case_06_the_same_contents_again_are_a_modification():
    pair = Pair()
    pair.write(3, values=[7])
    pair.cut()
    pair.source.copy_out_all()
    pair.write(3, values=[7])
    assert pair.cut_and_copy() == SetId(1, 2)
    assert pair.save_volume.read(SetId(1, 2))[0].tolist() == [3]


def test_case_07_no_write_at_all_and_the_whole_volume_at_once():
    log = ModificationLog(100_000)
    assert log.cut().addresses.size == 0, "a set without blocks: the age of the data advances all the same (C8)"
    everything = np.arange(100_000)
    assert log.record(everything).sum() == 100_000
    assert np.array_equal(log.cut().addresses, everything)


def test_what_a_caller_does_with_its_array_afterwards_changes_no_set():
    log, addresses = ModificationLog(100), blocks(3, 7)
    log.record(addresses)
    addresses += 50
    log.record(addresses)
    assert log.cut().addresses.tolist() == [3, 7, 53, 57]


def test_a_set_too_large_to_be_remembered_comes_from_the_map():
    log, few, many = ModificationLog(3 * MOST_REMEMBERED), blocks(1, 2, 9), np.arange(0, 2 * MOST_REMEMBERED + 2, 2)
    for addresses in (few, many, blocks(5, 8)):
        log.record(addresses)
    assert many.size > MOST_REMEMBERED
    assert np.array_equal(log.cut().addresses, np.unique(np.concatenate([few, many, blocks(5)])))
    log.copied(log.old_addresses())
    log.record(few)
    assert log.cut().addresses.tolist() == few.tolist(), "and the next one is remembered again"


@pytest.mark.parametrize("pages", [3, MOST_KEPT + 1])
def test_an_emptied_map_keeps_its_pages_while_they_are_few(pages):
    log = ModificationLog(pages * PAGE_BITS)
    spread = np.arange(pages) * PAGE_BITS + 5
    for _ in range(3):
        assert log.record(spread).all()
        assert log.record(spread[:1] + 1).all()
        closed = log.cut()
        assert closed.addresses.tolist() == [5, 6, *spread[1:].tolist()]
        log.copied(closed.addresses[1:])
        log.copied(closed.addresses[:1])
        assert log.old_addresses().size == 0
    assert log._old.stored_pages == (pages if pages <= MOST_KEPT else 0)


def test_E52_use_that_changed_without_a_write_travels_with_the_set():
    log = ModificationLog(20)
    log.record(blocks(1, 2))
    log.free(blocks(2, 3))
    log.allocate(blocks(5, 6))
    log.free(blocks(6))
    log.record(blocks(3))
    closed = log.cut()
    assert (closed.freed.tolist(), closed.allocated.tolist()) == ([2, 6], [5])
    log.free(blocks(9))
    assert log.closing().freed.tolist() == [2, 6], "the open interval does not change what was closed"
    log.copied(closed.addresses)
    assert log.cut().freed.tolist() == [9]


def test_S17_a_volume_that_grew_keeps_its_log():
    log = ModificationLog(10)
    log.record(blocks(9))
    log.extend(100_000)
    assert log.record(blocks(9, 99_999)).sum() == 1
    log.free(blocks(80_000))
    assert log.cut().addresses.tolist() == [9, 99_999]
    with pytest.raises(IndexError):
        log.record(blocks(100_000))


def test_more_copies_than_old_has_blocks_are_refused():
    log = ModificationLog(10)
    log.record(blocks(1))
    log.cut()
    with pytest.raises(ValueError, match="more blocks"):
        log.copied(blocks(1, 2))


acts = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["write", "free", "allocate"]), st.sets(st.integers(0, 15), min_size=1)),
        st.tuples(st.just("copy"), st.integers(0, 15)),
        st.tuples(st.sampled_from(["cut", "reboot"]), st.none()),
    ),
    max_size=40,
)


@given(acts)
def test_C2_any_history_agrees_with_two_sets_of_addresses(history):
    log = ModificationLog(16)
    now, old, last_word = set(), set(), {}
    for act, what in history:
        if act == "write":
            assert log.record(blocks(*what)).sum() == len(what - now)
            now |= what
            last_word |= dict.fromkeys(what, "written")
        elif act in ("free", "allocate"):
            getattr(log, act)(blocks(*what))
            last_word |= dict.fromkeys(what, act)
        elif act == "copy" and what in old:
            log.copied(blocks(what))
            old.discard(what)
        elif act == "reboot":
            log.reboot()
        elif act == "cut" and not old:
            closed = log.cut()
            assert closed.addresses.tolist() == sorted(now)
            for name, given_ in (("free", closed.freed), ("allocate", closed.allocated)):
                assert given_.tolist() == sorted(b for b, word in last_word.items() if word == name)
            now, old, last_word = set(), now, {}
        assert (log.open_addresses().tolist(), log.old_addresses().tolist()) == (sorted(now), sorted(old))
        assert (log.open_count, log.old_count) == (len(now), len(old))
