"""Many failovers, resyncs and failbacks one after another leave nothing behind (B7, B8): no space, no listeners."""

from __future__ import annotations

import gc

import pytest

from sim.records import LossCounted, Promoted, ResyncFinished
from sim.scenario.schema import Scenario
from sim.simulation import Run
from sim.world.clock import Clock, Signal
from tests.world.recovery.grounds import ground
from tests.world.scenes import facts, run, standing

CYCLE_MIN = 10
FEW, MANY = 20, 200


def cycles(count: int) -> Scenario:
    """Madrid is lost for two minutes, lisbon takes over, madrid is brought back, users return; and so on."""
    timeline = "".join(
        f"{{at: {at} min, id: fire{at}, kind: site-lost, site: madrid, for: 2 min}}\n"
        f"{{at: fire{at} + 1 min, kind: failover, to: lisbon}}\n"
        f"{{at: fire{at} + 3 min, kind: resync}}\n"
        f"{{at: fire{at} + 6 min, kind: failback}}\n"
        for at in range(2, 2 + count * CYCLE_MIN, CYCLE_MIN)
    )
    return ground(
        timeline,
        until=f"{2 + count * CYCLE_MIN} min",
        workload="{writes: 20 /min, locality: {uniform: true, over: 256 KiB}}",
        size="512 KiB",
        timeout="1 min",
        save_volume="{size: 1 MiB, on_full: suspend}",
        link="bandwidth: 10 Mbit/s, rtt: 10 ms, congestion: ideal",
        secondaries="lisbon: {}, porto: {}",
        recovery="converge_within: 1 min",
    )


def all_returned(done: Run, count: int) -> None:
    assert [fact.site for fact in facts(done, Promoted)] == ["lisbon", "madrid"] * count
    assert len(facts(done, ResyncFinished, site="madrid", way="incremental")) == count
    assert sum(fact.writes for fact in facts(done, LossCounted)) > 0


def left_behind(count: int) -> dict[str, int]:
    """What there is at the end of so many cycles, of everything that could pile up."""
    world = standing(cycles(count))
    gc.collect()
    succession = world.successions["mirror"]
    signals = [one for one in gc.get_objects() if isinstance(one, Signal) and _clock(one) is world.clock]
    held = succession.holdings.values()
    return {
        "snapshots": sum(len(one.snapshots.queue.snapshots) for one in held),
        "snapshot store": sum(one.snapshots.queue.store.used for one in held),
        "save volumes": sum(one.save_volume.used_blocks for one in held),
        "signals": len(signals),
        "calls": sum(len(one._calls) for one in signals),
        "wakes": sum(len(one._wakes) for one in signals),
        "listeners": len(world.ledger.listeners),
        "waiting": len(world.clock._environment._queue),
    }


def _clock(signal: Signal) -> Clock:
    return signal._clock


def assert_no_more(few: dict[str, int], many: dict[str, int]) -> None:
    grown = {name: (before, many[name]) for name, before in few.items() if many[name] > before + SLACK}
    assert not grown


SLACK = 4  # whether a set is on its way just then


def test_B8_twenty_cycles_are_all_alike_and_leave_nothing() -> None:
    all_returned(run(cycles(FEW), row_type="payload"), FEW)
    assert_no_more(left_behind(2), left_behind(FEW))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_B8_two_hundred_cycles_leave_nothing() -> None:
    all_returned(run(cycles(MANY)), MANY)
    assert_no_more(left_behind(2), left_behind(MANY))
