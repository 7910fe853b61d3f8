"""The baseline of the benchmarks is fair: the naive model cuts the same delta sets; and every benchmark runs."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from sim.engine.identity import SetId
from sim.records import CopyOutFinished, DeltaSetCut, Record
from sim.scenario import load_text
from sim.scenario.schema import Scenario
from sim.streams import Streams
from sim.world.build import World, build
from sim.world.ledger import Ledger
from tests.bench import naive, whole_path
from tests.bench.all import BENCHMARKS
from tests.bench.rows import Row, at_least, at_most, table

S = 1_000_000_000
BLOCK = 4096
BLOCKS = 600

TEXT = """
version: 1
name: fair
run: {until: 40 s}
sites: {here: {disk: {read: 1024 kB/s, write: 1024 kB/s}}, there: {}}
links: {line: {between: [here, there], bandwidth: 100 Mbit/s, rtt: 10 ms, congestion: ideal}}
volumes:
  data:
    size: 4 MiB
    block: 4 KiB
    workload:
      users:
        trace: writes.csv
        format: csv
        columns: {time: t, op: op, offset: at, length: n, time_unit: ns}
replication:
  mirror:
    volume: data
    primary: here
    secondaries: {there: {}}
    initial_copy: done
    timeout: 5 s
    high_water_mark: 1 MiB
    save_volume: {size: 64 MiB, on_full: suspend}
    chunk: 64 KiB
"""


def some_writes(seed: int) -> list[tuple[int, int]]:
    """Writes at odd nanoseconds, so that none falls on a cut; busy at first, so that both triggers fire."""
    luck = random.Random(seed)
    times = sorted({luck.randrange(S // 2, 37 * S // 2) * 2 + 1 for _ in range(1500)})
    busy = sorted({luck.randrange(1, S) * 2 + 1 for _ in range(900)})
    return [(time_ns, luck.randrange(BLOCKS)) for time_ns in sorted({*times, *busy})]


def scenario_of(writes: list[tuple[int, int]], folder: Path) -> Scenario:
    rows = [f"{time_ns},W,{block * BLOCK},{BLOCK}" for time_ns, block in writes]
    (folder / "writes.csv").write_text("\n".join(["t,op,at,n", "0,R,0,4096", *rows]) + "\n")
    return load_text(TEXT, "fair.yaml", folder)


def simulated(scenario: Scenario) -> tuple[World, list[Record]]:
    ledger = Ledger(lambda _fact: None)
    world = build(scenario, ledger, Streams(1, 0), "full", "ids")
    world.start()
    world.clock.run(scenario.run.until, lambda _time_ns: None)
    return world, ledger.facts


@pytest.mark.parametrize("seed", range(3))
def test_the_naive_model_cuts_the_same_delta_sets(seed: int, tmp_path: Path) -> None:
    writes = some_writes(seed)
    scenario = scenario_of(writes, tmp_path)
    world, facts = simulated(scenario)
    run = naive.simulate(scenario, writes, keep_sets=True)

    cuts = [fact for fact in facts if isinstance(fact, DeltaSetCut)]
    early = [fact.blocks_before_write for fact in facts if isinstance(fact, CopyOutFinished)]
    assert {cut.cause for cut in cuts} == {"timeout", "high_water_mark"}, "this test is about both triggers"
    assert sum(early) > 0, "this test is about blocks that a write wants before they are copied out"

    theirs = [fact[1:] for fact in run.ledger if fact[0] == "cut"]
    assert theirs == [(cut.time_ns, cut.number, cut.blocks) for cut in cuts]
    primary = world.mirrors["mirror"].primary
    assert len(run.sets) > 6
    for number, blocks in run.sets.items():
        assert sorted(blocks) == primary.save_volume.stored(SetId(1, number)).addresses.tolist()


def test_the_naive_copy_is_the_state_of_its_primary_at_a_cut(tmp_path: Path) -> None:
    writes = some_writes(7)
    run = naive.simulate(scenario_of(writes, tmp_path), writes, keep_sets=True)
    last = max(run.sets)
    cut_ns = next(fact[1] for fact in run.ledger if fact[0] == "cut" and fact[2] == last)
    then = {block: count for count, (time_ns, block) in enumerate(writes, start=1) if time_ns <= cut_ns}
    assert run.copy == then


def test_both_draw_the_same_amount_of_work() -> None:
    case = whole_path.Case("test", 2_000, 2_000, 8, 8)
    timed = whole_path.Timed(case)
    timed.run()
    timed.run_naive()
    theirs = naive.simulate(case.scenario(8)).ledger
    blocks = sum(fact[3] for fact in theirs if fact[0] == "cut")
    assert timed.writes == pytest.approx(timed.naive_writes, rel=0.05)
    assert timed.blocks == pytest.approx(blocks, rel=0.05)
    assert timed.blocks == pytest.approx(8 * 2_000 * (1 - np.exp(-1)), rel=0.05)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_runs_in_a_tiny_size(name: str) -> None:
    rows = BENCHMARKS[name](tiny=True)
    assert rows
    assert table(rows).count("\n") == len(rows) + 2


def test_a_row_says_whether_its_target_is_met() -> None:
    assert at_most("x", 3, 4, "{:.0f} ns").cells() == ("x", "3 ns", "<= 4 ns", "yes")
    assert at_least("x", 3, 4, "{:.0f} times", " more").cells() == ("x", "3 times more", ">= 4 times", "**no**")
    assert Row("x", "3").cells() == ("x", "3", "-", "-")
