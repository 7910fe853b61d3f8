"""Lag and exposure follow from the ledger at every instant (DESIGN.md section 3)."""

from __future__ import annotations

import pytest

from sim.records import CutSkipped, ReplicationBegan, SecondaryDropped, WritesResumed, WritesSuspended
from sim.summary.curve import Curve
from sim.summary.mirror import Mirror
from tests.summary.ledgers import S, Story, said


def in_seconds(curve: Curve) -> list[tuple[float, ...]]:
    return [(begin / S, end / S, first / S, last / S) for begin, end, first, last in curve.segments()]


def counts(curve: Curve) -> list[tuple[float, ...]]:
    return [(begin / S, end / S, first, last) for begin, end, first, last in curve.segments()]


def test_lag_is_the_age_of_the_newest_replayed_boundary() -> None:
    story = Story(until=30).cut(1, 10).received(1, 11).begun(1, 12).replayed(1, 13)
    assert in_seconds(story.mirror().lag("lisbon")) == [(0, 13, 0, 13), (13, 30, 3, 20)]


def test_each_mode_of_failover_loses_what_lies_after_its_own_boundary() -> None:
    mirror = Story(until=30).cut(1, 10).received(1, 11).begun(1, 12).replayed(1, 13).mirror()
    assert in_seconds(mirror.exposure("default")) == [(0, 11, 0, 11), (11, 30, 1, 20)]
    assert in_seconds(mirror.exposure("now")) == [(0, 12, 0, 12), (12, 30, 2, 20)]
    assert in_seconds(mirror.exposure("sync")) == [(0, 11, 0, 0), (11, 30, 0, 0)]


def test_V2_sets_received_out_of_order_count_when_none_before_them_is_missing() -> None:
    story = Story(until=40).cut(1, 10).cut(2, 20).cut(3, 25).received(2, 27).received(3, 28).received(1, 30)
    assert in_seconds(story.mirror().exposure("default")) == [(0, 30, 0, 30), (30, 40, 5, 15)]


def test_V5_grouped_playback_jumps_over_boundaries() -> None:
    story = Story(until=40).cut(1, 10).cut(2, 20).received(1, 21).received(2, 22).begun(2, 23, first=1)
    mirror = story.replayed(2, 25, sets=2).mirror()
    assert in_seconds(mirror.lag("lisbon")) == [(0, 25, 0, 25), (25, 40, 5, 20)]
    assert counts(mirror.lag_sets("lisbon")) == [(0, 10, 0, 0), (10, 20, 1, 1), (20, 25, 2, 2), (25, 40, 0, 0)]


def test_V7_nothing_can_be_offered_before_the_initial_copy_is_complete() -> None:
    story = Story(until=40).copy_began(0, cause="initial_copy", why="first_copy").cut(1, 10).cut(2, 20)
    mirror = story.copied(1, 22, cause="initial_copy").received(2, 24).replayed(2, 26).mirror()
    assert mirror.unreadable("lisbon") == [(0, 22 * S)]
    assert in_seconds(mirror.lag("lisbon")) == [(22, 26, 12, 16), (26, 40, 6, 20)]
    assert in_seconds(mirror.exposure("default")) == [(22, 24, 12, 14), (24, 40, 4, 20)]
    assert in_seconds(mirror.exposure("sync"))[0][0] == 22


def test_a_copy_never_finished_leaves_no_lag_at_all() -> None:
    mirror = Story(until=40).copy_began(5, cause="initial_copy", why="first_copy").cut(1, 10).mirror()
    assert mirror.unreadable("lisbon") == [(0, 40 * S)]
    assert len(mirror.lag("lisbon")) == len(mirror.exposure("now")) == len(mirror.lag_blocks("lisbon")) == 0


def test_a_full_copy_makes_a_secondary_unreadable_and_sets_that_came_meanwhile_count_after_it() -> None:
    story = Story(until=50).cut(1, 10).received(1, 11).replayed(1, 12).copy_began(15, stamp=2).cut(2, 20).cut(3, 30)
    mirror = story.received(3, 33).copied(2, 35).mirror()
    assert mirror.unreadable("lisbon") == [(15 * S, 35 * S)]
    assert in_seconds(mirror.lag("lisbon")) == [(0, 12, 0, 12), (12, 15, 2, 5), (35, 50, 15, 30)]
    assert in_seconds(mirror.exposure("default"))[-1] == (35, 50, 5, 20)


def dropped(story: Story, at: float) -> Story:
    return story.add(SecondaryDropped, at, secondary="lisbon", cause="save_volume_full", sets_behind=0)


def test_V7_a_dropped_secondary_serves_its_old_boundary_until_a_copy_really_begins() -> None:
    story = dropped(Story(until=50).cut(1, 10).received(1, 11).replayed(1, 12), 14)
    mirror = story.cut(2, 15).copy_began(18, stamp=2).copy_began(20, stamp=2).copied(2, 30).mirror()
    assert mirror.unreadable("lisbon") == [(18 * S, 30 * S)]
    assert in_seconds(mirror.lag("lisbon"))[1:] == [(12, 18, 2, 8), (30, 50, 15, 35)]
    waiting = dropped(Story(until=50), 14).mirror()
    assert waiting.unreadable("lisbon") == [], "a drop without a copy changes nothing for readers"


