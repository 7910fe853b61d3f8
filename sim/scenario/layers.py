"""Layers of one scenario: what it extends, the file itself, and `--set path=value`.

maps merge, everything else replaces; a written null takes away the key below it (RFC 7396)
an empty value is no null: it was forgotten, and the schema says so; so it judges a null of a file with nothing below it
every value keeps the place it came from
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from sim.scenario.compose import compose
from sim.scenario.errors import Fault, ScenarioError
from sim.scenario.nodes import BrokenNode, Entry, ListNode, MapNode, Node, Place, ScalarNode, child, data_of, path_text
from sim.scenario.nodes import Path as NodePath
from sim.scenario.scalars import sort_of
from sim.scenario.textfile import STDIN, Source, read_source

MAX_EXTENDS = 8
NAME_MAPS = (
    "sites", "links", "volumes", "replication", "workload", "secondaries", "forwarders", "groups", "faults",
)  # fmt: skip

_STEP = re.compile(r"([^.\[\]=]+)((?:\[[0-9]{1,6}\])*)(?:\.|$)")


def layered(source: Source, sets: Sequence[str]) -> tuple[MapNode, list[Fault], list[str]]:
    """The merged tree of all layers, the faults of their structure, and notes for people. Raises ScenarioError."""
    root, faults = _file_with_bases(source, ())
    _point_to_files_from(root, source.directory)
    notes: list[str] = []
    for line in range(len(sets)):
        before, wrong = data_of(root), len(faults)
        _lay(root, tuple(sets), line, faults)
        if len(faults) == wrong and data_of(root) == before:
            notes.append(f"--set {sets[line]} changes nothing: maps merge, path=null removes a key")
    return root, faults, notes


def merge(base: MapNode, over: MapNode) -> MapNode:
    """`over` laid on `base`: maps merge, null removes, everything else replaces."""
    merged = MapNode(over.place, dict(base.entries))
    for key, entry in over.entries.items():
        below = base.entries.get(key)
        if below and isinstance(below.value, MapNode) and isinstance(entry.value, MapNode):
            merged.entries[key] = Entry(entry.place, merge(below.value, entry.value))
        elif below and _removes(entry.value):
            del merged.entries[key]
        else:
            merged.entries[key] = entry
    return merged


def _removes(node: Node) -> bool:
    """Whether this is a null that somebody wrote."""
    return isinstance(node, ScalarNode) and node.plain and node.text != "" and sort_of(node.text) == "nothing"


def _file_with_bases(source: Source, chain: tuple[Path, ...]) -> tuple[MapNode, list[Fault]]:
    root, faults = compose(source)
    top = _top_map(source, root, faults)
    entry = top.entries.pop("extends", None)
    if entry is None:
        return top, faults
    base = _base(entry.value, source, chain, faults)
    return (merge(base, top) if base else top), faults


def _top_map(source: Source, root: Node | None, faults: list[Fault]) -> MapNode:
    if isinstance(root, MapNode):
        return root
    empty = root is None or (isinstance(root, ScalarNode) and root.plain and not root.text.strip())
    if empty:
        faults.append(source.fault(0, 0, "", "scenario is empty", "start with 'georep init'"))
    elif isinstance(root, ScalarNode):
        hint = "is a space missing after ':'?" if ":" in root.text else "begin with 'version: 1'"
        faults.append(source.fault(root.place.line, root.place.column, "", "expected a mapping (got text)", hint))
    elif isinstance(root, ListNode):
        faults.append(source.fault(root.place.line, root.place.column, "", "top level must be a mapping (got list)"))
    raise ScenarioError(faults)


def _base(node: Node, source: Source, chain: tuple[Path, ...], faults: list[Fault]) -> MapNode | None:
    """The tree that a file extends; None where that failed, with the fault noted."""

    def fault(message: str, hint: str = "") -> None:
        faults.append(source.fault(node.place.line, node.place.column, "extends", message, hint))

    if isinstance(node, BrokenNode):
        return None
    if not isinstance(node, ScalarNode) or not node.text or (node.plain and sort_of(node.text) != "text"):
        fault("expected the path of one scenario file", "extends: base.yaml")
        return None
    path = source.directory / node.text
    here = (source.directory / Path(source.name).name).resolve()
    if path.resolve() in (*chain, here):
        fault(f"'{node.text}' extends itself", " -> ".join(p.name for p in (*chain, here, path)))
        return None
    if len(chain) >= MAX_EXTENDS:
        fault(f"more than {MAX_EXTENDS} files extend one another")
        return None
    return _read_base(path, (*chain, here), fault, faults)


def _read_base(path: Path, chain: tuple[Path, ...], fault: object, faults: list[Fault]) -> MapNode | None:
    if path.name == STDIN:
        path = Path("./-")
    try:
        base, more = _file_with_bases(read_source(path, "extends"), chain)
    except ScenarioError as error:
        own = [f for f in error.faults if f.line]
        faults.extend(own)
        for whole in (f for f in error.faults if not f.line):
            fault(f"'{whole.file}' {whole.message}", whole.hint)  # type: ignore[operator]
        return None
    faults.extend(more)
    return base


def _point_to_files_from(root: MapNode, directory: Path) -> None:
    """Paths that a base file wrote are relative to that file: make them relative to the scenario's folder."""
    for volume in _values(root.entries.get("volumes")):
        for workload in _values(volume.entries.get("workload")):
            _rebase(workload, "trace", directory)
            _rebase_below(workload, ("profile",), directory)
    for link in _values(root.entries.get("links")):
        for way in (link, child(link, "back")):
            _rebase_below(way, ("bandwidth_profile", "bandwidth_factor"), directory)


