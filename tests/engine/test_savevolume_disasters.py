"""What a disaster does to a save volume is found, not declared: lost sets, flipped bits, sets that are overwritten."""

from dataclasses import replace

import numpy as np
import pytest

from sim.engine.deltaset import SetShape
from sim.engine.identity import SetId
from sim.engine.savevolume import Found, SaveVolume
from tests.engine.oracle_replication import ROW_TYPES, delta_set, empty_contents, rows_of

FIRST, SECOND, THIRD = (SetId(1, number) for number in (1, 2, 3))


def three_sets(row_type="content ids", folder=None):
    save_volume = SaveVolume(empty_contents(12, row_type, folder))
    for number in (1, 2, 3):
        made = delta_set(number, range(4))
        save_volume.append(replace(made, rows=rows_of(made.rows, row_type)))
    return save_volume


@pytest.mark.parametrize("lost", [FIRST, SECOND, THIRD], ids=str)
def test_a_lost_set_is_neither_overwritten_nor_never_was(lost):
    save_volume = three_sets()
    save_volume.lose(lost)
    assert save_volume.find(lost) is Found.LOST
    assert not save_volume.intact(lost)
    assert not save_volume.is_complete(lost)
    assert lost not in save_volume.kept()
    with pytest.raises(KeyError):
        save_volume.stored(lost)
    assert all(save_volume.intact(other) for other in save_volume.kept())
    assert len(save_volume.kept()) == 2
    with pytest.raises(ValueError, match="has been in this save volume already"):
        save_volume.reserve(lost, SetShape(1))


def test_space_of_lost_sets_returns_in_order():
    save_volume = three_sets()
    save_volume.lose(SECOND)
    assert save_volume.free_blocks == 0
    save_volume.release(FIRST)
    assert save_volume.free_blocks == 8
    assert save_volume.find(FIRST) is Found.RELEASED
    save_volume.lose(FIRST)
    assert save_volume.find(FIRST) is Found.LOST
    save_volume.append(delta_set(4, range(8)))
    assert save_volume.intact(SetId(1, 4))
    assert save_volume.intact(THIRD)
    assert save_volume.find(SECOND) is Found.LOST, "what was lost does not become overwritten"


@pytest.mark.parametrize("row_type", ROW_TYPES)
@pytest.mark.parametrize("position", range(4))
def test_E12_a_flipped_bit_is_found_whatever_the_rows_are(row_type, position, tmp_path):
    save_volume = three_sets(row_type, tmp_path)
    assert save_volume.flip_bits(SECOND, position)
    assert [save_volume.intact(set_id) for set_id in (FIRST, SECOND, THIRD)] == [True, False, True]
    assert save_volume.find(SECOND) is Found.HELD, "only its checksums tell"
    save_volume.flip_bits(SECOND, position)
    assert save_volume.intact(SECOND)


def test_E12_a_wrong_address_or_header_is_found():
    save_volume = three_sets()
    save_volume.stored(FIRST).addresses[2] += 9
    assert not save_volume.intact(FIRST)
    stored = save_volume.stored(SECOND)
    stored.header = replace(stored.header, n_blocks=7)
    assert not save_volume.intact(SECOND)


def test_a_set_without_blocks_cannot_be_spoilt():
    save_volume = SaveVolume(empty_contents(2))
    save_volume.append(delta_set(1, []))
    assert not save_volume.flip_bits(FIRST)
    assert save_volume.intact(FIRST)


def test_of_a_set_that_is_arriving_only_what_is_in_is_read_back():
    made = delta_set(1, range(4), chunk_blocks=2)
    save_volume = SaveVolume(empty_contents(4))
    stored = save_volume.reserve(FIRST, made.shape)
    stored.put_chunks(1, made.addresses[2:], made.rows[2:], made.sums()[1:])
    assert save_volume.intact(FIRST)
    save_volume.flip_bits(FIRST, 0)
    assert save_volume.intact(FIRST)
    save_volume.flip_bits(FIRST, 3)
    assert not save_volume.intact(FIRST)


def test_what_is_not_here_is_not_intact_and_cannot_be_lost():
    save_volume = three_sets()
    assert not save_volume.intact(SetId(2, 1))
    for act in (save_volume.lose, save_volume.flip_bits):
        with pytest.raises(KeyError):
            act(SetId(2, 1))
    with pytest.raises(IndexError):
        save_volume.flip_bits(FIRST, 4)


