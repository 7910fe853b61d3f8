"""Events are counted, not timed: what a set costs on its way over one hop, in the tree of the month's benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.records import SetForwarded, SetReceived
from sim.scenario import load_text
from sim.simulation import simulate
from tests.bench.month import text

MOST_EVENTS = 20  # a set and hop


@pytest.mark.parametrize("chunk", ["8 KiB", "1 MiB"])
def test_a_set_costs_at_most_20_events_a_hop_whatever_its_chunks(chunk: str) -> None:
    said = (
        text(1, "tree").replace("until: 1 d", "until: 3 h").replace("    timeout:", f"    chunk: {chunk}\n    timeout:")
    )
    done = simulate(load_text(said, "month.yaml", Path()), checking="off")
    hops = sum(isinstance(fact, SetReceived | SetForwarded) for fact in done.ledger)
    assert hops >= 14 * 16, "two forwarders, twelve secondaries, a set every ten minutes"
    assert done.events_handled <= MOST_EVENTS * hops
