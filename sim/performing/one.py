"""One run from beginning to end, in whatever process, and what is kept of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from sim.scenario.errors import BadInput
from sim.world.errors import Livelock, ModelBroken

if TYPE_CHECKING:
    from sim.oracle import Checking
    from sim.scenario.schema import Scenario
    from sim.simulation import Run
    from sim.summary.measuring import Measured
    from sim.summary.summarising import Value

BAD_INPUT: Final = "bad_input"
BROKEN: Final = "broken"
LOST: Final = "lost"

NO_MEMORY: Final = "not enough memory: a smaller volume or working set needs less"

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What all replications of a scenario share."""

    scenario: Scenario
    seed: int | None = None  # instead of the scenario's
    checking: Checking = "cheap"
    keep: frozenset[int] = frozenset()  # replications whose ledger is wanted

    @property
    def root_seed(self) -> int:
        """The seed that the runs have."""
        return self.scenario.run.seed if self.seed is None else self.seed


class Task(NamedTuple):
    """One run: a replication of a job, by their numbers."""

    job: int
    replication_index: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that came to its end: its summary, and what each check of the scenario measured in it."""

    replication_index: int
    digest: str
    summary: dict[str, Value]
    measured: tuple[Measured, ...] = ()
    run: Run | None = field(default=None, repr=False)  # with its ledger, where that is wanted


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that did not come to its end, and why, in words for people."""

    replication_index: int
    kind: str  # bad_input | broken | lost
    text: str
    cause: Exception | None = None


Ended = Outcome | Failure


def perform(job: Job, replication_index: int, progress: Told | None = None) -> Ended:
    """Run one replication; whatever stops it comes back as a Failure, except Ctrl-C."""
    try:
        return _outcome(job, replication_index, progress)
    except BadInput as fault:
        return Failure(replication_index, BAD_INPUT, str(fault), fault)
    except MemoryError as fault:
        return Failure(replication_index, BAD_INPUT, NO_MEMORY, fault)
    except (ModelBroken, Livelock) as fault:
        return Failure(replication_index, BROKEN, str(fault), fault)
    except Exception as fault:
        return Failure(replication_index, BROKEN, traceback.format_exc().rstrip(), _portable(fault))


def _outcome(job: Job, replication_index: int, progress: Told | None) -> Outcome:
    from sim.simulation import simulate
    from sim.summary import Story, measure, summarise

    run = simulate(
        job.scenario,
        seed=job.seed,
        replication_index=replication_index,
        checking=job.checking,
        progress=progress,
    )
    story = Story.of(run)
    measured = tuple(measure(check, story) for check in job.scenario.expect)
    kept = run if replication_index in job.keep else None
    return Outcome(replication_index, run.digest, summarise(story), measured, kept)


def _portable(fault: Exception) -> RuntimeError:
    """An error that can travel between processes, whatever its class."""
    return RuntimeError(f"{type(fault).__name__}: {fault}")
