"""Corner cases of recovery by their numbers in CORRECTNESS.md, those that no other test is named after.

45 and 60 are also covered by a crash after every fact (test_fail_at_k), 42 and 47 by the split brain of test_failover,
46 and 48 by the planner's situations, 61 by test_cycles.
"""

from __future__ import annotations

from typing import Any

import pytest

from sim.records import (
    CommandDone,
    CommandRefused,
    ConvergenceFailed,
    LossCounted,
    Promoted,
    ReplayBegan,
    RestartPointTaken,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    SetReplayed,
    SnapshotDeleted,
)
from sim.simulation import Run
from tests.world.recovery.grounds import ground
from tests.world.scenes import MIN, S, facts, run

SLOW = "bandwidth: 100 kbit/s, rtt: 10 ms, congestion: ideal"
BOTH = "lisbon: {}, porto: {}"
FIRE = """
{at: 301 s, id: fire, kind: site-lost, site: madrid, for: 5 min}
{at: fire + 1 min, kind: failover, to: lisbon}
"""


def small(timeline: str, **said: Any) -> Run:
    users = "{writes: 60 /min, locality: {uniform: true, over: 1 MiB}}"
    usual = {"until": "40 min", "workload": users, "size": "1 MiB", "link": SLOW, "timeout": "2 min"}
    return run(ground(timeline, **(usual | said)))


def restart_point(done: Run) -> int:
    [point] = facts(done, RestartPointTaken)
    return point.number


def home(done: Run) -> None:
    """Users are where the scenario has them, and everybody follows."""
    assert facts(done, Promoted)[-1].site == "madrid"
    roles = {role.site: role.role for role in facts(done, RoleChanged)}
    assert roles.pop("madrid") == "primary"
    assert set(roles.values()) == {"secondary"}


def test_35_now_finishes_the_set_that_is_half_applied_and_no_other() -> None:
    slow = {"sites": "lisbon: {disk: {read: 100 MB/s, write: 1500 B/s}}"}  # a set takes longer than until the next
    done = small("{at: 304 s, kind: failover, to: lisbon, mode: now}", **slow)
    begun = [replay.number for replay in facts(done, ReplayBegan, generation=1)]
    assert begun == [1]
    assert facts(done, SetReplayed, generation=1)[-1].time_ns > 304 * S  # it was under way
    assert restart_point(done) == 1


def test_36_now_leaves_what_was_received_and_not_played_and_replay_begins_anew_afterwards() -> None:
    waits = {"secondaries": "lisbon: {timeout: 20 min}, porto: {}"}
    done = small("{at: 310 s, kind: failover, to: lisbon, mode: now}\n{at: 15 min, kind: resync}", **waits)
    assert restart_point(done) == 0
    [loss] = facts(done, LossCounted)
    assert loss.sets == 2
    assert facts(done, SetReplayed, secondary="porto", generation=2)
    assert facts(done, SetReplayed, secondary="madrid", generation=2)


def test_37_sync_whose_primary_dies_after_it_became_read_only_changes_nothing() -> None:
    done = small(
        "{at: 350 s, kind: failover, to: lisbon, mode: sync}\n{at: 351 s, kind: reboot, site: madrid, for: 1 min}"
    )
    assert [role.role for role in facts(done, RoleChanged)] == ["demoted", "lost", "primary"]
    assert facts(done, CommandRefused)[0].time_ns == 351 * S
    assert not facts(done, Promoted)


def test_38_sync_behind_a_line_that_is_too_slow_gives_up_and_says_at_which_rates() -> None:
    done = small(
        "{at: 6 min, kind: failover, to: lisbon, mode: sync}",
        workload="{writes: 6 /s, arrivals: even, locality: sequential}", recovery="converge_within: 10 min",
        timeout="20 s", size="4 MiB",
    )  # fmt: skip
    [failed] = facts(done, ConvergenceFailed)
    assert failed.written_bytes_per_s > failed.carried_bytes_per_s > 0
    assert not facts(done, RoleChanged)


