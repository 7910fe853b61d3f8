"""`georep run`: scenarios, one after the other, each with its replications, summary, charts and verdicts."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sim.cli import options, status
from sim.cli.ending import say

if TYPE_CHECKING:
    from sim.oracle import Checking
    from sim.performing.one import Job
    from sim.results.folder import Folder
    from sim.results.result import Result
    from sim.scenario.schema import Scenario

RESULTS: Final = Path("results")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says about how to run."""

    settings: tuple[str, ...]
    seed: int | None
    replication: int | None
    checking: Checking
    workers: int | None
    quiet: bool
    as_json: bool
    charts: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One scenario that is about to run, with the digests of its files and the folder for its results."""

    job: Job
    indices: list[int]
    inputs: dict[str, str]
    folder: Folder


@click.command("run", cls=options.TakesFiles)
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)
@options.seed
@options.settings
@options.once(
    "--out",
    kind=options.Place(),
    metavar="DIR",
    help="Folder for the results (default: results/NAME); for several scenarios the folder of their folders.",
)
@options.once("--replication", kind=options.Count(0, 10**9), help="Run only this replication, counted from 0.")
@options.checking
@options.workers
@options.flag("--no-charts", "no_charts", help="Draw no charts.")
@options.quiet
@options.as_json
def command(scenarios: tuple[str, ...], out: Path | None, no_charts: bool, **wishes: Any) -> int:
    """Run each SCENARIO (a file; '-' reads standard input) and say how it went.

    Exit status: 0 all well, 1 an expectation or an invariant fell short, 2 bad input, 3 a verdict could not be reached.
    """
    wanted = Wishes(charts=not no_charts, **wishes)
    with ExitStack() as stack:
        plans = _plans(scenarios, out, wanted, stack)
        return status.worst([_carry_out(plan, wanted) for plan in plans])


def _plans(scenarios: tuple[str, ...], out: Path | None, wanted: Wishes, stack: ExitStack) -> list[Plan]:
    """Look at everything before the first run: all scenarios, then all folders. Raises BadInput."""
    from sim.cli.loading import load_all
    from sim.performing.one import Job
    from sim.results import provenance
    from sim.results.folder import Folder

    loaded = load_all(scenarios, wanted.settings)
    _refuse_missing(loaded, wanted.replication)
    folders = _folders([scenario.name for scenario in loaded], out)
    plans = []
    for scenario, path in zip(loaded, folders, strict=True):
        indices = list(range(scenario.run.replications)) if wanted.replication is None else [wanted.replication]
        job = Job(scenario, wanted.seed, wanted.checking, keep=frozenset(indices[:1]))
        plans.append(Plan(job, indices, provenance.inputs(scenario), stack.enter_context(Folder(path))))
    return plans


def _refuse_missing(loaded: list[Scenario], replication: int | None) -> None:
    """Raises BadInput where a scenario has no replication of that number."""
    from sim.scenario.errors import BadInput

    short = [scenario for scenario in loaded if replication is not None and replication >= scenario.run.replications]
    if short:
        raise BadInput("\n".join(_missing(scenario, replication) for scenario in short))


def _missing(scenario: Scenario, replication: int | None) -> str:
    count = scenario.run.replications
    there = "there is only 0" if count == 1 else f"there are 0 to {count - 1}"
    return f"{scenario.source}: no replication {replication}: run.replications is {count}, so {there}"


def _folders(names: list[str], out: Path | None) -> list[Path]:
    """Where the results of each scenario go. Raises BadInput where two would share a folder."""
    from sim.scenario.errors import BadInput

    if out is not None and len(names) == 1:
        return [out]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise BadInput(f"two scenarios are called '{twice}': run them one by one, each with its own --out")
    return [(out or RESULTS) / name for name in names]


def _carry_out(plan: Plan, wanted: Wishes) -> int:
    from sim.cli.reporting import json_line, report_failures
    from sim.performing.many import Interrupted, cores, replicate
    from sim.results.result import Result

    try:
        ended = replicate(plan.job, plan.indices, workers=wanted.workers or cores(), quiet=wanted.quiet, warned=say)
    except Interrupted as stop:
        _keep(Result(plan.job, list(stop.finished.values()), plan.inputs), plan.folder.path, stop, wanted)
        raise click.exceptions.Exit(status.INTERRUPTED) from None
    result = Result(plan.job, ended, plan.inputs)
    report_failures(result, wanted.settings)
    if result.outcomes:
        _tell(result, plan.folder, wanted)
    elif wanted.as_json:
        click.echo(json_line(result))
    return status.of(result.failures, result.verdicts)


def _tell(result: Result, folder: Folder, wanted: Wishes) -> None:
    """Print the summary, which is there at once, then write the files and draw the charts, which take longer."""
    from sim.cli.reporting import json_line, summary_text

    if not wanted.as_json:
        click.echo(summary_text(result))
    result.save_into(folder, charts=wanted.charts)
    click.echo(json_line(result, folder.path) if wanted.as_json else f"results in {folder.path}")


def _keep(result: Result, path: Path, stop: Exception, wanted: Wishes) -> None:
    """Put what had finished beside the folder where all of it would have gone: an earlier result stays."""
    if not result.outcomes:
        say(f"{stop}; nothing was written")
        return
    kept = result.save(path.with_name(f"{path.name}.partial"), charts=wanted.charts)
    say(f"{stop}; kept in {kept}")
