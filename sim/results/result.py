"""What the runs of one scenario gave: numbers, verdicts, tables, and the folder they are kept in."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.performing.one import Ended, Failure, Job, Outcome
from sim.results import provenance, saving
from sim.results.folder import Folder

if TYPE_CHECKING:
    from pandas import DataFrame

    from sim.records import Record
    from sim.scenario.schema import Scenario
    from sim.simulation import Run
    from sim.summary import Story, Verdict
    from sim.summary.summarising import Value

MARKS = {"pass": "✓", "fail": "✗", "unknown": "?"}


class Result:
    """All runs of a scenario that came to their end, in the order of their replications.

    `series`, `events` and `ledger` are those of the first one; `runs` has a row for each.
    """

    def __init__(self, job: Job, ended: Sequence[Ended], inputs: dict[str, str] | None = None) -> None:
        self._job = job
        self._inputs = inputs or {}
        self.outcomes = [one for one in ended if isinstance(one, Outcome)]
        self.failures = [one for one in ended if isinstance(one, Failure)]

    @property
    def scenario(self) -> Scenario:
        """The scenario, as resolved."""
        return self._job.scenario

    @property
    def seed(self) -> int:
        """The seed that the luck came from."""
        return self._job.root_seed

    @cached_property
    def summary(self) -> dict[str, Value]:
        """Every metric by its key; over several runs the mean, with `.across_min` and `.across_max` beside it."""
        if len(self.outcomes) == 1:
            return dict(self.outcomes[0].summary)
        return across([one.summary for one in self.outcomes]) | {"digest": self.digest}

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdict of each expectation, over all runs."""
        from sim.summary import judge

        checks = enumerate(self.scenario.expect)
        return [judge(check, [one.measured[number] for one in self.outcomes]) for number, check in checks]

    @cached_property
    def digest(self) -> str:
        """The digest of the run; of the digests of all runs where there are several."""
        if len(self.outcomes) == 1:
            return self.outcomes[0].digest
        return blake2b("\n".join(one.digest for one in self.outcomes).encode(), digest_size=16).hexdigest()

    @property
    def ledger(self) -> tuple[Record, ...]:
        """The facts of the first run."""
        return self._first.ledger

    @cached_property
    def series(self) -> DataFrame:
        """Tidy table of the first run: run, time_ns, entity, metric, value; a row where the value changes."""
        from analysis import tables

        return tables.series(self._story)

    @cached_property
    def events(self) -> DataFrame:
        """Tidy table of the first run: run, time_ns, entity, event, cause, detail."""
        from analysis import tables

        return tables.events(self._story)

    @cached_property
    def runs(self) -> DataFrame:
        """One row a run: replication, seed, verdict and every metric."""
        from analysis import tables

        return tables.runs(self.outcomes, checks=self.scenario.expect, seed=self.seed)

    def save(self, folder: str | Path, *, charts: bool = True) -> Path:
        """Write everything into a folder that is new, empty, or holds an earlier result. Raises BadOutput."""
        with Folder(Path(folder)) as prepared:
            self.save_into(prepared, charts=charts)
        return prepared.path

    def save_into(self, folder: Folder, *, charts: bool = True) -> None:
        """Write everything into a prepared folder, all or nothing. Raises BadOutput."""
        folder.put(partial(self._write, charts=charts))

    def _write(self, folder: Path, *, charts: bool) -> None:
        """All files; without series, events and charts where the run whose ledger was kept did not come to its end."""
        told = any(one.run is not None for one in self.outcomes)
        tables = {"runs": self.runs} | ({"series": self.series, "events": self.events} if told else {})
        draw = self._draw if charts and told else None
        saving.write(folder, manifest=self.manifest(), summary=self.summary, tables=tables, draw=draw)

    def _draw(self, folder: Path) -> None:
        from analysis import figures

        figures.draw_all(self._story, folder)

    def manifest(self) -> dict[str, Any]:
        """What the result was made from; nothing of when, where or how fast."""
        return {
            "format": 1,
            "name": self.scenario.name,
            "scenario": self.scenario.resolved(),
            "seed": self.seed,
            "replications": [one.replication_index for one in self.outcomes],
            "failures": [f"replication {one.replication_index}: {one.kind}" for one in self.failures],
            "digest": self.digest,
            "checks": [described(verdict) for verdict in self.verdicts],
            "versions": provenance.versions(),
            "platform": provenance.machine(),
            "inputs": self._inputs,
        }

    @cached_property
    def _story(self) -> Story:
        """The first run, read once for all tables and charts."""
        from sim.summary import Story

        return Story(self._first)

    @property
    def _first(self) -> Run:
        for one in self.outcomes:
            if one.run is not None:
                return one.run
        raise ValueError("no run with a ledger came to its end")

    def _repr_html_(self) -> str:
        """A few lines for a notebook."""
        checks = "".join(
            f"<li>{MARKS[one.outcome]} <code>{html.escape(one.check.text)}</code>: {html.escape(one.why)}</li>"
            for one in self.verdicts
        )
        title = f"{html.escape(self.scenario.name)}, seed {self.seed}, runs: {len(self.outcomes)}"
        return f"<b>{title}</b><br>digest <code>{self.digest}</code><ul>{checks}</ul>"

    def __repr__(self) -> str:
        verdicts = ", ".join(f"{MARKS[one.outcome]} {one.check.text}" for one in self.verdicts)
        return f"<Result of {self.scenario.name}, seed {self.seed}, digest {self.digest}: {verdicts or 'no checks'}>"


def described(verdict: Verdict) -> dict[str, Any]:
    """A verdict for machines."""
    return {
        "check": verdict.check.text,
        "outcome": verdict.outcome,
        "value": verdict.value,
        "measured": verdict.measured,
        "why": verdict.why,
        "soft": verdict.check.soft,
    }


def across(summaries: Sequence[dict[str, Value]]) -> dict[str, Value]:
    """Several runs in one summary: the mean of each metric over the runs that have one, its least and its greatest.

    Where one of them would have lost everything there is neither a mean nor a greatest.
    """
    from sim.summary.summarising import stands_for_everything

    found: dict[str, Value] = {"replications": len(summaries)}
    for key in dict.fromkeys(key for summary in summaries for key in summary):
        given = [value for summary in summaries if isinstance(value := summary.get(key), int | float)]
        endless = stands_for_everything(key) and len(given) < len(summaries)
        found[key] = None if endless else _mean(given)
        found[f"{key}.across_min"] = min(given, default=None)
        found[f"{key}.across_max"] = None if endless else max(given, default=None)
    return found


def _mean(values: Sequence[int | float]) -> int | float | None:
    """The mean, the same in any order; what all agree on stays as it is."""
    if not values:
        return None
    return values[0] if min(values) == max(values) else math.fsum(values) / len(values)
