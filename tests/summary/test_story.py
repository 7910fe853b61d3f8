"""Targets, names and several curves as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.summary import Story as Read
from sim.summary.combined import combined
from sim.summary.curve import Curve, value_at
from tests.summary.ledgers import S, Story, said, scenario


@pytest.mark.parametrize(
    ("checks", "seconds"),
    [
        ([], 20),  # two timeouts of 10 s
        (["p99(lag{to=lisbon}) < 15 min"], 900),
        (["max(lag) <= 5 min"], 300),
        (["mean(lag) < 5 min"], 20),  # a mean is no limit for each instant
        (["max(lag{to=porto}) < 15 min"], 20),
        (["max(lag) > 15 min"], 20),
        (["max(exposure) < 15 min", "stall < 1 h"], 20),
    ],
)
def test_the_target_of_lag_is_the_users_own_limit_or_a_settled_lag(checks: list[str], seconds: int) -> None:
    read = Read(Story(timeout=10).run(scenario=scenario(*checks)))
    assert read.target_ns(read.mirrors[0], "lisbon") == seconds * S


def test_a_settled_lag_leaves_room_for_the_playbacks_own_timeout() -> None:
    read = Read(Story(timeout=10).run(scenario=scenario(mirror=said(lisbon={"timeout": "7 s"}))))
    assert read.settled_ns(read.mirrors[0], "lisbon") == 27 * S


def test_a_story_of_a_story_is_itself() -> None:
    read = Read(Story().run())
    assert Read.of(read) is read


lines = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3), st.integers(0, 99)), min_size=1, max_size=8)


def ages(pieces: list[tuple[int, int, int]]) -> Curve:
    """Segments that rise with time, with gaps between them."""
    now, segments = 0, []
    for length, gap, first in pieces:
        segments.append((now, now + length, first, first + length))
        now += length + gap
    return Curve.of(segments)


def at(curve: Curve, time_ns: int) -> int | None:
    held = [segment for segment in curve.segments() if segment[0] <= time_ns < segment[1]]
    return value_at(held[-1], time_ns) if held else None


@given(lines, lines)
def test_curves_together_have_a_value_where_all_have_one(one: list[Any], other: list[Any]) -> None:
    first, second = ages(one), ages(other)
    for combine in (max, sum):
        both = combined([first, second], combine)
        for time in range(100):
            values = [at(first, time), at(second, time)]
            assert at(both, time) == (
                None if None in values else combine(value for value in values if value is not None)
            )


def test_a_value_passed_through_by_one_curve_is_passed_through_together() -> None:
    jumping = Curve.steps([(0, 1), (5, 9), (5, 2)], 10)
    assert (5, 5, 13, 13) in combined([jumping, Curve.of([(0, 10, 4, 4)])], sum).segments()
