"""What could be understood of a scenario, even where other parts of it are wrong.

rules that look across parts read a draft, so that one run reports both kinds of fault
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from sim.scenario.errors import Fault
from sim.scenario.expect import Check
from sim.scenario.nodes import ListNode, MapNode, Path, ScalarNode, child, data_of, node_at
from sim.scenario.schema import Link, Replication, RunOptions, Scenario, Site, Volume
from sim.scenario.timeline import Entry


class Report(Protocol):
    """Where rules say what they found."""

    def __call__(self, path: Path, message: str, hint: str = "", offset: int = 0, at_key: bool = False) -> None:
        """A finding at a path of the scenario: at the deepest part of it that was written."""

    def include(self, faults: Iterable[Fault]) -> None:
        """Faults of another file that the scenario names."""


@dataclass(frozen=True)
class Draft:
    """The parts of a scenario that are right by themselves, and the names of all parts that were written."""

    root: MapNode
    base_dir: FilePath
    run: RunOptions | None
    sites: dict[str, Site]
    links: dict[str, Link]
    volumes: dict[str, Volume]
    replication: dict[str, Replication]
    timeline: list[tuple[int, Entry]]
    expect: list[tuple[int, Check]]

    def names(self, section: str, *below: str) -> list[str]:
        """The names written in a section, also of entries that are wrong in themselves."""
        node = node_at(self.root, (section, *below))
        return [key for key in node.entries if not key.startswith("x-")] if isinstance(node, MapNode) else []

    def known(self, section: str, *below: str) -> list[str] | None:
        """The names written in a section; None where it is missing or no map, so that nobody can tell."""
        return self.names(section, *below) if isinstance(node_at(self.root, (section, *below)), MapNode) else None

    def writes(self, *path: str | int) -> bool:
        """Whether the user wrote this value."""
        return node_at(self.root, path) is not None

    def ids(self) -> list[str]:
        """The ids of the timeline, also of entries that are wrong in themselves."""
        timeline = child(self.root, "timeline")
        ids = (child(item, "id") for item in timeline.items) if isinstance(timeline, ListNode) else ()
        return [node.text for node in ids if isinstance(node, ScalarNode)]

    def secondaries(self) -> list[str]:
        """The names of all secondaries, in order."""
        names = (
            name for group in self.names("replication") for name in self.names("replication", group, "secondaries")
        )
        return list(dict.fromkeys(names))


def draft_of(scenario: Scenario, root: MapNode, base_dir: FilePath) -> Draft:
    """The draft of a scenario that is right in all its parts."""
    return Draft(
        root, base_dir, scenario.run, scenario.sites, scenario.links, scenario.volumes, scenario.replication,
        list(enumerate(scenario.timeline)), list(enumerate(scenario.expect)),
    )  # fmt: skip


def partial_draft(root: MapNode, base_dir: FilePath, errors: Iterable[Any]) -> Draft:
    """The draft of a scenario with errors: every part that is right once unknown keys are left out."""
    data = data_of(root)
    for error in errors:
        if error["type"] == "extra_forbidden":
            _leave_out(data, error["loc"])
    parts = {name: _each(data.get(name), name) for name in ("sites", "links", "volumes", "replication")}
    run = _understood("run", data.get("run"))
    return Draft(
        root, base_dir, run, **parts,
        timeline=_listed(root, data, "timeline"), expect=_listed(root, data, "expect"),
    )  # fmt: skip


def _leave_out(data: Any, location: Path) -> None:
    for part in location[:-1]:
        if isinstance(data, dict):
            data = data.get(part, data)  # parts of pydantic's location that are no keys are passed over
        elif isinstance(data, tuple) and isinstance(part, int):
            data = data[part]
    if isinstance(data, dict):
        data.pop(location[-1], None)


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    annotation: Any = Scenario.model_fields[section].annotation
    if section == "run":
        return TypeAdapter(annotation)
    return TypeAdapter(annotation.__args__[1 if annotation.__origin__ is dict else 0])


def _understood(section: str, value: Any) -> Any:
    try:
        return _adapter(section).validate_python(value, by_alias=True, by_name=False)
    except ValidationError:
        return None


def _each(value: Any, section: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    parts = {name: _understood(section, part) for name, part in value.items()}
    return {name: part for name, part in parts.items() if part is not None}


def _listed(root: MapNode, data: Any, section: str) -> list[tuple[int, Any]]:
    if not isinstance(child(root, section), ListNode):
        return []
    parts = [(index, _understood(section, part)) for index, part in enumerate(data[section])]
    return [(index, part) for index, part in parts if part is not None]
