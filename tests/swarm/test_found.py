"""What the swarm found, each as a small scenario of its own."""

from __future__ import annotations

import pytest

from sim.records import (
    BytesCarried,
    CopyBegan,
    CopyFinished,
    CopyOutFinished,
    DeltaSetCut,
    NodeCameUp,
    NodeWentDown,
    ReplayBegan,
    SaveVolumeChanged,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    SnapshotTaken,
    WritesResumed,
    WritesSuspended,
)
from sim.scenario.schema import Disk, Site
from tests.swarm.draw import draw
from tests.swarm.world import check
from tests.world.scenes import MIN, S, facts, happened, run, scene

SMALL = "{size: 1 MiB, on_full: %s}"
SLOW_COPY = {"volume": "in_use: 50 %", "bandwidth": "1 Mbit/s"}  # 268 s for a copy


def stalled_at_the_end(done) -> bool:
    return len(facts(done, WritesSuspended)) > len(facts(done, WritesResumed))


def test_start_while_a_copy_is_on_its_way_sends_nothing_that_is_no_longer_held() -> None:
    """The operator's start let the sender go at once, though no set was kept before the copy's stamp: a KeyError."""
    timeline = """
        {at: 30 s, kind: stop}
        {at: 3 min, kind: start}
        {at: 4 min, kind: start}
    """
    done = run(
        scene(
            initial_copy="two-snapshots", save_volume=SMALL % "drop", high_water_mark="256 KiB", timeline=timeline,
            **SLOW_COPY,
        )
    )  # fmt: skip
    begun, finished = facts(done, CopyBegan)[0], facts(done, CopyFinished)[0]
    assert begun.time_ns < 4 * MIN < finished.time_ns
    assert all(fact.number > finished.number for fact in facts(done, SetReceived))


def test_stop_holds_when_a_dropped_secondary_is_to_be_copied() -> None:
    """The copy that followed a drop began at once and let sets flow, though the operator had stopped the secondary."""
    timeline = """
        {at: 30 s, kind: stop}
        {at: 30 min, kind: start}
    """
    done = run(scene(save_volume=SMALL % "drop", high_water_mark="256 KiB", timeline=timeline))
    assert len(facts(done, SecondaryDropped)) == 1
    assert facts(done, CopyBegan)[0].time_ns >= 30 * MIN
    assert not [fact for fact in facts(done, SetReceived) if 30 * S < fact.time_ns < 30 * MIN]
    assert happened(done, SetReplayed, number=facts(done, SetReplayed)[-1].number)


def test_V7_sets_before_the_second_snapshot_are_not_kept_for_the_copy() -> None:
    """They were kept from the start on; the save volume filled, and the cut of the second snapshot waited for ever."""
    done = run(
        scene(initial_copy="two-snapshots", save_volume=SMALL % "suspend", high_water_mark="256 KiB", **SLOW_COPY)
    )
    copied = facts(done, CopyFinished)[0]
    assert not [fact for fact in facts(done, WritesSuspended) if fact.time_ns < 268 * S]
    assert happened(done, SetReplayed) and facts(done, SetReplayed)[0].number > copied.number


def test_C12_nothing_is_kept_for_a_copy_that_was_given_up() -> None:
    """After the last retry the sets of a copy that had failed were kept for ever, and writes stood still for ever."""
    done = run(
        scene(
            initial_copy="run", replication="retries: 0", save_volume=SMALL % "suspend", high_water_mark="256 KiB",
            volume="in_use: 50 %, snapshot_store: {size: 4 KiB}", bandwidth="1 Mbit/s",
        )
    )  # fmt: skip
    assert happened(done, SecondaryDropped, cause="copies_failed")
    assert not stalled_at_the_end(done)
    assert facts(done, SaveVolumeChanged, site="near")[-1].used_bytes == 0
    assert facts(done, DeltaSetCut)[-1].time_ns > 50 * MIN


def test_C10_a_set_fits_the_save_volume_of_every_secondary() -> None:
    """Only the primary's own was looked at; a set larger than a secondary's could never be sent: all stood still."""
    done = run(
        scene(
            high_water_mark="512 KiB", secondary="{save_volume: {size: 512 KiB}}",
            timeline="{at: 1 s, kind: set-policy, high_water_mark: 16 MiB}",
        )
    )  # fmt: skip
    assert {fact.cause for fact in facts(done, DeltaSetCut)} == {"save_volume"}
    assert max(fact.blocks for fact in facts(done, DeltaSetCut)) == 128
    assert facts(done, SetReplayed)[-1].time_ns > 55 * MIN


