"""Every metric of the table, measured on a ledger whose answer can be worked out by hand."""

from __future__ import annotations

import json
import re

import pytest

from sim import records
from sim.summary import Story as Read
from sim.summary import amount, summarise
from sim.summary.metrics import TABLE, render
from sim.summary.summarising import stands_for_everything, statistic
from tests.summary import test_recovery, test_wan
from tests.summary.ledgers import BLOCK, S, Story, said, scenario

MB = 10**6


def eventful() -> Story:
    """100 seconds with a bit of everything."""
    story = Story(until=100, timeout=10)
    story.looked_ns = 0
    story.add(records.SaveVolumeChanged, 0, site="madrid", used_bytes=0, capacity_bytes=4_000)
    story.look(1, 10, writes=100, new=40).cut(1, 10, blocks=40, late=0.5)
    story.add(records.SaveVolumeChanged, 10, site="madrid", used_bytes=3_000, capacity_bytes=4_000)
    story.carried(2 * MB, 11, 13).received(1, 14, blocks=40).begun(1, 14).replayed(1, 15)
    story.add(records.SaveVolumeChanged, 20, site="madrid", used_bytes=0, capacity_bytes=4_000)
    story.look(2, 20, writes=100, growth=((10, 30), (5, 20))).cut(2, 20, blocks=30, cause="high_water_mark")
    story.add(records.WritesSuspended, 20, cause="save_volume_full")
    story.add(records.WritesResumed, 40, cause="save_volume_full", stalled_ns=20 * S)
    story.add(records.SecondaryDropped, 45, secondary="lisbon", cause="save_volume_full", sets_behind=1)
    story.copy_began(45, stamp=2).carried(3 * MB, 45, 50, cause="full_copy").copied(2, 50)
    story.add(records.ChunksDiscarded, 55, secondary="lisbon", number=2, chunks=7, cause="duplicate")
    story.add(records.NodeWentDown, 60, site="lisbon").add(records.NodeCameUp, 63, site="lisbon", down_ns=3 * S)
    for number, cause in ((1, "schedule"), (2, "schedule"), (3, "copy")):
        story.add(records.SnapshotTaken, 65, volume="home", site="madrid", snapshot=number, cause=cause)
    story.add(records.SnapshotDeleted, 68, volume="home", site="madrid", snapshot=1, cause="schedule")
    story.add(records.SnapshotDeleted, 69, volume="home", site="madrid", snapshot=2, cause="store_full")
    story.add(records.SnapshotStoreChanged, 70, volume="home", site="madrid", used_bytes=500, capacity_bytes=9_000)
    return story.look(3, 100, writes=60, growth=((25, 50),))


