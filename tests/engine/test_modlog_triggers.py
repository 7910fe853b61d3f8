"""When a set is cut: C6, C7, C15 and the corner cases of the two triggers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.triggers import NextCut, Trigger, Triggers

SIZE, TIME, ROOM = Trigger.HIGH_WATER_MARK, Trigger.TIMEOUT, Trigger.SAVE_VOLUME


def cuts(triggers, touches, until, copy_time=0):
    """All cuts up to `until` when fresh blocks are first touched at these instants; naive, but for the rule itself."""
    made, armed, now, open_blocks, touches = [], 0, 0, 0, sorted(touches)
    while True:
        left = triggers.touches_left(open_blocks)
        touch_at = touches[left - 1] if left and left <= len(touches) else None
        following = triggers.next_cut(armed, now, open_blocks, touch_at)
        if following is None or following.at > until:
            return made
        at = max(following.at, now)
        inside = [touch for touch in touches if touch <= at]
        made.append((at, following.cause, open_blocks + len(inside)))
        touches = touches[len(inside) :]
        armed, open_blocks = at, 0
        now = at + copy_time
        during = [touch for touch in touches if touch <= now]
        open_blocks, touches = len(during), touches[len(during) :]


@pytest.mark.parametrize(
    ("touch_at", "open_blocks", "expected"),
    [
        (None, 0, NextCut(100, TIME)),
        (60, 9, NextCut(60, SIZE)),
        (100, 9, NextCut(100, SIZE)),  # both at once: one cut, and FIG 10 tests the size first
        (101, 9, NextCut(100, TIME)),
        (None, 10, NextCut(5, SIZE)),  # equal is enough (E30), and it is so already
        (None, 11, NextCut(5, SIZE)),
    ],
)
def test_C6_whichever_trigger_comes_first_cuts_at_its_exact_instant(touch_at, open_blocks, expected):
    assert Triggers(timeout=100, high_water_blocks=10).next_cut(0, 5, open_blocks, touch_at) == expected


def test_C6_both_triggers_are_armed_again_at_the_cut():
    triggers = Triggers(timeout=100, high_water_blocks=2)
    assert cuts(triggers, touches=[10, 20, 90, 130], until=330) == [
        (20, SIZE, 2),
        (120, TIME, 1),
        (220, TIME, 1),
        (320, TIME, 0),
    ]


@pytest.mark.parametrize(
    ("touch_at", "expected"),
    [(41, NextCut(50, SIZE)), (50, NextCut(50, SIZE)), (None, NextCut(100, TIME)), (91, NextCut(100, SIZE))],
)
def test_C6_a_poll_rounds_up_to_its_grid_which_begins_when_the_triggers_were_armed(touch_at, expected):
    moved = NextCut(expected.at + 7, expected.cause)
    touch_at = None if touch_at is None else touch_at + 7
    assert Triggers(timeout=95, high_water_blocks=3, poll=10).next_cut(7, 7, 0, touch_at) == moved


def test_C6_a_trigger_can_be_changed_while_it_runs():
    later = Triggers(timeout=50, high_water_blocks=None)
    assert Triggers(timeout=1_000, high_water_blocks=None).next_cut(0, 70, 0, None) == NextCut(1_000, TIME)
    assert later.next_cut(0, 70, 0, None) == NextCut(70, TIME), "what should have been is now"
    assert Triggers(timeout=1_000, high_water_blocks=3).next_cut(0, 70, 3, None) == NextCut(70, SIZE)
    assert Triggers(timeout=50, high_water_blocks=None, poll=30).next_cut(0, 70, 0, None) == NextCut(90, TIME)


def test_C10_a_set_is_cut_before_it_outgrows_the_save_volume():
    triggers = Triggers(timeout=None, high_water_blocks=10, room_blocks=4)
    assert triggers.touches_left(1) == 3
    assert triggers.next_cut(0, 0, 1, 33) == NextCut(33, ROOM)
    assert Triggers(None, 10, room_blocks=10).next_cut(0, 0, 0, 33) == NextCut(33, SIZE)
    assert Triggers(None, None, room_blocks=10).next_cut(0, 0, 0, 33) == NextCut(33, ROOM)


def test_case_02_the_mark_and_the_timeout_in_one_instant_are_one_cut():
    tenth = 10**8
    triggers = Triggers(timeout=10 * tenth, high_water_blocks=5)
    made = cuts(triggers, touches=[*range(1, 5), 10 * tenth], until=25 * tenth)
    assert made == [(10 * tenth, SIZE, 5), (20 * tenth, TIME, 0)], "integers: ten tenths are one"


def test_case_03_the_mark_is_hit_again_while_the_old_table_is_copied():
    triggers = Triggers(timeout=1_000, high_water_blocks=2)
    made = cuts(triggers, touches=[1, 2, 3, 4, 5, 6], until=500, copy_time=100)
    assert made == [(2, SIZE, 2), (102, SIZE, 4)], "the second cut waits for the copy and takes all there is by then"


def test_case_13_timeouts_and_marks_that_never_come_or_never_end():
    assert Triggers(None, None).next_cut(0, 0, 10**9, None) is None
    assert Triggers(10**18, 10**18).next_cut(0, 0, 0, None) == NextCut(10**18, TIME)
    for wrong in ((0, 1), (1, 0), (-1, None), (None, -5)):
        with pytest.raises(ValueError, match="at least 1"):
            Triggers(*wrong)
    with pytest.raises(ValueError, match="poll"):
        Triggers(1, 1, poll=0)


@given(
    touches=st.lists(st.integers(1, 300), max_size=30),
    timeout=st.integers(1, 60),
    high_water=st.integers(1, 6),
    poll=st.one_of(st.none(), st.integers(1, 9)),
    copy_time=st.integers(0, 30),
)
def test_C7_the_gap_between_cuts_is_at_most_timeout_and_poll_and_stall(touches, timeout, high_water, poll, copy_time):
    made = cuts(Triggers(timeout, high_water, poll), touches, until=300, copy_time=copy_time)
    instants = [0] + [at for at, _, _ in made]
    gaps = [after - before for before, after in pairwise(instants)]
    assert all(0 < gap <= max(timeout, copy_time) + (poll or 0) for gap in gaps)
    assert sum(size for *_, size in made) <= len(touches), "no touch is cut twice (C2)"
    assert instants[-1] + timeout + (poll or 0) + copy_time >= 300, "the triggers never stop"
