"""Forwarders, faults and members that cannot be reached, on a ledger whose answers can be worked out by hand."""

from __future__ import annotations

import pytest

from sim import records
from sim.scenario.expect import parse_check
from sim.summary import Story as Read
from sim.summary import measure, summarise
from sim.summary.catchup import Estimate
from tests.summary.ledgers import BLOCK, S, Story, ns

MB = 10**6


def forwarded_tree() -> Story:
    """Two secondaries behind a forwarder; its trunk is cut for 40 s, and one of them is then fed past it."""
    story = Story(until=100, timeout=10, secondaries=("lisbon", "porto"), links=False)
    story.link("trunk", ("madrid", "hub")).link("west", ("hub", "lisbon")).link("south", ("hub", "porto"))
    story.link("direct", ("madrid", "lisbon"), back_bits_per_s=4 * MB)
    story.route("hub", "madrid", "trunk", role="forwarder")
    story.route("lisbon", "hub", "west").route("porto", "hub", "south")
    story.cut(1, 10, blocks=100).forwarded(1, 11, blocks=100)
    story.carried(100 * BLOCK, 10, 11, link="trunk", way=("madrid", "hub"))
    for name, link in (("lisbon", "west"), ("porto", "south")):
        story.carried(100 * BLOCK, 11, 12, link=link, way=("hub", name))
        story.received(1, 12, to=name, blocks=100).replayed(1, 13, to=name)
    story.cut(2, 20, blocks=100).fault(20, 60, "trunk").cut(3, 40, blocks=200).unreachable(25, 50, 60, "hub")
    story.carried(100 * BLOCK, 20, 62, link="trunk", way=("madrid", "hub"))
    story.carried(50 * BLOCK, 20, 62, link="trunk", way=("madrid", "hub"), cause="retransmission")
    story.forwarded(2, 62, blocks=100)
    for name in ("lisbon", "porto"):
        story.received(2, 63, to=name, blocks=100).replayed(2, 64, to=name)
    story.add(records.ChunksDiscarded, 63, secondary="lisbon", number=2, chunks=3, cause="corrupt")
    story.add(records.ChunksDiscarded, 64, secondary="porto", number=2, chunks=2, cause="duplicate")
    story.rerouted(65, "lisbon", "madrid", "direct", before="hub")
    story.carried(200 * BLOCK, 65, 70, link="direct").received(3, 70, blocks=200).replayed(3, 71)
    story.carried(200 * BLOCK, 65, 75, link="trunk", way=("madrid", "hub")).forwarded(3, 75, blocks=200)
    story.received(3, 80, to="porto", blocks=200).replayed(3, 81, to="porto")
    return story.rerouted(90, "lisbon", "hub", "west", before="madrid", cause="restored").in_order()


BY_HAND = {
    "backlog_bytes.lisbon.max": 300.0 * BLOCK,
    "backlog_bytes.lisbon.mean": (3 * 100 + 20 * 100 + 24 * 300 + 7 * 200) / 100 * BLOCK,
    "catch_up_seconds.lisbon": 10.0,  # the trunk is back at 60
    "catch_up_seconds.porto": 20.0,
    # asked at 60 and 63, when 300 and 200 blocks had not arrived; 1 MB/s
    "eta_error_seconds.lisbon.linear.max": 10 - 300 * BLOCK / MB,
    "eta_error_seconds.lisbon.linear.mean": (17 - 500 * BLOCK / MB) / 2,
    "eta_error_seconds.lisbon.linear.bias": -(17 - 500 * BLOCK / MB) / 2,
    # 50, then 40 blocks a second had arrived (the outage left out), 10 a second were cut
    "eta_error_seconds.lisbon.drain.max": 10 - 300 / (50 - 10),
    "eta_error_seconds.lisbon.drain.mean": (17 - 300 / 40 - 200 / 30) / 2,
    "unreachable_seconds.hub": 35.0,
    "link_down_seconds.trunk": 40.0,
    "link_retransmitted_share.trunk": 50 / 450,
    "link_retransmitted_share.west": 0.0,
    "direction_utilisation.trunk.madrid.max": 100 * BLOCK / MB,
    "direction_utilisation.direct.madrid.mean": 200 * BLOCK / 100 / MB,
    "link_utilisation.trunk.mean": 450 * BLOCK / 100 / MB,
    "primary_bytes.mirror": 650 * BLOCK,
    "tree_bytes.mirror": (3 * 100 + 3 * 100 + 200 + 2 * 200) * BLOCK,
    "star_bytes.mirror": (2 * 100 + 2 * 100 + 1 * 200 + 2 * 100 + 2 * 100 + 2 * 200) * BLOCK,
    "tree_primary_bytes.mirror": (100 + 100 + 200 + 200) * BLOCK,
    "star_primary_bytes.mirror": 800 * BLOCK,
    "faults": 1,
    "faults.link_down": 1,
    "bypasses": 1,
    "chunks_discarded": 5,
    "chunks_discarded.corrupt": 3,
    "chunks_discarded.duplicate": 2,
}