def test_39_nobody_takes_over_with_half_a_copy() -> None:
    done = small(
        "{at: 4 min, kind: join, secondary: lisbon}\n{at: 250 s, kind: failover, to: lisbon}", secondaries=BOTH
    )
    [refused] = facts(done, CommandRefused)
    assert refused.why == "lisbon has no whole copy that it could serve"


def test_39_nobody_takes_over_in_the_middle_of_a_resync() -> None:
    done = small(f"{FIRE}{{at: 11 min, kind: resync}}\n{{at: 662 s, kind: swap, to: madrid}}")
    assert facts(done, CommandRefused)[0].why == "madrid is being resynchronised: it is no consistent copy"


def test_40_of_two_that_are_promoted_at_the_same_instant_one_is() -> None:
    done = small("{at: 5 min, kind: failover, to: lisbon}\n{at: 5 min, kind: failover, to: porto}", secondaries=BOTH)
    assert [fact.site for fact in facts(done, Promoted)] == ["lisbon"]
    assert "is under way" in facts(done, CommandRefused)[0].why


def test_41_a_forwarder_with_a_copy_takes_over_and_feeds_on() -> None:
    done = small(f"{FIRE}{{at: 11 min, kind: resync}}\n{{at: 30 min, kind: failback}}",
                 secondaries="lisbon: {}, porto: {via: lisbon}")  # fmt: skip
    assert facts(done, SetReplayed, secondary="porto", generation=2)
    home(done)


def test_43_a_false_alarm_demotes_the_primary_and_nothing_is_written_in_vain() -> None:
    done = small("{at: 350 s, kind: failover, to: lisbon}\n{at: 7 min, kind: resync}\n{at: 20 min, kind: failback}")
    [loss] = facts(done, LossCounted)
    assert (loss.kind, loss.rpo_ns) == ("failover", 110 * S)
    assert facts(done, ResyncFinished, way="incremental")
    home(done)


def test_44_before_any_set_was_cut_and_without_a_write_afterwards() -> None:
    silent = "{writes: 30 /min, locality: {uniform: true, over: 1 MiB}, rewrite: 0 %}"
    early = small(
        "{at: 30 s, kind: failover, to: lisbon}\n{at: 2 min, kind: resync}\n{at: 10 min, kind: failback}",
        workload=silent,
    )
    assert restart_point(early) == 0
    home(early)
    never = small(
        f"{FIRE}{{at: 11 min, kind: resync}}\n{{at: 20 min, kind: failback}}", workload="{writes: 0.00001 /s}"
    )
    assert facts(never, LossCounted)[0].writes == 0
    assert facts(never, ResyncPlanned)[0].merged_bytes == 0
    home(never)


def test_45_a_crash_between_the_restart_point_and_the_mount() -> None:
    done = small(f"{FIRE}{{at: fire + 62 s, kind: reboot, site: lisbon, for: 30 s}}")
    [point], [promoted] = facts(done, RestartPointTaken), facts(done, Promoted)
    assert point.time_ns == 361 * S
    assert promoted.time_ns == (301 + 62 + 30 + 10) * S  # up again, and mounted


@pytest.mark.parametrize("site", ["madrid", "lisbon", "porto"])
def test_51_a_second_disaster_in_the_middle_of_a_resync(site: str) -> None:
    done = small(
        f"{FIRE}{{at: 11 min, kind: resync}}\n{{at: 665 s, kind: site-lost, site: {site}, for: 2 min}}\n"
        "{at: 20 min, kind: resync}\n{at: 30 min, kind: failback}",
        secondaries=BOTH,
    )  # fmt: skip
    assert facts(done, RoleChanged, site=site, role="lost")[-1].time_ns == 665 * S
    assert facts(done, ResyncFinished, site="madrid", way="incremental")
    home(done)


