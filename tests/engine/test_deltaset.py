"""Delta sets, their chunks and their checksums: T3, and what makes T1 possible."""

from dataclasses import fields, replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.checksum import address_total, block_sums, chunk_sums, seal, total
from sim.engine.deltaset import DeltaSet, SetShape
from sim.engine.identity import SetId
from tests.engine.oracle_replication import ROW_TYPES, blocks, delta_set, empty_contents, ids, rows_of

SET = delta_set(7, [2, 3, 5, 8, 13], freed=blocks(1, 9), allocated=blocks(40))


def flipped(array, byte, bit):
    """A copy of an array with one bit flipped."""
    raw = bytearray(np.ascontiguousarray(array).tobytes())
    raw[byte] ^= 1 << bit
    return np.frombuffer(bytes(raw), dtype=array.dtype).reshape(array.shape)


def test_a_set_is_divided_in_chunks_numbered_from_zero():
    assert SetShape(5, 2).chunks == 3
    assert [SetShape(5, 2).span(chunk, chunk + 1) for chunk in range(3)] == [(0, 2), (2, 4), (4, 5)]
    assert SetShape(0, 2).chunks == 0
    assert SET.chunk_range(1, 3).addresses.tolist() == [5, 8, 13]


def test_checksums_add_up_and_do_not_depend_on_the_order():
    sums = SET.sums()
    assert total(sums) == total(block_sums(SET.addresses, SET.rows))
    parts = [SET.chunk_range(first, last).verified_sums().data_sum for first, last in ((2, 3), (0, 2))]
    assert sum(parts) % 2**64 == SET.header().data_sum
    for order in permutations(range(5)):
        shuffled = np.array(order)
        assert total(block_sums(SET.addresses[shuffled], SET.rows[shuffled])) == total(sums)


def test_T3_any_flipped_bit_of_data_or_addresses_is_caught():
    message = SET.chunk_range(0, 3)
    assert message.verified_sums() is not None
    for bit in range(8):
        for byte in range(message.rows.nbytes):
            assert replace(message, rows=flipped(message.rows, byte, bit)).verified_sums() is None
        for byte in range(message.addresses.nbytes):
            assert replace(message, addresses=flipped(message.addresses, byte, bit)).verified_sums() is None


def test_T3_any_flipped_bit_of_what_a_chunk_says_of_itself_is_caught():
    message = delta_set(7, range(40)).chunk_range(2, 9)
    for bit in range(64):
        flip = 1 << bit
        wrong = [
            replace(message, id=SetId(message.id.generation ^ flip, message.id.number)),
            replace(message, id=SetId(message.id.generation, message.id.number ^ flip)),
            replace(message, shape=SetShape(message.shape.blocks ^ flip, message.shape.chunk_blocks)),
            replace(message, shape=SetShape(message.shape.blocks, message.shape.chunk_blocks ^ flip)),
            replace(message, first_chunk=message.first_chunk ^ flip),
            replace(message, last_chunk=message.last_chunk ^ flip),
            replace(message, checksum=message.checksum ^ flip),
        ]
        assert [each.verified_sums() for each in wrong] == [None] * len(wrong), bit


def test_T3_any_flipped_bit_of_a_header_is_caught():
    header = SET.header()
    assert header.intact()
    assert {field.name for field in fields(header)} == {
        "id", "shape", "n_blocks", "data_sum", "freed", "allocated", "header_sum",
    }  # fmt: skip
    for bit in range(64):
        flip = 1 << bit
        assert not replace(header, id=SetId(header.id.generation ^ flip, header.id.number)).intact()
        assert not replace(header, id=SetId(header.id.generation, header.id.number ^ flip)).intact()
        assert not replace(header, shape=SetShape(header.shape.blocks ^ flip, header.shape.chunk_blocks)).intact()
        assert not replace(header, shape=SetShape(header.shape.blocks, header.shape.chunk_blocks ^ flip)).intact()
        for name in ("n_blocks", "data_sum", "header_sum"):
            assert not replace(header, **{name: getattr(header, name) ^ flip}).intact()
        for name in ("freed", "allocated"):
            for byte in range(getattr(header, name).nbytes):
                assert not replace(header, **{name: flipped(getattr(header, name), byte, bit % 8)}).intact()
    assert not replace(header, freed=header.allocated, allocated=header.freed).intact()


