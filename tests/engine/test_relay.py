"""What a forwarder keeps, and for whom (T12, T13)."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import DeltaSet, SaveVolume, SetId
from sim.engine.identity import START
from sim.engine.relay import Relay
from sim.engine.savevolume import Found


def filled(sets, blocks=2, room=20):
    save_volume = SaveVolume(np.zeros(room, dtype=np.uint64))
    for number in range(1, sets + 1):
        rows = np.full(blocks, number, dtype=np.uint64)
        save_volume.append(DeltaSet(SetId(1, number), np.arange(blocks), rows, 100))
    return save_volume


def at(number):
    return SetId(1, number)


def test_T13_a_set_is_kept_until_the_last_has_it():
    save_volume = filled(3)
    relay = Relay(save_volume)
    for name in ("own", "left", "right"):
        relay.keep_for(name, START)
    assert relay.done("own", at(3)) == ()
    assert relay.done("left", at(2)) == ()
    assert relay.done("right", at(1)) == (at(1),)
    assert [save_volume.find(at(number)) for number in (1, 2, 3)] == [Found.RELEASED, Found.HELD, Found.HELD]
    assert relay.done("right", at(3)) == (at(2),)


def test_T7_one_that_leaves_holds_back_nobody():
    save_volume = filled(3)
    relay = Relay(save_volume)
    relay.keep_for("own", START)
    relay.keep_for("dead", START)
    relay.done("own", at(3))
    assert relay.leave("dead") == (at(1), at(2), at(3))
    assert relay.leave("dead") == ()
    assert save_volume.used_blocks == 0


def test_late_news_and_news_of_strangers_change_nothing():
    relay = Relay(filled(3))
    relay.keep_for("own", START)
    relay.done("own", at(2))
    assert relay.done("own", at(1)) == ()
    assert relay.done("stranger", at(3)) == ()
    assert relay.kept_for() == ("own",)


def test_with_nobody_to_keep_sets_for_none_is_kept():
    save_volume = filled(3)
    assert Relay(save_volume).settle() == (at(1), at(2), at(3))


def test_one_who_joins_again_begins_at_his_new_boundary():
    save_volume = filled(3)
    relay = Relay(save_volume)
    relay.keep_for("own", START)
    relay.keep_for("own", at(2))
    assert relay.settle() == (at(1), at(2))


NAMES = st.sampled_from(["a", "b", "c"])
ACTS = st.lists(st.tuples(st.sampled_from(["keep", "leave", "done"]), NAMES, st.integers(0, 8)), max_size=30)


@settings(max_examples=200, deadline=None)
@given(ACTS)
def test_held_is_exactly_what_somebody_still_needs(acts):
    """Against a naive oracle: the oldest mark of all who are there decides, and it never takes back what went."""
    save_volume = filled(8)
    relay, marks, gone = Relay(save_volume), {}, 0
    for act, name, number in acts:
        if act == "keep":
            relay.keep_for(name, at(number))
            marks[name] = number
            relay.settle()
        elif act == "leave":
            relay.leave(name)
            if marks.pop(name, None) is None:
                continue
        elif name in marks:
            relay.done(name, at(number))
            marks[name] = max(marks[name], number)
        else:
            assert relay.done(name, at(number)) == ()
            continue
        gone = max(gone, min(marks.values(), default=8))
        assert [set_id.number for set_id in save_volume.held()] == list(range(gone + 1, 9))
