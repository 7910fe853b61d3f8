"""`georep check`: every scenario below some folders, with a table of verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options, status
from sim.cli.ending import say

if TYPE_CHECKING:
    from sim.oracle import Checking
    from sim.results.result import Result


@click.command("check", cls=options.TakesFiles)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=options.Place())
@options.seed
@options.settings
@options.checking
@options.workers
@options.quiet
@options.as_json
def command(
    paths: tuple[Path, ...],
    seed: int | None,
    settings: tuple[str, ...],
    checking: Checking,
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run every *.scenario.yaml below PATH and print which expectations hold. Writes no files.

    Exit status: 0 all well, 1 an expectation or an invariant fell short, 2 bad input, 3 a verdict could not be reached.
    """
    from sim.check import check_all, scenario_files
    from sim.cli.loading import load_each
    from sim.cli.reporting import report_failures
    from sim.performing.many import cores
    from sim.performing.one import Job

    scenarios, wrong = load_each([str(file) for file in scenario_files(paths)], settings)
    for text in wrong.values():
        say(text)
    jobs = [Job(scenario, seed, checking) for scenario in scenarios.values()]
    results, finished = check_all(jobs, workers=workers or cores(), quiet=quiet, warned=say)
    found = dict.fromkeys(wrong) | dict(zip(scenarios, results, strict=True))
    for result in results:
        if result is not None:
            report_failures(result, settings)
    (_print_json if as_json else _print_table)({name: found[name] for name in sorted(found)}, wrong)
    if not finished:
        say(f"stopped; {sum(one is not None for one in results)} of {len(results)} scenarios had finished")
        return status.INTERRUPTED
    return status.worst([status.BAD_INPUT for _ in wrong] + [_status(result) for result in results])


def _status(result: Result | None) -> int:
    return status.OK if result is None else status.of(result.failures, result.verdicts)


def _print_table(found: dict[str, Result | None], wrong: dict[str, str]) -> None:
    from sim.cli.verdicts import table

    click.echo(table(found, wrong))


def _print_json(found: dict[str, Result | None], wrong: dict[str, str]) -> None:
    from sim.cli.reporting import json_line

    for name, result in found.items():
        if result is not None:
            line = json_line(result)
        elif name in wrong:
            line = json.dumps({"source": name, "bad_input": wrong[name]}, sort_keys=True)
        else:
            continue  # interrupted before its runs had finished
        click.echo(line)
