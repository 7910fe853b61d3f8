"""Thirty days of a tree: one primary, two forwarders, twelve secondaries, links that flap; in a process of its own.

`python -m tests.bench.month 30` runs so many days once and prints seconds, KiB, sets times hops, and SimPy events.
The single-secondary case beside it cuts the same sets and ships each over one hop.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.day import GIB, ROOT, peak_kib
from tests.bench.rows import Row, at_most

BRANCHES = tuple(f"branch{number}" for number in range(12))
WRITES = "{w: {writes: 16.92 /s, locality: {uniform: true, over: 8 GiB}}}"  # 10,100 distinct blocks in ten minutes


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 9."""
    days = 1 if tiny else 30
    seconds, memory, hops, events = _measured(days, "tree")
    one_seconds, _, one_hops, _ = _measured(days, "one")
    ratio = (seconds / hops) / (one_seconds / one_hops)
    return [
        at_most(f"{days} days, 2 forwarders, 12 secondaries, 10,000 blocks a cut, flaps", seconds, 90, "{:.0f} s"),
        at_most("peak memory of it", memory / GIB, 3, "{:.2f} GiB"),
        at_most("a delivered set and hop of it, against one secondary", ratio, 1.5, "{:.2f} times",
                f": {seconds / hops * 1e3:.2f} and {one_seconds / one_hops * 1e3:.2f} ms"),
        at_most("SimPy events a set and hop of it", events / hops, 20, "{:.1f}"),
    ]  # fmt: skip


def _measured(days: int, kind: str) -> tuple[float, int, int, int]:
    command = [sys.executable, "-m", "tests.bench.month", str(days), kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, memory, hops, events = done.stdout.split()
    return float(seconds), int(memory), int(hops), int(events)


def text(days: int, kind: str) -> str:
    """The scenario: the tree, or one secondary at the end of one of its lines."""
    if kind == "one":
        sites, links, members = "hq: {}, east: {}", ("east",), "secondaries: {east: {}}"
    else:
        sites = ", ".join(f"{name}: {{}}" for name in ("hq", "east", "west", *BRANCHES))
        links = ("east", "west", *BRANCHES)
        fed = ", ".join(f"{name}: {{via: {_hub(at)}}}" for at, name in enumerate(BRANCHES))
        members = f"forwarders: {{east: {{}}, west: {{}}}}\n    secondaries: {{{fed}}}"
    lines = "\n".join(f"  to-{name}: {_line(name)}" for name in links)
    return f"""
version: 1
name: month
run: {{until: {days} d, seed: 1}}
sites: {{{sites}}}
links:
{lines}
volumes: {{catalogue: {{size: 64 GiB, workload: {WRITES}}}}}
replication:
  mirror:
    volume: catalogue
    primary: hq
    initial_copy: done
    {members}
    timeout: 10 min
    save_volume: {{size: 16 GiB, on_full: suspend}}
faults:
  flaps:
    kind: link-down
    links: [{", ".join(f"to-{name}" for name in links)}]
    mtbf: {{exponential: 36 h}}
    mttr: {{lognormal: {{median: 20 s, p95: 4 min}}}}
"""


def _hub(at: int) -> str:
    return "east" if at < 6 else "west"


def _line(name: str) -> str:
    if name in BRANCHES:
        at = BRANCHES.index(name)
        return f"{{between: [{_hub(at)}, {name}], bandwidth: 100 Mbit/s, rtt: {10 + at} ms}}"
    return f"{{between: [hq, {name}], bandwidth: 200 Mbit/s, rtt: 60 ms}}"


def run(days: int, kind: str) -> None:
    """Simulate it here; imports count as well."""
    began = time.process_time()
    from sim.records import SetForwarded, SetReceived
    from sim.scenario import load_text
    from sim.simulation import simulate

    done = simulate(load_text(text(days, kind), "month.yaml", Path()), checking="off")
    seconds = time.process_time() - began
    hops = sum(isinstance(fact, SetReceived | SetForwarded) for fact in done.ledger)
    print(f"{seconds:.3f} {peak_kib()} {hops} {done.events_handled}")


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2])