def test_T3_addresses_or_rows_swapped_between_blocks_are_caught():
    message = SET.chunk_range(0, 3)
    for one in range(5):
        for other in range(one):
            swap = np.arange(5)
            swap[[one, other]] = other, one
            assert replace(message, rows=message.rows[swap]).verified_sums() is None
            assert replace(message, addresses=message.addresses[swap]).verified_sums() is None
            both = replace(message, addresses=message.addresses[swap], rows=message.rows[swap])
            assert both.verified_sums() is None, "the blocks of a set come in order (D5)"


def test_T3_a_message_of_the_wrong_length_is_caught():
    message = SET.chunk_range(0, 2)
    assert replace(message, rows=message.rows[:-1]).verified_sums() is None
    assert replace(message, addresses=message.addresses[:-1]).verified_sums() is None
    assert replace(message, addresses=message.addresses[:-1], rows=message.rows[:-1]).verified_sums() is None
    assert replace(message, addresses=SET.addresses, rows=SET.rows).verified_sums() is None


def test_T3_a_chunk_of_one_set_does_not_pass_for_a_chunk_of_another():
    """Same blocks, same contents, other name: only the name in the checksum tells (finding 3)."""
    mine, other = delta_set(7, [1, 2], values=[5, 5]), delta_set(8, [1, 2], values=[5, 5])
    assert replace(mine.chunk_range(0, 1), id=other.id).verified_sums() is None
    assert replace(mine.header(), id=other.id).intact() is False


def test_case_18_a_corrupt_chunk_whose_checksum_field_is_corrupt_too():
    message = SET.chunk_range(0, 3)
    for byte in range(message.rows.nbytes):
        wrong = replace(message, rows=flipped(message.rows, byte, 3))
        for bit in range(64):
            assert replace(wrong, checksum=wrong.checksum ^ (1 << bit)).verified_sums() is None


@pytest.mark.parametrize("row_type", ROW_TYPES)
def test_checksums_in_every_row_type(row_type, tmp_path):
    rows = empty_contents(6, row_type, tmp_path)
    rows[:] = rows_of(range(1, 7), row_type)
    addresses = np.arange(6)
    sums = block_sums(addresses, rows)
    assert len(set(sums.tolist())) == 6
    for block in range(6):
        assert block_sums(addresses[block : block + 1], rows[block : block + 1])[0] == sums[block]
    raw = rows.reshape(6, -1).view(np.uint8)
    for byte in range(raw.shape[1]):
        raw[3, byte] ^= 16
        changed = np.flatnonzero(block_sums(addresses, rows) != sums)
        assert changed.tolist() == [3]
        raw[3, byte] ^= 16


def test_a_block_of_zeros_at_address_zero_counts():
    assert block_sums(blocks(0), ids(0))[0] != 0
    assert address_total(blocks(0)) != 0


def test_rows_must_be_whole_words():
    with pytest.raises(ValueError, match="8-byte words"):
        block_sums(blocks(1), np.zeros((1, 12), dtype=np.uint8))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5), st.integers(0, 4), st.integers(0, 63))
def test_a_seal_tells_facts_and_their_order(facts, place, bit):
    place %= len(facts)
    other = [*facts[:place], facts[place] ^ (1 << bit), *facts[place + 1 :]]
    assert seal(*facts) != seal(*other)
    assert seal(*facts, 0) != seal(*facts)


@given(st.integers(0, 60), st.integers(1, 70))
def test_chunk_sums_are_the_sums_of_their_blocks(n_blocks, chunk_blocks):
    made = DeltaSet(SetId(1, 1), np.arange(n_blocks), np.arange(n_blocks, dtype=np.uint64), n_blocks, chunk_blocks)
    each = block_sums(made.addresses, made.rows)
    expected = [
        sum(each[made.shape.span(c, c + 1)[0] : made.shape.span(c, c + 1)[1]].tolist()) % 2**64
        for c in range(made.shape.chunks)
    ]
    assert chunk_sums(made.addresses, made.rows, chunk_blocks).tolist() == expected
