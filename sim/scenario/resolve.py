"""A scenario with every default, and where each value came from (`georep resolve`).

the text loads to the same scenario
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sim.scenario.nodes import Path, path_text
from sim.scenario.scalars import sort_of
from sim.scenario.units import format_duration

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

DEFAULT: Final = "default"

_PLAIN = re.compile(r"\w(?:[^\x00-\x1f#:]|:(?=\S)|(?<=\S)#)*(?<![\s:])")


def resolve_text(scenario: Scenario) -> str:
    """The whole scenario as YAML, with the origin of each value as a comment of its line."""
    data = scenario.resolved()
    lines = list(_lines(data, (), 0, scenario.origins() | _told(scenario)))
    width = min(max((len(line) for line, _ in lines), default=0), 72)
    return "".join(f"{line:<{width}}  # {origin}\n" if origin else f"{line}\n" for line, origin in lines)


def _told(scenario: Scenario) -> dict[str, str]:
    """Where a time was written that counts from another entry, and when that is."""
    known = scenario.origins()
    counted = {path_text(("timeline", index, "at")): e.at for index, e in enumerate(scenario.timeline) if e.at.since}
    return {path: f"{known[path]}, at {format_duration(int(at))}" for path, at in counted.items()}


def origins(resolved: dict[str, Any], written: dict[str, str]) -> dict[str, str]:
    """The origin of every value of a resolved scenario, by its path."""
    return {path_text(path): _origin(path, written) for path in _leaves(resolved, ())}


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path


def _origin(path: Path, written: dict[str, str]) -> str:
    """Where a value stood; what was written shorter or longer than it is resolved counts as written."""
    for depth in range(len(path), 0, -1):
        if found := written.get(path_text(path[:depth])):
            return found
    text = path_text(path)
    inside = [text + ".", text + "["]
    if path[-1] in {"over", "at"}:
        inside.append(path_text((*path[:-1], "locality", path[-1])))
    return next((origin for at, origin in written.items() if at.startswith(tuple(inside))), DEFAULT)


def _lines(value: Any, path: Path, depth: int, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The lines of a map, each with its origin."""
    for key, inner in value.items():
        yield from _entry(f"{'  ' * depth}{_scalar(key)}:", inner, (*path, key), depth, known)


def _entry(lead: str, value: Any, path: Path, depth: int, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        yield lead, ""
        yield from _lines(value, path, depth + 1, known)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield lead, ""
        for index, item in enumerate(value):
            yield from _item(item, (*path, index), depth + 1, known)
    else:
        yield f"{lead} {_inline(value)}", known.get(path_text(path)) or known.get(path_text((*path, 0)), DEFAULT)


def _item(item: Any, path: Path, depth: int, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """One item of a list of maps: the first key stands behind the dash."""
    if not isinstance(item, dict):
        yield f"{'  ' * depth}- {_inline(item)}", known.get(path_text(path), DEFAULT)
        return
    dash = f"{'  ' * depth}- "
    for index, (line, origin) in enumerate(_lines(item, path, depth + 1, known)):
        yield (dash + line.lstrip() if index == 0 else line), origin


def _inline(value: Any) -> str:
    match value:
        case list():
            return f"[{', '.join(json.dumps(v, ensure_ascii=False) for v in value)}]"
        case dict():
            return "{}"
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return _scalar(value)
    return repr(value)


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and sort_of(text) == "text" else json.dumps(text, ensure_ascii=False)
