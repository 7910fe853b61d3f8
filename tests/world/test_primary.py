"""The primary: cuts at the exact instant, copy-out, flow control (FIG 10, C6-C11, C14, C15)."""

from __future__ import annotations

import pytest

from sim.records import (
    CopyOutFinished,
    CutSkipped,
    DeltaSetCut,
    PolicyChanged,
    SaveVolumeChanged,
    SecondaryDropped,
    SetReplayed,
    WritesLooked,
    WritesResumed,
    WritesSuspended,
)
from tests.world.scenes import MIN, S, facts, gaps, happened, run, scene, standing

EVEN = "{writes: 64 /s, arrivals: even, locality: sequential}"  # 64 blocks of 4 KiB a second: 256 KiB/s


def cut_times(done) -> list[int]:
    return [cut.time_ns for cut in facts(done, DeltaSetCut)]


def test_C6_timeout_cuts_on_the_grid_of_its_own_cuts() -> None:
    done = run(scene(timeout="7 min", until="30 min"))
    assert cut_times(done) == [7 * MIN, 14 * MIN, 21 * MIN, 28 * MIN]
    assert all(cut.cause == "timeout" and cut.late_ns == 0 for cut in facts(done, DeltaSetCut))


def test_C6_high_water_cuts_at_the_instant_of_the_kth_first_touch() -> None:
    # 8 MiB are 2,048 blocks; the k-th even write comes at k / 64 s
    done = run(scene(workload=EVEN, high_water_mark="8 MiB", until="3 min"))
    assert cut_times(done) == [32 * S * k for k in range(1, 6)]
    assert {cut.cause for cut in facts(done, DeltaSetCut)} == {"high_water_mark"}
    assert {cut.blocks for cut in facts(done, DeltaSetCut)} == {2048}


def test_C6_both_triggers_in_one_instant_are_one_cut() -> None:
    done = run(scene(workload=EVEN, high_water_mark="8 MiB", timeout="32 s", until="3 min"))
    assert cut_times(done) == [32 * S * k for k in range(1, 6)]


def test_C6_poll_rounds_up_to_the_service_interval() -> None:
    done = run(scene(workload=EVEN, high_water_mark="8 MiB", until="3 min", replication="poll: 20 s"))
    assert cut_times(done) == [40 * S * k for k in range(1, 5)]


def test_a_write_at_the_instant_of_a_cut_belongs_to_the_set() -> None:
    done = run(scene(workload=EVEN, timeout="10 s", until="25 s"))
    assert [cut.blocks for cut in facts(done, DeltaSetCut)] == [640, 640]


def test_case_71_an_event_exactly_at_the_end_happens() -> None:
    done = run(scene(timeout="10 min", until="30 min"))
    assert cut_times(done) == [10 * MIN, 20 * MIN, 30 * MIN]


def test_case_13_timeout_longer_than_the_run_makes_no_set() -> None:
    done = run(scene(timeout="2 h", high_water_mark="60 MiB", until="30 min", save_volume="{size: 64 MiB}"))
    assert not happened(done, DeltaSetCut)
    assert sum(look.writes for look in facts(done, WritesLooked)) > 8_000


def test_C8_empty_intervals_make_empty_sets_so_that_age_advances() -> None:
    done = run(scene(workload="{writes: 0.001 /s}", until="1 h"))
    empty = facts(done, DeltaSetCut, blocks=0)
    assert len(empty) > 5
    assert facts(done, SetReplayed)[-1].number == 11


def test_C8_empty_sets_can_be_skipped() -> None:
    done = run(scene(workload="{writes: 0.001 /s}", until="1 h", replication="empty_sets: skip"))
    assert happened(done, CutSkipped)
    assert not facts(done, DeltaSetCut, blocks=0)


def test_C15_a_cut_on_demand_commutes_with_the_triggers() -> None:
    done = run(scene(timeout="10 min", timeline="{at: 3 min, kind: cut-now}", until="35 min"))
    assert cut_times(done) == [3 * MIN, 13 * MIN, 23 * MIN, 33 * MIN]
    assert facts(done, DeltaSetCut)[0].cause == "demand"


def test_case_12_demands_during_a_cut_are_one_cut() -> None:
    demands = "{at: 3 min, kind: cut-now}\n{at: 3 min, kind: cut-now}\n{at: 5 min, kind: cut-now}"
    done = run(scene(timeout="5 min", timeline=demands, until="9 min"))
    assert cut_times(done) == [3 * MIN, 5 * MIN]


def test_C4_a_cut_waits_for_the_copy_out_before_it_and_says_so() -> None:
    # 4 MiB at 50 kB/s take 84 s; they are written in 16 s
    done = run(scene(workload=EVEN, high_water_mark="4 MiB", disk="{read: 50 kB/s, write: 80 MB/s}", until="6 min"))
    cuts, copied = facts(done, DeltaSetCut), facts(done, CopyOutFinished)
    assert [cut.time_ns for cut in cuts[1:4]] == [copy.time_ns for copy in copied[:3]]
    assert cuts[1].late_ns == cuts[1].time_ns - 32 * S
    assert cuts[1].blocks > 1024


def test_C5_writes_during_the_copy_out_copy_their_block_first() -> None:
    done = run(scene(workload="{writes: 400 /s, locality: {uniform: true, over: 8 MiB}}", disk="{read: 2 MB/s}"))
    assert any(copy.blocks_before_write for copy in facts(done, CopyOutFinished))
    assert happened(done, SetReplayed)


