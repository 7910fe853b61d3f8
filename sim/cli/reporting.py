"""What `georep run` prints when a scenario has ended: results to stdout, troubles to stderr."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from sim.cli.ending import say
from sim.performing import BAD_INPUT, BROKEN, Failure
from sim.results import MARKS, Result, described

if TYPE_CHECKING:
    from sim.summary import Verdict


class Wishes(Protocol):
    """What the command line says about what to print and how to repeat it."""

    @property
    def as_json(self) -> bool:
        """Whether machines read it."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The values laid over the scenario."""


def report(result: Result, folder: Path, wanted: Wishes) -> None:
    """Print how a scenario went and what went wrong."""
    report_failures(result, wanted.settings)
    if wanted.as_json:
        click.echo(json.dumps(machine_readable(result, folder), sort_keys=True, allow_nan=False))
    elif result.outcomes:
        _print_summary(result, folder)


def machine_readable(result: Result, folder: Path | None = None) -> dict[str, Any]:
    """The summary and the checks of a scenario, flat where the summary is."""
    found: dict[str, Any] = dict(result.summary) if result.outcomes else {}
    found |= {
        "scenario": result.scenario.name,
        "source": result.scenario.source,
        "seed": result.seed,
        "checks": [described(verdict) for verdict in result.verdicts],
        "failures": [{"replication": one.replication_index, "kind": one.kind} for one in result.failures],
    }
    if folder is not None and result.outcomes:
        found["results"] = str(folder)
    return found


def report_failures(result: Result, settings: tuple[str, ...]) -> None:
    """Say what stopped runs: the same words once, and for what is ours the command that repeats it."""
    for text in dict.fromkeys(one.text for one in result.failures if one.kind != BROKEN):
        say(text)
    for one in result.failures:
        if one.kind == BROKEN:
            say(f"{result.scenario.source}: the simulator is wrong here, not you: {one.text}")
            say(f"  repeat it with: {_command(result, one, settings)}")


def _command(result: Result, failure: Failure, settings: tuple[str, ...]) -> str:
    words = ["georep", "run", result.scenario.source, "--seed", str(result.seed)]
    words += ["--replication", str(failure.replication_index), "--check", "full"]
    for setting in settings:
        words += ["--set", setting]
    return shlex.join(words)


def _print_summary(result: Result, folder: Path) -> None:
    from analysis import terminal

    click.echo(terminal.summary(result.summary))
    for verdict in result.verdicts:
        click.echo(check_line(verdict))
    click.echo(f"digest {result.digest}")
    click.echo(f"results in {folder}")


def check_line(verdict: Verdict) -> str:
    """One expectation with its mark and what was measured."""
    soft = " (soft)" if verdict.check.soft else ""
    found = f"measured {verdict.measured}" if verdict.outcome != "unknown" else f"unknown: {verdict.why}"
    return f"{MARKS[verdict.outcome]} {verdict.check.text}{soft}: {found}"


__all__ = ["BAD_INPUT", "check_line", "machine_readable", "report", "report_failures"]
