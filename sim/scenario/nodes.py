"""A YAML text as a tree that knows where everything stands.

scalars keep their text: the schema decides what they are
no tags, aliases, merge keys or duplicate keys; limits on depth and size hold before anything is built
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sim.scenario.scalars import Scalar, sort_of
from sim.scenario.textfile import Source

Path = tuple[str | int, ...]

IGNORED_PREFIX: Final = "x-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column count from 1."""

    source: Source
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A scalar as written."""

    place: Place
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class BrokenNode:
    """Something already reported: nothing more is said about what it should have been."""

    place: Place


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list."""

    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a map, where it stands, and its value."""

    place: Place
    value: Node


@dataclass(frozen=True, slots=True)
class MapNode:
    """A map, in the order written."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)


Node = ScalarNode | BrokenNode | ListNode | MapNode


class Broken:
    """Stands in the data for a node that was already reported."""

    def __repr__(self) -> str:
        return "<broken>"


BROKEN: Final = Broken()


def data_of(node: Node) -> Any:
    """The tree as maps, tuples and scalars for the schema; keys that begin with `x-` are left out."""
    match node:
        case MapNode():
            entries = node.entries.items()
            return {key: data_of(entry.value) for key, entry in entries if not key.startswith(IGNORED_PREFIX)}
        case ListNode():
            return tuple(data_of(item) for item in node.items)
        case ScalarNode():
            empty = node.plain and sort_of(node.text) == "nothing"
            return None if empty else Scalar(node.text, node.plain)
        case _:
            return BROKEN


def child(node: Node | None, key: str | int) -> Node | None:
    """The value below `key`; None where there is none."""
    if isinstance(node, MapNode) and key in node.entries:
        return node.entries[str(key)].value
    if isinstance(node, ListNode) and isinstance(key, int) and 0 <= key < len(node.items):
        return node.items[key]
    return None


def node_at(root: Node, path: Path) -> Node | None:
    """The node at a path; None where there is none."""
    node: Node | None = root
    for key in path:
        node = child(node, key)
    return node


def path_text(path: Path) -> str:
    """`timeline[2].at`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text