def test_set_policy_changes_the_triggers_while_they_run() -> None:
    timeline = "{at: 12 min, kind: set-policy, timeout: 3 min}"
    done = run(scene(timeout="10 min", timeline=timeline, until="20 min"))
    assert cut_times(done) == [10 * MIN, 13 * MIN, 16 * MIN, 19 * MIN]
    assert happened(done, PolicyChanged, timeout_ns=3 * MIN)


def test_a_shorter_timeout_that_is_over_already_cuts_at_once() -> None:
    done = run(scene(timeout="10 min", timeline="{at: 5 min, kind: set-policy, timeout: 2 min}", until="8 min"))
    assert cut_times(done) == [5 * MIN, 7 * MIN]


def test_C10_C14_flow_control_stalls_writes_and_accounts_for_them() -> None:
    # 256 KiB/s are written, 128 KiB/s are carried: 16 MiB hold the difference for about two minutes
    done = run(
        scene(
            workload=EVEN,
            bandwidth="1048576 bit/s",
            high_water_mark="2 MiB",
            save_volume="{size: 16 MiB, on_full: suspend}",
            until="20 min",
        )
    )
    stalled = sum(end.stalled_ns for end in facts(done, WritesResumed))
    assert stalled > 5 * MIN
    assert max(used.used_bytes for used in facts(done, SaveVolumeChanged)) <= 16 * 2**20
    written = sum(look.writes for look in facts(done, WritesLooked))
    still = facts(done, WritesSuspended)
    open_stall = 20 * MIN - still[-1].time_ns if len(still) > len(facts(done, WritesResumed)) else 0
    assert (
        written == (20 * MIN - stalled - open_stall) * 64 // S
    )  # every write came, each as much later as it stood still


def test_C12_drop_marks_the_laggard_and_goes_on() -> None:
    done = run(
        scene(
            workload=EVEN,
            bandwidth="262144 bit/s",
            high_water_mark="2 MiB",
            save_volume="{size: 8 MiB, on_full: drop}",
            until="20 min",
        )
    )
    assert happened(done, SecondaryDropped, cause="save_volume_full")
    assert not happened(done, WritesSuspended)


@pytest.mark.parametrize("spare_blocks", [-1, 0, 1])
def test_case_8_a_set_as_large_as_the_save_volume(spare_blocks: int) -> None:
    size = (1024 + spare_blocks) * 4
    done = run(
        scene(
            workload=EVEN,
            high_water_mark="4 MiB" if spare_blocks >= 0 else "4092 KiB",
            save_volume=f"{{size: {size} KiB}}",
            until="4 min",
            replication="",
        )
    )
    cuts = facts(done, DeltaSetCut)
    assert {cut.blocks for cut in cuts} == {min(1024, 1024 + spare_blocks)}
    assert max(used.used_bytes for used in facts(done, SaveVolumeChanged)) <= size * 1024


def test_C7_cuts_come_in_time() -> None:
    done = run(scene(workload="{writes: 200 /s, locality: {zipf: 1.1, over: 40 MiB}}"))
    assert max(gaps(cut_times(done))) <= 5 * MIN
    assert {cut.cause for cut in facts(done, DeltaSetCut)} >= {"high_water_mark"}


def test_case_7_a_volume_that_nobody_writes() -> None:
    done = run(scene(volume="in_use: 50 %", workload="{writes: 0.000001 /s}", until="20 min"))
    assert not any(look.writes for look in facts(done, WritesLooked))


def test_a_stall_during_the_copy_out_loses_no_write_from_before_it() -> None:
    # the disk takes 42 s for a set of 512 blocks; 8 s of writes fill the save volume of 1 MiB meanwhile
    done = run(
        scene(
            workload=EVEN,
            high_water_mark="1 MiB",
            timeout="8 s",
            disk="{read: 50 kB/s, write: 80 MB/s}",
            save_volume="{size: 1 MiB}",
            until="1 min",
        )
    )
    still = facts(done, WritesSuspended, cause="save_volume_full")[0].time_ns
    before = sum(look.writes for look in facts(done, WritesLooked) if look.time_ns <= still)
    assert before == still * 64 // S


def test_set_policy_keeps_the_poll() -> None:
    timeline = "{at: 1 s, kind: set-policy, timeout: 30 s}"
    done = run(scene(workload=EVEN, timeout="10 min", timeline=timeline, until="3 min", replication="poll: 20 s"))
    assert cut_times(done) == [40 * S, 80 * S, 120 * S, 160 * S]


def test_C6_C10_a_poll_lets_no_set_outgrow_the_save_volume() -> None:
    """A mark of 256 KiB with a poll of 11 s: Open grew beyond the save volume until the poll, and the run broke."""
    workload = "{writes: 60 /s, locality: {uniform: true, over: 32 MiB}}"
    done = run(
        scene(workload=workload, high_water_mark="256 KiB", save_volume="{size: 1 MiB}", replication="poll: 11 s")
    )
    assert max(cut.blocks for cut in facts(done, DeltaSetCut)) == 256
    assert "save_volume" in {cut.cause for cut in facts(done, DeltaSetCut)}


def test_history_that_nobody_goes_back_to_is_forgotten() -> None:
    """Sets are released by the last acknowledgement that they need; what they said of the past goes with them."""
    world = standing(scene(workload="{writes: 20 /s}", timeout="1 min", until="30 min"))
    primary = world.mirrors["mirror"].primary
    remembered = [boundary.number for boundary in primary.written._at]
    assert primary.last_cut.number == 30
    assert remembered == [*range(primary.oldest_needed(), 31)]
    assert len(remembered) < 4