BY_HAND = {
    # lag: 0..15 from 0, 15..45 from 5 to 35, unreadable 45..50, 50..100 from 30 to 80
    "lag_seconds.lisbon.max": 80.0,
    "lag_seconds.lisbon.mean": (15 * 7.5 + 30 * 20 + 50 * 55) / 95,
    "lag_seconds.lisbon.p50": 33.75,  # 15 s below 15, 25 s of 5..30, and two lines at once from 30 on: 40 + 2 x 3.75
    "lag_seconds.lisbon.target_seconds": 20.0,
    "lag_seconds.lisbon.above_target_seconds": 15.0 + 50.0,
    "lag_sets.lisbon.max": 1.0,
    "lag_blocks.lisbon.max": 50 + 0.0,
    "lag_bytes.lisbon.max": 50.0 * BLOCK,
    "lag_seconds.lisbon.target_expected": 0,
    "unreadable_seconds.lisbon": 5.0,
    "unreceived_bytes.lisbon": 0,
    "exposure_seconds.default.max": None,  # everything, while the copy is under way
    "exposure_seconds.default.mean": None,
    "exposure_seconds.now.max": None,
    "exposure_seconds.now.p50": 35.0,  # of 100 s: 14 s up to 14, 31 s of 4..35, 5 s of 30..35
    "exposure_seconds.now.p95": 80.0,
    "exposure_everything_seconds.default": 5.0,
    "exposure_everything_seconds.now": 5.0,
    "without_copy_off_site.madrid": 0,
    "exposure_seconds.sync.max": 0.0,
    "exposure_seconds.default.above_target_seconds": 65.0 + 5.0,
    "exposure_seconds.sync.above_target_seconds": 0.0,
    "exposure_blocks.default.p95": 50.0,
    "exposure_bytes.default.p95": 50.0 * BLOCK,
    "exposure_bytes.default.max": None,
    "exposure_writes.default.max": None,
    "save_volume_bytes.madrid.max": 3_000.0,
    "save_volume_bytes.madrid.mean": 300.0,
    "save_volume_fill.madrid.max": 0.75,
    "snapshot_store_bytes.madrid.max": 500.0,
    "snapshot_store_bytes.madrid.mean": 150.0,
    "snapshot_store_fill.madrid.max": 500 / 9_000,
    "snapshots_taken": 3,
    "snapshots_taken.schedule": 2,
    "snapshots_taken.copy": 1,
    "snapshots_deleted": 1,
    "snapshots_deleted.schedule": 1,
    "snapshots_given_up": 1,
    "copies_begun": 1,
    "copies_begun.full_copy": 1,
    "copies_finished": 1,
    "copies_finished.full_copy": 1,
    "link_utilisation.wan.max": 1.0,
    "link_utilisation.wan.mean": 5 * MB * 8 / (100 * 8 * MB),
    "wan_bytes": 5 * MB,
    "wan_bytes.delta_set": 2 * MB,
    "wan_bytes.full_copy": 3 * MB,
    "wan_bytes.initial_copy": 0,
    "wan_bytes.snapshot_delta": 0,
    "wan_bytes.retransmission": 0,
    "link_bytes.wan.delta_set": 2 * MB,
    "link_bytes.wan.full_copy": 3 * MB,
    "written_writes": 260,
    "written_bytes": 260 * BLOCK,
    "delta_sets": 2,
    "delta_sets.timeout": 1,
    "delta_sets.high_water_mark": 1,
    "delta_set_bytes": 70 * BLOCK,
    "coalescing_ratio": 260 / 70,
    "coalesced_bytes": (200 - 70) * BLOCK,
    "stall_seconds": 20.0,
    "stall_seconds.save_volume_full": 20.0,
    "full_copies": 1,
    "full_copies.save_volume_full": 1,
    "cut_delay_seconds.max": 0.5,
    "member_seconds.lisbon": 100.0,
    "chunks_discarded": 7,
    "node_down_seconds.lisbon": 3.0,
    "simulated_seconds": 100.0,
    "lost_writes": 0,
    "lost_blocks": 0,
    "lost_bytes": 0,
    "rpo_seconds": None,
    "rto_seconds": None,
}


@pytest.mark.parametrize("key", BY_HAND)
def test_each_metric_is_what_a_hand_works_out(key: str) -> None:
    summary = summarise(eventful().run())
    assert summary[key] == pytest.approx(BY_HAND[key])
    assert type(summary[key]) is type(BY_HAND[key])


def test_every_metric_of_the_table_is_worked_out_by_hand_somewhere() -> None:
    stems = {re.sub(r"\[.*?\]|\.<\w+>", "", metric.key).split(".")[0] for metric in TABLE}
    assert stems == {key.split(".")[0] for key in BY_HAND | test_wan.BY_HAND | test_recovery.BY_HAND}


def test_what_was_cut_and_has_not_arrived_is_waiting_or_on_its_way() -> None:
    story = Story(until=100).cut(1, 10, blocks=3).received(1, 15).cut(2, 20, blocks=5).cut(3, 30, blocks=7)
    assert summarise(story.run())["unreceived_bytes.lisbon"] == 12 * BLOCK
    assert summarise(story.run(), end_ns=25 * S)["unreceived_bytes.lisbon"] == 5 * BLOCK
    copied = story.copy_began(40, stamp=3).cut(4, 50, blocks=11)
    assert summarise(copied.run())["unreceived_bytes.lisbon"] == 11 * BLOCK, "what the copy holds travels no more"
    copied.add(records.SecondaryDropped, 60, secondary="lisbon", cause="save_volume_full", sets_behind=1)
    assert summarise(copied.run())["unreceived_bytes.lisbon"] == 0


