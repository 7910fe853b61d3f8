"""A rate or bandwidth that follows the clock: a CSV file of steps.

    time,factor          or      time,rate          or, of a link,      time,bandwidth
    0,20 %                       0,60 /s                                0,100 Mbit/s
    8 h,100 %                    8 h,300 /s                             8 h,20 Mbit/s     # office hours
    18 h,0.2                     18 h,1 /s                              18 h,100 Mbit/s

each step holds until the next; the first begins at 0; times grow; `#` begins a comment
factors multiply a workload's rate or a link's bandwidth; rates and bandwidths replace it
the highest of the rates must be what `writes:` says; a link lets something through at all times
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

from sim.scenario.errors import BadValue, Fault, ScenarioError
from sim.scenario.numbers import parse_number
from sim.scenario.textfile import Source, character_faults, read_source
from sim.scenario.units import parse_bits_per_s, parse_duration, parse_percent, parse_rate

Kind = Literal["factor", "rate", "bandwidth"]

Step = tuple[int, Fraction]

EXAMPLES: Final = {"factor": "0,100 %", "rate": "0,300 /s", "bandwidth": "0,100 Mbit/s"}


@dataclass(frozen=True, slots=True)
class RateSteps:
    """Steps of a profile: from `times_ns[i]` on, `values[i]` holds: a factor, writes per second, or bits per second."""

    kind: Kind
    times_ns: tuple[int, ...]
    values: tuple[Fraction, ...]

    def factors(self, writes: Fraction) -> tuple[Fraction, ...]:
        """The values as factors of a rate of `writes` per second."""
        return self.values if self.kind == "factor" else tuple(value / writes for value in self.values)


def load_profile(path: Path | str) -> RateSteps:
    """The steps of the profile of a workload. Raises ScenarioError with every bad line."""
    return _load(path, ("factor", "rate"), closes=True)


def load_bandwidth(path: Path | str, kinds: tuple[Kind, ...] = ("bandwidth", "factor")) -> RateSteps:
    """The steps of a link's bandwidth, or of a factor of it. Raises ScenarioError with every bad line."""
    return _load(path, kinds, closes=False)


def _load(path: Path | str, kinds: tuple[Kind, ...], *, closes: bool) -> RateSteps:
    """The steps of a file that may hold these kinds; `closes`: whether a step may be 0."""
    source = read_source(path)
    if faults := character_faults(source):
        raise ScenarioError(faults)
    rows = list(_rows(source))
    steps = _Steps(source, _header(source, rows, kinds), closes)
    for line, text in rows[1:]:
        steps.take(line, text)
    return steps.finished()


def _rows(source: Source) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers and without comments."""
    rows = ((number, line.partition("#")[0].rstrip()) for number, line in enumerate(source.lines, start=1))
    return ((number, text) for number, text in rows if text)


def _header(source: Source, rows: list[tuple[int, str]], kinds: tuple[Kind, ...]) -> Kind:
    lines = " or ".join(f"time,{kind}" for kind in kinds)
    if not rows:
        raise ScenarioError([source.fault(0, 0, "", "is empty", f"begin with the line {lines}")])
    line, text = rows[0]
    cells = [cell.strip() for cell in text.split(",")]
    for kind in kinds:
        if cells == ["time", kind]:
            return kind
    message = f"expected the line {lines} (got '{text[:40]}')"
    raise ScenarioError([source.fault(line, 1, "", message, "name the columns in the first line")])


class _Steps:
    """The steps read so far, and what was wrong with the others."""

    def __init__(self, source: Source, kind: Kind, closes: bool) -> None:
        self._source, self._kind, self._closes = source, kind, closes
        self._steps: list[Step] = []
        self._faults: list[Fault] = []

    def take(self, line: int, text: str) -> None:
        """One line."""
        cells = text.split(",")
        if len(cells) != 2:
            message = f"expected two columns, time and {self._kind} (got {len(cells)})"
            self._faults.append(self._source.fault(line, 1, "", message, f"e.g. {EXAMPLES[self._kind]}"))
            return
        time_ns = self._cell(line, 1, cells[0], self._time)
        value = self._cell(line, len(cells[0]) + 2, cells[1], self._value)
        if time_ns is not None and value is not None:
            self._steps.append((int(time_ns), value))

    def _cell(self, line: int, column: int, text: str, parse: Callable[[str], Fraction | int]) -> Fraction | None:
        try:
            return Fraction(parse(text.strip()))
        except BadValue as error:
            indent = len(text) - len(text.lstrip())
            self._faults.append(self._source.fault(line, column + indent, "", error.message, error.hint))
            return None

    def _time(self, text: str) -> int:
        time_ns = parse_duration(text)
        if not self._steps and not self._faults and time_ns != 0:
            raise BadValue("the first step must begin at 0", "add a line for time 0")
        if self._steps and time_ns <= self._steps[-1][0]:
            raise BadValue(f"times must grow from line to line (got {text})")
        return time_ns

    def _value(self, text: str) -> Fraction:
        value = self._amount(text)
        if value < 0:
            raise BadValue(f"must be >= 0 (got {text})")
        if value == 0 and not self._closes:
            raise BadValue(f"must be > 0 (got {text})", "a link that is closed for a while: kind: link-down")
        return value

    def _amount(self, text: str) -> Fraction:
        match self._kind:
            case "rate":
                return parse_rate(text)
            case "bandwidth":
                return Fraction(parse_bits_per_s(text))
        return parse_percent(text, at_most=None) if text.endswith("%") else parse_number(text)

    def finished(self) -> RateSteps:
        """All steps. Raises ScenarioError with every fault."""
        if not self._faults and not any(value for _, value in self._steps):
            message = "every step is 0: nothing is ever written" if self._steps else "has no steps"
            self._faults.append(self._source.fault(0, 0, "", message, f"e.g. {EXAMPLES[self._kind]}"))
        if self._faults:
            raise ScenarioError(self._faults)
        times, values = zip(*self._steps, strict=True)
        return RateSteps(self._kind, times, values)
