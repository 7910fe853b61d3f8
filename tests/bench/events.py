"""SimPy events per delta set over a hop, whatever the number of chunks (DESIGN.md decision 3)."""

from __future__ import annotations

from sim.records import SetReplayed
from sim.simulation import simulate
from tests.bench.rows import Row
from tests.bench.scenes import uniform


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 4."""
    blocks, cuts = (300, 24) if tiny else (65_536, 24)
    counts = {chunk: _events_a_set(blocks, cuts, chunk) for chunk in ("8 KiB", "1 MiB")}
    small, large = counts.values()
    met = small == large <= 20
    chunks = " and ".join(counts)
    return [
        Row(f"SimPy events a delta set, chunks of {chunks}", f"{small:.1f} and {large:.1f}", "<= 20, the same", met)
    ]


def _events_a_set(blocks: int, cuts: int, chunk: str) -> float:
    run = simulate(uniform(blocks, blocks, cuts, chunk), checking="off")
    return run.events_handled / sum(isinstance(fact, SetReplayed) for fact in run.ledger)
