"""What coalescing saves on the traces shipped here, beside what SnapMirror published for its own (NUMBERS.md 2).

SnapMirror (FAST 2002): 30-80 % fewer bytes when an update goes out every 15 minutes instead of with every write.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.records import DeltaSetCut, WritesLooked
from sim.scenario import load_text
from sim.scenario.schema import Scenario
from sim.simulation import simulate
from tests.bench.rows import Row

TRACES = Path(__file__).parents[2] / "scenarios" / "traces"
MINUTES = (1, 10, 15)


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace, and over how long it is replayed."""

    name: str
    workload: str
    block: str
    size: str
    until_min: int


SHIPPED = (
    Trace("cloudphysics-2h", "{trace: cloudphysics-2h.csv.gz, format: cloudphysics}", "4 KiB", "32 GiB", 135),
    Trace("cloudphysics-2h", "{trace: cloudphysics-2h.csv.gz, format: cloudphysics}", "64 KiB", "32 GiB", 135),
    Trace("oltp, looped", "{trace: oltp.v3.iolog.gz, format: fio-iolog, repeat: loop}", "4 KiB", "1 GiB", 61),
    Trace(
        "journal, looped",
        "{trace: journal.v2.iolog.gz, format: fio-iolog, wait_unit: us, repeat: loop}", "4 KiB", "1 GiB", 61,
    ),
)  # fmt: skip


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 9."""
    shipped, minutes = (SHIPPED[1:2], MINUTES[1:2]) if tiny else (SHIPPED, MINUTES)
    every = ", ".join(str(window) for window in minutes)
    return [
        Row(
            f"bytes saved by coalescing, {trace.name}, {trace.block} blocks, windows of {every} min",
            ", ".join(f"{saved(trace, window):.0%}" for window in minutes),
            "beside 30-80 % (SnapMirror, 15 min)",
        )
        for trace in shipped
    ]


def saved(trace: Trace, window_min: int) -> float:
    """The share of written bytes that did not have to be shipped; below zero where blocks outgrow the writes."""
    ledger = simulate(_scenario(trace, window_min), checking="off").ledger
    last_cut = max(fact.time_ns for fact in ledger if isinstance(fact, DeltaSetCut))
    looks = [fact for fact in ledger if isinstance(fact, WritesLooked) and fact.time_ns <= last_cut]
    shipped = sum(fact.payload_bytes for fact in ledger if isinstance(fact, DeltaSetCut))
    return 1 - shipped / sum(look.written_bytes for look in looks)


def _scenario(trace: Trace, window_min: int) -> Scenario:
    text = f"""
version: 1
name: coalescing
run: {{until: {trace.until_min} min}}
sites: {{here: {{}}, there: {{}}}}
links: {{line: {{between: [here, there], bandwidth: 10 Gbit/s, congestion: ideal}}}}
volumes: {{data: {{size: {trace.size}, block: {trace.block}, workload: {{users: {trace.workload}}}}}}}
replication:
  mirror:
    volume: data
    primary: here
    secondaries: {{there: {{}}}}
    initial_copy: done
    timeout: {window_min} min
    high_water_mark: {trace.size}
    save_volume: {{size: 64 GiB, on_full: suspend}}
"""
    return load_text(text, "coalescing.yaml", TRACES)
