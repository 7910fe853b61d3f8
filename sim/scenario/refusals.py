"""What pydantic refused, said in the words of a scenario and at its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from sim.scenario.distributions import DISTRIBUTIONS, UP
from sim.scenario.errors import Fault
from sim.scenario.faults import FAULT_KINDS
from sim.scenario.known import unknown_key
from sim.scenario.later import KINDS_LATER, NOT_YET
from sim.scenario.nodes import Broken, BrokenNode, Entry, ListNode, MapNode, Node, Path, Place, ScalarNode, path_text
from sim.scenario.scalars import described
from sim.scenario.timeline import KINDS
from sim.scenario.workloads import LOCALITIES, WORKLOADS

_CHOICES = {"workload": WORKLOADS, "locality": LOCALITIES, "distribution": DISTRIBUTIONS}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the tree: its path, its node, and where its key stands."""

    path: Path
    node: Node
    key_place: Place
    tags: tuple[str, ...]  # parts of pydantic's location that are no keys


def spot_of(root: MapNode, location: tuple[Any, ...]) -> Spot:
    """The deepest node on the way along a location; parts that the file does not have are passed over."""
    path: list[str | int] = []
    tags: list[str] = []
    node: Node = root
    key_place = root.place
    for part in location:
        entry = _entry(node, part)
        if entry is None:
            tags.append(str(part))
        else:
            path.append(part)
            tags.append(str(part))
            node, key_place = entry.value, entry.place
    return Spot(tuple(path), node, key_place, tuple(tags))


def _entry(node: Node, part: Any) -> Entry | None:
    if isinstance(node, MapNode) and isinstance(part, str):
        return node.entries.get(part)
    if isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
        return Entry(node.items[part].place, node.items[part])
    return None


def faults_of(error: ValidationError, root: MapNode) -> Iterator[Fault]:
    """Every refusal as a fault; none for what was reported already, or is missing only because it is misspelt."""
    details = error.errors(include_url=False)
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    for detail in details:
        spot = spot_of(root, _location(dict(detail)))
        reported = isinstance(spot.node, BrokenNode) or isinstance(detail["input"], Broken)
        if not reported and not (detail["type"] == "missing" and _misspelt(detail["loc"], unknown)):
            yield _fault(dict(detail), spot)


def _location(detail: dict[str, Any]) -> tuple[Any, ...]:
    """Where a refusal points: its place, and what it says is meant below or beside that."""
    location, below = detail["loc"], detail.get("ctx", {}).get("below", ())
    return (*location[:-1], *below[1:]) if below[:1] == (UP,) else (*location, *below)


def _misspelt(missing: tuple[Any, ...], unknown: list[tuple[Any, ...]]) -> bool:
    beside = [str(location[-1]) for location in unknown if location[:-1] == missing[:-1]]
    return bool(difflib.get_close_matches(str(missing[-1]), beside, n=1, cutoff=0.75))


def fault_at(spot: Spot, message: str, hint: str = "", *, offset: int = 0, at_key: bool = False) -> Fault:
    """A fault at a value, or at its key; `offset` counts characters into a text."""
    place = spot.key_place if at_key else spot.node.place
    column = place.column
    if isinstance(spot.node, ScalarNode) and not at_key:
        column += _shift(spot.node, offset)
    return place.source.fault(place.line, column, path_text(spot.path), message, hint)


def _shift(node: ScalarNode, offset: int) -> int:
    """How far right of its beginning a character of a scalar stands; 0 where the file writes it differently."""
    lines = node.place.source.lines
    line = lines[node.place.line - 1] if node.place.line <= len(lines) else ""
    begin = node.place.column - 1 + (0 if node.plain else 1)
    written = line[begin : begin + len(node.text)]
    return begin + offset - (node.place.column - 1) if written == node.text else 0


def _fault(detail: dict[str, Any], spot: Spot) -> Fault:
    return _REFUSED.get(detail["type"], _wrong_type)(detail, spot)


def _own(detail: dict[str, Any], spot: Spot) -> Fault:
    """A refusal of this package's own fields."""
    context = detail["ctx"]
    if detail["input"] is None and not context["below"]:
        return fault_at(spot, "value missing")
    at_key = detail["loc"][-1:] == ("[key]",) or context["message"].startswith("unknown key")
    return fault_at(spot, context["message"], context["hint"], offset=context["offset"], at_key=at_key)


def _unknown(detail: dict[str, Any], spot: Spot) -> Fault:
    if spot.path == ("extends",):
        return fault_at(spot, "'extends' belongs at the top of a file", "it cannot be set", at_key=True)
    message, hint = unknown_key(spot.path[:-1], str(spot.path[-1]), spot.tags)
    return fault_at(spot, message, hint, at_key=True)


def _none_given(detail: dict[str, Any], spot: Spot) -> Fault:
    return fault_at(spot, "at least one is needed", at_key=True)


def _too_many(detail: dict[str, Any], spot: Spot) -> Fault:
    return fault_at(spot, f"expected {detail['ctx']['max_length']} entries (got {detail['ctx']['actual_length']})")


