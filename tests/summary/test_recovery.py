"""What a disaster cost, phase by phase and byte by byte, on ledgers whose answers can be worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim import records
from sim.summary import Story as Read
from sim.summary import summarise
from sim.summary.countable import COUNTABLE
from sim.summary.recoveries import PHASES, TO_SERVICE
from sim.summary.windows import Windows
from tests.summary.disasters import Recovered, failover, small
from tests.summary.ledgers import BLOCK, S, Story, ns

BY_HAND = {
    "member_seconds.lisbon": 58.0 + 56.0,
    "member_seconds.madrid": 94.0,
    "lost_writes": 15,
    "lost_blocks": 15,
    "lost_bytes": 15 * BLOCK,
    "split_brain_writes": 0,
    "rpo_seconds": 15.0,
    "rto_seconds": 25.0,
    "rto_seconds.detect": 5.0,
    "rto_seconds.decide": 15.0,
    "rto_seconds.drain": 2.0,
    "rto_seconds.snapshot": 1.0,
    "rto_seconds.promote": 2.0,
    "rto_seconds.repair": 50.0,
    "rto_seconds.undo": 10.0,
    "rto_seconds.copy": 20.0,
    "rto_seconds.catch_up": 60.0,
    "rto_seconds.fail_back": 5.0,
    "recovery_seconds": 170.0,
    "failover_rpo_seconds.mirror.1": 15.0,
    "failover_rto_seconds.mirror.1": 25.0,
    "failover_lost_writes.mirror.1": 15,
    "outage_seconds": 25.0,
    "read_only_seconds": 5.0,
    "resync_bytes": 30 * BLOCK,
    "resync_bytes.undo": 15 * BLOCK,
    "resync_bytes.copy": 20 * BLOCK,
    "resync_bytes.merged": 30 * BLOCK,
    "resync_bytes.full": 600 * BLOCK,
    "resync_bytes.sent": 30 * BLOCK,
    "resync_seconds": 30.0,
    "resync_full_copy_seconds": 29.0 * 20,  # 30 blocks were on their way for 29 s, a full copy has 600
    "resyncs": 1,
    "resyncs.incremental": 1,
    "resyncs.full": 0,
    "failovers": 1,
    "failbacks": 1,
    "swaps": 0,
    "refused": 0,
    "gave_up": 0,
    "consistent_copies.min": 1.0,
    "one_copy_seconds": 105.0,
    "no_copy_seconds": 0.0,
    "full_copies": 0,
    "wan_bytes.undo": 15 * BLOCK,
    "wan_bytes.resync_delta": 15 * BLOCK,
}


@pytest.mark.parametrize("key", BY_HAND)
def test_every_number_of_a_recovery_is_the_one_worked_out_by_hand(key: str) -> None:
    assert summarise(small().run())[key] == BY_HAND[key]


def test_F10_the_phases_up_to_service_sum_exactly_to_it_and_all_ten_to_the_whole() -> None:
    (one,) = Read(small().run()).recoveries
    assert [phase.phase for phase in one.phases] == list(PHASES)
    assert sum(one.lasted_ns(name) for name in TO_SERVICE) == one.rto_ns == one.promoted.time_ns - one.began_ns
    assert sum(one.lasted_ns(name) for name in PHASES) == one.whole_ns == one.over_ns - one.began_ns  # type: ignore[operator]


def test_a_run_without_disasters_has_lost_nothing_and_recovered_from_nothing() -> None:
    found = summarise(Story(until=40).cut(1, 10).received(1, 11).replayed(1, 12).run())
    zeros = ("lost_writes", "lost_blocks", "lost_bytes", "split_brain_writes", "outage_seconds", "resyncs", "failovers")
    assert [found[key] for key in zeros] == [0] * len(zeros)
    assert (found["consistent_copies.min"], found["one_copy_seconds"]) == (2.0, 0.0)
    nothing = ("rpo_seconds", "rto_seconds", "rto_seconds.detect", "recovery_seconds", "resync_full_copy_seconds")
    assert [found[key] for key in nothing] == [None] * len(nothing)
    assert not [key for key in found if key.startswith("failover_")]


def unfinished() -> Recovered:
    """Service is back, and that is all."""
    story = Recovered(until=200, timeout=10)
    story.cut(1, 10).received(1, 12).begun(1, 12).replayed(1, 14).cut(2, 20).cut(3, 30)
    story.lost(35)
    story.recovery, story.phase_ends = 1, 35
    failover(story)
    return story


def test_a_recovery_without_a_failback_is_not_over_and_lasts_to_the_end_of_the_run() -> None:
    story = unfinished()
    found = summarise(story.run())
    assert found["recovery_seconds"] is None
    assert (found["rto_seconds"], found["rto_seconds.undo"]) == (25.0, 0.0)
    assert Read(story.run()).phases["recovery"].spans == ((35 * S, 200 * S),)


def test_the_phase_recovery_lasts_from_the_disaster_to_the_failback_and_the_phases_make_up_the_run() -> None:
    phases = Read(small().run()).phases
    assert phases["recovery"].spans == ((35 * S, 205 * S),)
    assert phases["outage"].spans == ()
    parts = [span for name in ("steady", "outage", "recovery", "resync") for span in phases[name].spans]
    assert Windows.of(parts, 260 * S) == phases["all"]
    assert sum(end - begin for begin, end in parts) == 260 * S


def test_of_several_failovers_the_last_one_counts_and_each_has_its_own_number() -> None:
    story = small()
    story.until, story.recovery = 600, 2
    story.lost(300, name="flood").loss(320, number=0, writes=7, blocks=6, rpo_ns=ns(70)).source(320, "lisbon")
    story.promoted(321, "lisbon", disaster=300)
    found = summarise(story.run())
    assert [found[f"failover_rpo_seconds.mirror.{number}"] for number in (1, 2)] == [15.0, 70.0]
    assert [found[f"failover_rto_seconds.mirror.{number}"] for number in (1, 2)] == [25.0, 21.0]
    assert (found["rpo_seconds"], found["rto_seconds"]) == (70.0, 21.0)
    assert (found["lost_writes"], found["lost_blocks"], found["failovers"]) == (22, 21, 2)
    assert found["recovery_seconds"] is None
    assert found["outage_seconds"] == 25.0 + 21.0
    first = summarise(story.run(), end_ns=ns(260))
    assert (first["rpo_seconds"], first["lost_writes"]) == (15.0, 15), "a window has only what happened in it"


def test_doomed_writes_are_counted_apart_from_lost_ones() -> None:
    story = unfinished()
    story.loss(150, "doomed", writes=400, blocks=90)
    found = summarise(story.run())
    assert (found["split_brain_writes"], found["lost_writes"], found["lost_blocks"]) == (400, 15, 15)


def test_a_resync_that_had_to_copy_everything_counts_as_full_and_its_cause_as_a_full_copy() -> None:
    story = unfinished()
    story.back(100, since=35).add(records.SecondaryJoined, 110, secondary="madrid")
    story.planned(110, "full", cause="volume_lost", full=600)
    story.copy_began(111, to="madrid", why="volume_lost", size=600 * BLOCK)
    story.carried(600 * BLOCK, 111, 171, cause="full_copy", way=("lisbon", "madrid"))
    story.carried(50 * BLOCK, 171, 172, cause="retransmission", way=("lisbon", "madrid"))
    story.carried(600 * BLOCK, 111, 171, cause="full_copy", way=("hub", "madrid"))
    story.resynced(172, 0, began=110, way="full")
    found = summarise(story.run())
    assert (found["resyncs.full"], found["full_copies"], found["full_copies.volume_lost"]) == (1, 1, 1)
    assert found["resync_bytes.sent"] == 600 * BLOCK, "on the first hop, without what was sent again"
    assert found["resync_full_copy_seconds"] == 60.0


def test_a_resync_that_had_nothing_to_send_is_held_against_the_rate_of_its_line() -> None:
    story = unfinished()
    story.link("wan", ("madrid", "lisbon"), rate=8_000_000)
    story.add(records.SecondaryJoined, 110, secondary="madrid").route_now(110, "madrid", "lisbon", "wan")
    story.planned(110, full=600).resynced(111, 0, began=110)
    (one,) = Read(story.run()).resyncs
    assert (one.sent_bytes, one.bytes_per_s) == (0, 1_000_000)
    assert one.full_copy_seconds == Fraction(600 * BLOCK, 10**6)


def test_a_resync_that_was_planned_again_after_a_crash_ends_where_the_next_begins() -> None:
    story = unfinished()
    story.planned(110, full=600, undo=5).carried(5 * BLOCK, 111, 112, cause="undo", way=("lisbon", "madrid"))
    story.planned(120, full=600, undo=5).carried(9 * BLOCK, 121, 122, cause="undo", way=("lisbon", "madrid"))
    first, second = Read(story.run()).resyncs
    assert (first.sent_bytes, first.finished, first.ended_ns) == (5 * BLOCK, None, 120 * S)
    assert (second.sent_bytes, second.ended_ns) == (9 * BLOCK, 200 * S)


def test_consistent_copies_are_those_of_the_replication_with_the_fewest() -> None:
    story = Story(until=100).began("other", ("porto",))
    story.add(records.CopiesChanged, 0, copies=2).add(records.CopiesChanged, 0, replication="other", copies=3)
    story.add(records.CopiesChanged, 40, copies=0).add(records.CopiesChanged, 50, replication="other", copies=1)
    story.add(records.CopiesChanged, 60, copies=2)
    found = summarise(story.run())
    assert [found[f"consistent_copies{name}.min"] for name in ("", ".mirror", ".other")] == [0.0, 0.0, 1.0]
    assert (found["no_copy_seconds"], found["one_copy_seconds"]) == (20.0, 40.0)


@pytest.mark.parametrize(
    ("fact", "times"),
    [("site_lost", 1), ("failover", 1), ("resync", 1), ("resync_incremental", 1), ("resync_full", 0), ("failback", 1),
     ("refused", 1)],
)  # fmt: skip
def test_what_happened_in_a_recovery_can_be_counted(fact: str, times: int) -> None:
    story = small()
    story.add(records.CommandRefused, 210, command="failback", name="again", why="it is the source already")
    story.command(211, "failback", "madrid", name="again").done(211, "failback", "", "again")
    read = Read(story.run())
    assert COUNTABLE[fact].count(read, Windows.whole(read.until_ns)) == times


def test_a_transfer_that_was_interrupted_tells_how_fast_a_full_copy_is_while_nothing_is_in_its_way() -> None:
    story = unfinished()
    story.link("wan", ("madrid", "lisbon")).back(100, since=35)
    story.add(records.SecondaryJoined, 110, secondary="madrid").route_now(110, "madrid", "lisbon", "wan")
    story.planned(110, full=600, merged=60).down(120, 150, "lisbon")
    story.carried(60 * BLOCK, 110, 170, cause="resync_delta", way=("lisbon", "madrid")).resynced(170, 0, began=110)
    (one,) = Read(story.in_order().run()).resyncs
    assert one.bytes_per_s == Fraction(60 * BLOCK, 30)
    assert one.full_copy_seconds == 300


def test_next_to_nothing_tells_of_round_trips_and_not_of_the_link() -> None:
    story = unfinished()
    story.link("wan", ("madrid", "lisbon"), rate=8_000_000)
    story.add(records.SecondaryJoined, 110, secondary="madrid").route_now(110, "madrid", "lisbon", "wan")
    story.planned(110, full=600, merged=5).carried(5 * BLOCK, 110, 111, cause="undo", way=("lisbon", "madrid"))
    (one,) = Read(story.resynced(111, 0, began=110).run()).resyncs
    assert (one.sent_bytes, one.bytes_per_s) == (5 * BLOCK, 1_000_000)


def test_a_literal_undo_before_the_plan_belongs_to_its_resync() -> None:
    story = unfinished()
    story.add(records.UndoListStored, 110, site="madrid", blocks=15)
    story.carried(15 * BLOCK, 110, 112, cause="undo", way=("lisbon", "madrid")).planned(112, undo=15, copy=3, full=600)
    story.carried(3 * BLOCK, 112, 113, cause="resync_delta", way=("lisbon", "madrid")).resynced(113, 0, began=110)
    (one,) = Read(story.run()).resyncs
    assert (one.began_ns, one.ended_ns, one.sent_bytes) == (110 * S, 113 * S, 18 * BLOCK)


def test_a_failover_to_a_third_site_is_not_over_when_somebody_else_is_promoted() -> None:
    story = unfinished()
    story.recovery = 0
    story.source(150, "porto", "lisbon").promoted(150, "porto", disaster=145, planned=True)
    assert summarise(story.run())["recovery_seconds"] is None
    story.source(160, "madrid", "porto").promoted(160, "madrid", disaster=155, planned=True)
    assert Read(story.run()).recoveries[0].over_ns == 160 * S


def test_writes_stand_still_only_where_users_have_service() -> None:
    story = unfinished()
    story.generation = 1
    story.add(records.WritesSuspended, 30, cause="reboot")
    assert summarise(story.in_order().run())["stall_seconds"] == 5, "up to the disaster, of which the outage tells"
