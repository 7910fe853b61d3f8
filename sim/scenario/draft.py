"""What could be understood of a scenario, even where other parts of it are wrong.

rules that look across parts read a draft, so that one run reports both kinds of fault
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final, ParamSpec, Protocol

from sim.scenario.disasters import People
from sim.scenario.errors import Fault
from sim.scenario.expect import Check
from sim.scenario.faults import RandomFault
from sim.scenario.fields import NotUnderstood
from sim.scenario.nodes import ListNode, MapNode, Path, ScalarNode, child, data_of, node_at
from sim.scenario.partial import each_part, part_of
from sim.scenario.schema import Link, Replication, RunOptions, Scenario, Site, Volume, Workload
from sim.scenario.timeline import Entry

Arguments = ParamSpec("Arguments")

SECTIONS: Final = ("sites", "links", "volumes", "replication", "groups", "faults")  # maps of parts by name


class Report(Protocol):
    """Where rules say what they found."""

    def __call__(self, path: Path, message: str, hint: str = "", offset: int = 0, at_key: bool = False) -> None:
        """A finding at a path of the scenario: at the deepest part of it that was written."""

    def has_refused(self, path: Path) -> bool:
        """Whether there is a fault of this value, or of something in it."""

    def include(self, faults: Iterable[Fault]) -> None:
        """Faults of another file that the scenario names."""


@dataclass(frozen=True)
class Draft:
    """The parts of a scenario as far as they are right, and the names of all parts that were written.

    A value that is wrong in itself raises NotUnderstood when it is read: see `attempt`.
    """

    root: MapNode
    base_dir: FilePath
    run: RunOptions | None
    sites: dict[str, Site]
    links: dict[str, Link]
    volumes: dict[str, Volume]
    replication: dict[str, Replication]
    groups: dict[str, tuple[str, ...]]
    faults: Mapping[str, RandomFault]
    operator: People
    timeline: list[tuple[int, Entry]]
    expect: list[tuple[int, Check]]
    _names: dict[Path, list[str]] = field(default_factory=dict, init=False, compare=False)  # answers given before

    def names(self, section: str, *below: str) -> list[str]:
        """The names written in a section, also of entries that are wrong in themselves."""
        path = (section, *below)
        if path not in self._names:
            node = node_at(self.root, path)
            entries = node.entries if isinstance(node, MapNode) else ()
            self._names[path] = [key for key in entries if not key.startswith("x-")]
        return self._names[path]

    def known(self, section: str, *below: str) -> list[str] | None:
        """The names written in a section; None where it is missing or no map, so that nobody can tell."""
        return self.names(section, *below) if isinstance(node_at(self.root, (section, *below)), MapNode) else None

    def writes(self, *path: str | int) -> bool:
        """Whether the user wrote this value."""
        return node_at(self.root, path) is not None

    def workload(self, path: Path) -> Workload | None:
        """The workload that a path leads to, or into; None where nothing of it is right."""
        volume = self.volumes.get(str(path[1]))
        return None if volume is None else volume.workload.get(str(path[3]))

    def ids(self) -> list[str]:
        """The ids of the timeline, also of entries that are wrong in themselves."""
        if ("timeline",) not in self._names:
            timeline = child(self.root, "timeline")
            ids = (child(item, "id") for item in timeline.items) if isinstance(timeline, ListNode) else ()
            self._names[("timeline",)] = [node.text for node in ids if isinstance(node, ScalarNode)]
        return self._names[("timeline",)]

    def members(self, replication: str) -> list[str]:
        """The names of all secondaries and forwarders of a replication, in order."""
        sections = ("secondaries", "forwarders")
        names = [name for section in sections for name in self.names("replication", replication, section)]
        return list(dict.fromkeys(names))

    def data_movers(self, site: str) -> list[str]:
        """The data movers of a site; none where nobody can tell."""
        with suppress(NotUnderstood):
            return list(self.sites[site].data_movers) or [site] if site in self.sites else []
        return []

    def secondaries(self) -> list[str]:
        """The names of all secondaries, in order."""
        names = (
            name for group in self.names("replication") for name in self.names("replication", group, "secondaries")
        )
        return list(dict.fromkeys(names))


def attempt(check: Callable[Arguments, object], *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
    """Carry out a check, unless it needs a value that is wrong in itself and was reported."""
    with suppress(NotUnderstood):
        check(*args, **kwargs)


def draft_of(scenario: Scenario, root: MapNode, base_dir: FilePath) -> Draft:
    """The draft of a scenario that is right in all its parts."""
    return Draft(
        root, base_dir, scenario.run, scenario.sites, scenario.links, scenario.volumes, scenario.replication,
        scenario.groups, scenario.faults, scenario.operator,
        list(enumerate(scenario.timeline)), list(enumerate(scenario.expect)),
    )  # fmt: skip


def partial_draft(root: MapNode, base_dir: FilePath, errors: Iterable[Any]) -> Draft:
    """The draft of a scenario with errors: what is right in every part, once unknown keys are left out."""
    data = data_of(root)
    for error in errors:
        if error["type"] == "extra_forbidden":
            _leave_out(data, error["loc"])
    parts = {name: each_part(_type_in(name), data.get(name)) for name in SECTIONS}
    return Draft(
        root, base_dir, part_of(RunOptions, data.get("run")), **parts,
        operator=part_of(People, data.get("operator", {})) or People(),
        timeline=[(index, entry) for index, entry in _listed(data, "timeline", Entry) if _has_place(entry)],
        expect=_listed(data, "expect"),
    )  # fmt: skip


def _leave_out(data: Any, location: Path) -> None:
    for part in location[:-1]:
        if isinstance(data, dict):
            data = data.get(part, data)  # parts of pydantic's location that are no keys are passed over
        elif isinstance(data, tuple) and isinstance(part, int):
            data = data[part]
    if isinstance(data, dict):
        data.pop(location[-1], None)


def _type_in(section: str) -> Any:
    """The type of what stands in a section, by name or one after the other."""
    annotation: Any = Scenario.model_fields[section].annotation
    return annotation.__args__[1 if annotation.__origin__ is dict else 0]


def _listed(data: Any, section: str, *otherwise: Any) -> list[tuple[int, Any]]:
    """The parts of a list that are right in something, as the type they should have, or as one of the others."""
    found: list[tuple[int, Any]] = []
    for index, item in enumerate(data[section] if isinstance(data.get(section), tuple) else ()):
        parts = (part_of(annotation, item) for annotation in (_type_in(section), *otherwise))
        found += [(index, part) for part in parts if part is not None][:1]
    return found


def _has_place(entry: Entry) -> bool:
    """Whether it is understood when something happens, and what others call it."""
    with suppress(NotUnderstood):
        return entry.has_moment and isinstance(entry.at, int) and (entry.id is None or bool(entry.id))
    return False
