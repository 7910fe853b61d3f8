"""Failover, resync and failback as a user writes them: what is lost and copied, who is writable when (FIG 21-33)."""

from __future__ import annotations

import pytest

from sim.records import (
    BytesCarried,
    CommandDone,
    CommandRefused,
    CopyBegan,
    LossCounted,
    Promoted,
    RecoveryPhase,
    ReplicationBegan,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    SecondaryDropped,
    WritesLooked,
)
from tests.world.recovery.grounds import BURNS, ground
from tests.world.scenes import MIN, S, facts, run

PAYLOAD = {"row_type": "payload"}


def test_a_fire_is_undone_by_difference_and_users_go_back():
    done = run(ground(BURNS), **PAYLOAD)
    [loss] = facts(done, LossCounted)
    lost = [look for look in facts(done, WritesLooked, generation=1) if look.number > loss.number]
    assert loss.writes == sum(look.writes for look in lost) > 0
    assert loss.rpo_ns == 1 * MIN  # the last set was cut a minute before the fire
    [plan] = facts(done, ResyncPlanned)
    assert (plan.way, plan.cause) == ("incremental", "")
    assert plan.undo_bytes == loss.lost_bytes  # nothing else has to be undone (R14)
    assert plan.merged_bytes < plan.full_bytes
    sent = sum(f.carried_bytes for f in facts(done, BytesCarried) if f.cause in ("undo", "resync_delta"))
    assert sent == plan.merged_bytes
    assert [p.site for p in facts(done, Promoted)] == ["lisbon", "madrid"]


def test_F3_F4_a_sync_failover_loses_nothing():
    done = run(ground("{at: 61 min, kind: failover, to: lisbon, mode: sync}"))
    [loss] = facts(done, LossCounted)
    assert (loss.writes, loss.blocks, loss.rpo_ns) == (0, 0, 0)
    assert facts(done, Promoted)


def test_F3_a_sync_failover_without_its_primary_changes_nothing():
    lost = "{at: 61 min, kind: reboot, site: madrid, for: 1 h}"
    done = run(ground(f"{lost}\n{{at: 70 min, kind: failover, to: lisbon, mode: sync}}"))
    [refused] = facts(done, CommandRefused)
    assert "madrid is down" in refused.why
    assert not facts(done, Promoted)


def test_F11_the_same_failover_again_is_no_fault_and_one_to_the_primary_is_refused():
    done = run(
        ground(
            "{at: 1 h, kind: failover, to: lisbon}\n{at: 2 h, kind: failover, to: lisbon}\n"
            "{at: 3 h, kind: swap, to: madrid}"
        )
    )
    assert [done_.effect for done_ in facts(done, CommandDone)][:2] == ["done", ""]
    assert [r.command for r in facts(done, CommandRefused)] == ["swap"]  # it has to be resynchronised first


def test_F5_R14_split_brain_is_told_counted_and_undone():
    done = run(
        ground(
            """
            {at: 61 min, id: cut, kind: link-down, link: iberia, for: 1 h}
            {at: 61 min, kind: link-down, link: north, for: 1 h}
            {at: cut + 20 min, kind: failover, to: lisbon}
            {at: cut + 70 min, kind: resync}
            {when: in-sync, kind: failback}
            """
        ),
        **PAYLOAD,
    )
    failover, doomed = facts(done, LossCounted)
    assert (failover.kind, doomed.kind) == ("failover", "doomed")
    assert doomed.writes > 0
    assert "stale_primary" in [role.role for role in facts(done, RoleChanged, site="madrid")]
    [plan] = facts(done, ResyncPlanned)
    assert plan.way == "incremental"
    assert plan.undo_bytes >= doomed.lost_bytes
    assert facts(done, Promoted)[-1].site == "madrid"


@pytest.mark.parametrize(
    ("destroys", "cause"),
    [("volume", "volume_lost"), ("save_volume", "save_volume_lost"), ("modification_log", "modification_log_lost"),
     ("save_volume_part", "save_volume_partly_lost")],
)  # fmt: skip
def test_R5_what_is_destroyed_makes_a_full_copy_with_its_cause(destroys, cause):
    slow = "bandwidth: 200 kbit/s, rtt: 10 ms, congestion: ideal"
    done = run(
        ground(
            f"{{at: 61 min, id: fire, kind: site-lost, site: madrid, destroys: [{destroys}], for: 1 h}}\n"
            "{at: fire + 10 min, kind: failover, to: lisbon}\n{at: fire + 61 min, kind: resync}",
            link=slow, workload="{writes: 2 /s, locality: {uniform: true, over: 4 MiB}}", until="10 h", size="8 MiB",
        )
    )  # fmt: skip
    [plan] = facts(done, ResyncPlanned)
    assert (plan.way, plan.cause) == ("full", cause)
    assert [copy.why for copy in facts(done, CopyBegan)] == [cause]
    assert facts(done, ResyncFinished, way="full")


