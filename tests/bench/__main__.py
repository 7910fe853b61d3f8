"""`python -m tests.bench`: run every benchmark, print the table, write it to BENCHMARKS.md. Takes some minutes.

Names of benchmarks as arguments run only those, and write nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench import machine
from tests.bench.all import BENCHMARKS
from tests.bench.rows import Row, table

RESULT = Path(__file__).with_name("BENCHMARKS.md")

ABOUT = """# Benchmarks

Written by `make bench`; nothing here is asserted in a test. Ratios are taken in one run: what is compared takes turns,
and the median of at least three rounds counts. In-process times are processor time. Contents are 8-byte ids unless the
row says payload; laws are off; a "cut" is a ten-minute interval. `tests/bench` says of each row what it does, and why.

"""


def main(chosen: list[str]) -> None:
    """Measure, print and write."""
    facts, neighbours = machine.facts(), machine.Neighbours()
    rows: list[Row] = []
    for name in chosen or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name]()
    facts["others meanwhile"] = f"{neighbours.cores():.1f} cores busy with something else, on average"
    text = "".join(f"- {name}: {value}\n" for name, value in facts.items()) + "\n" + table(rows)
    print(text)
    if not chosen:
        RESULT.write_text(ABOUT + text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
