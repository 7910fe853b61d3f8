"""A rate that follows the clock: a CSV file of steps.

    time,factor          or      time,rate
    0,20 %                       0,60 /s
    8 h,100 %                    8 h,300 /s
    18 h,0.2                     18 h,1 /s

each step holds until the next; the first begins at 0; times grow; `#` begins a comment line
factors multiply the workload's rate, rates replace it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from sim.scenario.errors import BadValue, Fault, ScenarioError
from sim.scenario.numbers import parse_number
from sim.scenario.textfile import Source, character_faults, read_source
from sim.scenario.units import parse_duration, parse_percent, parse_rate

MAX_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class RateSteps:
    """Steps of a profile: from `times_ns[i]` on, `values[i]` holds. Values are factors, or writes per second."""

    kind: Literal["factor", "rate"]
    times_ns: tuple[int, ...]
    values: tuple[Fraction, ...]


def load_profile(path: Path | str) -> RateSteps:
    """The steps of a profile file. Raises ScenarioError with every bad line."""
    source = read_source(path)
    if faults := character_faults(source):
        raise ScenarioError(faults)
    rows = _rows(source)
    kind = _header(source, rows)
    times: list[int] = []
    values: list[Fraction] = []
    for line, text in rows:
        _step(source, line, text, kind, times, values, faults)
    if not times and not faults:
        faults.append(
            source.fault(0, 0, "", "has no steps", f"write lines such as 0,{'1' if kind == 'factor' else '9 /s'}")
        )
    if faults:
        raise ScenarioError(faults)
    return RateSteps(kind, tuple(times), tuple(values))


def _rows(source: Source) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers."""
    return (
        (number, line)
        for number, line in enumerate(source.lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    )


def _header(source: Source, rows: Iterator[tuple[int, str]]) -> Literal["factor", "rate"]:
    line, text = next(rows, (0, ""))
    match [cell.strip() for cell in text.split(",")]:
        case ["time", "factor"]:
            return "factor"
        case ["time", "rate"]:
            return "rate"
    raise ScenarioError([source.fault(line, 1 if line else 0, "", "expected the header time,factor or time,rate")])


def _step(
    source: Source, line: int, text: str, kind: str, times: list[int], values: list[Fraction], faults: list[Fault]
) -> None:
    cells = text.split(",")
    if len(cells) != 2:
        faults.append(source.fault(line, 1, "", f"expected two columns (got {len(cells)})", f"time,{kind}"))
        return
    column = 1
    try:
        times.append(_time(cells[0], times))
        column = len(cells[0]) + 2
        values.append(_value(cells[1].strip(), kind))
    except BadValue as error:
        lead = len(cells[0 if column == 1 else 1]) - len(cells[0 if column == 1 else 1].lstrip())
        faults.append(source.fault(line, column + lead, "", error.message, error.hint))


def _time(text: str, before: list[int]) -> int:
    time_ns = parse_duration(text)
    if not before and time_ns != 0:
        raise BadValue("the first step must begin at 0", "add a line for time 0")
    if before and time_ns <= before[-1]:
        raise BadValue(f"times must grow (got {text.strip()})")
    return time_ns


def _value(text: str, kind: str) -> Fraction:
    if kind == "rate":
        return parse_rate(text)
    value = parse_percent(text, at_most=None) if text.endswith("%") else parse_number(text)
    if value < 0:
        raise BadValue(f"must be >= 0 (got {text})")
    return value
