"""What exposure says of an instant is what a disaster at that instant costs, in a second run in which it strikes.

exposure(t, mode) = what was written after the boundary that a failover in that mode goes on from (DESIGN, RPO of every
instant). First one run without any disaster; then, for sampled instants, one in which the primary's site is lost there.
"""

from __future__ import annotations

from functools import cache

import pytest

from sim.records import LossCounted
from sim.simulation import Run
from sim.summary.exposed import Exposed, Instant, exact_instants, exposed
from tests.world.recovery.grounds import ground
from tests.world.scenes import MIN, S, facts, run

SAMPLES = 9
LAST_NS = 30 * MIN
SCENARIO = {
    "until": "40 min",
    "workload": "{writes: 90 /min, locality: {zipf: 0.9, over: 2 MiB}}",
    "size": "2 MiB",
    "timeout": "2 min",
    "save_volume": "{size: 2 MiB, on_full: suspend}",
    "link": "bandwidth: 120 kbit/s, rtt: 40 ms, congestion: ideal",
    "secondaries": "lisbon: {timeout: 5 min}",  # sets wait to be replayed: `now` is not `default`
}


@cache
def calm() -> Run:
    """Nothing happens."""
    return run(ground("{at: 39 min, kind: status}", **SCENARIO))


def samples() -> list[Instant]:
    """Instants at which the run knows exactly what would be lost, all over it."""
    known = [one for one in exact_instants(calm(), "mirror") if 5 * MIN < one.time_ns < LAST_NS]
    writes = [one for one in known if one.writes_are_exact]
    return known[:: max(1, len(known) // SAMPLES)] + writes[:: max(1, len(writes) // 4)]


def struck(time_ns: int, mode: str) -> LossCounted:
    """The loss in a run in which the disaster strikes then."""
    done = run(
        ground(
            f"{{at: {time_ns} ns, id: fire, kind: site-lost, site: madrid}}\n"
            f"{{at: fire + 1 ms, kind: failover, to: lisbon, mode: {mode}}}",
            **SCENARIO,
        )
    )
    [loss] = facts(done, LossCounted)
    return loss


@pytest.mark.parametrize("mode", ["default", "now"])
def test_exposure_is_what_a_disaster_costs(mode: str) -> None:
    lost = 0
    for instant in samples():
        said, loss = exposed(calm(), "mirror", instant.time_ns, mode, "lisbon"), struck(instant.time_ns, mode)
        assert (said.rpo_ns, said.blocks) == (loss.rpo_ns, loss.blocks), f"{instant}"
        if instant.writes_are_exact:
            assert said.writes == loss.writes, f"{instant}"
        lost += loss.blocks
    assert lost > 0


def test_the_modes_differ_while_something_waits_to_be_replayed() -> None:
    assert any(
        exposed(calm(), "mirror", one.time_ns, "now") != exposed(calm(), "mirror", one.time_ns) for one in samples()
    )


def test_a_sync_failover_before_the_disaster_loses_nothing() -> None:
    done = run(
        ground(
            f"{{at: {6 * MIN + 7 * S} ns, kind: failover, to: lisbon, mode: sync}}\n"
            "{at: 12 min, kind: site-lost, site: madrid}",
            **SCENARIO,
        )
    )
    [loss] = facts(done, LossCounted)
    assert exposed(calm(), "mirror", 6 * MIN + 7 * S, "sync", "lisbon") == Exposed(0, 0, 0)
    assert (loss.blocks, loss.writes, loss.rpo_ns) == (0, 0, 0)
