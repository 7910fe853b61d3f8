"""Who needs which set, and what happens when there is no room: C12, finding 4, the two policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.deltaset import SetShape
from sim.engine.distribution import Distribution, FullPolicy, Room, StartSetGone, make_room
from sim.engine.identity import START, SetId
from sim.engine.savevolume import Found, SaveVolume, SaveVolumeFull
from tests.engine.oracle_replication import delta_set, empty_contents

SUSPEND, DROP = FullPolicy.SUSPEND, FullPolicy.DROP


def g1(number):
    return SetId(1, number)


def shared(capacity, sizes, destinations):
    save_volume = SaveVolume(empty_contents(capacity))
    for number, size in enumerate(sizes, start=1):
        save_volume.append(delta_set(number, range(size)))
    return save_volume, Distribution(save_volume, destinations)


def test_C12_a_set_is_freed_when_the_last_in_sync_has_replayed_it():
    save_volume, distribution = shared(30, [2, 3, 4], ["a", "b"])
    assert distribution.replayed("a", g1(2)) == ()
    assert save_volume.used_blocks == 9, "the first to acknowledge frees nothing"
    assert distribution.replayed("b", g1(1)) == (g1(1),)
    assert distribution.replayed("b", g1(3)) == (g1(2),)
    assert save_volume.held() == (g1(3),)


def test_finding_4_receipt_frees_nothing():
    save_volume, distribution = shared(30, [2, 3], ["a"])
    distribution.received("a", g1(2))
    assert distribution.settle() == ()
    assert save_volume.held() == (g1(1), g1(2)), "a failover now would need these for its undo list"
    position = distribution.position("a")
    assert (position.received, position.replayed) == (g1(2), START)
    distribution.replayed("a", g1(1))
    assert save_volume.held() == (g1(2),)


def test_T5_replayed_implies_received():
    _, distribution = shared(30, [2, 3], ["a"])
    distribution.replayed("a", g1(1))
    assert distribution.position("a").received == g1(1)


def test_case_19_acknowledgements_repeated_and_late_change_nothing():
    save_volume, distribution = shared(30, [2, 3, 4], ["a"])
    assert distribution.replayed("a", g1(2)) == (g1(1), g1(2))
    assert distribution.replayed("a", g1(2)) == ()
    assert distribution.replayed("a", g1(1)) == ()
    distribution.received("a", g1(1))
    assert distribution.position("a").replayed == distribution.position("a").received == g1(2)
    assert save_volume.held() == (g1(3),)


def test_case_20_an_acknowledgement_after_it_was_marked_changes_nothing():
    save_volume, distribution = shared(30, [2, 3, 4], ["a", "b"])
    distribution.mark_out_of_sync("a")
    assert distribution.replayed("a", g1(3)) == ()
    assert not distribution.position("a").in_sync
    assert distribution.in_sync() == ("b",)
    assert len(save_volume.held()) == 3
    assert distribution.replayed("b", g1(3)) == (g1(1), g1(2), g1(3))


def test_an_acknowledgement_of_a_set_that_was_never_cut_is_an_error():
    _, distribution = shared(30, [2], ["a"])
    for wrong in (g1(2), SetId(2, 1)):
        with pytest.raises(ValueError, match="never cut"):
            distribution.received("a", wrong)


def test_case_11_without_anybody_in_sync_sets_are_freed_at_once():
    save_volume, distribution = shared(10, [6, 4], ["a"])
    assert make_room(save_volume, distribution, 5, SUSPEND) == Room(fits=False)
    assert distribution.mark_out_of_sync("a") == (g1(1), g1(2))
    assert make_room(save_volume, distribution, 5, SUSPEND) == Room(fits=True)
    stored = save_volume.reserve(g1(3), SetShape(10))
    assert distribution.settle() == ()
    assert save_volume.held() == (g1(3),), "what is being copied out stays until it is done"
    stored.seal_all()
    stored.finish(delta_set(3, []).header())
    assert distribution.settle() == (g1(3),)


def test_case_10_a_write_storm_while_a_link_is_down():
    """Sets pile up; with `suspend` the fifth has to wait, with `drop` the one behind is given up, and nobody else."""
    save_volume, distribution = shared(20, [5, 5, 5, 5], ["near", "far"])
    distribution.replayed("near", g1(4))
    assert make_room(save_volume, distribution, 5, SUSPEND) == Room(fits=False)
    room = make_room(save_volume, distribution, 5, DROP)
    assert room == Room(fits=False, drop=("far",))
    assert distribution.in_sync() == ("near", "far"), "deciding changes nothing"
    for laggard in room.drop:
        distribution.mark_out_of_sync(laggard)
    assert make_room(save_volume, distribution, 5, DROP) == Room(fits=True)
    assert save_volume.used_blocks == 0


def test_C12_only_those_who_hold_the_oldest_sets_are_dropped():
    save_volume, distribution = shared(20, [5, 5, 5, 5], ["a", "b", "c", "d"])
    for name, number in (("a", 3), ("b", 0), ("c", 1), ("d", 2)):
        if number:
            distribution.replayed(name, g1(number))
    assert distribution.laggards(0) == ()
    assert distribution.laggards(5) == ("b",)
    assert distribution.laggards(6) == ("b", "c")
    assert distribution.laggards(11) == ("b", "c", "d")
    assert distribution.laggards(20) == ("a", "b", "c", "d")
    with pytest.raises(SaveVolumeFull):
        distribution.laggards(21)
    distribution.mark_out_of_sync("b")
    assert save_volume.free_blocks == 5
    assert save_volume.find(g1(2)) is Found.HELD, "the others miss nothing"


@pytest.mark.parametrize("policy", list(FullPolicy))
def test_C10_a_set_larger_than_the_save_volume_cannot_be_made_room_for(policy):
    save_volume, distribution = shared(10, [], ["a"])
    for blocks, fits in ((9, True), (10, True)):
        assert make_room(save_volume, distribution, blocks, policy) == Room(fits=fits)
    with pytest.raises(SaveVolumeFull, match="11 blocks"):
        make_room(save_volume, distribution, 11, policy)


def test_what_is_still_being_copied_out_is_waited_for():
    save_volume, distribution = shared(10, [4], ["a"])
    save_volume.reserve(g1(2), SetShape(5))
    assert make_room(save_volume, distribution, 6, DROP) == Room(fits=False)


def test_case_32_the_sets_after_the_copy_are_gone():
    save_volume, distribution = shared(10, [4, 4], ["a"])
    distribution.join("b", g1(0))
    distribution.join("c", g1(2))
    assert distribution.replayed("a", g1(2)) == ()
    distribution.mark_out_of_sync("b")
    with pytest.raises(StartSetGone, match=r"boundary g1\.0.*g1\.1 is no longer held"):
        distribution.join("d", g1(0))
    distribution.join("d", g1(2))
    assert distribution.in_sync() == ("a", "c", "d")
    assert save_volume.used_blocks == 0


def test_V6_a_destination_that_joins_keeps_the_sets_after_its_stamp_and_no_other():
    save_volume, distribution = shared(30, [2, 2, 2], ["a"])
    distribution.join("b", g1(2))
    distribution.replayed("a", g1(3))
    assert save_volume.held() == (g1(3),)
    assert distribution.leave("b") == (g1(3),)
    assert distribution.in_sync() == ("a",)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6), st.sampled_from(["received", "replayed", "mark"])))
)
def test_C12_any_order_of_acknowledgements_frees_exactly_what_all_have_replayed(history):
    save_volume, distribution = shared(60, [1, 2, 0, 3, 1, 2], ["a", "b", "c"])
    replayed, freed = dict.fromkeys("abc", 0), []
    for name, number, what in history:
        if what == "mark":
            freed += distribution.mark_out_of_sync(name)
            replayed.pop(name, None)
        elif what == "replayed":
            freed += distribution.replayed(name, g1(number))
            if name in replayed:
                replayed[name] = max(replayed[name], number)
        else:
            distribution.received(name, g1(number))
        last = min(replayed.values(), default=6)
        assert freed == [g1(number) for number in range(1, last + 1)]
        assert save_volume.held() == tuple(g1(number) for number in range(last + 1, 7))
