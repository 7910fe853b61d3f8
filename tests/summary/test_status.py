"""The status of a replication at an instant, from ledgers made by hand."""

from __future__ import annotations

import json

import pytest

from analysis.status import clock, table
from sim import records
from sim.summary import Story as Read
from sim.summary.outages import Outages
from sim.summary.stands import Destination, Status, described
from sim.summary.status import SHOWN, status
from tests.summary.branches import offices
from tests.summary.disasters import Recovered
from tests.summary.ledgers import BLOCK, S, Story, ns, said, scenario
from tests.summary.test_wan import forwarded_tree


def destination(found: Status, name: str = "lisbon") -> Destination:
    return next(one for mirror in found.replications for one in mirror.destinations if one.name == name)


def at(story: Story, seconds: float, **fields: object) -> Status:
    return status(story.run(**fields), ns(seconds))


def test_nothing_that_becomes_true_later_is_known() -> None:
    run = forwarded_tree().run()
    early = status(run, 45 * S)
    cut_short = status(type(run)(tuple(fact for fact in run.ledger if fact.time_ns <= 45 * S)), 45 * S)
    assert early == cut_short
    assert [str(cut.name) for cut in early.replications[0].sets] == ["g1.3", "g1.2", "g1.1"]
    assert [str(name) for name in destination(early).outstanding] == ["g1.2", "g1.3"]
    assert (destination(early).backlog_sets, destination(early).backlog_bytes) == (2, 300 * BLOCK)
    assert destination(early).lag_ns == 35 * S


def test_a_fact_of_the_very_instant_counts() -> None:
    story = Story(until=40).cut(1, 10, blocks=2).received(1, 12, blocks=2).begun(1, 12).replayed(1, 13)
    assert str(destination(at(story, 13)).replayed) == "g1.1"
    assert destination(at(story, 12.999)).replayed == (1, 0)
    replay = destination(at(story, 13)).replays[at(story, 13).replications[0].sets[0].name]
    assert (replay.ended_ns, replay.took_ns, replay.sets) == (13 * S, S, 1)


def test_the_set_being_filled_is_counted_up_to_the_last_look() -> None:
    story = Story(until=40).look(1, 5, new=7).look(1, 10, new=3).cut(1, 10, blocks=10).look(2, 15, new=4)
    (one,) = at(story, 18).replications
    assert (str(one.current), one.current_blocks, one.current_looked_ns, one.current_since_ns) == (
        "g1.2", 4, 15 * S, 10 * S,
    )  # fmt: skip
    assert "4 blocks (32 KiB) so far, counted at 0:00:15" in table(at(story, 18))
    assert "so far, counted" not in table(at(story, 15))


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (lambda story: story, "in step"),
        (lambda story: story.add(records.ReplicationStopped, 5, secondary="lisbon"), "stopped"),
        (lambda story: story.add(records.SecondaryDropped, 5, secondary="lisbon", cause="x", sets_behind=1),
         "waits for a copy"),
        (lambda story: story.copy_began(5), "being copied"),
        (lambda story: story.copy_began(5).copied(0, 6), "in step"),
        (lambda story: story.unreachable(1, 5, None), "unreachable"),
        (lambda story: story.unreachable(1, 5, 6), "in step"),
        (lambda story: story.unreachable(1, 5, None, "hub"), "behind hub, unreachable"),
        (lambda story: story.add(records.SecondaryLeft, 5, secondary="lisbon"), "no member"),
    ],
)  # fmt: skip
def test_the_state_says_what_is_the_matter(told: object, state: str) -> None:
    story = Story(until=40, links=False).link("trunk", ("madrid", "hub")).link("west", ("hub", "lisbon"))
    story.route("hub", "madrid", "trunk", role="forwarder").route("lisbon", "hub", "west")
    assert callable(told)
    assert destination(at(told(story), 10)).state == state


def test_the_next_generation_reaches_and_serves_whom_the_one_before_did_not() -> None:
    """After a split brain the copy that had taken over was said to be unreachable, to the end of the run."""
    story = Recovered(until=100).unreachable(10, 20, None).add(records.ReplicationStopped, 20, secondary="lisbon")
    story.source(50, "lisbon", "madrid").source(60, "madrid", "lisbon")
    assert destination(at(story, 30)).state == "stopped"
    assert destination(at(story, 70)).state == "in step"
    read = Read(story.run())
    assert Outages(read.facts).of(read.mirrors[0], "lisbon").spans == ((ns(20), ns(50)),)


@pytest.mark.parametrize(
    ("role", "state"),
    [
        ("stale_primary", "does not know that it was replaced, takes writes"),
        ("demoted", "off the history, waits for a resync"),
        ("awaiting", "waits for a copy"),
        ("lost", "its site is lost"),
    ],
)
def test_a_copy_off_the_history_says_by_its_role_what_it_waits_for(role: str, state: str) -> None:
    story = Recovered(until=100).source(50, "lisbon", "madrid").role(50, "madrid", role, "none")
    story.add(records.SecondaryLeft, 50, secondary="madrid").cut(1, 60).cut(2, 70)
    madrid = destination(at(story, 80), "madrid")
    assert madrid.state == state
    assert (madrid.eta_linear_ns, madrid.eta_drain_ns) == (None, None)
    story.add(records.SecondaryJoined, 90, secondary="madrid").role(90, "madrid", "resyncing", "raw")
    assert destination(at(story, 91), "madrid").state == "being resynced"


def test_the_first_boundary_of_a_later_generation_is_not_the_start() -> None:
    story = Recovered(until=100).source(50, "lisbon", "madrid")
    assert "up to g2.0, up to g2.0" in table(at(story, 60))
    assert "up to the start, up to the start" in table(at(Story(until=40), 10))


