"""Same scenario, seed and version: same digest, whatever else differs (CORRECTNESS 5; M2, M3, M6, M7, M9, M12)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.records import DeltaSetCut, Promoted, ResyncFinished, SetReplayed, WritesLooked
from sim.scenario import load, load_text
from sim.scenario.schema import Scenario
from sim.simulation import simulate
from tests.world.recovery.grounds import ground
from tests.world.scenes import MIN, S, facts, happened, run, scene

ROOT = Path(__file__).parents[2]
BURSTS = "{every: {exponential: 5 min}, for: 20 s, factor: 5}"
RANDOM = f"{{writes: 50 /s, rewrite: 10 %, locality: {{zipf: 1.1, over: 32 MiB}}, bursts: {BURSTS}}}"
DIGEST = (
    "from sim.scenario import load; from sim.simulation import simulate;"
    "print(simulate(load('{path}'), checking='off').digest)"
)


def test_M2_the_same_run_twice_in_one_process() -> None:
    assert run(scene(workload=RANDOM)).digest == run(scene(workload=RANDOM)).digest


def test_another_seed_is_other_luck() -> None:
    assert run(scene(workload=RANDOM)).digest != run(scene(workload=RANDOM, seed=2)).digest
    one, two = (simulate(scene(workload=RANDOM), replication_index=index) for index in (0, 1))
    assert one.digest != two.digest


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (["-O"], {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LANG": "C"}),
        ([], {"PYTHONHASHSEED": "4711", "TZ": "UTC", "LANG": "de_DE.UTF-8", "OMP_NUM_THREADS": "1"}),
    ],
)
def test_M2_another_process_hash_seed_time_zone_and_folder(
    flags: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    path = ROOT / "scenarios" / "seeding.scenario.yaml"
    done = subprocess.run(
        [sys.executable, *flags, "-c", DIGEST.format(path=path)],
        env={**os.environ, **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == simulate(load(path)).digest


def test_M7_watching_changes_nothing() -> None:
    scenario, seen = scene(workload=RANDOM), []
    assert simulate(scenario, progress=seen.append).digest == run(scenario).digest
    assert seen, "progress was told something"


def test_M12_the_order_of_declaration_means_nothing() -> None:
    head = "version: 1\nname: order\nrun: {until: 1 h, seed: 3}\n"
    site = {"near": "  near: {}\n", "far": "  far: {}\n", "other": "  other: {}\n"}
    loads = {
        "a": "{writes: 5 /s, locality: {uniform: true, over: 16 MiB}}",
        "b": "{writes: 3 /s, locality: {zipf: 1, over: 16 MiB}}",
    }
    tail = """links:
  l: {between: [near, far], bandwidth: 10 Mbit/s, congestion: ideal}
  m: {between: [near, other], bandwidth: 5 Mbit/s, congestion: ideal}
replication:
  mirror: {volume: v, primary: near, initial_copy: done, secondaries: {SECONDARIES}, save_volume: {size: 1 GiB}}
