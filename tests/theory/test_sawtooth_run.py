"""Lag under periodic delta sets (NUMBERS.md 1.1): period T, X from cut to replay, X <= T.

max lag T + X, mean X + T / 2, P(lag > r) = clamp((T + X - r) / T, 0, 1). Everything is deterministic here: equality.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from sim.records import DeltaSetCut, SetReplayed
from sim.scenario import load
from sim.simulation import simulate
from tests.world.scenes import S, facts, scene

ROOT = Path(__file__).parents[2]
PERIOD, X = 900 * S, 302 * S + 10_000_000


def replay_times(done) -> list[tuple[int, int]]:
    return [(fact.time_ns, fact.boundary_time_ns) for fact in facts(done, SetReplayed)]


def test_the_shipped_sawtooth_has_its_closed_form_to_the_nanosecond() -> None:
    done = simulate(load(ROOT / "scenarios" / "sawtooth.scenario.yaml"))
    replayed = replay_times(done)
    assert len(replayed) == 30
    assert replayed == [(PERIOD * k + X, PERIOD * k) for k in range(1, 31)]
    highest = [later - boundary for (later, _), (_, boundary) in zip(replayed[1:], replayed, strict=False)]
    assert set(highest) == {PERIOD + X}
    # lag rises from X to T + X in each period: its mean there is X + T / 2
    lowest = [time - boundary for time, boundary in replayed]
    assert {(low + high) / 2 for low, high in zip(lowest, highest, strict=False)} == {X + PERIOD / 2}


def test_back_to_back_cuts_when_the_copy_out_takes_longer_than_the_period() -> None:
    # Next starts at finish: period X, max lag 2 X, mean 1.5 X. 640 blocks are rewritten all the time, so every set is
    # the same 2.5 MiB, and the disk takes X = 20 s for it; link and far disk take no time worth counting.
    done = simulate(
        scene(
            workload="{writes: 640 /s, arrivals: even, locality: {sequential: true, over: 2560 KiB}}",
            timeout="10 s",
            high_water_mark="16 MiB",
            bandwidth="unlimited",
            rtt="0",
            disk="{read: 131072 B/s, write: 1000 GB/s}",
            far_disk="{read: 1000 GB/s, write: 1000 GB/s}",
            until="10 min",
        )
    )
    cuts = [fact.time_ns for fact in facts(done, DeltaSetCut)]
    assert {later - earlier for earlier, later in itertools.pairwise(cuts[1:])} == {20 * S}
    replayed = replay_times(done)[2:]
    just_after = [time - boundary for time, boundary in replayed]
    just_before = [later - boundary for (later, _), (_, boundary) in zip(replayed[1:], replayed, strict=False)]
    assert {round(lag / S, 3) for lag in just_after} == {20.0}
    assert {round(lag / S, 3) for lag in just_before} == {40.0}


def test_coalescing_makes_a_link_stable_that_is_slower_than_the_writes() -> None:
    # lambda = 2.62 MB/s > B = 1.05 MB/s, but only 640 distinct blocks (2.62 MB) are in play: u(P) / P < B for P = 10 s
    done = simulate(
        scene(
            workload="{writes: 640 /s, locality: {uniform: true, over: 2560 KiB}}",
            timeout="10 s",
            bandwidth="8388608 bit/s",
            until="20 min",
        )
    )
    lags = [time - boundary for time, boundary in replay_times(done)]
    assert max(lags[len(lags) // 2 :]) <= max(lags[: len(lags) // 2])
    assert max(lags) < 5 * S


def test_sets_queue_when_a_set_takes_longer_than_the_period() -> None:
    # X = 20 s > T = 10 s: 64 blocks of 4 KiB a second. Cuts come every T; sets queue for the link, so lag grows by
    # X - T a set: the link carries half of what is written and nothing coalesces (u(P) / P = 2 B).
    done = simulate(
        scene(
            workload="{writes: 64 /s, arrivals: even, locality: sequential}",
            timeout="10 s",
            bandwidth="1048576 bit/s",
            rtt="0",
            disk="{read: 1000 GB/s, write: 1000 GB/s}",
            save_volume="{size: 64 MiB}",
            until="91 s",
        )
    )
    assert [time // S for time, _ in replay_times(done)] == [30, 50, 70, 90]
    assert [(time - boundary) // S for time, boundary in replay_times(done)] == [20, 30, 40, 50]


def test_period_is_the_smaller_of_timeout_and_high_water_over_unique_rate() -> None:
    # Celerra's defaults: timeout 600 s, high water 600 MB, blocks of 8 KB; the triggers cross at 1 MB/s unique
    for writes_per_s, period in ((100, 600 * S), (200, None)):
        done = simulate(
            scene(
                size="4 GiB",
                workload=f"{{writes: {writes_per_s} /s, arrivals: even, locality: sequential}}",
                volume="",
                bandwidth="1 Gbit/s",
                timeout="600 s",
                high_water_mark="300 MB",
                save_volume="{size: 1 GB}",
                until="1 h",
            )
        )
        blocks = -(-300_000_000 // 4096)
        expected = period or blocks * S // writes_per_s
        assert [boundary for _, boundary in replay_times(done)][:3] == [expected * k for k in (1, 2, 3)]