def test_while_a_copy_is_under_way_nothing_is_served_and_no_set_is_outstanding() -> None:
    story = Story(until=40).cut(1, 10).copy_began(12, stamp=1).cut(2, 20)
    found = at(story, 25)
    assert destination(found).lag_ns is None and not destination(found).outstanding
    assert "being copied, nothing to serve" in table(found)


def test_policies_are_those_of_the_scenario_until_they_are_changed() -> None:
    told = scenario(mirror=said(lisbon={"timeout": "3 min", "high_water_mark": "1 MiB"}))
    story = Story(until=400).add(records.PolicyChanged, 50, secondary="", timeout_ns=ns(70), high_water_mark_bytes=9)
    story.add(records.PolicyChanged, 60, secondary="lisbon", timeout_ns=0, high_water_mark_bytes=0)
    before, after = at(story, 40, scenario=told), at(story, 61, scenario=told)
    assert before.replications[0].policy.timeout_ns == ns(10) and after.replications[0].policy.timeout_ns == ns(70)
    assert destination(before).policy.timeout_ns == ns(180)
    assert destination(before).policy.high_water_mark_bytes == 2**20
    assert "at least every 3 min or at 1 MiB received" in " ".join(table(before).split())
    assert "each set as it comes" in table(after)


def test_links_say_what_is_wrong_with_them_and_since_when() -> None:
    story = forwarded_tree()
    story.facts.append(
        records.FaultBegan(
            time_ns=30 * S, fault="fog", kind="link-slow", target="west", direction="hub -> lisbon",
            detail="10 % of the bandwidth", hit=(),
        )
    )  # fmt: skip
    story.in_order().down(90, 99, "porto")
    found = at(story, 45)
    assert {link.link: link.state for link in found.links} == {
        "trunk": "cut", "west": "impaired", "south": "up", "direct": "up",
    }  # fmt: skip
    text = table(found)
    assert "link-slow 10 % of the bandwidth hub -> lisbon since 0:00:30.000" in text
    assert "link-down since 0:00:20.000" in text
    assert [node.site for node in at(story, 95).nodes] == ["porto"]
    assert "the data mover at porto is down since 0:01:30.000" in table(at(story, 95))


def test_save_volumes_are_those_of_the_replication_at_each_site() -> None:
    story = Story(until=40).route("lisbon", "madrid", "wan")
    for site, used in (("madrid", 30), ("lisbon", 10)):
        story.add(records.SaveVolumeChanged, 5, site=site, used_bytes=used, capacity_bytes=100)
    story.add(records.SaveVolumeChanged, 5, site="lisbon", used_bytes=77, capacity_bytes=100, replication="other")
    found = at(story, 10)
    assert found.replications[0].save_volume is not None and found.replications[0].save_volume.used_bytes == 30
    assert "10 B of 100 B (10 %)" in table(found)


def test_of_many_outstanding_sets_all_are_known_and_forty_are_shown() -> None:
    story = Story(until=1000)
    for number in range(1, 91):
        story.cut(number, number * 10)
    found = at(story, 905)
    assert len(found.replications[0].sets) == 90
    assert "and 50 older ones" in table(found)
    kept_up = Story(until=1000)
    for number in range(1, 91):
        kept_up.cut(number, number * 10).replayed(number, number * 10 + 1)
    assert len(at(kept_up, 905).replications[0].sets) == SHOWN
    assert "no outstanding delta sets" in table(at(kept_up, 905))


def test_an_estimate_within_an_outage_counts_from_its_end() -> None:
    found = at(forwarded_tree(), 45)
    assert destination(found).cut_off
    assert "once it can be reached, all of them there in" in " ".join(table(found).split())
    assert not destination(at(forwarded_tree(), 66)).cut_off


def test_of_many_destinations_three_have_a_table_and_the_others_are_named() -> None:
    found = status(offices(), 6500 * S)
    text = table(found)
    assert sum(line.startswith("madrid -> ") for line in text.splitlines()) == 3
    assert "seattle, austin, miami: --to NAME)" in " ".join(text.split())
    asked = table(found, only=("miami",))
    assert "madrid -> miami" in asked and "milan" not in asked
    assert "america  madrid – chicago  200 Mbit/s  cut" in asked and "the other 14 links are up" in asked
    assert "all 15 links are up" in table(status(offices(), 100 * S))


def test_machines_get_names_and_seconds() -> None:
    told = described(at(forwarded_tree(), 45))
    assert json.loads(json.dumps(told)) == told
    (one,) = told["replications"]
    assert (told["time_seconds"], one["current"], one["sets"][0]["created_seconds"]) == (45.0, "g1.4", 40.0)
    lisbon = one["destinations"][0]
    assert lisbon["arrived_seconds"] == {"g1.1": 12.0}
    assert lisbon["replays"]["g1.1"] == {"ended_seconds": 13.0, "took_seconds": None, "blocks": 0, "sets": 1}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_the_terminal(width: int) -> None:
    for found in (status(offices(), 6500 * S), at(forwarded_tree(), 45)):
        text = table(found, width=width)
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text


def test_times_are_of_a_clock() -> None:
    assert clock(ns(20 * 3600 + 11 * 60 + 56.7)) == "20:11:56"
    assert clock(ns(2 * 86_400 + 61)) == "2 d 0:01:01"
    assert clock(ns(59.25), fine=True) == "0:00:59.250"


def test_a_link_that_differs_by_direction_says_both_bandwidths() -> None:
    story = Story(until=40, links=False).link("wan", ("lisbon", "madrid"), back_bits_per_s=800_000)
    asked = table(status(story.link("spare", ("madrid", "porto")).run(), 20 * S))
    assert "8 Mbit/s, back 800 kbit/s" in asked
