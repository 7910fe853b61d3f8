"""Whether a run, or all runs of a scenario, did what was expected.

a check measures each run by itself; it holds when it holds in every run
`across runs` takes the check's aggregate once more, over the runs (each run is one value)
where labels leave a choice (two secondaries, three links) the worst one is measured
no sample, no verdict: unknown, and why
what is more than any number (everything is lost, nothing can be served) is below no limit
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from sim.scenario.expect import Check
from sim.summary.amounts import Unit, amount, plain
from sim.summary.measuring import Measured, measure, worst, worst_of
from sim.summary.story import RunLike, Story

Outcome = Literal["pass", "fail", "unknown"]

COMPARE: Final[dict[str, Callable[[Fraction | float, Fraction], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
UNITS: Final[dict[str, Unit]] = {"seconds": "s", "bytes": "B", "share": "share", "number": "1"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check. `value` is in seconds, bytes, shares of one or plain numbers.

    None when unknown, or more than any number: then `word` says it. `why` says why it is unknown, in how many runs it
    fails, or for how long there was no number.
    """

    check: Check
    outcome: Outcome
    value: float | None
    why: str
    runs: int = 1
    word: str = ""

    @property
    def measured(self) -> str:
        """The measured value for people, with all digits where it nearly equals the limit."""
        if self.word:
            return self.word
        unit, limit = UNITS[self.check.value_kind], float(self.check.value)
        near = self.value is not None and 0 < abs(self.value - limit) <= limit / 200
        return plain(self.value, unit) if near and self.value is not None else amount(self.value, unit)

    @property
    def limit(self) -> str:
        """What it was held against, for people."""
        return f"{self.check.op} {amount(float(self.check.value), UNITS[self.check.value_kind])}"


def evaluate(check: Check, *runs: RunLike | Story) -> Verdict:
    """The verdict of a check on one run, or on all replications of a scenario."""
    return judge(check, [measure(check, run) for run in runs])


def judge(check: Check, measured: Sequence[Measured]) -> Verdict:
    """The verdict on what the runs of a scenario measured."""
    runs = len(measured)
    if check.across_runs:
        measured = [_across(check, measured)]
    known = [one for one in measured if one.value is not None]
    failing = [one for one in known if one.value is not None and not COMPARE[check.op](one.value, check.value)]
    missing = [one.why for one in measured if one.value is None]
    if failing:
        why = f"{len(failing)} of {runs} runs fail" if len(failing) < len(known) else ""
        return _decided(check, "fail", worst_of(check, failing), why, runs)
    if missing or not known:
        return Verdict(check, "unknown", None, missing[0] if missing else _NO_RUN, runs)
    return _decided(check, "pass", worst_of(check, known), "", runs)


_NO_RUN: Final = "there was no run"


def _decided(check: Check, outcome: Outcome, found: Measured, why: str, runs: int) -> Verdict:
    endless = found.value is None or math.isinf(found.value)
    value = None if found.value is None or endless else float(found.value)
    return Verdict(check, outcome, value, ", ".join(part for part in (found.why, why) if part), runs, found.word)


def _across(check: Check, measured: Sequence[Measured]) -> Measured:
    values = sorted(one.value for one in measured if one.value is not None)
    if len(values) < len(measured) or not values:
        missing = [one.why for one in measured if one.value is None] or [_NO_RUN]
        return Measured(None, f"{len(missing)} of {len(measured)} runs without a value: {missing[0]}")
    value = _over_runs(check, values)
    endless = next((one for one in measured if one.word), None) if math.isinf(value) else None
    return Measured(value, endless.why, endless.word) if endless else Measured(value)


def _over_runs(check: Check, ordered: list[Fraction | float]) -> Fraction | float:
    match check.aggregate:
        case "count" | "sum" | "total":
            return sum(ordered, Fraction(0))
        case "mean":
            return sum(ordered, Fraction(0)) / len(ordered)
        case "min":
            return ordered[0]
        case "max":
            return ordered[-1]
        case None | "last":
            return worst(check, ordered)
    rank = math.ceil(Fraction(check.aggregate[1:]) / 100 * len(ordered))
    return ordered[max(rank, 1) - 1]