"""

    def text(sites: list[str], workloads: list[str], secondaries: list[str]) -> str:
        volumes = ", ".join(f"{name}: {loads[name]}" for name in workloads)
        kept = ", ".join(f"{name}: {{}}" for name in secondaries)
        return (
            head
            + "sites:\n"
            + "".join(site[name] for name in sites)
            + f"volumes:\n  v: {{size: 1 GiB, workload: {{{volumes}}}}}\n"
            + tail.replace("SECONDARIES", kept)
        )

    one = simulate(load_text(text(["near", "far", "other"], ["a", "b"], ["far", "other"])))
    two = simulate(load_text(text(["other", "near", "far"], ["b", "a"], ["other", "far"])))
    assert one.digest == two.digest


@pytest.mark.parametrize(
    "component",
    [
        {"secondaries": "{far: {}, other: {timeout: 7 min}}"},
        {"volume": "snapshots: {every: 10 min, keep: 2}"},  # looks at instants at which the first would cut anyway
        {"second": True},
    ],
    ids=["another secondary", "a snapshot schedule", "another volume with its own replication"],
)
def test_M3_another_component_does_not_change_the_luck_of_the_first(component: dict) -> None:
    quiet = {"workload": RANDOM, "high_water_mark": "60 MiB", "save_volume": "{size: 64 MiB}"}
    alone, more = simulate(scene(**quiet)), simulate(scene(**(quiet | component)))
    assert len(more.ledger) > len(alone.ledger), "there is something else in this world"

    def written(done) -> list[tuple[int, int, int]]:
        looks = facts(done, WritesLooked, replication="mirror")
        return [(look.since_ns, look.writes, look.distinct_blocks) for look in looks if look.time_ns % (5 * MIN) == 0]

    assert written(more) == written(alone)


def test_M9_a_run_without_faults_loses_nothing_and_copies_nothing() -> None:
    done = run(scene(workload=RANDOM))
    assert not [fact for fact in done.ledger if type(fact).__name__ in ("SecondaryDropped", "CopyBegan")]
    replayed = facts(done, SetReplayed)
    assert len(replayed) > 10
    # lag <= timeout + the largest set: out of the primary's disk, over the link, into the secondary's disk, one after
    # the other and each behind one more set at most
    largest = max(cut.payload_bytes for cut in facts(done, DeltaSetCut))
    each = 2 * (2 * largest * S // 80_000_000 + largest * 8 * S // 20_000_000) + S
    boundaries = [0, *(fact.boundary_time_ns for fact in replayed)]
    assert all(fact.time_ns - before <= 5 * MIN + each for fact, before in zip(replayed, boundaries, strict=False))


def test_M8_what_was_written_is_shipped_coalesced_or_pending() -> None:
    done = run(scene(workload="{writes: 50 /s, locality: {uniform: true, over: 16 MiB}}"))
    looks, cuts = facts(done, WritesLooked), facts(done, DeltaSetCut)
    shipped = sum(cut.blocks for cut in cuts)
    pending = sum(look.new_blocks for look in looks if look.number == cuts[-1].number + 1)
    coalesced = sum(look.writes for look in looks) - shipped - pending
    assert coalesced > 0
    assert sum(look.new_blocks for look in looks) == shipped + pending


def test_prefix_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = simulate(scene(workload=RANDOM, until="31 min")), simulate(scene(workload=RANDOM, until="52 min"))
    cuts_short, cuts_long = facts(short, DeltaSetCut), facts(long, DeltaSetCut)
    assert len(cuts_short) >= 6
    assert cuts_long[: len(cuts_short)] == cuts_short


DISASTER = """
{at: 5 min, id: fire, kind: site-lost, site: madrid, destroys: [save_volume_part], for: 8 min}
{at: fire + operator, kind: failover, to: lisbon}
{at: 14 min, kind: link-down, link: iberia, for: 30 s}
{at: 15 min, kind: resync}
{when: in-sync + 10 s, kind: failback}
"""


def disaster() -> Scenario:
    """A fire, people who need a while, a cut line, a resync and a failback, with luck in each."""
    return ground(
        DISASTER,
        until="40 min",
        workload="{writes: 2 /s, locality: {zipf: 1.1, over: 1 MiB}}",
        size="2 MiB",
        timeout="1 min",
        save_volume="{size: 2 MiB, on_full: suspend}",
        link="bandwidth: 1 Mbit/s, rtt: 30 ms, congestion: cubic",
        secondaries="lisbon: {}, porto: {}",
        sections="operator: {detect: {exponential: 20 s}, decide: {uniform: [10 s, 90 s]}}",
    )


def test_M2_M6_M7_a_disaster_has_the_same_digest_watched_or_not_and_in_other_processes() -> None:
    done = run(disaster())
    assert [fact.site for fact in facts(done, Promoted)] == ["lisbon", "madrid"]
    assert happened(done, ResyncFinished, site="madrid")
    assert simulate(disaster(), checking="off").digest == done.digest
    payload = simulate(disaster(), checking="off", row_type="payload")
    assert payload.ledger == done.ledger
    assert run(disaster(), seed=2).digest != done.digest
    told = "from tests.determinism.test_runs import disaster; from sim.simulation import simulate;"
    for hash_seed in ("1", "4711"):
        other = subprocess.run(
            [sys.executable, "-c", f"{told} print(simulate(disaster(), checking='off').digest)"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert other.stdout.strip() == done.digest
