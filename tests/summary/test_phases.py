"""The phases of a run follow from its facts and make up the run without holes."""

from __future__ import annotations

from sim import records
from sim.summary.story import Story as Read
from sim.summary.windows import Windows
from tests.summary.ledgers import S, Story


def phase(story: Story, name: str) -> list[tuple[float, float]]:
    return [(start / S, end / S) for start, end in Read(story.run()).phases[name].spans]


def covers_the_run(story: Story) -> bool:
    read = Read(story.run())
    parts = [read.phases[name] for name in ("steady", "outage", "recovery", "resync")]
    union = Windows.of([span for part in parts for span in part.spans], read.until_ns)
    return union == read.phases["all"] and sum(part.length_ns for part in parts) == read.until_ns


def test_a_run_without_trouble_is_steady_from_end_to_end() -> None:
    story = Story(until=100).cut(1, 10).replayed(1, 12)
    assert phase(story, "steady") == phase(story, "all") == [(0, 100)]
    assert phase(story, "outage") == phase(story, "recovery") == phase(story, "resync") == []


def test_an_outage_is_followed_by_a_resync_until_the_lag_is_within_two_timeouts() -> None:
    story = Story(until=100, timeout=10).cut(1, 10).received(1, 11).replayed(1, 12)
    story.add(records.ReplicationStopped, 20, secondary="lisbon").cut(2, 20).cut(3, 60)
    story.add(records.ReplicationStarted, 60, secondary="lisbon")
    story.received(2, 61).replayed(2, 62).received(3, 70).replayed(3, 72)
    assert phase(story, "outage") == [(20, 60)]
    assert phase(story, "resync") == [(60, 72)]
    assert phase(story, "steady") == [(0, 20), (72, 100)]
    assert covers_the_run(story)


def test_a_short_reboot_that_leaves_the_lag_within_its_target_needs_no_resync() -> None:
    story = Story(until=100, timeout=10).cut(1, 10).received(1, 11).replayed(1, 12)
    story.add(records.NodeWentDown, 13, site="lisbon").add(records.NodeCameUp, 15, site="lisbon", down_ns=2 * S)
    assert phase(story, "outage") == [(13, 15)]
    assert phase(story, "resync") == []
    assert covers_the_run(story)


def test_a_copy_is_a_resync_until_the_secondary_has_caught_up() -> None:
    story = Story(until=100, timeout=10).copy_began(0, cause="initial_copy", why="first_copy").cut(1, 30)
    story.copied(0, 50, cause="initial_copy").received(1, 55).cut(2, 58).replayed(1, 60).received(2, 62).replayed(2, 64)
    assert phase(story, "resync") == [(0, 64)]
    assert covers_the_run(story)


def test_a_copy_that_is_due_is_a_resync_although_the_old_boundary_can_be_read_meanwhile() -> None:
    story = Story(until=100, timeout=10).cut(1, 10).received(1, 11).replayed(1, 12)
    story.add(records.SecondaryDropped, 15, secondary="lisbon", cause="save_volume_full", sets_behind=0)
    story.cut(2, 30).copy_began(30, stamp=2).copied(2, 35)
    assert phase(story, "resync") == [(15, 35)]
    assert covers_the_run(story)


def test_who_never_catches_up_is_in_resync_to_the_end() -> None:
    story = Story(until=100, timeout=10).add(records.NodeWentDown, 10, site="madrid")
    story.add(records.NodeCameUp, 50, site="madrid", down_ns=40 * S)
    assert phase(story, "resync") == [(50, 100)]
    assert covers_the_run(story)


def test_an_outage_within_a_copy_wins_over_it() -> None:
    story = Story(until=100, timeout=10).copy_began(10).add(records.NodeWentDown, 20, site="lisbon")
    story.add(records.NodeCameUp, 30, site="lisbon", down_ns=10 * S).cut(1, 40).copied(1, 45)
    assert phase(story, "outage") == [(20, 30)]
    assert phase(story, "resync") == [(10, 20), (30, 45)]
    assert covers_the_run(story)


def test_the_target_of_catching_up_grows_with_the_timeouts() -> None:
    story = Story(until=100, timeout=10)
    story.add(records.PolicyChanged, 5, secondary="", timeout_ns=15 * S, high_water_mark_bytes=0)
    story.add(records.PolicyChanged, 5, secondary="lisbon", timeout_ns=7 * S, high_water_mark_bytes=0)
    read = Read(story.run())
    assert read.settled_ns(read.mirrors[0], "lisbon") == 37 * S


def test_a_link_that_is_cut_is_an_outage_and_one_that_is_only_slow_is_none() -> None:
    story = Story(until=100, timeout=10).link("wan", ("madrid", "lisbon")).route("lisbon", "madrid", "wan")
    story.cut(1, 10).received(1, 11).replayed(1, 12).fault(20, 30, "wan", direction="lisbon -> madrid")
    story.fault(50, 60, "wan", kind="link-slow").cut(2, 30).received(2, 31).replayed(2, 40)
    story.cut(3, 40).received(3, 41).replayed(3, 42)
    assert phase(story, "outage") == [(20, 30)], "without acknowledgements nothing goes on"
    assert phase(story, "resync") == []
    assert covers_the_run(story)


def test_a_link_on_nobodys_way_cut_is_no_outage_and_a_member_that_cannot_be_reached_is_one() -> None:
    story = Story(until=100, timeout=10).link("wan", ("madrid", "lisbon")).link("spare", ("lisbon", "porto"))
    story.route("lisbon", "madrid", "wan").fault(20, 30, "spare").unreachable(40, 50, 60)
    assert phase(story, "outage") == [(50, 60)]
    assert covers_the_run(story)


def test_a_forwarder_that_is_passed_by_is_on_nobodys_way() -> None:
    story = Story(until=100, timeout=10, links=False).link("trunk", ("madrid", "hub")).link("west", ("hub", "lisbon"))
    story.link("direct", ("madrid", "lisbon")).route("hub", "madrid", "trunk", role="forwarder")
    story.route("lisbon", "hub", "west").fault(20, 80, "west").rerouted(30, "lisbon", "madrid", "direct", before="hub")
    read = Read(story.run())
    assert read.outages.of(read.mirrors[0], "lisbon").spans == ((20 * S, 30 * S),)
