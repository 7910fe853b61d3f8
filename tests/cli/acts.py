"""What workers do in the tests of replications; a module of its own, because workers import it by name."""

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from sim.performing.one import Failure, Outcome


@dataclass(frozen=True)
class RunSection:
    seed: int = 7


@dataclass(frozen=True)
class Scenario:
    """As much of a scenario as spreading runs needs, and a folder for the acts to leave marks in."""

    name: str
    folder: Path
    run: RunSection = field(default_factory=RunSection)


def mark(job, index):
    """Leave a mark for each time that a run is begun; how many there are now."""
    with (job.scenario.folder / f"{job.scenario.name}-{index}").open("a") as file:
        file.write("x")
    return (job.scenario.folder / f"{job.scenario.name}-{index}").stat().st_size


def done(job, index):
    return Outcome(index, f"digest-{job.scenario.name}-{index}", {"index": index, "seed": job.root_seed})


def quick(job, index):
    mark(job, index)
    return done(job, index)


def late_when_early(job, index):
    """The first tasks take longest, so that they end last."""
    time.sleep(0.2 if index == 0 else 0)
    return done(job, index)


def killed_at_2_the_first_time(job, index):
    if mark(job, index) == 1 and index == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return done(job, index)


def killed_at_2_always(job, index):
    mark(job, index)
    if index == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return done(job, index)


def failing_at_1(job, index):
    return Failure(index, "broken", "a law fell") if index == 1 else done(job, index)


def crashing(job, index):
    raise ZeroDivisionError(index)


def slow_after_2(job, index):
    mark(job, index)
    if index >= 2:
        time.sleep(1)
        mark(job, index)
    return done(job, index)


def endless_after_2(job, index):
    mark(job, index)
    if index >= 2:
        time.sleep(600)
    return done(job, index)


def surroundings(job, index):
    return Outcome(index, "", {"threads": os.environ.get("OMP_NUM_THREADS"), "pid": os.getpid()})
