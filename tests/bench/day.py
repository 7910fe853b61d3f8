"""A day at 2,000 writes a second, zipf 1.1 over 200 GiB, ten-minute cuts: seconds and memory, in a process of its own.

`python -m tests.bench.day "1 TiB"` runs it once and prints seconds and KiB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench.rows import Row, at_most

ROOT = Path(__file__).parents[2]
GIB = 1 << 20  # in KiB


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 3: a volume of 1 TiB, and one of 10 TiB with the same working set."""
    until = "11 min" if tiny else "24 h"
    taken = {size: _measured(size, until) for size in ("1 TiB", "10 TiB")}
    (seconds, memory), (more_seconds, more_memory) = taken["1 TiB"], taken["10 TiB"]
    day = "a day at 2,000 writes/s, zipf 1.1 over 200 GiB of 1 TiB"
    return [
        at_most(day, seconds, 30, "{:.1f} s"),
        at_most("peak memory of it", memory / GIB, 2, "{:.2f} GiB"),
        at_most(
            "memory with 10 TiB against 1 TiB", more_memory / memory, 1.2, "{:.2f} times", f", {more_seconds:.1f} s"
        ),
    ]


def _measured(size: str, until: str) -> tuple[float, int]:
    command = [sys.executable, "-m", "tests.bench.day", size, until]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def run(size: str, until: str) -> None:
    """Simulate it here; imports count as well."""
    from sim.simulation import simulate
    from tests.bench.scenes import scene

    users = "{writes: 2000 /s, locality: {zipf: 1.1, over: 200 GiB}}"
    simulate(scene(users, size, until=until, high_water_mark="16 GiB", save_volume="40 GiB"), checking="off")


def report(act: Callable[[], object]) -> None:
    """Print what an act took in this process, which has done nothing else."""
    began = time.perf_counter()
    act()
    print(f"{time.perf_counter() - began:.3f} {peak_kib()}")


def peak_kib() -> int:
    """The most memory that this program had; `ru_maxrss` may still count what its parent had when it forked."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines() if status.exists() else []
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return peaks[0] if peaks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    report(partial(run, *sys.argv[1:]))