def test_nothing_waits_for_a_link_on_the_primarys_own_site() -> None:
    story = Story(until=40, secondaries=("reports",)).cut(1, 10, blocks=3)
    summary = summarise(story.run(scenario=scenario(mirror=said(reports={"site": "madrid"}))))
    assert not [key for key in summary if key.startswith("unreceived")]


def test_the_target_of_lag_says_where_it_comes_from() -> None:
    told = scenario("max(lag) < 5 min", mirror=said(lisbon={}))
    assert summarise(Story(until=40).run(scenario=told))["lag_seconds.lisbon.target_expected"] == 1


def test_within_a_window_in_which_the_copy_can_be_read_there_is_a_finite_maximum() -> None:
    before, after = summarise(eventful().run(), end_ns=45 * S), summarise(eventful().run(), start_ns=50 * S)
    assert after["exposure_seconds.default.max"] == 80.0
    assert after["exposure_blocks.default.max"] == 50.0
    assert after["exposure_bytes.default.max"] == 50.0 * BLOCK
    assert before["exposure_writes.default.max"] == 100 * 1.4  # at 14 s, just before set 1 is received
    assert after["exposure_everything_seconds.default"] == 0.0


def test_a_copy_that_is_unreadable_most_of_the_time_is_no_safety() -> None:
    story = Story(until=100).copy_began(0, cause="initial_copy", why="first_copy").copied(0, 96, cause="initial_copy")
    summary = summarise(story.run())
    for key in ("exposure_seconds.now.p50", "exposure_bytes.default.p95", "exposure_writes.default.mean"):
        assert summary[key] is None
        assert stands_for_everything(key)
    assert summary["exposure_everything_seconds.default"] == 96.0
    assert summary["exposure_seconds.sync.max"] == 0.0
    assert not stands_for_everything("exposure_seconds.sync.max") and not stands_for_everything("rpo_seconds")
    assert summary["lag_seconds.lisbon.max"] == 100.0, "lag is over the time at which the copy could be read"


def test_without_a_copy_off_site_a_disaster_costs_everything_all_the_time() -> None:
    told = scenario(mirror=said(reports={"site": "madrid"}))
    summary = summarise(Story(until=40, secondaries=("reports",)).run(scenario=told))
    assert summary["exposure_everything_seconds.default"] == 40.0
    assert summary["exposure_seconds.default.p50"] is None
    assert summary["without_copy_off_site.madrid"] == 1
    assert summary["lag_seconds.reports.max"] == 40.0


def test_the_summary_is_flat_json_in_a_stable_order_and_ends_with_the_digest() -> None:
    summary = summarise(eventful().run(digest="d" * 32))
    again = summarise(eventful().run(digest="d" * 32))
    assert json.dumps(summary, allow_nan=False) == json.dumps(again)
    assert list(summary)[-1] == "digest"
    assert summary["digest"] == "d" * 32


def test_keys_are_those_that_the_table_gives() -> None:
    summary = summarise(eventful().run())
    patterns = [
        re.compile(
            re.sub(r"\\\[\\\.<\w+>\\\]", r"(\\.\\w+)?", re.sub(r"\.<\w+>(?!\\\])", r".\\w+", re.escape(metric.key)))
            + (rf"\.({'|'.join(metric.statistics)})" if metric.statistics else "")
        )
        for metric in TABLE
    ]  # fmt: skip
    assert [key for key in summary if key != "digest" and not any(p.fullmatch(key) for p in patterns)] == []


def test_labels_are_put_into_keys() -> None:
    assert render("lag_seconds.<to>", {"to": "lisbon"}) == "lag_seconds.lisbon"
    assert render("wan_bytes[.<cause>]", {}) == "wan_bytes"
    assert render("wan_bytes[.<cause>]", {"cause": r"a\1"}) == r"wan_bytes.a\1"
    assert render("x.<mode>[.<to>].max", {"mode": "now", "to": "porto"}) == "x.now.porto.max"


