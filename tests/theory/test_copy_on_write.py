"""Copy-before-write and chunks follow the coalescing curve (NUMBERS.md 1.5).

the store of the newest snapshot holds u(t) = N (1 - (1 - 1/N)^k) before-images after k uniform writes
a chain of snapshots holds the sum of u(T_i) over its intervals, when copies go only to the newest
a chunk of c blocks is dirty with probability 1 - e^(-x c): granules of c blocks ship (1 - e^(-xc)) / (1 - e^-x) times
    as much
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.engine import SnapshotQueue, SnapshotStore, Volume
from sim.records import DeltaSetCut, SnapshotStoreChanged
from sim.simulation import simulate
from tests.world.scenes import MIN, facts, scene

SEEDS = 30
Z99 = 2.7564  # Student t, 29 degrees of freedom, two-sided 99 %


def within_99(values: list[float], expected: float) -> bool:
    half = Z99 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    assert half < 0.02 * expected, "the interval is narrow enough to mean something"
    return abs(float(np.mean(values)) - expected) <= half


@pytest.mark.parametrize("writes_per_block", [0.1, 0.5, 1.0, 2.0])
def test_the_store_of_the_newest_snapshot_follows_the_curve(writes_per_block: float) -> None:
    n = 4096
    k = int(n * writes_per_block)
    saved = []
    for seed in range(SEEDS):
        luck = np.random.default_rng(seed)
        volume = Volume(np.zeros(n, np.uint64))
        volume.allocate_range(0, n)
        queue = SnapshotQueue(volume, SnapshotStore(np.zeros(n, np.uint64)))
        queue.create()
        for write in np.array_split(luck.integers(0, n, k), 16):
            blocks = np.unique(write)
            queue.write(blocks, blocks.astype(np.uint64))
        saved.append(float(queue.store.used))
    assert within_99(saved, n * (1 - (1 - 1 / n) ** k))


def test_a_chain_of_snapshots_holds_the_sum_of_its_intervals() -> None:
    # 10 writes/s on 8,192 blocks, a snapshot every 10 min, looked at after 50 min: five intervals of 6,000 writes
    n, k = 8192, 6000
    expected = 5 * n * (1 - (1 - 1 / n) ** k)
    held = []
    for seed in range(SEEDS):
        done = simulate(
            scene(
                workload="{writes: 10 /s, locality: {uniform: true, over: 32 MiB}}",
                volume="snapshots: {every: 10 min, keep: 100}, snapshot_store: {size: 640 MiB}",
                timeout="10 min",
                high_water_mark="64 MiB",
                save_volume="{size: 64 MiB}",
                until="61 min",
                seed=seed,
            ),
            checking="off",
        )
        by_then = [fact for fact in facts(done, SnapshotStoreChanged, site="near") if fact.time_ns <= 60 * MIN]
        held.append(by_then[-1].used_bytes / 4096)
    assert within_99(held, expected)


@pytest.mark.parametrize(("x", "times"), [(0.01, 14.9), (0.1, 8.4)])
def test_granules_of_sixteen_blocks_amplify_as_the_closed_form_says(x: float, times: float) -> None:
    # x writes a 4 KiB block in each interval of 600 s over 256 MiB (65,536 blocks); a granule is 16 of them
    rate = 65_536 * x / 600
    shipped = {}
    for block in ("4 KiB", "64 KiB"):
        done = simulate(
            scene(
                size="256 MiB",
                workload=f"{{writes: {rate:.6f} /s, write_size: {block}, locality: uniform}}",
                timeout="10 min",
                high_water_mark="256 MiB",
                save_volume="{size: 1 GiB}",
                bandwidth="10 Gbit/s",
                until="20 h" if x < 0.05 else "4 h",
                block=block,
            ),
            checking="off",
        )
        cuts = facts(done, DeltaSetCut)
        shipped[block] = sum(cut.payload_bytes for cut in cuts) / len(cuts)
    expected = (1 - math.exp(-16 * x)) / (1 - math.exp(-x))
    assert expected == pytest.approx(times, rel=0.01)  # the published figures
    assert shipped["64 KiB"] / shipped["4 KiB"] == pytest.approx(expected, rel=0.03)  # about 1 % of luck in either
