"""One world of the swarm: safety while it runs, then what adds up, then rest."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sim.simulation
from sim.scenario import load_text
from sim.simulation import Run, simulate
from sim.world.build import World
from sim.world.errors import Livelock
from tests.swarm import conservation, rest
from tests.swarm.draw import Plan

MOST_EVENTS = 400_000


class Fault(AssertionError):
    """A world broke something; says which world and how to run it again."""

    def __init__(self, plan: Plan, what: str) -> None:
        super().__init__(plan, what)
        self.plan, self.what = plan, what

    def __str__(self) -> str:
        again = f"python -m tests.swarm {self.plan.swarm} --seed {self.plan.seed} --shrink"
        return f"world {self.plan.seed}: {self.what}\nagain: {again}\n\n{self.plan.text()}"


def check(plan: Plan) -> Run:
    """Run a world under full checking. Raises Fault."""
    run = perform(plan)
    found = conservation.faults(run)
    if plan.quiet:
        calm = plan.calm_ns
        found += list(rest.faults(run, calm))
    if plan.seed % 4 == 0:
        found += list(same_otherwise(plan, run))
    if found:
        raise Fault(plan, "; ".join(found))
    return run


def perform(plan: Plan, **options: Any) -> Run:
    """Run a world. Raises Fault for whatever it raises."""
    return lived(plan, **options)[0]


def lived(plan: Plan, **options: Any) -> tuple[Run, World]:
    """Run a world; also what it leaves behind. Raises Fault for whatever it raises."""
    with tempfile.TemporaryDirectory() as folder, _watched() as worlds:
        for name, text in plan.files.items():
            (Path(folder) / name).write_text(text)
        scenario = load_text(plan.text(), "world.scenario.yaml", Path(folder))
        try:
            run = simulate(scenario, **({"checking": "full", "progress": _bounded(worlds)} | options))
            for mirror in worlds[0].mirrors.values():
                mirror.primary.snapshots.queue.audit()
                for arm in mirror.arms.values():
                    arm.secondary.snapshots.queue.audit()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            raise Fault(plan, what) from error
    return run, worlds[0]


def _bounded(worlds: list[World]) -> Any:
    def look(_time_ns: int) -> None:
        clock = worlds[0].clock
        if clock.events_handled > MOST_EVENTS:
            raise Livelock(clock.now_ns, clock.events_handled)

    return look


@contextmanager
def _watched() -> Iterator[list[World]]:
    """The worlds that are built meanwhile."""
    worlds: list[World] = []
    build = sim.simulation.build

    def keep(*args: Any) -> World:
        worlds.append(build(*args))
        return worlds[-1]

    sim.simulation.build = keep  # type: ignore[attr-defined]
    try:
        yield worlds
    finally:
        sim.simulation.build = build  # type: ignore[attr-defined]


def same_otherwise(plan: Plan, run: Run) -> Iterator[str]:
    """Watching changes nothing, nor does what a row is made of."""
    if perform(plan, checking="off").digest != run.digest:
        yield "other digest without checking"
    if (
        run.scenario.volumes["vol"].size < 1 << 20
        and perform(plan, row_type="payload", checking="cheap").ledger != run.ledger
    ):
        yield "other ledger with payload rows"
