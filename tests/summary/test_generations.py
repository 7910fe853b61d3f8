"""A replication over several generations: the history that survives, and who is behind whom in each."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sim import records
from sim.scenario.expect import parse_check as check
from sim.summary import Story as Read
from sim.summary import measure, summarise
from sim.summary.curve import Curve
from sim.summary.mirror import Mirror
from sim.summary.status import status
from tests.summary.disasters import Recovered, small
from tests.summary.ledgers import BLOCK, HandRun, S, ns, said, scenario


def in_seconds(curve: Curve) -> list[tuple[float, ...]]:
    return [(begin / S, end / S, first / S, last / S) for begin, end, first, last in curve.segments()]


def counts(curve: Curve) -> list[tuple[float, ...]]:
    return [(begin / S, end / S, first, last) for begin, end, first, last in curve.segments()]


def spans(windows: object) -> list[tuple[float, float]]:
    return [(begin / S, end / S) for begin, end in windows.spans]  # type: ignore[attr-defined]


def only(story: Recovered) -> Mirror:
    return Read(story.run()).mirrors[0]


def test_the_promoted_site_has_no_lag_while_it_is_the_source_and_the_old_source_has_one_from_its_resync_on() -> None:
    mirror = only(small())
    assert mirror.secondaries == ("lisbon", "madrid")
    assert spans(mirror.membership["lisbon"]) == [(0, 58), (204, 260)]
    assert spans(mirror.membership["madrid"]) == [(110, 204)]
    assert in_seconds(mirror.lag("lisbon"))[2:] == [(24, 58, 4, 38), (204, 240, 0, 36), (240, 260, 10, 30)]
    assert in_seconds(mirror.lag("madrid")) == [(140, 150, 60, 70), (150, 203, 20, 73), (203, 204, 3, 4)]
    assert mirror.unreadable("madrid") == [(110 * S, 140 * S)]


def test_sets_after_the_restart_point_count_before_the_failover_and_never_after_it() -> None:
    mirror = only(small())
    assert counts(mirror.lag_sets("lisbon"))[-4:] == [
        (30, 58, 1, 1),
        (204, 230, 0, 0),
        (230, 240, 1, 1),
        (240, 260, 0, 0),
    ]
    assert [str(name) for name in mirror.generations[1].boundaries.names] == ["g2.0", "g2.1", "g2.2", "g2.3"]


def test_nothing_more_can_be_lost_between_the_disaster_and_the_promotion() -> None:
    mirror = only(small())
    assert in_seconds(mirror.exposure("default"))[2:5] == [(22, 35, 2, 15), (140, 145, 60, 65), (145, 202, 15, 72)]
    assert counts(mirror.exposure_blocks("default"))[5] == (30, 35, 10, 15)
    assert counts(mirror.exposure_writes("default"))[-1] == (235, 260, 0, 0)


def test_without_a_copy_off_site_after_a_failover_a_second_disaster_costs_everything() -> None:
    found = summarise(small().run())
    assert found["exposure_everything_seconds.default"] == 140 - 60
    assert found["exposure_everything_seconds.default.lisbon"] == 0, "it is the source itself then"
    assert found["exposure_everything_seconds.default.madrid"] == 30
    assert found["exposure_seconds.default.max"] is None


def test_a_source_that_could_not_be_told_goes_on_along_a_branch_that_nobody_follows() -> None:
    """Its facts carry the old generation and come between those of the new one."""
    plain, split = small(), small()
    split.generation = 1
    split.looked_ns, split.cut_ns = ns(30), {number: ns(10 * number) for number in range(9)}
    split.look(4, 70, writes=500, new=500).cut(4, 70, blocks=500).look(5, 90, writes=100, new=100).cut(5, 90)
    split.received(3, 71).begun(3, 71).replayed(3, 72)
    split.facts.sort(key=lambda fact: fact.time_ns)
    for metric in ("lag", "lag_blocks", "lag_sets", "backlog_bytes"):
        for name in ("lisbon", "madrid"):
            assert getattr(only(split), metric)(name).segments() == getattr(only(plain), metric)(name).segments()
    for mode in ("default", "now", "sync"):
        assert only(split).exposure_blocks(mode).segments() == only(plain).exposure_blocks(mode).segments()


def test_users_have_service_again_when_another_site_is_promoted_and_only_read_before_a_failback() -> None:
    service = only(small()).service
    assert spans(service.none) == [(35, 60)]
    assert spans(service.read_only) == [(200, 205)]
    assert spans(service.writable) == [(0, 35), (60, 200), (205, 260)]
    assert [state for _, state in service.spans()] == ["writable", "none", "writable", "read_only", "writable"]


def test_a_site_that_comes_back_before_anybody_decides_serves_again() -> None:
    story = Recovered(until=100).lost(20).add(records.SiteBack, 50, disaster="fire", site="madrid", lost_ns=ns(30))
    assert spans(only(story).service.none) == [(20, 50)]
    assert spans(Read(story.run()).phases["outage"]) == [(20, 50)]


def test_a_failover_that_loses_nothing_is_read_only_until_the_promotion() -> None:
    story = Recovered(until=100).command(40, "failover", "lisbon", "sync").role(40, "madrid", "primary", "read_only")
    story.recovery = 1
    story.source(50, "lisbon", "madrid").role(50, "madrid", "secondary", "read_only")
    story.promoted(52, "lisbon", disaster=40, mode="sync")
    mirror = only(story)
    assert (spans(mirror.service.none), spans(mirror.service.read_only)) == ([], [(40, 52)])
    assert in_seconds(mirror.lag("madrid")) == [(50, 100, 0, 50)], "who stays a member stands at the first boundary"


def test_a_secondary_whose_site_is_lost_offers_nothing_until_it_is_back_and_without_its_volume_until_a_copy() -> None:
    story = Recovered(until=100).cut(1, 10).received(1, 11).begun(1, 11).replayed(1, 12)
    kept = story.lost(30, "lisbon").back(50, "lisbon", since=30)
    mirror = only(kept)
    assert mirror.unreadable("lisbon") == [(30 * S, 50 * S)]
    assert spans(mirror.service.none) == []
    assert in_seconds(mirror.exposure("default")) == [(0, 11, 0, 11), (11, 30, 1, 20), (50, 100, 40, 90)]
    burnt = Recovered(until=100).lost(30, "lisbon", "volume").back(50, "lisbon", since=30)
    assert only(burnt).unreadable("lisbon") == [(30 * S, 100 * S)]
    burnt.copy_began(60).copied(0, 70)
    assert only(burnt).unreadable("lisbon") == [(30 * S, 70 * S)]
    assert status(burnt.run(), ns(40)).replications[0].destinations[0].state == "its site is lost"


def test_replications_whose_users_have_no_service_lose_nothing_more_while_others_may() -> None:
    story = Recovered(until=100)
    story.began("other", ("porto",))
    story.facts[-1] = records.ReplicationBegan(
        time_ns=0, replication="other", volume="home", primary="berlin", secondaries=("porto",), generation=1,
        timeout_ns=ns(10), high_water_mark_bytes=0, save_volume_bytes=0,
    )  # fmt: skip
    story.lost(30)
    read = Read(story.run())
    assert [str(mirror.name) for mirror in read.mirrors] == ["mirror", "other"]
    found = summarise(read)
    assert found["exposure_seconds.default.max"] == 100
    assert found["exposure_everything_seconds.default"] == 0


def test_the_status_is_that_of_the_newest_generation() -> None:
    run = small().run()
    before, between, after = (status(run, ns(at)).replications[0] for at in (34, 150, 259))
    assert [one.primary for one in (before, between, after)] == ["madrid", "lisbon", "madrid"]
    assert [str(one.current) for one in (before, between, after)] == ["g1.4", "g2.3", "g3.2"]
    assert [[to.name for to in one.destinations] for one in (before, between, after)] == [
        ["lisbon"], ["madrid"], ["lisbon"],
    ]  # fmt: skip
    madrid = between.destinations[0]
    assert (str(madrid.replayed), madrid.way, madrid.lag_ns) == ("g2.2", ("wan",), 20 * S)


def test_bytes_leave_whichever_site_is_the_source() -> None:
    assert summarise(small().run())["primary_bytes.mirror"] == 30 * BLOCK


def test_what_the_scenario_says_of_secondaries_does_not_ask_for_the_old_source() -> None:
    read = Read(small().run(scenario=scenario(mirror=said(lisbon={"timeout": "3 s"}))))
    assert read.settled_ns(read.mirrors[0], "lisbon") == 23 * S
    assert read.settled_ns(read.mirrors[0], "madrid") == 20 * S


@pytest.mark.parametrize("cycles", [30])
def test_many_generations_in_one_run_are_read_in_one_pass(cycles: int) -> None:
    facts: list[records.Record] = []
    story = Recovered(until=20 * cycles + 20)
    for turn in range(cycles):
        at, sites = 20.0 * turn + 20, ("lisbon", "madrid") if turn % 2 == 0 else ("madrid", "lisbon")
        story.source(at, *sites)
        story.promoted(at, sites[0], disaster=at - 1, planned=True)
        story.look(1, at + 10, writes=3, new=3).cut(1, at + 10, blocks=3)
        story.received(1, at + 11, to=sites[1]).begun(1, at + 11, to=sites[1]).replayed(1, at + 12, to=sites[1])
    facts += story.facts
    mirror = Read(HandRun(tuple(facts))).mirrors[0]
    assert len(mirror.generations) == cycles + 1
    assert sum(len(one.facts.in_order) for one in mirror.generations) < len(facts) + 10 * len(mirror.generations)
    assert mirror.lag("madrid").length_ns == cycles // 2 * 20 * S


def test_a_data_mover_that_restarts_is_no_outage_unless_a_failover_comes_first() -> None:
    story = Recovered(until=100).role(20, "madrid", "lost", "none").role(30, "madrid", "primary", "read_write")
    assert spans(only(story).service.none) == []
    story.role(50, "madrid", "lost", "none")
    story.source(60, "lisbon")
    story.promoted(62, "lisbon", disaster=50)
    assert spans(only(story).service.none) == [(50, 62)]


def test_users_of_a_source_that_was_only_slow_are_served_until_it_is_told() -> None:
    """A false alarm: people answer something that began at 10, and the source writes on until it is fenced at 40."""
    story = Recovered(until=100).command(40, "failover", "lisbon", "default").role(40, "madrid", "demoted", "read_only")
    story.source(44, "lisbon").promoted(45, "lisbon", disaster=10)
    service = only(story).service
    assert (spans(service.none), spans(service.read_only)) == ([], [(40, 45)])


def test_who_is_out_at_the_begin_of_a_generation_was_never_in_it() -> None:
    story = Recovered(until=100, secondaries=("lisbon", "porto")).lost(30)
    story.source(40, "lisbon", "porto", "madrid")
    for name in ("porto", "madrid"):
        story.add(records.SecondaryLeft, 40, secondary=name)
    mirror = only(story)
    assert in_seconds(mirror.lag("porto")) == [(0, 40, 0, 40)]
    assert len(mirror.lag("madrid")) == 0
    assert in_seconds(mirror.exposure("default")) == [(0, 30, 0, 30)]


def test_an_entry_whose_instant_only_the_run_can_tell_is_found_in_its_facts() -> None:
    dynamic = SimpleNamespace(is_static=False)
    entries = [
        SimpleNamespace(id=name, at=dynamic, kind=kind, site="madrid")
        for name, kind in (("fire", "site-lost"), ("failback", "failback"), ("power", "site-back"), ("never", "swap"))
    ]
    run = small().run(scenario=scenario("max(lag{to=lisbon}) < 1 s before fire", timeline=entries))
    read = Read(run)
    assert [read.event_ns(one.id) for one in entries] == [35 * S, 200 * S, 100 * S, None]
    measured = [measure(check(f"max(lag{{to=lisbon}}) < 1 s {when}"), read) for when in ("before fire", "before never")]
    assert measured[0].value == 15
    assert measured[1].why == "never did not happen in this run"


def test_writes_that_stood_still_at_a_source_that_was_replaced_do_so_no_more() -> None:
    story = Recovered(until=100)
    story.add(records.WritesSuspended, 20, cause="save_volume_full").source(50, "lisbon")
    story.add(records.WritesSuspended, 60, cause="reboot").add(records.WritesResumed, 70, cause="reboot", stalled_ns=0)
    found = summarise(story.run())
    assert (found["stall_seconds.save_volume_full"], found["stall_seconds.reboot"]) == (30, 10)


def test_a_source_that_nobody_follows_makes_nobodys_writes_wait() -> None:
    story = Recovered(until=100).source(50, "lisbon")
    for what, at in ((records.WritesSuspended, 60), (records.WritesResumed, 70)):
        more = {"stalled_ns": 0} if what is records.WritesResumed else {}
        story.facts.append(what(time_ns=ns(at), replication="mirror", cause="reboot", generation=1, **more))
    assert summarise(story.run())["stall_seconds"] == 0