def test_a_run_in_which_nothing_happened_has_the_values_that_the_table_names() -> None:
    summary = summarise(Story(until=100).run())
    assert (summary["wan_bytes"], summary["delta_sets"], summary["stall_seconds"], summary["full_copies"]) == (
        0,
        0,
        0,
        0,
    )
    assert summary["coalescing_ratio"] is None
    assert summary["lag_bytes.lisbon.max"] == 0.0
    assert summary["lag_seconds.lisbon.max"] == 100.0


def test_without_any_replication_there_is_still_a_summary() -> None:
    run = Story(until=100).run()
    facts = tuple(fact for fact in run.ledger if not isinstance(fact, records.ReplicationBegan))
    summary = summarise(type(run)(ledger=facts))
    assert summary["wan_bytes"] == 0
    assert not [key for key in summary if key.startswith(("lag", "exposure"))]


def test_without_a_sample_there_is_no_number() -> None:
    summary = summarise(Story(until=40).copy_began(0, cause="initial_copy", why="first_copy").run())
    assert summary["lag_seconds.lisbon.p95"] is None
    assert summary["exposure_bytes.now.mean"] is None
    assert summary["unreadable_seconds.lisbon"] == 40.0


def test_a_window_sees_its_own_part_of_the_run() -> None:
    part = summarise(eventful().run(), start_ns=50 * S, end_ns=70 * S)
    assert part["simulated_seconds"] == 20.0
    assert part["lag_seconds.lisbon.max"] == 50.0
    assert part["delta_sets"] == 0
    assert part["wan_bytes"] == 0
    assert part["written_writes"] == pytest.approx(60 * 20 / 80)
    assert part["node_down_seconds.lisbon"] == 3.0
    assert part["stall_seconds"] == 0.0


def test_with_several_secondaries_each_has_its_keys_and_the_best_has_the_short_ones() -> None:
    story = Story(until=40, secondaries=("lisbon", "porto")).cut(1, 10).received(1, 12).received(1, 18, to="porto")
    summary = summarise(story.run())
    assert summary["exposure_seconds.default.mean"] == summary["exposure_seconds.default.lisbon.mean"]
    assert summary["exposure_seconds.default.porto.mean"] > summary["exposure_seconds.default.mean"]  # type: ignore[operator]
    alone = summarise(Story(until=40).run())
    assert not [key for key in alone if key.startswith("exposure") and "lisbon" in key]


def two_replications() -> Story:
    story = Story(until=40).began("other", ("lisbon",)).look(1, 10, new=5).cut(1, 10).received(1, 12)
    story.replication, story.looked_ns = "other", -1
    return story.look(1, 20, new=7).cut(1, 20).received(1, 30)


def test_a_disaster_meets_all_replications_losses_add_up_and_the_oldest_data_counts() -> None:
    summary = summarise(two_replications().run())
    assert summary["exposure_seconds.default.max"] == 30.0
    assert summary["exposure_blocks.default.max"] == 5.0 + 4.0  # at 12 s: set 1 of the one, 12/20 of 7 of the other
    assert summary["exposure_seconds.default.mirror.lisbon.max"] == 28.0 + 2.0


def test_secondaries_of_one_name_are_told_apart_by_their_replication() -> None:
    read = Read(two_replications().run())
    assert [name for _, _, name in read.arms] == ["mirror.lisbon", "other.lisbon"]
    assert "lag_seconds.other.lisbon.max" in summarise(read)


def test_a_statistic_has_a_known_name() -> None:
    with pytest.raises(ValueError, match="no statistic is called median"):
        statistic("median", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (744, "s", "12.4 min"), (119, "s", "119 s"), (0.0042, "s", "4.20 ms"), (0, "s", "0 s"), (2e-5, "s", "20 µs"),
        (3e-12, "s", "0 s"), (3e-9, "s", "3 ns"),
        (7200, "s", "2 h"), (200_000, "s", "2.31 d"), (1536, "B", "1.50 KiB"), (3 * 2**40, "B", "3 TiB"),
        (12, "B", "12 B"), (0.841, "share", "84.1 %"), (1234, "1", "1,234"), (3.714, "1", "3.71"), (None, "s", "–"),
        (123456.7, "1", "123,457"),
    ],
)  # fmt: skip
def test_amounts_are_written_for_people(value: float | None, unit: str, text: str) -> None:
    assert amount(value, unit) == text  # type: ignore[arg-type]
