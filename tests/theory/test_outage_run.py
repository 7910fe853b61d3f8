"""Outage, save volume and drain on the shipped scenarios (NUMBERS.md 1.4 and section 2), by the real code.

backlog after an outage D: w D; drain time w D / (B - w); lag peak D and an interval
Veritas VVR, "Calculating SRL size": 12 h at 1 and 12 h at 0.25 an hour are 15: 15 is exactly full, 14.9 falls back
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sim.loading import load
from sim.records import CopyBegan, DeltaSetCut, FaultEnded, SaveVolumeChanged, SetReceived, SetReplayed
from sim.simulation import Run, simulate

SCENARIOS = Path(__file__).parents[2] / "scenarios"
S = 1_000_000_000


def shipped(name: str, *settings: str) -> Run:
    return simulate(load(SCENARIOS / f"{name}.scenario.yaml", settings), checking="cheap")


@pytest.mark.parametrize(("outage_s", "rate"), [(2400, 320), (1200, 320), (2400, 160)])
def test_backlog_is_w_D_and_drains_in_w_D_over_B_minus_w(outage_s: int, rate: int) -> None:
    interval_s, written, line = 60, rate * 8192, 5_242_880
    done = shipped(
        "wan-cut",
        f"timeline=[{{at: 1 h, id: cut, kind: link-down, link: iberia, for: {outage_s} s}}]",
        f"volumes.home.workload.even.writes={rate} /s",
        "expect=[]",
    )
    back_ns = next(fact.time_ns for fact in done.ledger if isinstance(fact, FaultEnded))
    backlog = max(f.used_bytes for f in done.ledger if isinstance(f, SaveVolumeChanged) and f.site == "madrid")
    assert abs(backlog - written * outage_s) <= 2 * interval_s * written, "within the sets at either end"
    drained_s = (caught_up_ns(done, back_ns) - back_ns) / S
    assert drained_s == pytest.approx(written * outage_s / (line - written), abs=2 * interval_s)
    peak_s = max((fact.time_ns - previous) / S for fact, previous in waits(done))
    assert outage_s <= peak_s <= outage_s + 3 * interval_s


def caught_up_ns(done: Run, from_ns: int) -> int:
    """When the first set arrives at whose arrival no other one that was cut is missing."""
    cut = {fact.number: fact.time_ns for fact in done.ledger if isinstance(fact, DeltaSetCut)}
    for fact in done.ledger:
        later = isinstance(fact, SetReceived) and fact.time_ns > from_ns
        if later and cut.get(fact.number + 1, 1 << 62) > fact.time_ns:
            return fact.time_ns
    raise AssertionError("this test is about a copy that catches up")


def waits(done: Run) -> list[tuple[SetReplayed, int]]:
    """Each replay with the boundary that could be served until then."""
    replays = [fact for fact in done.ledger if isinstance(fact, SetReplayed)]
    return [(later, earlier.boundary_time_ns) for earlier, later in pairwise(replays)]


def test_VVR_15_are_exactly_full() -> None:
    done = shipped("save-volume-sizing", "expect=[]")
    fills = [f.used_bytes for f in done.ledger if isinstance(f, SaveVolumeChanged) and f.site == "plant"]
    assert max(fills) == 15 * 2**30
    assert not any(isinstance(fact, CopyBegan) for fact in done.ledger)


def test_VVR_less_falls_back_to_a_full_copy() -> None:
    done = shipped("save-volume-too-small", "expect=[]")
    [copy] = [fact for fact in done.ledger if isinstance(fact, CopyBegan)]
    assert (copy.cause, copy.why) == ("full_copy", "save_volume_full")
