"""The replay of a real trace ships exactly what its churn table says (traces README; issue: done when)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.records import BytesCarried, DeltaSetCut, SetReplayed
from sim.scenario import load
from sim.simulation import simulate
from tests.world.scenes import facts

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "reference" / "cloudphysics-2h.churn.csv"


def distinct_bytes(granule: int, window: int) -> int:
    with TABLE.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["window_s"] == str(window)]
    return next(int(row["distinct_bytes"]) for row in rows if row["granule_bytes"] == str(granule))


@pytest.mark.parametrize("window", [60, 600])
@pytest.mark.parametrize("granule", [4096, 16384, 65536])
def test_cloudphysics_ships_exactly_its_churn(granule: int, window: int) -> None:
    scenario = load(
        ROOT / "scenarios" / "replay-cloudphysics.scenario.yaml",
        [
            "run.until=2 h 15 min",  # the last write comes after two hours; its set must be cut and arrive
            f"volumes.vm.block={granule // 1024} KiB",
            f"replication.vm-mirror.timeout={window} s",
            "links.wan.congestion=ideal",  # its bytes are payload: no headers of chunks
            "expect=[]",
        ],
    )
    done = simulate(scenario)
    cut = sum(fact.payload_bytes for fact in facts(done, DeltaSetCut))
    carried = sum(fact.carried_bytes for fact in facts(done, BytesCarried))
    assert facts(done, SetReplayed)[-1].time_ns > 2 * 3600 * 10**9, "this test is about the whole trace"
    assert cut == carried == distinct_bytes(granule, window)
