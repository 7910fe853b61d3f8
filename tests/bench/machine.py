"""What the numbers were measured on: commit, cores, memory, versions; no names of machines and no paths."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tests.bench.timing import with_programs

ROOT = Path(__file__).parents[2]
MEASURED = ("sim", "analysis", "tests/bench", "pyproject.toml")


def facts() -> dict[str, str]:
    """Facts by name, as text."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB",
        "processor": processor(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


class Neighbours:
    """How busy the machine was with anything else since this was made."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.perf_counter(), _busy_s(), with_programs()

    def cores(self) -> float:
        """So many cores, on average; 0 where the system does not tell."""
        others = (_busy_s() - self._busy) - (with_programs() - self._own)
        return max(0.0, others / (time.perf_counter() - self._began))


def commit() -> str:
    """The commit, and whether the measured files differ from it."""
    head = _git("rev-parse", "--short", "HEAD")
    changed = [line[3:] for line in _git("status", "--porcelain", "--", *MEASURED).splitlines()]
    return head + (" and changes" if [path for path in changed if not path.endswith("BENCHMARKS.md")] else "")


def memory_gib() -> float:
    """The memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def processor() -> str:
    """What the system calls the processor, where it says."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"


def _busy_s() -> float:
    """Processor seconds of all programs since the machine started."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system = (int(field) for field in stat.read_text(encoding="ascii").split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.rstrip() if done.returncode == 0 else "unknown"
