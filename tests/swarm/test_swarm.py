"""Random worlds: none breaks a law, all adds up, and when users go quiet everything comes to rest (M5, M7, M8)."""

from __future__ import annotations

import pytest

from sim.records import (
    BytesCarried,
    CommandRefused,
    DeltaSetCut,
    FaultBegan,
    LossCounted,
    NodeWentDown,
    Promoted,
    ResyncFinished,
    RouteStood,
    SecondaryDropped,
    SetForwarded,
    SiteLost,
)
from sim.simulation import Run
from tests.swarm import disaster_world, disasters, marks, wan, wan_world
from tests.swarm.conservation import of
from tests.swarm.draw import draw
from tests.swarm.world import check

FEW, MANY = 40, 1_000
FEW_WIDE, PART = 20, 10
FEW_DISASTERS = 50
EVENTS_A_SET_AND_HOP = 20
EVENTS_BESIDES = 200  # copies, commands, timers of the playback


@pytest.mark.parametrize("first", range(0, FEW, PART))
def test_M5_a_few_worlds(first: int) -> None:
    happened: set[str] = set()
    ordinary = 0
    for seed in range(first, first + PART):
        run = check(draw(seed))
        happened.update(marks.seen(run))
        if _ordinary(run):
            ordinary += 1
            assert _events_are_few(run), f"world {seed}"
    assert ordinary
    assert "grouped playback" in happened


@pytest.mark.parametrize("first", range(0, FEW_WIDE, PART))
def test_M5_a_few_wide_area_worlds(first: int) -> None:
    """Trees of forwarders, lines of every kind, faults of every kind; then calm: everything comes to rest."""
    runs = [wan_world.check(wan.draw(seed)) for seed in range(first, first + PART)]
    facts = {type(fact) for run in runs for fact in run.ledger}
    assert {FaultBegan, RouteStood, SetForwarded, BytesCarried} <= facts


@pytest.mark.parametrize("first", range(0, FEW_DISASTERS, PART))
def test_a_few_worlds_of_disasters(first: int) -> None:
    """Sites are lost at any moment, commands come at silly times; in the end everything is where it belongs."""
    runs = [disaster_world.check(disasters.draw(seed)) for seed in range(first, first + PART)]
    facts = {type(fact) for run in runs for fact in run.ledger}
    assert {SiteLost, Promoted, ResyncFinished, CommandRefused, LossCounted} <= facts


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_worlds_of_disasters() -> None:
    for seed in range(FEW_DISASTERS, FEW_DISASTERS + MANY):
        disaster_world.check(disasters.draw(seed))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_M5_many_wide_area_worlds() -> None:
    for seed in range(FEW_WIDE, FEW_WIDE + MANY):
        wan_world.check(wan.draw(seed))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_M5_many_worlds_in_which_everything_happens() -> None:
    happened: set[str] = set()
    for seed in range(FEW, FEW + MANY):
        happened.update(marks.seen(check(draw(seed))))
    assert happened >= marks.ALL


def _events_are_few(run: Run) -> bool:
    """In ordinary worlds, where nothing is dropped and nobody reboots: they do not grow with the chunks of a set."""
    sets = len(list(of(run, DeltaSetCut)))
    hops = len(run.scenario.replication["mirror"].secondaries)
    return run.events_handled <= EVENTS_A_SET_AND_HOP * sets * hops + EVENTS_BESIDES


def _ordinary(run: Run) -> bool:
    disturbed = any(of(run, NodeWentDown)) or any(of(run, SecondaryDropped))
    snapshots = run.scenario.volumes["vol"].snapshots is not None
    kept = any(other.snapshots for other in run.scenario.replication["mirror"].secondaries.values())
    return not disturbed and not snapshots and not kept
