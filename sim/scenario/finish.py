"""The last steps to a checked scenario: what only the whole can tell is filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.scenario.draft import Draft
from sim.scenario.links import Link
from sim.scenario.nodes import ListNode, MapNode, Node, Place, ScalarNode, path_text
from sim.scenario.nodes import Path as NodePath
from sim.scenario.notes import notes_on
from sim.scenario.replication import Replication
from sim.scenario.schema import Scenario
from sim.scenario.textfile import Source
from sim.scenario.timeline import Command, Entry, Instant, TakeSnapshot, absolute_times
from sim.scenario.units import format_size

FEW_BLOCKS: Final = 64  # a set of fewer is hardly what somebody wants who writes no mark


def finished(scenario: Scenario, draft: Draft, source: Source, notes: Sequence[str]) -> Scenario:
    """The scenario with absolute times, sole names and fitting high-water marks filled in, and its origins."""
    times = absolute_times(scenario.timeline)
    timeline = tuple(_filled(entry, times[i], scenario) for i, entry in enumerate(scenario.timeline))
    links = {name: _settled(link) for name, link in scenario.links.items()}
    sites = {
        name: site.model_copy(update={"data_movers": scenario.data_movers(name)})
        for name, site in scenario.sites.items()
    }
    marks = {name: _default_mark(group, scenario) for name, group in scenario.replication.items()}
    replication = {name: _with_mark(group, marks[name]) for name, group in scenario.replication.items()}
    done = scenario.model_copy(
        update={"sites": sites, "links": links, "timeline": timeline, "replication": replication}
    )
    done._source = source.name
    done._base_dir = source.directory
    lowered = {f"replication.{name}.high_water_mark": mark.origin() for name, mark in marks.items() if mark}
    done._written = dict(_origins(draft.root, ())) | {path: origin for path, origin in lowered.items() if origin}
    of_marks = (note for name, mark in marks.items() if mark and (note := mark.note(name)))
    done._notes = (*notes, *of_marks, *notes_on(scenario))
    return done


@dataclass(frozen=True, slots=True)
class _Mark:
    """A high-water mark that nobody wrote, lowered to what it has to fit in; `room` is empty where it was not."""

    size: int
    room: str
    block: int

    def origin(self) -> str:
        """Where it comes from; empty where it is the default."""
        return f"default, lowered to {self.room}" if self.room else ""

    def note(self, name: str) -> str:
        """What people should know of it; empty where there is nothing."""
        blocks = self.size // self.block
        if blocks >= FEW_BLOCKS:
            return ""
        count = "block" if blocks == 1 else f"{blocks} blocks"
        lowered = f", lowered to {self.room}" if self.room else ""
        return (
            f"nobody wrote replication.{name}.high_water_mark; the default{lowered}, is {format_size(self.size)}: "
            f"a delta set is cut for every {count} written"
        )


def _settled(link: Link) -> Link:
    """The link with what depends on its kind and congestion control filled in."""
    return link.model_copy(update={"congestion": link.congestion_control, "chunk_header": link.header})


def _filled(entry: Entry, time_ns: int, scenario: Scenario) -> Entry:
    update: dict[str, Any] = {}
    if time_ns >= 0 and not entry.at.is_static:
        update["at"] = Instant(time_ns, since=entry.at.after, lead_ns=int(entry.at))
    if isinstance(entry, Command) and not entry.replication:
        update["replication"] = next(iter(scenario.replication))
    if isinstance(entry, TakeSnapshot) and not entry.volume:
        update["volume"] = next(iter(scenario.volumes))
    return entry.model_copy(update=update)


def _default_mark(group: Replication, scenario: Scenario) -> _Mark | None:
    """The mark that nobody wrote, never larger than what it has to fit in; None where somebody wrote one."""
    if "high_water_mark" in group.model_fields_set:
        return None
    volume = scenario.volumes[group.volume]
    rooms = [(group.high_water_mark, ""), (group.save_volume.size, "the save volume"), (volume.size, "the volume")]
    rooms += [
        (s.save_volume.size, f"the save volume of {n}") for n, s in group.secondaries.items() if s.save_volume.size
    ]
    size, room = min(rooms, key=lambda one: one[0])
    return _Mark(size, room, volume.block)


def _with_mark(group: Replication, mark: _Mark | None) -> Replication:
    return group if mark is None or not mark.room else group.model_copy(update={"high_water_mark": mark.size})


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
