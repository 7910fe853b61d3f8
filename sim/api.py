"""georep in Python: load a scenario, run it, look at what it gave.

import sim
result = sim.run("scenarios/quickstart.scenario.yaml", seed=3)
result.summary["lag_seconds.lisbon.p99"], result.series, result.verdicts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from sim.loading import load, load_text
from sim.performing.many import cores, replicate
from sim.performing.one import Failure, Job
from sim.results import provenance
from sim.results.result import Result
from sim.scenario import resolve_text
from sim.world.errors import Livelock, ModelBroken

if TYPE_CHECKING:
    from sim.oracle import Checking
    from sim.scenario.schema import Scenario

__all__ = ["Result", "load", "run"]


def run(
    scenario: Scenario | str | Path,
    *,
    seed: int | None = None,
    set: Mapping[str, object] | Sequence[str] = (),  # noqa: A002 - as on the command line
    commands: Sequence[Mapping[str, object]] = (),
    progress: bool = False,
    workers: int | None = None,
    checking: Checking = "cheap",
) -> Result:
    """Run a scenario, or the one in a file, with all its replications.

    `seed` replaces the scenario's; `set` lays values over it, as `{path: value}` or `["path=value"]`; `commands` are
    more entries of its timeline, `{"at": "5 h", "kind": "failover", "to": "lisbon"}`; `progress` tells on stderr how
    far it is; `workers` processes share the replications (default: one a core), the numbers are the same.
    Raises ScenarioError and BadInput for what is wrong in the files, ModelBroken when a law of the simulation fails.
    """
    job = Job(_commanded(_laid_over(scenario, _texts(set)), commands), seed, checking, keep=frozenset({0}))
    inputs = provenance.inputs(job.scenario)
    ended = replicate(job, range(job.scenario.run.replications), workers=workers or cores(), quiet=not progress)
    for one in ended:
        if isinstance(one, Failure):
            raise _error(one)
    return Result(job, ended, inputs)


def _texts(given: Mapping[str, object] | Sequence[str]) -> list[str]:
    if isinstance(given, Mapping):
        return [f"{path}={value}" for path, value in given.items()]
    if isinstance(given, str):
        raise TypeError("set takes {path: value} or a list of 'path=value', not one text")
    return list(given)


def _laid_over(scenario: Scenario | str | Path, settings: Sequence[str]) -> Scenario:
    if isinstance(scenario, str | Path):
        return load(scenario, settings)
    if not settings:
        return scenario
    return load_text(resolve_text(scenario), scenario.source, scenario.base_dir, settings)


def _commanded(scenario: Scenario, commands: Sequence[Mapping[str, object]]) -> Scenario:
    """The scenario with more entries in its timeline, checked as if they stood in the file."""
    if not commands:
        return scenario
    said = scenario.resolved()
    more = [{key: str(value) for key, value in entry.items()} for entry in commands]
    text = yaml.safe_dump({**said, "timeline": [*said["timeline"], *more]}, sort_keys=False, allow_unicode=True)
    return load_text(text, scenario.source, scenario.base_dir)


def _error(failure: Failure) -> Exception:
    """The exception that stopped a run, as whoever wrote the call expects it."""
    if isinstance(failure.cause, ModelBroken | Livelock) or failure.kind == "bad_input":
        return failure.cause or RuntimeError(failure.text)
    return RuntimeError(failure.text)