def test_C10_writes_that_stand_still_during_a_copy_out_go_on_when_it_ends() -> None:
    """Open was as large as a save volume takes, but the next cut was only due at the timeout: five minutes too late."""
    done = run(
        scene(
            until="30 min", workload="{writes: 200 /s}", disk="{read: 100 MB/s, write: 200 kB/s}",
            high_water_mark="1 MiB", save_volume="{size: 2 MiB, on_full: suspend}",
            timeline="{at: 1 s, kind: set-policy, high_water_mark: 64 MiB}",
        )
    )  # fmt: skip
    assert happened(done, WritesResumed, cause="save_volume_full")
    made_room = {fact.time_ns for fact in [*facts(done, CopyOutFinished), *facts(done, SaveVolumeChanged)]}
    assert all(fact.time_ns in made_room for fact in facts(done, WritesResumed))
    assert max(fact.stalled_ns for fact in facts(done, WritesResumed)) < 1 * MIN


@pytest.mark.parametrize(
    ("save_volume", "secondary"),
    [
        ("{size: 4 MiB, on_full: suspend}", "{high_water_mark: 3 MiB}"),
        ("{size: 60 MiB, on_full: suspend}", "{high_water_mark: 3 MiB, save_volume: {size: 4 MiB}}"),
        ("{size: 4 MiB, on_full: suspend}", "{site: near, high_water_mark: 3 MiB}"),
    ],
)
def test_V8_who_waits_for_more_sets_plays_back_when_no_more_fit(save_volume: str, secondary: str) -> None:
    """Below its own high-water mark it waited for a set that waited for the room of those it had: for ever."""
    done = run(
        scene(
            until="3 h", high_water_mark="2.5 MiB", timeout="2 h", save_volume=save_volume,
            secondaries=f"{{copy: {secondary}}}" if "site" in secondary else f"{{far: {secondary}}}",
        )
    )  # fmt: skip
    assert not stalled_at_the_end(done)
    assert facts(done, SetReplayed)[-1].time_ns > 170 * MIN


def test_C7_a_cut_that_waits_for_room_says_so_whatever_the_policy_is_by_then() -> None:
    """A longer timeout while the cut waited made its lateness look shorter than it was."""
    timeline = """
        {at: 1 min, kind: stop}
        {at: 40 min, kind: set-policy, timeout: 6 min}
        {at: 41 min, kind: start}
    """
    done = run(scene(save_volume=SMALL % "suspend", high_water_mark="1 MiB", timeline=timeline))
    late = max(facts(done, DeltaSetCut), key=lambda fact: fact.late_ns)
    assert 41 * MIN < late.time_ns < 42 * MIN
    assert late.late_ns > 30 * MIN


def test_overlapping_reboots_are_one_time_down() -> None:
    """The time down was counted from the beginning of the reboot that ended last."""
    timeline = """
        {at: 5 min, kind: reboot, site: far, for: 2 min}
        {at: 6 min, kind: reboot, site: far, for: 3 min}
    """
    done = run(scene(until="20 min", timeline=timeline))
    assert [fact.time_ns for fact in facts(done, NodeWentDown)] == [5 * MIN]
    assert [fact.down_ns for fact in facts(done, NodeCameUp)] == [4 * MIN]


def test_C10_a_copy_out_that_others_slow_down_is_watched_to_its_end() -> None:
    """A full copy began on the same disk; the copy-out took longer than foreseen, and Open outgrew the save volume."""
    done = run(
        scene(
            until="10 min", workload="{writes: 7 /s}", disk="{read: 30 kB/s, write: 40 kB/s}", size="352 KiB",
            high_water_mark="48 KiB", timeout="14 s", save_volume="{size: 48 KiB, on_full: drop}",
            bandwidth="1 Gbit/s", timeline="{at: 1 s, kind: set-policy, high_water_mark: 64 MiB}",
        )
    )  # fmt: skip
    assert happened(done, CopyBegan, cause="full_copy")
    assert max(fact.blocks for fact in facts(done, DeltaSetCut)) == 12