def test_kept_are_the_sets_that_can_be_read_in_the_order_they_came():
    save_volume = three_sets()
    save_volume.release_through(SECOND)
    assert save_volume.held() == (THIRD,)
    assert save_volume.kept() == (FIRST, SECOND, THIRD)
    save_volume.append(delta_set(4, range(5)))
    assert save_volume.kept() == (THIRD, SetId(1, 4))
    assert save_volume.find(SECOND) is Found.OVERWRITTEN
    assert np.array_equal(save_volume.read(THIRD)[1], delta_set(3, range(4)).rows)


@pytest.mark.parametrize("row_type", ROW_TYPES)
def test_T3_what_was_spoilt_after_it_was_sent_once_is_caught_when_it_is_sent_again(row_type, tmp_path):
    save_volume = three_sets(row_type, tmp_path)
    stored = save_volume.stored(SECOND)
    first, again = (stored.chunk_range(0, stored.shape.chunks) for _ in range(2))
    assert first.read is not None
    assert again.read is not None
    assert first.read.sums is again.read.sums, "it was read once"
    assert first is again, "it was sealed once"
    assert first.verified_sums() is not None
    save_volume.flip_bits(SECOND, 2)
    assert stored.chunk_range(0, stored.shape.chunks).verified_sums() is None


def test_T3_what_was_spoilt_after_it_was_copied_out_is_caught_when_it_is_sent():
    made, save_volume = delta_set(1, range(4)), SaveVolume(empty_contents(4))
    stored = save_volume.reserve(FIRST, made.shape)
    stored.addresses = made.addresses
    stored.region.put(0, made.rows)
    assert stored.seal_all() == made.header().data_sum
    stored.finish(made.header())
    save_volume.flip_bits(FIRST, 2)
    assert stored.chunk_range(0, stored.shape.chunks).verified_sums() is None
    save_volume.flip_bits(FIRST, 2)
    assert stored.chunk_range(0, stored.shape.chunks).verified_sums() is not None


def test_T3_what_starts_over_is_sealed_anew():
    stored = three_sets().stored(FIRST)
    before = stored.chunk_range(0, stored.shape.chunks)
    other = delta_set(1, range(4, 8))
    stored.start_over()
    stored.put_chunks(0, other.addresses, other.rows, other.sums())
    after = stored.chunk_range(0, stored.shape.chunks)
    assert before.addresses.tolist() == [0, 1, 2, 3]
    assert after.addresses.tolist() == [4, 5, 6, 7]
    assert after.verified_sums() is not None
    assert stored.data_sum == other.header().data_sum


def test_what_arrives_in_parts_adds_up_after_each():
    made = delta_set(1, range(6), chunk_blocks=2)
    stored = SaveVolume(empty_contents(6)).reserve(FIRST, made.shape)
    sums = made.sums()
    for first, last in ((2, 3), (0, 1), (1, 2)):
        blocks = slice(2 * first, 2 * last)
        stored.put_chunks(first, made.addresses[blocks], made.rows[blocks], sums[first:last])
        assert stored.data_sum == sum(sums[stored.have].tolist()) % 2**64
    assert stored.data_sum == made.header().data_sum


def test_T3_a_message_whose_arrays_were_replaced_is_worked_out_anew():
    message = three_sets().stored(FIRST).chunk_range(0, 2)
    assert message.read is not None
    assert message.verified_sums() is not None
    rows = message.rows.copy()
    assert replace(message, rows=rows).verified_sums() is not None
    rows[1] ^= np.uint64(1)
    assert replace(message, rows=rows).verified_sums() is None
    assert replace(message, addresses=message.addresses[::-1]).verified_sums() is None


def test_a_set_that_starts_over_shares_nothing_with_whoever_sent_it():
    sender = three_sets().stored(FIRST)
    receiver = SaveVolume(empty_contents(12)).reserve(FIRST, sender.shape)
    receiver.put_chunks(0, sender.addresses, sender.rows, sender.sums)
    receiver.start_over()
    receiver.put_chunks(0, sender.addresses + 1, sender.rows, sender.sums)
    assert sender.addresses.tolist() == [0, 1, 2, 3]
    assert sender.verify()