@pytest.mark.parametrize("key", BY_HAND)
def test_each_metric_of_the_network_is_what_a_hand_works_out(key: str) -> None:
    summary = summarise(forwarded_tree().run())
    assert summary[key] == pytest.approx(BY_HAND[key])
    assert type(summary[key]) is type(BY_HAND[key])


def test_without_forwarders_nobody_asks_what_a_star_would_carry() -> None:
    story = Story(until=40).route("lisbon", "madrid", "wan").cut(1, 10, blocks=3).received(1, 12, blocks=3)
    assert not [key for key in summarise(story.run()) if "star" in key or "tree" in key]


def test_whole_copies_travel_all_the_way_in_a_tree_as_in_a_star() -> None:
    story = Story(until=40, links=False).link("trunk", ("madrid", "hub")).link("west", ("hub", "lisbon"))
    story.route("hub", "madrid", "trunk", role="forwarder").route("lisbon", "hub", "west")
    story.copy_began(0, cause="initial_copy", size=9 * BLOCK).copied(0, 20, cause="initial_copy")
    summary = summarise(story.run())
    assert summary["tree_bytes.mirror"] == summary["star_bytes.mirror"] == 18 * BLOCK
    assert summary["tree_primary_bytes.mirror"] == summary["star_primary_bytes.mirror"] == 9 * BLOCK


def test_a_copy_beside_its_forwarder_costs_a_tree_nothing_and_a_star_the_whole_way() -> None:
    story = Story(until=40, links=False, secondaries=("desk",)).link("trunk", ("madrid", "hub"))
    story.route("hub", "madrid", "trunk", role="forwarder").route("desk", "hub", site="hub")
    story.cut(1, 10, blocks=4).forwarded(1, 12, blocks=4).received(1, 12, to="desk", blocks=4)
    summary = summarise(story.run())
    assert (summary["tree_bytes.mirror"], summary["star_bytes.mirror"]) == (4 * BLOCK, 4 * BLOCK)


def test_checks_can_ask_for_each_of_them() -> None:
    run = forwarded_tree().run()
    asked = {
        "max(backlog_bytes{to=porto}) <= 2457600 B": 300 * BLOCK,
        "catch_up < 1 min": 20,
        "eta_error{to=lisbon} < 10 s": 10 - 300 * BLOCK / MB,
        "unreachable == 35 s": 35,
        "link_down{link=trunk} < 1 min": 40,
        "link_down{link=west} == 0 s": 0,
        "primary_bytes{replication=mirror} > 1 MB": 650 * BLOCK,
        "faults == 1": 1,
        "chunks_discarded < 9": 5,
        "count(fault) == 1": 1,
        "count(unreachable) == 1": 1,
        "count(bypass) == 1": 1,
        "count(discarded) == 2": 2,
    }
    for text, value in asked.items():
        found = measure(parse_check(text), run).value
        assert found is not None and float(found) == pytest.approx(value), text


def test_nothing_is_foreseen_within_an_outage_and_what_never_arrives_is_not_scored() -> None:
    story = Story(until=100).link("wan", ("madrid", "lisbon")).route("lisbon", "madrid", "wan")
    story.cut(1, 10, blocks=9).fault(20, 50, "wan").cut(2, 30, blocks=9).cut(3, 60, blocks=9).in_order()
    read = Read(story.run())
    estimates = read.catching_ups(read.mirrors[0], "lisbon")[0].estimates
    assert [(one.time_ns / S, one.after_outage) for one in estimates] == [(50, True), (60, False)]
    assert all(one.caught_up_ns is None and one.error_ns("linear") is None for one in estimates)
    summary = summarise(read)
    assert summary["catch_up_seconds.lisbon"] == 50.0, "as it stands at the end"
    assert not [key for key in summary if key.startswith("eta_error")]


def test_what_is_cut_after_a_secondary_has_left_does_not_wait_for_it_and_what_it_let_go_is_not_scored() -> None:
    story = Story(until=100, secondaries=("lisbon", "porto"))
    for name in ("lisbon", "porto"):
        story.link(name, ("madrid", name)).route(name, "madrid", name)
    story.fault(5, 20, "porto").fault(50, 60, "porto").cut(1, 10, blocks=9).received(1, 11, blocks=9)
    story.add(records.SecondaryLeft, 30, secondary="porto").cut(2, 40, blocks=9).cut(3, 70, blocks=9)
    assert summarise(story.in_order().run())["unreceived_bytes.porto"] == 0
    story.add(records.SecondaryJoined, 80, secondary="porto").cut(4, 90, blocks=2)
    read = Read(story.in_order().run())
    summary = summarise(read)
    assert (summary["unreceived_bytes.lisbon"], summary["unreceived_bytes.porto"]) == (20 * BLOCK, 2 * BLOCK)
    assert summary["catch_up_seconds.porto"] == 10.0, "from 20, when its line came back, until it left"
    estimates = read.catching_ups(read.mirrors[0], "porto")[0].estimates
    assert [(one.time_ns / S, one.arrived) for one in estimates] == [(20, False)]
    assert not [key for key in summary if key.startswith("eta_error_seconds.porto")]


