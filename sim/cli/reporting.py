"""What `georep run` prints when a scenario has ended: results to stdout, troubles to stderr."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from sim.cli.ending import say
from sim.performing.one import BAD_INPUT, BROKEN, Failure
from sim.results.result import Result, described

if TYPE_CHECKING:
    from sim.summary import Verdict


NARROWEST: Final = 20  # columns: below that nothing can be read


class Looks(TypedDict):
    """How text is to look."""

    colour: bool
    width: int


def summary_text(result: Result) -> str:
    """What people read about a scenario: its metrics, its expectations, its digest."""
    from analysis import terminal

    look = looks()
    several = [one.summary for one in result.outcomes]
    parts = [
        terminal.summary(result.summary, **look),
        terminal.routes(result.ledger, **look) if any(one.run is not None for one in result.outcomes) else "",
        terminal.replications(several, **look) if len(several) > 1 else "",
        terminal.checks(result.verdicts, **look),
        f"digest {result.digest}",
    ]
    return "\n\n".join(part for part in parts if part)


def checks_text(verdicts: Sequence[Verdict], indent: int = 0) -> str:
    """Expectations, each on a line with its mark and what was measured; `indent` columns narrower."""
    from analysis import terminal

    look = looks()
    return terminal.checks(verdicts, colour=look["colour"], width=max(look["width"] - indent, NARROWEST))


def looks() -> Looks:
    """How text is to look on standard output: as wide as a terminal, and coloured on one unless NO_COLOR is set."""
    width = terminal_width()
    if width is None:
        return {"colour": False, "width": 100}
    return {"colour": not os.environ.get("NO_COLOR"), "width": max(width, NARROWEST)}


def terminal_width() -> int | None:
    """How wide the terminal is; None where standard output is none."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size((100, 24)).columns


def json_line(result: Result, folder: Path | None = None) -> str:
    """What machines read about a scenario, on one line."""
    return json.dumps(machine_readable(result, folder), sort_keys=True, allow_nan=False)


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
    for text in dict.fromkeys(_text(one, result) for one in result.failures if one.kind != BROKEN):
        say(text)
    for one in result.failures:
        if one.kind == BROKEN:
            say(f"{result.scenario.source}: the simulator is wrong here, not you: {one.text}")
            say(f"  repeat it with: {_command(result, one, settings)}")


def _text(failure: Failure, result: Result) -> str:
    """What stopped a run; of bad input also in which scenario, for a trace does not know."""
    return f"{result.scenario.source}: {failure.text}" if failure.kind == BAD_INPUT else failure.text


def _command(result: Result, failure: Failure, settings: tuple[str, ...]) -> str:
    words = ["georep", "run", result.scenario.source, "--seed", str(result.seed)]
    words += ["--replication", str(failure.replication_index), "--check", "full"]
    for setting in settings:
        words += ["--set", setting]
    return shlex.join(words)
