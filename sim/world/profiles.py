"""Rate profiles from a file: at which times of the clock how many times the rate.

    time,factor          time,rate
    0,10 %               0,30 /s
    8 h,1                8 h,300 /s

Steps: a line holds from its time until the next line's. `#` begins a comment.
All that is wrong comes at once, each with its line and column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from sim.scenario.errors import BadValue, Fault, ScenarioError
from sim.scenario.numbers import parse_number
from sim.scenario.textfile import Source, read_source
from sim.scenario.units import parse_duration, parse_percent, parse_rate
from sim.world.rates import GREATEST, Step

Row = tuple[int, list[str]]


def read_profile(path: Path, writes: Fraction, loop_ns: int | None = None) -> tuple[Step, ...]:
    """The steps of a profile for a workload of `writes` per second: times strictly increasing, from 0.

    Raises ScenarioError.
    """
    source = read_source(path)
    rows = list(_rows(source))
    if not rows:
        raise ScenarioError([source.fault(0, 0, "", "is empty", "begin with the line: time,factor")])
    parse = _second_column(source, *rows[0], writes)
    faults: list[Fault] = []
    steps = [step for line, cells in rows[1:] if (step := _step(source, line, cells, parse, faults))]
    faults += _order_faults(source, [line for line, _ in rows[1:]], steps, loop_ns) if not faults else []
    if faults:
        raise ScenarioError(faults)
    return tuple(steps)


def _rows(source: Source) -> Iterator[Row]:
    for number, line in enumerate(source.lines, start=1):
        text = line.partition("#")[0]
        if text.strip():
            yield number, text.split(",")


def _second_column(source: Source, line: int, cells: list[str], writes: Fraction) -> Callable[[str], Fraction]:
    match [cell.strip() for cell in cells]:
        case ["time", "factor"]:
            return _factor
        case ["time", "rate"]:
            return lambda text: parse_rate(text) / writes
    message = f"expected the line 'time,factor' or 'time,rate' (got '{','.join(cells)[:40]}')"
    raise ScenarioError([source.fault(line, 1, "", message, "name the columns in the first line")])


def _factor(text: str) -> Fraction:
    return parse_percent(text, at_most=None) if text.strip().endswith("%") else parse_number(text)


def _step(
    source: Source, line: int, cells: list[str], parse: Callable[[str], Fraction], faults: list[Fault]
) -> Step | None:
    if len(cells) != 2:
        faults.append(source.fault(line, 1, "", f"expected 2 columns, time and factor (got {len(cells)})"))
        return None
    start = _cell(source, line, 1, cells[0], parse_duration, faults)
    factor = _cell(source, line, len(cells[0]) + 2, cells[1], parse, faults)
    if factor is not None and not 0 <= factor <= GREATEST:
        message = f"must be between 0 and {GREATEST} (got {cells[1].strip()})"
        faults.append(source.fault(line, len(cells[0]) + 2, "", message))
    return None if start is None or factor is None else (int(start), factor)


def _cell(
    source: Source, line: int, column: int, text: str, parse: Callable[[str], Fraction | int], faults: list[Fault]
) -> Fraction | None:
    try:
        return Fraction(parse(text.strip()))
    except BadValue as error:
        faults.append(source.fault(line, column, "", error.message, error.hint))
        return None


def _order_faults(source: Source, lines: list[int], steps: list[Step], loop_ns: int | None) -> Iterator[Fault]:
    if not steps:
        yield source.fault(0, 0, "", "has no step", "add a line such as: 0,1")
        return
    if steps[0][0] != 0:
        yield source.fault(lines[0], 1, "", "the first step must be at 0", "say what holds from the beginning")
    for line, (before, _), (start, _) in zip(lines[1:], steps, steps[1:], strict=False):
        if start <= before:
            yield source.fault(line, 1, "", "times must increase from line to line")
    if loop_ns is not None and steps[-1][0] >= loop_ns:
        yield source.fault(lines[-1], 1, "", "the last step begins after the loop's end", "make `loop` longer")
    if not any(factor for _, factor in steps):
        yield source.fault(lines[0], 1, "", "every factor is 0: nothing is ever written")