def _missing(detail: dict[str, Any], spot: Spot) -> Fault:
    name = detail["loc"][-1]
    if isinstance(name, int):
        return fault_at(spot, f"expected {name + 1} entries")
    if detail["input"] is None:
        return fault_at(spot, "value missing")
    return fault_at(spot, f"key '{name}' is missing", at_key=bool(spot.path) and not isinstance(spot.path[-1], int))


def _wrong_type(detail: dict[str, Any], spot: Spot) -> Fault:
    value = detail["input"]
    if value is None:
        return fault_at(spot, "value missing", "write {} for an empty map" if "type" in detail["type"] else "")
    if detail["type"] == "tuple_type":
        hint = f"write [{value}]" if isinstance(value, str) else ""
        return fault_at(spot, f"expected a list (got {described(value)})", hint)
    if detail["type"] in {"model_type", "dict_type", "model_attributes_type"}:
        return fault_at(spot, f"expected a map (got {described(value)})", _map_hint(value))
    return fault_at(spot, f"{detail['msg']} (got {described(value)})")


def _map_hint(value: Any) -> str:
    if isinstance(value, str) and re.search(r"\w:\S", value):
        return "is a space missing after ':'?"
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return f"objects are maps keyed by name: {{{', '.join(f'{item}: {{}}' for item in value[:3])}}}"
    return ""


def _which(detail: dict[str, Any], spot: Spot) -> Fault:
    """No alternative, or more than one, could be chosen."""
    what, value = detail["msg"], detail["input"]
    if what in _KINDS:
        return _kind(what, value, spot)
    words = _CHOICES[what]
    if value is None:
        return fault_at(spot, "value missing")
    if not isinstance(value, dict):
        return _which_of_text(what, words, value, spot)
    found = [word for word in words if word in value]
    if len(found) > 1:
        return fault_at(spot, f"{' and '.join(f'{word!r}' for word in found)} exclude each other", "keep one")
    near = [(key, near) for key in value for near in difflib.get_close_matches(key, words, n=1, cutoff=0.7)]
    hint = f"did you mean '{near[0][1]}' for '{near[0][0]}'?" if near else ""
    return fault_at(spot, f"a {what} needs exactly one of {', '.join(words)}", hint)


def _which_of_text(what: str, words: tuple[str, ...], value: Any, spot: Spot) -> Fault:
    hint = _map_hint(value)
    if isinstance(value, str) and (near := difflib.get_close_matches(value, words, n=1)):
        hint = f"did you mean '{near[0]}'?"
        if value in words:
            hint = f"write {{{value}: ...}}"
    return fault_at(spot, f"a {what} needs exactly one of {', '.join(words)} (got {described(value)})", hint)


_KINDS: Final = {
    "kind": (KINDS, "e.g. {at: 2 h, kind: cut-now}"),
    "fault": (FAULT_KINDS, "e.g. {kind: link-down, link: wan, mtbf: {exponential: 36 h}, mttr: 5 min}"),
}


def _kind(what: str, value: Any, spot: Spot) -> Fault:
    kinds, example = _KINDS[what]
    if not isinstance(value, dict):
        missing = "value missing" if value is None else f"expected a map (got {described(value)})"
        return fault_at(spot, missing, example)
    if "kind" not in value:
        return fault_at(spot, "key 'kind' is missing", f"one of {', '.join(kinds)}", at_key=what == "fault")
    entry = _entry(spot.node, "kind")
    assert entry is not None
    return _kind_of(kinds, value["kind"], Spot((*spot.path, "kind"), entry.value, entry.place, spot.tags))


def _kind_of(kinds: tuple[str, ...], kind: Any, spot: Spot) -> Fault:
    if not isinstance(kind, str) or kind in kinds:
        return _one_of(kinds, kind, spot)
    if kind in KINDS_LATER:
        return fault_at(spot, f"kind '{kind}' {NOT_YET}")
    if kind in KINDS:
        return fault_at(
            spot, f"kind '{kind}' does not happen at random", f"in the timeline, or one of {', '.join(kinds)}"
        )
    near = difflib.get_close_matches(kind, kinds, n=1) or [word for word in kinds if kind and word.startswith(kind)]
    return fault_at(
        spot, f"unknown kind '{kind[:40]}'", f"did you mean '{near[0]}'?" if near else f"one of {', '.join(kinds)}"
    )


def _word(detail: dict[str, Any], spot: Spot) -> Fault:
    return _one_of(tuple(re.findall(r"'([^']*)'", detail["ctx"]["expected"])), detail["input"], spot)


def _one_of(words: tuple[str, ...], value: Any, spot: Spot) -> Fault:
    near = difflib.get_close_matches(value, words, n=1) if isinstance(value, str) else []
    near = near or [word for word in words if isinstance(value, str) and value and word.startswith(value)]
    hint = f"did you mean '{near[0]}'?" if near else ""
    message = "value missing" if value is None else f"expected {' or '.join(words)} (got {described(value)})"
    return fault_at(spot, message, hint)


_REFUSED: Final[dict[str, Callable[[dict[str, Any], Spot], Fault]]] = {
    "scenario": _own,
    "extra_forbidden": _unknown,
    "missing": _missing,
    "which": _which,
    "literal_error": _word,
    "too_short": _none_given,
    "too_long": _too_many,
}
