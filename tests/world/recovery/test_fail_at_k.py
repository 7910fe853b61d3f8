"""Fail at k: whatever a data mover is doing in a recovery, its crash there breaks nothing (F8, R8, B5; cases 3-8, 45).

A golden run lets madrid burn, lisbon take over, madrid come back and users return: some 200 facts. Then, once for each
fact, one of the two sites crashes at that very instant, between that event and the next: for a while, or for good. The
commands are given once more at the end, as an operator would.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

import sim.simulation
from sim.engine.roles import Role
from sim.records import (
    CommandDone,
    CommandRefused,
    NodeWentDown,
    Promoted,
    Record,
    RecoveryPhase,
    ResyncFinished,
    RoleChanged,
)
from sim.simulation import Run, simulate
from sim.world.build import World
from sim.world.clock import Order
from sim.world.faults.fault import Fault
from tests.world.recovery.grounds import ground
from tests.world.scenes import MIN, S, facts

BURNS = """
{at: 5 min, id: fire, kind: site-lost, site: madrid}
{at: fire + 2 min, kind: failover, to: lisbon}
{at: fire + 8 min, kind: site-back, site: madrid}
{at: fire + 9 min, kind: resync}
{when: in-sync, kind: failback}
{at: 20 min, kind: status}
{at: 20 min, id: again, kind: resync}
{at: 25 min, id: home, kind: failback}
"""
SCENARIO = ground(
    BURNS,
    until="29 min",
    workload="{writes: 40 /min, locality: {uniform: true, over: 512 KiB}}",
    size="1 MiB",
    timeout="2 min",
    save_volume="{size: 2 MiB, on_full: suspend}",
    link="bandwidth: 100 kbit/s, rtt: 10 ms, congestion: ideal",
)
SITES = ("madrid", "lisbon")
LAST_NS = 25 * MIN  # a crash after this has no time to be mended
EVERY = 7  # in ordinary tests; what is next to a change of role or phase is never left out


@cache
def golden() -> Run:
    """Nothing happens but the fire."""
    return simulate(SCENARIO, checking="full")


def crashed(at: int, site: str, lasts_ns: int | None) -> tuple[Run, World]:
    """The run in which a site crashes right after a fact, and what it leaves behind."""
    worlds: list[World] = []
    build: Callable[..., World] = sim.simulation.build  # type: ignore[attr-defined]

    def built(*said: Any) -> World:
        world = build(*said)
        worlds.append(world)

        def hear(_fact: Record) -> None:
            if len(world.ledger.facts) == at + 1:
                world.clock.call_at(world.clock.now_ns, Order.DISASTER, lambda: crash(world, site, lasts_ns))

        world.ledger.listeners.append(hear)
        return world

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.simulation, "build", built)
        return simulate(SCENARIO, checking="full"), worlds[0]


def crash(world: World, site: str, lasts_ns: int | None) -> None:
    if lasts_ns is None:
        world.operator.disasters.lose("crash", site, (), (), None)
        return
    fate, fault = world.faults.fate, Fault("crash", "reboot", world.faults.aim.site(site))
    fate.begin(fault)
    world.clock.call_at(world.clock.now_ns + lasts_ns, Order.REPAIR, lambda: fate.end(fault))


def places() -> list[int]:
    """Which facts: all that speak of a role, a phase, a command or a resync with their neighbours, and every some."""
    about = (RoleChanged, RecoveryPhase, Promoted, CommandDone, ResyncFinished)
    ledger = golden().ledger
    told = {at for at, fact in enumerate(ledger) if isinstance(fact, about)}
    near = {at for at in everything() if told & {at, at + 1}}
    return sorted(near | set(everything()[::EVERY]))


def everything() -> list[int]:
    return [at for at in range(1, len(golden().ledger) - 1) if golden().ledger[at].time_ns < LAST_NS]


def assert_whole(run: Run, world: World, what: str) -> None:
    """Everything is in order, on the primary that the scenario declares."""
    succession = world.successions["mirror"]
    roles = {name: held.role for name, held in succession.holdings.items()}
    assert roles == {"madrid": Role.PRIMARY, "lisbon": Role.SECONDARY}, what
    assert succession.arm(succession.holdings["lisbon"]).secondary.in_sync, what
    assert succession.restart is None, what
    assert not succession.replaced, what
    assert all(not held.snapshots.queue.snapshots for held in succession.holdings.values()), what


def assert_told(run: Run, world: World, lost: str, what: str) -> None:
    """Users are at the site that is left, or the facts tell why they are not."""
    succession = world.successions["mirror"]
    source = succession.source
    if source.site != lost:
        assert source.role is Role.PRIMARY, what
        return
    others = [held for held in succession.others() if held.seat.up]
    told = any(fact.command != "status" for fact in facts(run, CommandRefused))
    assert told or facts(run, RoleChanged, site=lost, role="lost"), what
    assert all(held.role is not Role.PRIMARY for held in others), what


def test_the_golden_run_is_what_this_is_about() -> None:
    run = golden()
    assert 150 < len(run.ledger) < 300
    assert [fact.site for fact in facts(run, Promoted)] == ["lisbon", "madrid"]
    phases = {fact.phase for fact in facts(run, RecoveryPhase)}
    assert phases == {"decide", "promote", "repair", "undo", "copy", "fail_back"}
    assert len(places()) > 60


def once(at: int, site: str) -> None:
    what = f"{site} restarts after fact {at}: {golden().ledger[at]}"
    run, world = crashed(at, site, 20 * S)
    assert run.ledger[: at + 1] == golden().ledger[: at + 1], what
    assert len(facts(run, NodeWentDown)) + len(facts(run, CommandRefused)) >= 1, what
    assert_whole(run, world, what)


def for_good(at: int, site: str) -> None:
    what = f"{site} is lost after fact {at}: {golden().ledger[at]}"
    run, world = crashed(at, site, None)
    assert_told(run, world, site, what)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("fail", [once, for_good])
def test_fail_at_k(fail: Callable[[int, str], None], site: str) -> None:
    for at in places():
        fail(at, site)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("fail", [once, for_good])
def test_fail_at_every_k(fail: Callable[[int, str], None], site: str) -> None:
    for at in everything():
        fail(at, site)