def _values(entry: Entry | None) -> list[MapNode]:
    if entry is None or not isinstance(entry.value, MapNode):
        return []
    return [e.value for e in entry.value.entries.values() if isinstance(e.value, MapNode)]


def _rebase_below(owner: Node | None, keys: Sequence[str], directory: Path) -> None:
    for key in keys:
        below = child(owner, key)
        if isinstance(below, MapNode):
            _rebase(below, "file", directory)


def _rebase(owner: MapNode, key: str, directory: Path) -> None:
    entry = owner.entries.get(key)
    if entry is None or not isinstance(entry.value, ScalarNode):
        return
    node, own = entry.value, entry.value.place.source.directory
    if own != directory and node.text and "\0" not in node.text:
        text = Path(os.path.relpath(own / node.text, directory)).as_posix()
        owner.entries[key] = Entry(entry.place, ScalarNode(node.place, text, node.plain))


def _lay(root: MapNode, sets: tuple[str, ...], line: int, faults: list[Fault]) -> None:
    """One `path=value` over the tree."""
    text = sets[line]
    shown = Source("--set", "\n".join(sets), Path(), "--set", tuple(s.splitlines()[0] if s else "" for s in sets))
    path_part, equals, value = text.partition("=")
    steps = _steps(path_part)
    if not equals or not steps or "\n" in text or "\r" in text:
        faults.append(shown.fault(line + 1, 1, "", "expected path=value on one line", "e.g. run.seed=7"))
        return
    place = Place(shown, line + 1, 1)
    try:
        padded = "\n" * line + " " * (len(path_part) + 1) + value
        node, more = compose(Source("--set", padded, Path(), "--set", shown.lines))
    except ScenarioError as error:
        faults.extend(error.faults)
        return
    faults.extend(more)
    node = node or ScalarNode(Place(shown, line + 1, len(path_part) + 2), "", True)
    if problem := _put(root, steps, node, place):
        faults.append(shown.fault(line + 1, 1, path_part, *problem))


def _steps(text: str) -> NodePath:
    """`timeline[0].at` as steps; empty where it is not a path."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return ()
        steps += [match[1].strip(), *(int(index) for index in re.findall(r"[0-9]+", match[2]))]
        position = match.end()
    return () if text.endswith(".") else tuple(steps)


def _put(root: MapNode, steps: NodePath, value: Node, place: Place) -> tuple[str, str] | None:
    """Put a value at a path; says what is in the way where that cannot be."""
    node: Node = root
    for depth, step in enumerate(steps):
        last = depth == len(steps) - 1
        before = path_text(steps[:depth])
        if isinstance(step, int):
            if not isinstance(node, ListNode):
                return f"'{before}' is not a list", ""
            if step >= len(node.items):
                return f"'{before}' has {len(node.items)} entries; there is no [{step}]", "they count from 0"
            if last:
                node.items[step] = value
            node = node.items[step]
        elif not isinstance(node, MapNode):
            return f"'{before}' is not a map", ""
        elif last:
            _replace(node, step, value, place)
        else:
            found = _below(node, step, steps[:depth], place)
            if isinstance(found, tuple):
                return found
            node = found
    return None


def _replace(node: MapNode, key: str, value: Node, place: Place) -> None:
    if _removes(value):
        node.entries.pop(key, None)
        return
    old = node.entries.get(key)
    if old and isinstance(old.value, MapNode) and isinstance(value, MapNode):
        value = merge(old.value, value)
    node.entries[key] = Entry(place, value)


def _below(node: MapNode, key: str, before: NodePath, place: Place) -> Node | tuple[str, str]:
    """The value below a key, made where it is missing; a misspelt name is not a new one."""
    entry = node.entries.get(key)
    if entry and not (isinstance(entry.value, ScalarNode) and entry.value.plain and not entry.value.text):
        return entry.value
    if entry is None and before and before[-1] in NAME_MAPS and node.entries:
        near = difflib.get_close_matches(key, list(node.entries), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there is {', '.join(list(node.entries)[:20])}"
        return f"no '{key}' in {path_text(before)}", hint
    made = MapNode(place)
    node.entries[key] = Entry(place, made)
    return made