def test_C7_another_mark_while_a_cut_is_overdue_does_not_hide_since_when() -> None:
    """The timeout was over and the copy-out before it slow; a change of the mark alone made the clock start again."""
    timeline = "{at: 100 s, kind: set-policy, high_water_mark: 8 MiB}"
    done = run(scene(until="20 min", timeout="10 s", disk="{read: 1 MB/s, write: 10 kB/s}", timeline=timeline))
    late = [fact for fact in facts(done, DeltaSetCut) if fact.time_ns > 100 * S]
    assert late and late[0].late_ns > 30 * S


@pytest.mark.parametrize("down_at", ["267 s", "268435400 us", "270 s"])
def test_a_copy_does_not_arrive_at_a_node_that_is_down(down_at: str) -> None:
    """What was still on its way when the secondary stopped was written there while it was down, and the copy ended."""
    timeline = f"{{at: {down_at}, kind: reboot, site: far, for: 2 min}}"
    done = run(scene(initial_copy="run", rtt="5 s", timeline=timeline, **SLOW_COPY))
    up = facts(done, NodeCameUp)[0].time_ns
    assert [fact.time_ns > up for fact in facts(done, CopyFinished)] == [True]
    assert happened(done, SetReplayed)


def test_a_local_copy_hears_of_no_set_while_its_node_is_down() -> None:
    """The operator's start during the reboot of the site made the copy receive, and show, what it could not see."""
    timeline = """
        {at: 1 min, kind: stop}
        {at: 10 min, kind: reboot, site: near, for: 5 min}
        {at: 12 min, kind: start}
    """
    done = run(scene(until="30 min", secondaries="{copy: {site: near}}", timeline=timeline))
    assert {fact.number for fact in facts(done, SetReceived) if fact.time_ns == 15 * MIN} >= {1}
    assert not [fact for fact in facts(done, SetReceived) if 10 * MIN <= fact.time_ns < 15 * MIN]


def test_case_33_playback_that_is_never_idle_leaves_room_for_a_snapshot() -> None:
    """The next group began in the same instant as the one before ended, and a snapshot of the copy was never taken."""
    snapshots = "{snapshots: {every: 5 min, keep: 3}}"
    world = scene(timeout="1 min", secondary=snapshots)
    slow = Site(disk=Disk(read="100 MB/s", write="15 kB/s"))
    done = run(world.model_copy(update={"sites": {**world.sites, "far": slow}}))
    replays, ends = facts(done, ReplayBegan), facts(done, SetReplayed)
    assert sum(one.time_ns == other.time_ns for one, other in zip(ends, replays[1:], strict=False)) > 10
    assert len(facts(done, SnapshotTaken, site="far")) >= 6


def test_V8_an_empty_set_does_not_use_up_the_call_for_room() -> None:
    """Asked for room, the destination played back an empty set and waited again, for the set behind it made none."""
    done = run(
        scene(
            until="3 h", timeout="2 h", high_water_mark="2.5 MiB", save_volume="{size: 2.5 MiB, on_full: suspend}",
            disk="{read: 100 MB/s, write: 8 kB/s}", secondary="{high_water_mark: 3 MiB}", bandwidth="100 kbit/s",
            timeline="{at: 0, kind: cut-now}",
        )
    )  # fmt: skip
    assert facts(done, DeltaSetCut)[0].blocks == 0
    assert not stalled_at_the_end(done) or facts(done, SetReplayed)[-1].time_ns > 150 * MIN
    assert facts(done, SetReplayed)[-1].number > 4


def test_C12_a_local_copy_that_was_dropped_plays_back_no_set_that_is_no_longer_kept_for_it() -> None:
    """Dropped in mid-replay it went on with sets in the shared save volume whose rows others might write over."""
    done = check(draw(3102))
    assert happened(done, SecondaryDropped, secondary="copy", cause="save_volume_full")


def test_C12_nothing_lies_half_received_where_a_copy_was_given_up() -> None:
    """The room of a set in mid-transfer stayed taken in the save volume of a secondary that nothing was sent to."""
    done = run(
        scene(
            initial_copy="run", replication="retries: 0", high_water_mark="256 KiB", bandwidth="100 kbit/s",
            volume="in_use: 50 %, snapshot_store: {size: 800 KiB}",
        )
    )  # fmt: skip
    assert happened(done, SecondaryDropped, cause="copies_failed")
    assert happened(done, BytesCarried, cause="delta_set")
    received = sum(fact.blocks for fact in facts(done, SetReceived)) * 4096
    assert facts(done, SaveVolumeChanged, site="far")[-1].used_bytes == received