def test_B1_B2_B6_swaps_restore_roles_and_lose_nothing():
    done = run(ground("{at: 1 h, kind: swap, to: lisbon}\n{at: 2 h, kind: swap, to: madrid}"), **PAYLOAD)
    assert [(p.site, p.planned) for p in facts(done, Promoted)] == [("lisbon", True), ("madrid", True)]
    assert not facts(done, LossCounted)
    assert not facts(done, CopyBegan)


def test_B4_a_failback_that_cannot_converge_says_so():
    done = run(
        ground(
            BURNS.replace("{when: in-sync, kind: failback}", "{when: resynced + 10 min, kind: failback}"),
            link="bandwidth: 20 Mbit/s, back: {bandwidth: 100 kbit/s}, rtt: 10 ms, congestion: ideal", until="24 h",
            workload="{writes: 12 /s, arrivals: even, locality: sequential}", recovery="converge_within: 30 min",
        )
    )  # fmt: skip
    [refused] = facts(done, CommandRefused)
    assert "does not converge" in refused.why
    assert [p.site for p in facts(done, Promoted)] == ["lisbon"]


def test_F10_phases_sum_up_to_the_time_without_service():
    done = run(ground(BURNS))
    [failover, failback] = facts(done, Promoted)
    until_service = [p for p in facts(done, RecoveryPhase) if p.time_ns <= failover.time_ns]
    assert (
        sum(p.time_ns - p.began_ns for p in until_service)
        == failover.time_ns - failover.disaster_ns
        == 20 * MIN + 10 * S
    )
    whole = sum(p.time_ns - p.began_ns for p in facts(done, RecoveryPhase))
    assert whole == failback.time_ns - failover.disaster_ns


def test_a_snapshot_delta_goes_to_a_copy_that_is_no_member():
    away = "lisbon: {}, porto: {}"
    orders = """
    {at: 0 s, id: first, kind: snapshot}
    {at: 1 h, id: second, kind: snapshot}
    {at: 61 min, kind: copy, secondary: porto, from: first, snapshot: second}
    {at: 2 h, kind: copy, secondary: porto, from: first, snapshot: second}
    {at: 2 h, kind: copy, secondary: lisbon, from: first, snapshot: second}
    {at: 3 h, kind: join, secondary: porto}
    """
    done = run(ground(orders, secondaries=away))
    assert [d.effect for d in facts(done, CommandDone, command="copy")] == ["done"]
    assert [r.why for r in facts(done, CommandRefused)] == [
        "porto does not hold the older snapshot", "lisbon is a member of the replication: sets bring it up to date",
    ]  # fmt: skip
    assert facts(done, BytesCarried, destination="porto")[0].cause == "snapshot_delta"


def test_a_copy_that_was_stopped_replays_what_it_has_when_it_takes_over():
    stopped = "{at: 57 min, kind: stop}\n{at: 61 min, kind: site-lost, site: madrid}"
    done = run(
        ground(f"{stopped}\n{{at: 70 min, kind: failover, to: lisbon}}", secondaries="lisbon: {timeout: 30 min}")
    )
    [loss] = facts(done, LossCounted)
    assert loss.number == 11  # what came in before it was stopped
    assert facts(done, Promoted)


def test_a_resync_that_was_given_up_is_begun_again_when_it_is_ordered_again():
    done = run(
        ground(
            BURNS + "{at: fire + 2 h, kind: resync}",
            link="bandwidth: 2 Mbit/s, rtt: 10 ms, congestion: ideal", in_use="snapshot_store: {size: 1 MiB}, ",
            workload="{writes: 2 /s, locality: {uniform: true, over: 24 MiB}}", replication="retries: 1", until="6 h",
        )
    )  # fmt: skip
    assert [drop.cause for drop in facts(done, SecondaryDropped)][:2] == ["snapshot_store_full", "copies_failed"]
    assert [d.effect for d in facts(done, CommandDone, command="resync")] == ["begun", "begun"]


def test_a_policy_that_an_operator_changed_outlives_a_failover():
    done = run(ground("{at: 30 min, kind: set-policy, timeout: 2 min}" + BURNS, until="3 h"))
    assert [began.timeout_ns for began in facts(done, ReplicationBegan)] == [5 * MIN, 2 * MIN, 2 * MIN]
