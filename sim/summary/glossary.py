"""What the numbers mean: every metric that a check can ask for (`python -m sim.summary.glossary`).

read off the tables of metrics, written nowhere twice
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sim.scenario.metrics import FACTS, METRICS, MetricKind
from sim.summary.metrics import BY_NAME
from sim.summary.verdict import UNITS

WORDS: Final = {"s": "time", "B": "bytes", "share": "percent", "1": "number"}
COUNTED: Final = {
    "cut": "delta sets cut",
    "received": "delta sets that arrived at a secondary in whole",
    "replayed": "groups of delta sets that a secondary integrated",
    "full_copy": "whole copies begun again",
    "stall": "times at which writes had to stand still",
    "dropped": "times at which a secondary lost the thread and needs a full copy",
    "fault": "faults that began on links, directions of them and data movers",
    "unreachable": "times at which all attempts to reach a member had failed",
    "bypass": "times at which a member was fed past a forwarder that had failed",
    "discarded": "times at which a receiver threw chunks away",
    "snapshot_given_up": "snapshots that had to go because their store was full",
    "site_lost": "disasters that struck a site, each site for itself",
    "failover": "failovers",
    "resync": "resyncs that were planned, those that followed a crash of one among them",
    "resync_incremental": "resyncs that undid and copied what differed",
    "resync_full": "resyncs that had to copy the whole volume",
    "failback": "failbacks that came to their end",
    "refused": "commands of recovery that could not be carried out",
}


def markdown() -> str:
    """The metrics of `expect` with labels, units and formulas, as tables of Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "A value at every instant needs an aggregate: `mean`, `min`, `max`, `last`, `p50`, `p99.9`."
    yield ""
    yield from _table({name: kind for name, kind in METRICS.items() if kind.shape == "series"})
    yield ""
    yield "One number a run stands for itself; with `across runs` it takes an aggregate too."
    yield ""
    yield from _table({name: kind for name, kind in METRICS.items() if kind.shape == "total"})
    yield ""
    yield "What happened is counted: `count(cut)`."
    yield ""
    yield "| fact | meaning |"
    yield "|---|---|"
    yield from (f"| `{fact}` | {COUNTED[fact]} |" for fact in FACTS)


def _table(kinds: dict[str, MetricKind]) -> Iterator[str]:
    yield "| metric | unit | meaning | in summary.json |"
    yield "|---|---|---|---|"
    for name, kind in kinds.items():
        labels = f"{{{', '.join(f'{label}=' for label in kind.labels)}}}" if kind.labels else ""
        row = BY_NAME[name]
        yield f"| `{name}{labels}` | {WORDS[UNITS[kind.unit]]} | {row.formula} | `{row.key}` |"


if __name__ == "__main__":
    print(markdown())
