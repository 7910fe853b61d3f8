"""Scenario to ledger: build the world, let it run, and sum it up in a digest.

same scenario, seed, replication and version: same digest, whatever the process, the checking or the observers
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim import garbage
from sim.laws import LAWS, CutsComeInTime, Law
from sim.oracle import Checking
from sim.records import Record, RunBegan, RunEnded
from sim.scenario.schema import Scenario
from sim.streams import Streams
from sim.world.audit import audit_end, hash_contents
from sim.world.build import World, build
from sim.world.clock import Order
from sim.world.contents import RowType
from sim.world.errors import ModelBroken
from sim.world.ledger import Ledger
from sim.world.memory import keep_freed_pages

TICK_EVENTS = 64

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run left behind: its facts in order, and the digest over them and the final contents."""

    scenario: Scenario
    seed: int
    replication_index: int
    ledger: tuple[Record, ...]
    digest: str
    events_handled: int


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    replication_index: int = 0,
    checking: Checking = "cheap",
    row_type: RowType = "ids",
    progress: Progress | None = None,
) -> Run:
    """Run a scenario once.

    `seed` replaces the scenario's; `replication_index` gives it other luck; `checking` off, cheap or full watches it
    and changes nothing; `row_type` payload lets blocks hold bytes; `progress` is told the simulated nanoseconds.
    Raises ModelBroken when a law does not hold, Livelock when time stands still, BadInput for an unreadable trace.
    """
    seed = scenario.run.seed if seed is None else seed
    world, ledger = _begin(scenario, seed, replication_index, checking, row_type)
    until = scenario.run.until
    world.clock.call_at(until, Order.METRICS, world.look)
    with garbage.sought_seldom():
        world.clock.run(until, _ticker(progress))
    _end(world, ledger, until, checking)
    return Run(scenario, seed, replication_index, tuple(ledger.facts), ledger.digest(), world.clock.events_handled)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A run as far as an instant: its facts so far, and what a look at every volume there adds to them.

    `facts` are the first ones of the whole run. The world in which was looked is thrown away.
    """

    scenario: Scenario
    seed: int
    replication_index: int
    facts: tuple[Record, ...]
    looked: tuple[Record, ...]
    digest: str = ""

    @property
    def ledger(self) -> tuple[Record, ...]:
        """Both."""
        return (*self.facts, *self.looked)


def simulate_until(
    scenario: Scenario, time_ns: int, *, seed: int | None = None, progress: Progress | None = None
) -> Glimpse:
    """Run a scenario as far as an instant of it, everything that happens in it included; it is not made shorter."""
    seed = scenario.run.seed if seed is None else seed
    world, ledger = _begin(scenario, seed, 0, "off", "ids")
    with garbage.sought_seldom():
        world.clock.run(time_ns, _ticker(progress))
    known = len(ledger.facts)
    world.clock.call_at(time_ns, Order.METRICS, world.look)
    world.clock.run(time_ns)
    return Glimpse(scenario, seed, 0, tuple(ledger.facts[:known]), tuple(ledger.facts[known:]))


def _begin(
    scenario: Scenario, seed: int, replication_index: int, checking: Checking, row_type: RowType
) -> tuple[World, Ledger]:
    """A world in which everything has just begun."""
    keep_freed_pages()
    laws = _laws(scenario) if checking != "off" else []
    watch: Callable[[Record], None] = lambda fact: _watch(laws, fact, seed, replication_index)  # noqa: E731
    ledger = Ledger(watch if laws else None, seed, replication_index)
    world = build(scenario, ledger, Streams(seed, replication_index), checking, row_type)
    until = scenario.run.until
    ledger.append(
        RunBegan(time_ns=0, scenario=scenario.name, seed=seed, replication_index=replication_index, until_ns=until)
    )
    world.start()
    return world, ledger


def _end(world: World, ledger: Ledger, until_ns: int, checking: Checking) -> None:
    ledger.append(RunEnded(time_ns=until_ns, finished=True))
    for name, mirror in world.mirrors.items():
        if checking != "off" and not world.successions[name].source.volume_lost:
            audit_end(mirror, ledger, until_ns)
        hash_contents((held.volume for held in world.successions[name].holdings.values()), ledger)


def _laws(scenario: Scenario) -> list[Law]:
    poll = max((mirror.poll or 0 for mirror in scenario.replication.values()), default=0)
    return [law(poll) if law is CutsComeInTime else law() for law in LAWS]


def _watch(laws: list[Law], fact: Record, seed: int, replication_index: int) -> None:
    for law in laws:
        fault = law(fact)
        if fault is not None:
            raise ModelBroken(type(law).__name__, fault, fact.time_ns, seed, replication_index)


def _ticker(progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    count = 0

    def tick(time_ns: int) -> None:
        nonlocal count
        count += 1
        if count % TICK_EVENTS == 0:
            progress(time_ns)

    return tick
