"""`georep --help` beside the libraries it cannot do without."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.rows import Row, at_most
from tests.bench.timing import ON_THE_WALL, interleaved, program

GEOREP = Path(sys.executable).with_name("georep")


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 8."""
    helping = [str(GEOREP), "--help"] if GEOREP.exists() else [sys.executable, "-m", "sim.cli", "--help"]
    acts = {"help": program(helping), "import": program([sys.executable, "-c", "import click, rich"])}
    interleaved(acts, 1)  # so that compiled files are there
    taken = interleaved(acts, 2 if tiny else 15, ON_THE_WALL)
    ours, theirs = taken["help"], taken["import"]
    note = f": {ours * 1e3:.0f} ms against {theirs * 1e3:.0f} ms"
    return [at_most('`georep --help` against `python -c "import click, rich"`', ours / theirs, 2, "{:.2f} times", note)]