def test_an_estimate_is_wrong_by_what_it_says_less_what_happened() -> None:
    said = Estimate(ns(10), 5, linear_ns=ns(3), drain_ns=None, caught_up_ns=ns(17), after_outage=True)
    assert (said.error_ns("linear"), said.error_ns("drain")) == (ns(-4), None)


def test_the_naive_estimate_falls_short_by_b_over_b_less_w_and_drain_rate_does_not() -> None:
    """NUMBERS 1.4: backlog w D drains in w D / (B - w); backlog / B underestimates by the factor B / (B - w).

    B = 1,000,000 B/s, w = 204,800 B/s as 250 blocks cut every 10 s (each 2.048 s on its way), D = 1000 s.
    """
    period, blocks, begin, end = 10, 250, 100, 1100
    size = blocks * BLOCK / MB  # seconds
    story = (
        Story(until=2000).link("wan", ("madrid", "lisbon")).route("lisbon", "madrid", "wan").fault(begin, end, "wan")
    )
    free = 0.0
    for number in range(1, 200):
        cut = number * period
        started = max(free, cut) if not begin <= max(free, cut) < end else end
        free = started + size
        story.cut(number, cut, blocks=blocks).received(number, free, blocks=blocks)
    read = Read(story.in_order().run())
    first = read.catching_ups(read.mirrors[0], "lisbon")[0].estimates[0]
    assert first.time_ns == ns(end) and first.caught_up_ns is not None and first.linear_ns and first.drain_ns
    took, w = first.caught_up_ns / S - end, blocks * BLOCK / period
    assert took == pytest.approx(w * (end - begin) / (MB - w), abs=2 * period)  # whole sets on either side
    assert took / (first.linear_ns / S) == pytest.approx(MB / (MB - w), rel=0.05)
    assert first.drain_ns / S == pytest.approx(took, abs=2 * period)


def test_who_joins_later_is_no_copy_without_limit_of_lag_before_and_none_after_it_left() -> None:
    story = Story(until=100, secondaries=("lisbon", "porto")).add(records.SecondaryLeft, 0, secondary="porto")
    story.cut(1, 30).add(records.SecondaryJoined, 40, secondary="porto")
    story.copy_began(40, to="porto", cause="initial_copy", why="first_copy", stamp=1)
    story.copied(1, 50, to="porto", cause="initial_copy").add(records.SecondaryLeft, 80, secondary="porto")
    summary = summarise(story.run())
    assert summary["unreadable_seconds.porto"] == 10.0
    assert summary["lag_seconds.porto.max"] == 50.0  # set 1 of 30, until 80
    assert summary["exposure_everything_seconds.default.porto"] == 10.0
    asked = measure(parse_check("max(lag{to=porto}) < 1 h"), story.run())
    assert (asked.value, asked.why) == (float("inf"), "unreadable for 10 of 100 s")


def test_who_left_and_came_again_had_a_copy_before_it_left() -> None:
    story = Story(until=100, secondaries=("lisbon", "porto")).cut(1, 10).received(1, 12, to="porto")
    story.replayed(1, 13, to="porto").add(records.SecondaryLeft, 30, secondary="porto").cut(2, 50)
    story.add(records.SecondaryJoined, 60, secondary="porto").copy_began(
        60, to="porto", cause="initial_copy", why="first_copy", stamp=2
    )
    story.copied(2, 70, to="porto", cause="initial_copy")
    summary = summarise(story.run())
    assert summary["unreadable_seconds.porto"] == 10.0, "while it was copied anew"
    assert summary["lag_seconds.porto.mean"] == (13 * 6.5 + 17 * 11.5 + 30 * 35) / 60


def test_sets_that_a_copy_by_two_snapshots_brings_do_not_wait_any_more() -> None:
    story = Story(until=100).copy_began(0, cause="initial_copy", why="first_copy", stamp=0).cut(1, 10, blocks=5)
    story.copied(1, 20, cause="initial_copy").cut(2, 30, blocks=7).received(2, 31, blocks=7)
    summary = summarise(story.in_order().run())
    assert summary["unreceived_bytes.lisbon"] == 0
    assert "catch_up_seconds.lisbon" not in summary, "nothing waited when the copy was there"


def test_who_has_left_is_no_longer_unreachable() -> None:
    story = Story(until=100, secondaries=("lisbon", "porto")).unreachable(20, 25, None, "porto")
    story.add(records.SecondaryLeft, 45, secondary="porto")
    assert summarise(story.run())["unreachable_seconds.porto"] == 25.0
