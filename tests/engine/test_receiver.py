"""Receiving: T1, T2, T4, T5 and V8, by all orders of arrival of small sets and by random ones."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.identity import START, SetId
from sim.engine.receiver import Outcome, SetReceiver
from sim.engine.ring import Region
from sim.engine.savevolume import Found, SaveVolume, StoredSet
from tests.engine.oracle_replication import Crash, blocks, delta_set, empty_contents, stored_blocks

STORED, DUPLICATE, CORRUPT = Outcome.STORED, Outcome.DUPLICATE, Outcome.CORRUPT
G1, G2, G3 = SetId(1, 1), SetId(1, 2), SetId(1, 3)


def fresh(capacity=100, stamp=START):
    save_volume = SaveVolume(empty_contents(capacity))
    return save_volume, SetReceiver(save_volume, stamp)


def messages(made, chunks=1):
    last = made.shape.chunks
    return [made.chunk_range(first, min(first + chunks, last)) for first in range(0, last, chunks)]


def give(receiver, message):
    return receiver.receive(message) if hasattr(message, "rows") else receiver.receive_header(message)


def contents(made):
    return dict(zip(made.addresses.tolist(), made.rows.tolist(), strict=True))


@pytest.mark.parametrize("n_chunks", range(7))
def test_T1_a_set_is_complete_when_all_is_in_and_not_before_in_every_order(n_chunks):
    made = delta_set(1, range(3, 3 + 2 * n_chunks))
    whole = [*messages(made), made.header()]
    for order in permutations(whole):
        save_volume, receiver = fresh(capacity=2 * n_chunks + 1)
        for message in order[:-1]:
            assert give(receiver, message) is STORED
            assert not receiver.complete(G1)
        assert give(receiver, order[-1]) is STORED
        assert receiver.complete(G1)
        assert receiver.received == G1
        assert stored_blocks(save_volume, G1) == contents(made)


def test_T2_repeats_and_corrupt_copies_change_nothing_in_every_order():
    made = delta_set(1, range(7))
    whole = [*messages(made, 2), made.header()]
    bad = replace(whole[0], rows=whole[0].rows + np.uint64(1))
    stream = [*whole, whole[0], made.header(), bad]
    for order in permutations(range(len(stream))):
        save_volume, receiver = fresh()
        seen = set()
        for place in order:
            message = stream[place]
            if place == len(stream) - 1:
                assert receiver.receive(message) is CORRUPT
                continue
            key = "header" if not hasattr(message, "rows") else message.first_chunk
            before = len(seen)
            expected = Outcome.ALREADY_COMPLETE if before == len(whole) else DUPLICATE if key in seen else STORED
            assert give(receiver, message) is expected
            seen.add(key)
            assert receiver.complete(G1) == (len(seen) == len(whole))
        assert stored_blocks(save_volume, G1) == contents(made)
        assert save_volume.used_blocks == 7


def test_T1_chunks_are_identities_not_a_count():
    """Six blocks arrive, as many as the header says, but two of them twice (E26)."""
    made = delta_set(1, range(6))
    _, receiver = fresh()
    first, second, third = messages(made)
    receiver.receive_header(made.header())
    assert [receiver.receive(each) for each in (first, second, second)] == [STORED, STORED, DUPLICATE]
    assert not receiver.complete(G1)
    assert receiver.missing(G1) == [(2, 3)]
    assert receiver.receive(third) is STORED
    assert receiver.complete(G1)


def test_T1_ranges_may_overlap_and_only_what_is_new_is_stored():
    made = delta_set(1, range(20))
    save_volume, receiver = fresh()
    for first, last, left in [(2, 4, [(0, 2), (4, 10)]), (6, 7, [(0, 2), (4, 6), (7, 10)]), (1, 8, [(0, 1), (8, 10)])]:
        assert receiver.receive(made.chunk_range(first, last)) is STORED
        assert receiver.missing(G1) == left
    assert receiver.receive(made.chunk_range(2, 8)) is DUPLICATE
    assert receiver.receive(made.chunk_range(0, 10)) is STORED
    assert receiver.missing(G1) == []
    assert not receiver.complete(G1)
    assert not receiver.has_header(G1)
    assert receiver.receive_header(made.header()) is STORED
    assert stored_blocks(save_volume, G1) == contents(made)


def test_T1_a_header_that_contradicts_the_chunks_completes_nothing():
    """Both are sealed well, but not of the same set: nothing of it can be believed, all is asked for again."""
    made, other = delta_set(1, range(6)), delta_set(1, range(6), values=range(50, 56))
    _, receiver = fresh()
    for message in messages(made):
        assert receiver.receive(message) is STORED
    assert receiver.receive_header(other.header()) is CORRUPT
    assert not receiver.complete(G1)
    assert receiver.missing(G1) == [(0, 3)]
    assert receiver.receive_header(delta_set(1, range(8)).header()) is CORRUPT, "another size"


def test_T3_a_corrupt_chunk_is_missing_still_and_reserves_nothing():
    made = delta_set(1, range(6))
    save_volume, receiver = fresh()
    good = messages(made)[1]
    assert receiver.receive(replace(good, rows=good.rows ^ np.uint64(4))) is CORRUPT
    assert receiver.receive_header(replace(made.header(), data_sum=1)) is CORRUPT
    assert save_volume.used_blocks == 0
    assert save_volume.find(G1) is Found.NEVER_EXISTED
    with pytest.raises(KeyError):
        receiver.missing(G1)
    receiver.receive(good)
    assert receiver.receive(replace(messages(made)[0], addresses=blocks(0, 9))) is CORRUPT
    assert receiver.missing(G1) == [(0, 1), (2, 3)]
    assert receiver.discarded == {CORRUPT: 3}


def test_T4_an_older_generation_is_discarded_and_counted():
    save_volume, receiver = fresh(stamp=SetId(2, 0))
    old = delta_set(1, range(10))
    assert receiver.receive(old.chunk_range(0, 5)) is Outcome.OLD_GENERATION
    assert receiver.receive_header(old.header()) is Outcome.OLD_GENERATION
    assert receiver.discarded[Outcome.OLD_GENERATION] == 6
    assert save_volume.held() == ()
    assert not receiver.complete(G1)


def test_T4_a_new_generation_waits_until_somebody_follows_it():
    save_volume, receiver = fresh()
    half = delta_set(2, range(4))
    receiver.receive(half.chunk_range(0, 1))
    done = delta_set(1, range(3))
    for message in [*messages(done), done.header()]:
        give(receiver, message)
    new = delta_set(1, range(2), generation=2)
    assert receiver.receive(new.chunk_range(0, 1)) is Outcome.NEW_GENERATION
    receiver.follow(SetId(2, 0))
    assert receiver.receive(new.chunk_range(0, 1)) is STORED
    assert receiver.receive(half.chunk_range(1, 2)) is Outcome.OLD_GENERATION
    assert save_volume.held() == (G1, SetId(2, 1)), "complete sets stay, half of one does not"
    assert receiver.received == SetId(2, 0)


@pytest.mark.parametrize("step", range(1, 30))
def test_T5_what_is_acknowledged_survives_a_crash_at_any_step(step, monkeypatch):
    """It crashes at its n-th step and comes back on what is durable: it has what it said, and asks for the rest."""
    made = delta_set(1, range(9))
    save_volume, receiver = fresh()
    steps = iter(range(1, 1_000))

    def fragile(owner, name):
        whole = getattr(owner, name)

        def call(*args):
            if next(steps) == step:
                raise Crash
            result = whole(*args)
            if next(steps) == step:
                raise Crash
            return result

        monkeypatch.setattr(owner, name, call)

    for owner, name in ((SaveVolume, "reserve"), (StoredSet, "put_chunks"), (Region, "put"), (StoredSet, "finish")):
        fragile(owner, name)
    acknowledged, crashed = [], False
    for message in [*messages(made), made.header()]:
        try:
            assert give(receiver, message) is STORED
            acknowledged.append(message)
        except Crash:
            crashed = True
            break
    assert crashed or step > 22
    receiver = SetReceiver(save_volume, START)
    if receiver.complete(G1):
        assert stored_blocks(save_volume, G1) == contents(made)
    elif save_volume.find(G1) is Found.HELD:
        gaps = receiver.missing(G1)
        for message in acknowledged:
            assert not any(first <= message.first_chunk < last for first, last in gaps)
    else:
        assert acknowledged == []
    for message in [*messages(made), made.header()]:
        give(receiver, message)
    assert receiver.complete(G1)
    assert stored_blocks(save_volume, G1) == contents(made)


def test_T5_received_means_everything_up_to_it():
    _, receiver = fresh()
    for number in (3, 1):
        made = delta_set(number, [number])
        receiver.receive(made.chunk_range(0, 1))
        receiver.receive_header(made.header())
    assert receiver.complete(G3)
    assert receiver.received == G1
    made = delta_set(2, [2])
    receiver.receive(made.chunk_range(0, 1))
    receiver.receive_header(made.header())
    assert receiver.received == G3


def test_C8_a_set_without_blocks_is_complete_with_its_header():
    save_volume, receiver = fresh()
    assert receiver.receive_header(delta_set(1, []).header()) is STORED
    assert receiver.complete(G1)
    assert receiver.missing(G1) == []
    assert save_volume.used_blocks == 0
    assert stored_blocks(save_volume, G1) == {}


def test_V6_sets_that_the_copy_includes_are_not_wanted():
    save_volume, receiver = fresh(stamp=G2)
    for number in (1, 2):
        assert receiver.receive(delta_set(number, range(2)).chunk_range(0, 1)) is Outcome.ALREADY_COMPLETE
    assert save_volume.held() == ()
    assert receiver.receive(delta_set(3, range(2)).chunk_range(0, 1)) is STORED


def test_V8_without_room_the_sender_waits_and_nothing_is_lost():
    save_volume, receiver = fresh(capacity=10)
    first, second = delta_set(1, range(7)), delta_set(2, range(5))
    for message in [*messages(first), first.header()]:
        give(receiver, message)
    assert receiver.receive_header(second.header()) is Outcome.NO_ROOM
    assert receiver.receive(second.chunk_range(0, 1)) is Outcome.NO_ROOM
    assert stored_blocks(save_volume, G1) == contents(first)
    save_volume.release(G1)
    for message in [*messages(second), second.header()]:
        assert give(receiver, message) is STORED
    assert stored_blocks(save_volume, G2) == contents(second)


@pytest.mark.parametrize("later", [[2], [2, 3], [3]])
def test_V8_later_sets_that_came_first_give_way_so_that_nothing_locks(later):
    """Set 2 fills the save volume before set 1 comes; it cannot be played before set 1, so it would wait for ever."""
    save_volume, receiver = fresh(capacity=12)
    for number in later:
        made = delta_set(number, range(6 if len(later) == 2 else 12))
        for message in [*messages(made), made.header()]:
            assert give(receiver, message) is STORED
    first = delta_set(1, range(8))
    for message in [*messages(first), first.header()]:
        assert give(receiver, message) is STORED
    assert receiver.received == G1
    assert stored_blocks(save_volume, G1) == contents(first)
    save_volume.release(G1)
    for number in range(2, 4):
        made = delta_set(number, range(6))
        for message in [*messages(made), made.header()]:
            assert give(receiver, message) in (STORED, Outcome.ALREADY_COMPLETE)
    assert receiver.received == G3


def test_V8_a_set_that_would_not_fit_anyway_drives_nobody_out():
    save_volume, receiver = fresh(capacity=12)
    made = delta_set(2, range(6))
    for message in [*messages(made), made.header()]:
        give(receiver, message)
    assert receiver.receive_header(delta_set(1, range(13)).header()) is Outcome.NO_ROOM
    assert receiver.complete(G2)
    assert save_volume.held() == (G2,)


def test_case_15_headers_in_odd_ways():
    made, other = delta_set(1, range(4)), delta_set(1, range(4), generation=2)
    _, receiver = fresh(stamp=SetId(2, 0))
    assert receiver.receive_header(other.header()) is STORED, "before any chunk"
    assert receiver.receive_header(other.header()) is DUPLICATE
    assert receiver.receive_header(replace(other.header(), n_blocks=3)) is CORRUPT
    for message in messages(made):
        assert receiver.receive(message) is Outcome.OLD_GENERATION, "header of (g,k) with chunks of (g-1,k)"
    assert receiver.missing(other.id) == [(0, 2)]
    assert receiver.receive(other.chunk_range(0, 2)) is STORED
    assert receiver.complete(other.id)


def test_case_17_a_duplicate_after_the_set_was_replayed_and_freed_does_not_make_it_again():
    save_volume, receiver = fresh(capacity=10)
    made, big = delta_set(1, range(6)), delta_set(2, range(9))
    for message in [*messages(made), made.header()]:
        give(receiver, message)
    save_volume.release(G1)
    for state in (Found.RELEASED, Found.OVERWRITTEN):
        assert save_volume.find(G1) is state
        for message in [*messages(made), made.header()]:
            assert give(receiver, message) is Outcome.ALREADY_COMPLETE
        assert G1 not in save_volume.held()
        assert receiver.complete(G1)
        for message in [*messages(big), big.header()]:
            give(receiver, message)
    assert receiver.received == G2
    assert SetReceiver(save_volume, START).received == G2, "also after a restart"


def test_case_19_an_acknowledgement_is_lost_and_everything_comes_again():
    save_volume, receiver = fresh()
    made = delta_set(1, range(6))
    whole = [*messages(made, 3), made.header()]
    for message in whole:
        give(receiver, message)
    before = stored_blocks(save_volume, G1)
    assert [give(receiver, message) for message in whole] == [Outcome.ALREADY_COMPLETE] * 2
    assert (receiver.received, stored_blocks(save_volume, G1), save_volume.used_blocks) == (G1, before, 6)


@st.composite
def deliveries(draw):
    """Three sets in ranges, shuffled over each other, with repeats and corruption."""
    made = [delta_set(k, sorted(draw(st.sets(st.integers(0, 30), max_size=9)))) for k in (1, 2, 3)]
    stream = []
    for each in made:
        stream += [each.header(), *messages(each, draw(st.integers(1, 3)))]
    stream += draw(st.lists(st.sampled_from(stream), max_size=6))
    return (
        made,
        draw(st.permutations(stream)),
        draw(st.lists(st.booleans(), min_size=len(stream), max_size=len(stream))),
    )


@given(deliveries())
def test_T1_any_mixture_of_sets_repeats_and_corruption_ends_complete(delivery):
    made, stream, spoilt = delivery
    save_volume, receiver = fresh()
    again = []
    for message, bad in zip(stream, spoilt, strict=True):
        if bad and hasattr(message, "rows"):
            assert receiver.receive(replace(message, rows=message.rows + np.uint64(1))) is CORRUPT
            again.append(message)
        else:
            assert give(receiver, message) in (STORED, DUPLICATE, Outcome.ALREADY_COMPLETE)
    for message in again:
        give(receiver, message)
    assert receiver.received == G3
    for each in made:
        assert stored_blocks(save_volume, each.id) == contents(each)
        assert save_volume.stored(each.id).verify()


def test_case_15_another_intact_header_for_the_same_set_is_corruption_and_no_duplicate():
    sent, other = delta_set(1, range(4)), delta_set(1, range(1, 5))
    _, receiver = fresh()
    assert receiver.receive_header(sent.header()) is STORED
    assert receiver.receive_header(sent.header()) is DUPLICATE
    assert receiver.receive_header(other.header()) is CORRUPT
