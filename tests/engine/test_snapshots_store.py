"""The snapshot store as a pool of places, against a set."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from sim.engine.snapshot_errors import SnapshotStoreFull
from sim.engine.store import SnapshotStore
from tests.engine.oracle_snapshots import at, id_rows


@given(st.lists(st.integers(-6, 6), max_size=40))
def test_S5_S14_no_place_is_handed_out_twice_and_used_plus_free_is_capacity(counts):
    store, held = SnapshotStore(id_rows(20)), []
    for count in counts:
        if count >= 0 and count <= store.free_blocks:
            places = store.allocate(count)
            assert places.size == count
            assert not set(places) & set(held)
            held += list(places)
        elif count > 0:
            with pytest.raises(SnapshotStoreFull, match="are needed"):
                store.allocate(count)
        else:
            given_back, held = held[:-count], held[-count:]
            store.free(at(*given_back))
        assert store.used == len(held)
        assert store.used + store.free_blocks == store.capacity == 20
        assert all(0 <= place < 20 for place in held)


def test_places_given_back_are_used_before_new_ones():
    store = SnapshotStore(id_rows(10))
    first = store.allocate(6)
    store.free(first[2:4])
    assert sorted(store.allocate(3)) == [2, 3, 6]


def test_more_cannot_be_given_back_than_is_in_use():
    store = SnapshotStore(id_rows(4))
    store.allocate(1)
    with pytest.raises(ValueError, match="2 blocks given back but only 1"):
        store.free(at(0, 1))


def test_what_was_written_is_read():
    store = SnapshotStore(id_rows(4))
    store.write(at(3, 1), np.array([30, 10], dtype=np.uint64))
    assert list(store.read(at(1, 3))) == [10, 30]


def test_after_a_crash_the_block_maps_say_what_is_in_use():
    store = SnapshotStore(id_rows(8))
    store.allocate(7)
    store.reset(at(5, 1))
    assert store.used == 2
    assert sorted(store.allocate(6)) == [0, 2, 3, 4, 6, 7]
    with pytest.raises(IndexError):
        store.reset(at(8))