def test_51_both_are_lost_in_the_middle_of_a_resync() -> None:
    both = "".join(f"{{at: 665 s, kind: site-lost, site: {site}, for: 2 min}}\n" for site in ("madrid", "lisbon"))
    done = small(
        f"{FIRE}{{at: 11 min, kind: resync}}\n{both}{{at: 20 min, kind: resync}}\n{{at: 30 min, kind: failback}}"
    )
    assert facts(done, ResyncFinished, site="madrid", way="incremental")
    home(done)


def test_52_a_restart_snapshot_that_had_to_go_makes_a_full_copy() -> None:
    done = small(f"{FIRE}{{at: 15 min, kind: resync}}\n{{at: 30 min, kind: failback}}",
                 in_use="snapshot_store: {size: 64 KiB}, ", replication="retries: 5",
                 link="bandwidth: 100 Mbit/s, rtt: 10 ms, congestion: ideal")  # fmt: skip
    assert facts(done, SnapshotDeleted, site="lisbon", cause="store_full")
    [plan] = facts(done, ResyncPlanned)
    assert (plan.way, plan.cause) == ("full", "restart_snapshot_lost")
    home(done)


def test_53_users_take_and_delete_snapshots_between_the_restart_point_and_the_resync() -> None:
    done = small(
        f"{FIRE}{{at: 7 min, id: one, kind: snapshot}}\n{{at: 8 min, id: two, kind: snapshot}}\n"
        "{at: 9 min, id: three, kind: snapshot}\n{at: 10 min, kind: delete-snapshot, snapshot: two}\n"
        "{at: 11 min, kind: resync}\n{at: 30 min, kind: failback}"
    )
    assert facts(done, SnapshotDeleted, cause="operator")
    assert facts(done, ResyncFinished, site="madrid", way="incremental")
    home(done)


def test_58_a_failback_that_is_interrupted_between_read_only_and_read_write() -> None:
    done = small(
        f"{FIRE}{{at: 11 min, kind: resync}}\n{{at: 1501 s, kind: failback}}\n"
        "{when: failing-back + 1 s, kind: reboot, site: madrid, for: 1 min}\n{at: 35 min, kind: failback}"
    )
    [refused] = facts(done, CommandRefused)
    [again] = [role for role in facts(done, RoleChanged, site="lisbon", role="primary") if role.time_ns > 25 * MIN]
    assert again.time_ns == refused.time_ns  # the one that was writable is, at once
    home(done)


def test_59_a_failback_twice_and_before_the_resync_is_finished() -> None:
    done = small(
        f"{FIRE}{{at: 10 min, kind: failback}}\n{{at: 11 min, kind: resync}}\n{{at: 661 s, kind: failback}}\n"
        "{at: 30 min, id: home, kind: failback}\n{at: 1801 s, id: twice, kind: failback}\n"
        "{at: 35 min, id: late, kind: failback}"
    )
    whys = [fact.why for fact in facts(done, CommandRefused)]
    assert "it has to be resynchronised first" in whys[0] or "is down" in whys[0]
    assert "is being resynchronised" in whys[1]
    assert {fact.name: fact.effect for fact in facts(done, CommandDone) if fact.command == "failback"} == {
        "home": "done", "twice": "", "late": ""
    }  # fmt: skip
    home(done)


@pytest.mark.parametrize("site", ["madrid", "lisbon"])
@pytest.mark.parametrize("late_ns", [-1, 0, 1])
def test_60_a_disaster_at_the_instant_of_the_role_switch(site: str, late_ns: int) -> None:
    timeline = f"{FIRE}{{at: 11 min, kind: resync}}\n{{at: 20 min, kind: failback}}\n"
    at = facts(small(timeline), Promoted)[-1].time_ns + late_ns
    done = small(
        f"{timeline}{{at: {at} ns, kind: site-lost, site: {site}, for: 1 min}}\n"
        "{at: 30 min, kind: resync}\n{at: 35 min, kind: failback}"
    )
    assert facts(done, RoleChanged, site=site, role="lost")[-1].time_ns == at
    home(done)
