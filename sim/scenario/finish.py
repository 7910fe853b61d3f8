"""The last steps to a checked scenario: what only the whole can tell is filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.scenario.draft import Draft
from sim.scenario.nodes import ListNode, MapNode, Node, Place, ScalarNode, path_text
from sim.scenario.nodes import Path as NodePath
from sim.scenario.replication import Replication
from sim.scenario.schema import Scenario
from sim.scenario.textfile import Source
from sim.scenario.timeline import Command, Entry, Instant, TakeSnapshot, absolute_times


def finished(scenario: Scenario, draft: Draft, source: Source) -> Scenario:
    """The scenario with absolute times, sole names and fitting high-water marks filled in, and its origins."""
    times = absolute_times(scenario.timeline)
    timeline = tuple(_filled(entry, times[i], scenario) for i, entry in enumerate(scenario.timeline))
    replication = {name: _fitting(group, scenario) for name, group in scenario.replication.items()}
    done = scenario.model_copy(update={"timeline": timeline, "replication": replication})
    done._source = source.name
    done._base_dir = source.directory
    done._written = dict(_origins(draft.root, ()))
    return done


def _filled(entry: Entry, time_ns: int, scenario: Scenario) -> Entry:
    update: dict[str, Any] = {"at": Instant(time_ns)}
    if isinstance(entry, Command) and not entry.replication:
        update["replication"] = next(iter(scenario.replication))
    if isinstance(entry, TakeSnapshot) and not entry.volume:
        update["volume"] = next(iter(scenario.volumes))
    return entry.model_copy(update=update)


def _fitting(group: Replication, scenario: Scenario) -> Replication:
    """A high-water mark that nobody wrote is never larger than what it has to fit in."""
    if "high_water_mark" in group.model_fields_set:
        return group
    rooms = [group.save_volume.size, scenario.volumes[group.volume].size]
    rooms += [s.save_volume.size for s in group.secondaries.values() if s.save_volume.size]
    mark = min(group.high_water_mark, *rooms)
    return group if mark == group.high_water_mark else group.model_copy(update={"high_water_mark": mark})


def _origins(node: Node, path: NodePath) -> list[tuple[str, str]]:
    """Where every value of the tree was written."""
    found = [(path_text(path), _origin(node.place))] if isinstance(node, ScalarNode) else []
    if isinstance(node, MapNode):
        for key, entry in node.entries.items():
            found += _origins(entry.value, (*path, key))
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            found += _origins(item, (*path, index))
    return found


def _origin(place: Place) -> str:
    if place.source.layer == "--set":
        return "--set"
    name = Path(place.source.name).name
    return f"{name}:{place.line}" + (" (extends)" if place.source.layer == "extends" else "")
