"""Every scenario below some folders, run with its expectations; the verdicts are ordered by path."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from sim.performing.many import Interrupted, Warned, perform_all
from sim.performing.one import Ended, Job, Task
from sim.progress import counted, told
from sim.results.result import Result
from sim.results.wholefile import reason
from sim.scenario.errors import BadInput

ENDING: Final = ".scenario.yaml"


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """Every `*.scenario.yaml` below the paths, each once, sorted.

    A path to a file is taken whatever its name. Hidden folders are left out, and links to folders are not followed.
    Raises BadInput where nothing is found, or a folder cannot be read.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _below(path):
            found.setdefault(file.resolve(), file)
    return sorted(found.values(), key=str)


def _below(path: Path) -> list[Path]:
    if not path.exists():
        raise BadInput(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    files = sorted(_walk(path))
    if not files:
        raise BadInput(f"{path}: no *{ENDING} here or below; georep init writes a first one")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(fault: OSError) -> None:
        raise BadInput(f"{fault.filename}: {reason(fault)}") from fault

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here, name) for name in files if name.endswith(ENDING))


def check_all(jobs: Sequence[Job], *, workers: int, quiet: bool, warned: Warned) -> tuple[list[Result | None], bool]:
    """The result of each job, with all runs of all jobs spread over the workers; whether nobody interrupted it.

    After Ctrl-C a job whose runs have not all finished has None.
    """
    tasks = [Task(number, index) for number, job in enumerate(jobs) for index in range(job.scenario.run.replications)]
    ended: Mapping[Task, Ended]
    with told("check", len(tasks), counted(len(tasks), "runs"), quiet=quiet) as tell:
        try:
            ended, finished = perform_all(jobs, tasks, workers=workers, tell=tell, warned=warned), True
        except Interrupted as stop:
            ended, finished = stop.finished, False
    return [_result(job, number, ended) for number, job in enumerate(jobs)], finished


def _result(job: Job, number: int, ended: Mapping[Task, Ended]) -> Result | None:
    runs = [one for task, one in ended.items() if task.job == number]
    return Result(job, runs) if len(runs) == job.scenario.run.replications else None