def test_V7_a_drop_in_mid_copy_leaves_it_unreadable_until_a_later_copy_is_complete() -> None:
    mirror = dropped(Story(until=50).copy_began(10), 20).copy_began(30).copied(0, 40).mirror()
    assert mirror.unreadable("lisbon") == [(10 * S, 40 * S)]


def test_V7_an_initial_copy_that_has_not_begun_offers_nothing_either() -> None:
    facts = Story(until=40, secondaries=("lisbon",)).read()
    assert Mirror(facts, facts.of(ReplicationBegan)[0], said(lisbon={}, initial_copy="run")).unreadable("lisbon") == [
        (0, 40 * S)
    ]
    assert Mirror(facts, facts.of(ReplicationBegan)[0], said(lisbon={})).unreadable("lisbon") == []


def test_a_copy_on_the_primarys_own_site_does_not_survive_a_disaster_there() -> None:
    story = Story(until=40, secondaries=("lisbon", "reports")).cut(1, 10)
    facts = story.received(1, 10, to="reports").replayed(1, 12, to="reports").received(1, 20).read()
    mirror = Mirror(facts, facts.of(ReplicationBegan)[0], said(lisbon={}, reports={"site": "madrid"}))
    assert mirror.off_site == ("lisbon",)
    assert in_seconds(mirror.exposure("default")) == [(0, 20, 0, 20), (20, 40, 10, 30)]
    assert in_seconds(mirror.exposure("default", "reports"))[0] == (0, 10, 0, 10), "the loss of its disk"


@pytest.mark.parametrize("mode", ["default", "now", "sync"])
def test_without_any_copy_off_site_a_disaster_has_no_boundary_to_go_on_with(mode: str) -> None:
    facts = Story(until=40, secondaries=("reports",)).look(1, 10, writes=5, new=2).cut(1, 10).read()
    mirror = Mirror(facts, facts.of(ReplicationBegan)[0], said(reports={"site": "madrid"}))
    curves = (mirror.exposure(mode), mirror.exposure_blocks(mode), mirror.exposure_writes(mode))
    assert [len(curve) for curve in curves] == [0, 0, 0]
    assert len(mirror.exposure(mode, "reports")) > 0


def test_with_several_secondaries_the_one_that_loses_least_counts() -> None:
    story = Story(until=40, secondaries=("lisbon", "porto")).cut(1, 10).received(1, 12).cut(2, 20)
    mirror = story.received(1, 22, to="porto").received(2, 25, to="porto").received(2, 30).mirror()
    assert in_seconds(mirror.exposure("default")) == [(0, 12, 0, 12), (12, 25, 2, 15), (25, 40, 5, 20)]
    assert in_seconds(mirror.exposure("default", "lisbon")) == [(0, 12, 0, 12), (12, 30, 2, 20), (30, 40, 10, 20)]


def test_the_secondary_that_can_be_read_counts_while_the_other_is_copied() -> None:
    story = Story(until=40, secondaries=("lisbon", "porto")).cut(1, 10).received(1, 12).copy_began(15).cut(2, 20)
    assert in_seconds(story.mirror().exposure("default")) == [(0, 12, 0, 12), (12, 15, 2, 5), (15, 40, 15, 40)]


def test_lost_raw_writes_are_exact_at_looks_and_linear_between() -> None:
    story = Story(until=30).look(1, 10, writes=100).cut(1, 10).received(1, 15).look(2, 20, writes=300).cut(2, 20)
    mirror = story.look(3, 30, writes=10).mirror()
    expected = [(0, 10, 0, 100), (10, 15, 100, 250), (15, 20, 150, 300), (20, 30, 300, 310)]
    assert counts(mirror.exposure_writes("default")) == expected
    assert {last for *_, last in counts(mirror.exposure_writes("sync"))} == {0}


def test_C8_a_skipped_cut_finds_the_newest_boundary_as_young_as_the_volume() -> None:
    story = Story(until=60).add(CutSkipped, 10).cut(1, 20).received(1, 22).replayed(1, 25)
    mirror = story.add(CutSkipped, 30).add(CutSkipped, 40).cut(2, 50).mirror()
    expected = [(0, 10, 0, 10), (10, 25, 0, 15), (25, 30, 5, 10), (30, 40, 0, 10), (40, 60, 0, 20)]
    assert in_seconds(mirror.lag("lisbon")) == expected


def test_C8_a_boundary_that_is_replayed_after_a_skip_is_as_young_as_the_skip() -> None:
    mirror = Story(until=60).cut(1, 20).add(CutSkipped, 30).received(1, 31).replayed(1, 35).mirror()
    assert in_seconds(mirror.lag("lisbon"))[-1] == (35, 60, 5, 30)


def test_nothing_is_written_while_writes_stand_still() -> None:
    story = Story(until=40).look(1, 10, writes=100).add(WritesSuspended, 10, cause="save_volume_full")
    story.add(WritesResumed, 20, cause="save_volume_full", stalled_ns=10 * S).look(1, 40, writes=200)
    curve = story.mirror().exposure_writes("default")
    assert counts(curve) == [(0, 10, 0, 100), (10, 20, 100, 100), (20, 40, 100, 300)]
