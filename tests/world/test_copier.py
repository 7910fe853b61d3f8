"""New copies while users write (FIG 11; V6, V7, corner cases 23, 32)."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine import Bitmap
from sim.records import (
    BytesCarried,
    CopyBegan,
    CopyFinished,
    NodeCameUp,
    ReplayBegan,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    SnapshotDeleted,
    SnapshotTaken,
)
from tests.world.scenes import MIN, S, facts, happened, run, scene, standing

USED = "in_use: 50 %"  # 32 MiB: 268 s at 1 Mbit/s


def seeding(**options: str):
    return scene(**({"initial_copy": "run", "volume": USED, "bandwidth": "1 Mbit/s", "until": "1 h"} | options))


def test_V7_a_copy_is_not_readable_until_it_is_complete_and_then_plays_on() -> None:
    done = run(seeding())
    copied = facts(done, CopyFinished)[0]
    assert facts(done, CopyBegan)[0].copy_bytes == 32 * 2**20
    assert copied.time_ns >= 32 * 2**20 * 8 * S // 10**6
    assert all(fact.time_ns >= copied.time_ns for fact in facts(done, ReplayBegan))
    assert happened(done, SetReplayed)


def test_only_blocks_in_use_are_copied() -> None:
    done = run(seeding(volume="in_use: 12.5 %", workload="{writes: 5 /s, locality: {uniform: true, over: 4 MiB}}"))
    assert sum(fact.carried_bytes for fact in facts(done, BytesCarried, cause="initial_copy")) == 8 * 2**20


def test_sets_cut_during_the_copy_wait_at_the_secondary() -> None:
    done = run(seeding(timeout="1 min"))
    copied = facts(done, CopyFinished)[0].time_ns
    waiting = [fact for fact in facts(done, SetReceived) if fact.time_ns < copied]
    assert waiting
    assert facts(done, ReplayBegan)[0].first_number == 1


def test_V6_two_snapshots_play_on_from_the_second_stamp() -> None:
    done = run(seeding(initial_copy="two-snapshots", timeout="1 min"))
    stamp = facts(done, CopyFinished)[0].number
    assert stamp >= 4
    assert facts(done, ReplayBegan)[0].first_number == stamp + 1
    assert sum(fact.carried_bytes for fact in facts(done, BytesCarried, cause="snapshot_delta")) > 0
    assert {fact.number for fact in facts(done, SetReceived)}.isdisjoint(range(1, stamp + 1))


@pytest.mark.parametrize("initial_copy", ["run", "two-snapshots"])
def test_the_snapshots_of_a_copy_are_deleted_after_it(initial_copy: str) -> None:
    done = run(seeding(initial_copy=initial_copy))
    assert len(facts(done, SnapshotTaken)) == len(facts(done, SnapshotDeleted)) > 0


@pytest.mark.parametrize("initial_copy", ["run", "two-snapshots"])
@pytest.mark.parametrize("granularity", [1, 2, 3])
def test_blocks_that_come_and_go_during_the_copy_arrive_right(initial_copy: str, granularity: int) -> None:
    churn = "{churn: 5 /s, extent: 12 KiB}"
    done = run(seeding(initial_copy=initial_copy, workload=churn, volume=f"{USED}, granularity: {granularity}"))
    assert happened(done, CopyFinished)
    assert facts(done, SetReplayed)[-1].number >= 5


def test_case_32_a_copy_slower_than_the_save_volume_can_hold_begins_again_with_its_cause() -> None:
    done = run(
        seeding(
            bandwidth="400 kbit/s",
            workload="{writes: 20 /s, locality: {uniform: true, over: 32 MiB}}",
            high_water_mark="2 MiB",
            save_volume="{size: 8 MiB, on_full: drop}",
        )
    )
    assert happened(done, SecondaryDropped, cause="save_volume_full")
    assert happened(done, CopyBegan, cause="full_copy", why="save_volume_full")


def test_a_dropped_secondary_gets_a_full_copy_and_catches_up() -> None:
    done = run(
        scene(
            workload="{writes: 20 /s, locality: {uniform: true, over: 32 MiB}}",
            high_water_mark="2 MiB",
            save_volume="{size: 8 MiB, on_full: drop}",
            timeline="{at: 5 min, kind: stop}\n{at: 20 min, kind: start}",
            until="1 h",
        )
    )
    assert happened(done, SecondaryDropped, cause="save_volume_full")
    assert happened(done, CopyFinished, cause="full_copy")
    assert facts(done, SetReplayed)[-1].time_ns > 55 * MIN


@pytest.mark.parametrize("site", ["near", "far"])
def test_a_reboot_in_mid_copy_goes_on_where_it_was(site: str) -> None:
    whole = run(seeding(timeout="15 min"))
    done = run(seeding(timeout="15 min", timeline=f"{{at: 2 min, kind: reboot, site: {site}, for: 1 min}}"))
    assert happened(done, NodeCameUp, site=site)
    carried = sum(fact.carried_bytes for fact in facts(done, BytesCarried, cause="initial_copy"))
    assert 32 * 2**20 <= carried < 32 * 2**20 + 2 * 4096  # a part of a block, and the 10 ms that were on their way
    late = facts(done, CopyFinished)[0].time_ns - facts(whole, CopyFinished)[0].time_ns
    assert 0 <= late - MIN < S


def test_a_snapshot_store_that_runs_full_under_the_copy_begins_it_again() -> None:
    done = run(
        seeding(
            workload="{writes: 20 /s, locality: {uniform: true, over: 32 MiB}}",
            timeout="1 min",
            volume=f"{USED}, snapshot_store: {{size: 4 MiB}}",
            until="30 min",
        )
    )
    assert happened(done, SnapshotDeleted, cause="store_full")
    assert len(facts(done, SecondaryDropped, cause="snapshot_store_full")) == 5
    assert len(facts(done, SecondaryDropped, cause="copies_failed")) == 1  # 1 + retries attempts, then it is left alone
    assert not happened(done, CopyFinished)


def test_a_stopped_secondary_that_is_dropped_keeps_its_view_and_is_copied_after_the_start() -> None:
    """A drop copied a stopped secondary at once, and sent it sets: the operator's stop was lost.

    Nothing may travel between stop and start, and what could be read there must stay as it was.
    """
    done = run(
        scene(
            workload="{writes: 20 /s, locality: {uniform: true, over: 32 MiB}}",
            high_water_mark="2 MiB",
            save_volume="{size: 8 MiB, on_full: drop}",
            timeline="{at: 5 min, kind: stop}\n{at: 20 min, kind: start}",
            until="40 min",
        )
    )
    dropped = facts(done, SecondaryDropped)[0].time_ns
    assert 5 * MIN < dropped < 20 * MIN, "this test is about a drop while stopped"
    for kind in (BytesCarried, SetReceived, CopyBegan):
        assert not [fact for fact in facts(done, kind) if 6 * MIN < fact.time_ns < 20 * MIN]
    assert 20 * MIN <= facts(done, CopyBegan)[0].time_ns < 21 * MIN
    assert not happened(done, BytesCarried, cause="retransmission")


@pytest.mark.parametrize("initial_copy", ["run", "two-snapshots"])
@pytest.mark.parametrize("granularity", [1, 2, 3])
def test_a_copy_takes_over_what_is_in_use_block_by_block(initial_copy: str, granularity: int) -> None:
    """The meta bit map lies in the file system that it describes (E52), so a copy has it too: no more, no less."""
    world = standing(
        seeding(
            initial_copy=initial_copy,
            workload="{churn: 5 /s, extent: 12 KiB}",
            volume=f"{USED}, granularity: {granularity}",
            until="59 min",
        )
    )
    mirror = world.mirrors["mirror"]
    copy, volume = mirror.arms["far"].secondary.playback, mirror.primary.source.volume
    every = np.arange(volume.n_blocks)
    touched = Bitmap.of(volume.n_blocks, mirror.primary.source.log.open_addresses())
    freed = mirror.primary.source.log
    same = copy.volume.allocated(every) == volume.allocated(every)
    assert copy.boundary == mirror.primary.last_cut, "this test is about a copy that is up to date"
    assert (same | touched.test(every) | np.isin(every, freed._open_use.lists()[0])).all()
