"""What drawn worlds and crashes at every fact found, each as small as it got."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sim.records import (
    CommandRefused,
    CopiesChanged,
    CopyBegan,
    CopyFinished,
    DeltaSetCut,
    DifferenceAsked,
    Promoted,
    ReplayBegan,
    ReplicationBegan,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    SecondaryJoined,
    SetReplayed,
)
from sim.simulation import Run
from sim.summary.status import status
from tests.world.recovery.grounds import ground
from tests.world.scenes import MIN, S, facts, run

SLOW = "bandwidth: 100 kbit/s, rtt: 10 ms, congestion: ideal"
BOTH = "lisbon: {}, porto: {}"


def small(timeline: str, **said: Any) -> Run:
    """A MiB over lines that take a minute and a half for all of it."""
    users = "{writes: 60 /min, locality: {uniform: true, over: 1 MiB}}"
    usual = {"until": "40 min", "workload": users, "size": "1 MiB", "link": SLOW, "timeout": "2 min"}
    return run(ground(timeline, **(usual | said)))


def test_B5_a_swap_whose_copy_dies_while_the_last_set_is_on_its_way_is_refused_then() -> None:
    """The crash was taken for the beginning of the next wait: nobody could write anywhere until the deadline."""
    done = small("{at: 601 s, kind: swap, to: lisbon}\n{at: 602 s, kind: site-lost, site: lisbon}", timeout="5 min")
    [refused] = facts(done, CommandRefused)
    assert (refused.time_ns, refused.why) == (602 * S, "the last set did not arrive: an end of it stopped meanwhile")
    assert facts(done, RoleChanged, site="madrid")[-1].role == "primary"


def test_a_failover_in_the_middle_of_another_copy() -> None:
    """The copier of the generation that ended looked for its transfer (world 57)."""
    done = small("{at: 4 min, kind: join, secondary: lisbon}\n{at: 250 s, kind: failover, to: porto}", secondaries=BOTH)
    assert facts(done, CopyBegan, secondary="lisbon", cause="initial_copy")
    assert facts(done, Promoted, site="porto")
    assert facts(done, ResyncFinished, site="lisbon", way="full")


def test_F11_who_is_the_primary_now_cannot_be_stopped_as_a_secondary() -> None:
    """The timeline named it, and it was looked for among the members (worlds 9, 12)."""
    done = small("{at: 10 min, kind: swap, to: lisbon}\n{at: 20 min, kind: stop, secondary: lisbon}")
    [refused] = facts(done, CommandRefused)
    assert (refused.command, refused.why) == ("stop", "lisbon is the primary now")


def test_V7_nothing_is_cut_at_or_copied_from_a_volume_that_was_destroyed() -> None:
    """The empty volume was cut and copied on, and could be made read-only (world 2)."""
    done = small(
        """
        {at: 601 s, kind: site-lost, site: madrid, destroys: [volume], for: 10 s}
        {at: 12 min, kind: join, secondary: porto}
        {at: 13 min, kind: swap, to: lisbon}
        {at: 20 min, kind: failover, to: lisbon}
        {at: 30 min, kind: resync}
        """,
        secondaries=BOTH,
    )
    [swap] = facts(done, CommandRefused, command="swap")
    assert "the volume at madrid is lost" in swap.why
    assert [role.role for role in facts(done, RoleChanged, site="madrid")][:2] == ["lost", "awaiting"]
    assert not [cut for cut in facts(done, DeltaSetCut, generation=1) if cut.time_ns > 601 * S]
    assert not [copy for copy in facts(done, CopyBegan) if copy.time_ns < 20 * MIN]
    assert facts(done, ResyncFinished, site="madrid", way="full")


def test_F5_a_source_that_was_replaced_hears_of_it_when_the_new_one_is_back() -> None:
    """Only its own restart, and ways that changed, were listened to (world 28)."""
    done = small(
        """
        {at: 5 min, id: fire, kind: site-lost, site: madrid, for: 10 min}
        {at: fire + 1 min, kind: failover, to: lisbon}
        {at: 14 min, kind: reboot, site: lisbon, for: 4 min}
        """
    )
    assert [(role.time_ns, role.role) for role in facts(done, RoleChanged, site="madrid")] == [
        (5 * MIN, "lost"), (15 * MIN, "stale_primary"), (18 * MIN, "demoted")
    ]  # fmt: skip


def test_F5_a_way_that_is_cut_just_when_the_command_is_given() -> None:
    """When users went over the way was back, and no news of it came any more: split brain for ever (world 9)."""
    done = small(
        """
        {at: 10 min, kind: link-down, link: iberia, for: 1 s}
        {at: 10 min, kind: link-down, link: north, for: 1 s}
        {at: 10 min, kind: failover, to: lisbon}
        """
    )
    assert [role.role for role in facts(done, RoleChanged, site="madrid")] == ["stale_primary", "demoted"]
    assert facts(done, RoleChanged, site="madrid", role="demoted")[0].time_ns == facts(done, Promoted)[0].time_ns


def test_R8_a_save_volume_that_is_lost_in_mid_resync_does_not_end_it_as_another_copy() -> None:
    """It became a full copy that called itself incremental; the undo list is there, so it can go on (world 11)."""
    done = small(
        """
        {at: 5 min, id: fire, kind: site-lost, site: madrid, for: 5 min}
        {at: fire + 1 min, kind: failover, to: lisbon}
        {at: 12 min, kind: resync}
        {at: 721 s, kind: site-lost, site: madrid, destroys: [save_volume_part, snapshot_store], for: 1 min}
        """
    )
    assert [plan.way for plan in facts(done, ResyncPlanned)] == ["incremental", "incremental"]
    assert facts(done, ResyncFinished, site="madrid", way="incremental")


def test_R5_a_source_whose_sets_are_spoilt_begins_anew_and_says_why() -> None:
    """It sent them, and nobody ever took them (world 70)."""
    done = small(
        """
        {at: 3 min, kind: stop, secondary: lisbon}
        {at: 601 s, kind: site-lost, site: madrid, corrupts: [save_volume], for: 10 s}
        {at: 15 min, kind: start, secondary: lisbon}
        """
    )
    assert [began.generation for began in facts(done, ReplicationBegan)] == [1, 2]
    assert [copy.why for copy in facts(done, CopyBegan)] == ["save_volume_corrupt"]
    assert facts(done, ResyncFinished, site="lisbon")


def test_R13_status_of_a_copy_for_which_nothing_is_kept() -> None:
    """Its sets were counted, and were gone (world 92)."""
    done = small(
        "{at: 3 min, kind: stop, secondary: lisbon}\n{at: 20 min, kind: status}",
        save_volume="{size: 1 MiB, on_full: drop}",
        replication="high_water_mark: 512 KiB",
    )
    assert not facts(done, DifferenceAsked)


def test_R5_a_stale_primary_without_its_log_waits_for_a_copy() -> None:
    """It waited, was told, and should have become what it could not (world 2)."""
    done = small(
        """
        {at: 5 min, id: fire, kind: site-lost, site: madrid, destroys: [modification_log], for: 5 min}
        {at: fire + 1 min, kind: failover, to: lisbon}
        {at: 9 min, kind: link-down, link: iberia, for: 5 min}
        {at: 9 min, kind: link-down, link: north, for: 5 min}
        {at: 20 min, kind: resync}
        """
    )
    assert [role.role for role in facts(done, RoleChanged, site="madrid")][:2] == ["lost", "awaiting"]
    assert facts(done, ResyncPlanned)[0].cause == "modification_log_lost"
    assert facts(done, ResyncFinished, site="madrid", way="full")


def test_V7_a_copy_whose_sets_are_spoilt_in_mid_replay_shows_nothing() -> None:
    """It went on with the set, and showed what was never written (world 176)."""
    done = small(
        "{at: 156 s, kind: site-lost, site: lisbon, corrupts: [save_volume], for: 2 s}",
        sites="lisbon: {disk: {read: 100 MB/s, write: 20 kB/s}}",
    )
    assert facts(done, ReplayBegan)[0].time_ns < 156 * S
    assert not [replay for replay in facts(done, SetReplayed) if replay.number == 1]
    assert [copy.why for copy in facts(done, CopyBegan)] == ["save_volume_corrupt"]


def test_B1_the_boundary_of_a_swap_moves_when_somebody_asks_for_a_cut_while_it_mounts() -> None:
    """Its restart point was stamped with the set before (world 178)."""
    done = small(
        "{at: 10 min, kind: swap, to: lisbon}\n{at: 640 s, kind: cut-now}\n{at: 659 s, kind: cut-now}",
        secondaries=BOTH, recovery="mount: 1 min", timeout="15 s",
    )  # fmt: skip
    [promoted] = facts(done, Promoted)
    assert promoted.site == "lisbon"
    causes = [cut.cause for cut in facts(done, DeltaSetCut, generation=1)]
    assert causes[causes.index("swap") :] == ["swap", "demand", "demand"]  # nothing by itself: nobody writes
    assert not facts(done, ResyncPlanned)


def test_a_run_may_end_with_an_empty_volume_that_nobody_replaced() -> None:
    """Its copy was expected to equal it, and status counted blocks against it (world 225)."""
    done = small("{at: 150 s, kind: site-lost, site: madrid, destroys: [volume], for: 10 s}\n{at: 5 min, kind: status}")
    assert [role.role for role in facts(done, RoleChanged)] == ["lost", "awaiting"]
    assert not facts(done, DifferenceAsked)


def test_E6_a_source_that_was_told_and_loses_its_sets_does_not_begin_anew() -> None:
    """It did, and users wrote there until the other was mounted (world 474)."""
    done = small(
        """
        {at: 301 s, kind: failover, to: lisbon}
        {at: 304 s, kind: site-lost, site: madrid, destroys: [save_volume], for: 1 s}
        {at: 10 min, kind: resync}
        """
    )
    assert [began.generation for began in facts(done, ReplicationBegan)] == [1, 2]
    assert [role.role for role in facts(done, RoleChanged, site="madrid")][:3] == ["demoted", "lost", "demoted"]
    assert facts(done, ResyncFinished, site="madrid", way="incremental")  # what is to be undone was in Open


def test_F7_a_copy_that_is_destroyed_while_it_is_mounted_is_not_promoted() -> None:
    """Users were given the empty volume (world 506); they stay where they were, until the other copy is promoted."""
    done = small(
        """
        {at: 301 s, kind: failover, to: lisbon}
        {at: 304 s, kind: site-lost, site: lisbon, destroys: [volume], for: 1 s}
        {at: 20 min, kind: failover, to: porto}
        """,
        secondaries=BOTH,
    )
    [refused] = facts(done, CommandRefused)
    assert "was destroyed before" in refused.why
    assert facts(done, RoleChanged, site="madrid", role="primary")[0].time_ns == refused.time_ns
    assert facts(done, ResyncFinished, site="lisbon", way="full")
    assert [fact.site for fact in facts(done, Promoted)] == ["porto"]


def test_F5_a_source_without_a_volume_that_cannot_be_told_is_no_stale_primary() -> None:
    """There is nothing to write to; it became one (world 616)."""
    done = small(
        """
        {at: 5 min, kind: site-lost, site: madrid, destroys: [volume], for: 1 min}
        {at: 7 min, kind: link-down, link: iberia, for: 5 min}
        {at: 7 min, kind: link-down, link: north, for: 5 min}
        {at: 8 min, kind: failover, to: lisbon}
        {at: 15 min, kind: resync}
        """
    )
    roles = [role.role for role in facts(done, RoleChanged, site="madrid")]
    assert roles == ["lost", "awaiting", "resyncing", "secondary"]


def test_R13_a_block_in_many_waiting_sets_differs_once() -> None:
    """Sets were added up: of a volume of 256 blocks many more than that were said to differ."""
    done = small("{at: 3 min, kind: stop, secondary: lisbon}\n{at: 39 min, kind: status}", save_volume="{size: 64 MiB}")
    [asked] = facts(done, DifferenceAsked)
    waiting = [cut.blocks for cut in facts(done, DeltaSetCut) if cut.time_ns > 3 * 60 * S]
    assert sum(waiting) > 256
    assert max(waiting) <= asked.blocks <= 256


def test_a_policy_of_playback_that_an_operator_set_outlives_a_change_of_source() -> None:
    """Whoever had been told to play back every 10 min did so as the scenario says under the next source."""
    done = small(
        "{at: 4 min, kind: set-policy, secondary: porto, timeout: 10 min}\n{at: 10 min, kind: swap, to: lisbon}",
        secondaries=BOTH,
    )
    [swapped] = facts(done, Promoted)
    replays = facts(done, SetReplayed, secondary="porto")
    played = [replay.time_ns for replay in replays if replay.time_ns > swapped.time_ns + MIN]
    assert len(played) >= 2
    assert all(later - earlier >= 9 * 60 * S for earlier, later in pairwise(played))
    policy = next(one.policy for one in status(done, 39 * 60 * S).replications[0].destinations if one.name == "porto")
    assert policy.timeout_ns == 10 * 60 * S


def test_a_copy_that_joined_for_the_first_time_is_a_secondary_and_can_take_over() -> None:
    """It waited for ever as far as its role went, and a failover to it broke the simulator (worlds 43, 119)."""
    done = small("{at: 4 min, kind: join, secondary: lisbon}\n{at: 20 min, kind: failover, to: lisbon}")
    assert facts(done, CopyFinished, secondary="lisbon", cause="initial_copy")
    assert [promoted.site for promoted in facts(done, Promoted)] == ["lisbon"]
    assert [role.role for role in facts(done, RoleChanged, site="lisbon")] == ["secondary", "primary"]


def test_who_left_stays_out_whoever_is_the_source_until_it_joins_again() -> None:
    """The next source called back whom an operator had taken out."""
    leaves = "{at: 4 min, kind: leave, secondary: porto}\n{at: 10 min, kind: failover, to: lisbon}"
    asked = "{at: 12 min, kind: resync, site: porto}\n{at: 20 min, kind: join, secondary: porto}"
    done = small(f"{leaves}\n{asked}", secondaries=BOTH)
    [promoted] = facts(done, Promoted)
    [refused] = facts(done, CommandRefused)
    assert refused.why == "porto is no member of the replication: it has to join"
    [joined] = [
        one.time_ns for one in facts(done, SecondaryJoined, secondary="porto") if one.time_ns >= promoted.time_ns
    ]
    assert joined == 20 * MIN
    assert facts(done, RoleChanged, site="porto")[-1].role == "secondary"
    assert facts(done, SetReplayed, secondary="porto", generation=2)


def test_who_left_and_lost_its_volume_meanwhile_gets_a_whole_copy_when_it_joins() -> None:
    burns = "{at: 6 min, kind: site-lost, site: porto, destroys: [volume], for: 1 min}"
    done = small(
        f"{{at: 4 min, kind: leave, secondary: porto}}\n{burns}\n{{at: 10 min, kind: join, secondary: porto}}",
        secondaries=BOTH,
    )
    [planned] = facts(done, ResyncPlanned, site="porto")
    assert (planned.way, planned.cause) == ("full", "volume_lost")
    assert facts(done, RoleChanged, site="porto")[-1].role == "secondary"
    assert facts(done, CopiesChanged)[-1].copies == 3
