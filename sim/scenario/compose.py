"""From YAML events to a tree of nodes, all in one loop: no recursion, no constructor, no resolver.

every fault of structure is kept and the tree goes on without the faulty part, so that one run reports them all
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

import yaml

from sim.scenario.errors import Fault, ScenarioError
from sim.scenario.nodes import BrokenNode, Entry, ListNode, MapNode, Node, Path, Place, ScalarNode, path_text
from sim.scenario.scalars import sort_of
from sim.scenario.syntax import syntax_fault
from sim.scenario.textfile import Source, character_faults, invisible_in

MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_STRING = 10_000


@dataclass(slots=True)
class _Frame:
    """A map or list that is still open; `key` waits for its value."""

    node: MapNode | ListNode
    path: Path
    anchor: str | None
    key: str | None = None
    key_place: Place | None = None
    skipping: bool = False  # the value of a key that was reported
    broken: bool = False  # the whole of it was reported
    flow: bool = False  # written in brackets


def compose(source: Source) -> tuple[Node | None, list[Fault]]:
    """The tree of a text (None when it holds no document) and the faults of its structure.

    Raises ScenarioError where the text is not YAML at all.
    """
    if faults := character_faults(source):
        raise ScenarioError(faults)
    composer = _Composer(source)
    composer.refuse_too_many()
    try:
        for event in yaml.parse(source.text, Loader=yaml.SafeLoader):
            composer.take(event)
    except yaml.YAMLError as error:
        raise ScenarioError([*composer.faults, syntax_fault(source, error, composer.opened())]) from None
    return composer.root, composer.faults


@dataclass(slots=True)
class _Composer:
    source: Source
    root: Node | None = None
    faults: list[Fault] = field(default_factory=list)
    open: list[_Frame] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)  # each is reported where it is first used
    nodes: int = 0
    documents: int = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        match event:
            case yaml.DocumentStartEvent():
                self._count_document(event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.MappingStartEvent():
                self._begin(event, MapNode(self._place(event)))
            case yaml.SequenceStartEvent():
                self._begin(event, ListNode(self._place(event)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self.open.pop()
                self._attach(BrokenNode(frame.node.place) if frame.broken else frame.node)

    def refuse_too_many(self) -> None:
        """Count values by the parser in C, where there is one: the one in Python takes seconds for a huge file."""
        if len(self.source.text) <= 2 * MAX_NODES or not yaml.__with_libyaml__:
            return
        try:
            for event in yaml.parse(self.source.text, Loader=yaml.CSafeLoader):
                if isinstance(event, yaml.NodeEvent):
                    self._count_node(self._place(event))
        except yaml.YAMLError:
            pass  # the one in Python says where
        self.nodes = 0

    def opened(self) -> str:
        """The innermost open bracket: `a list opened at 3:9`; nothing where none is open."""
        for frame in reversed(self.open):
            if frame.flow:
                noun = "a list" if isinstance(frame.node, ListNode) else "a map"
                return f"{noun} opened at {frame.node.place.line}:{frame.node.place.column}"
        return ""

    def _place(self, event: Any) -> Place:
        return Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _fault(self, place: Place, message: str, hint: str = "", path: Path | None = None) -> None:
        where = path_text(self._path() if path is None else path)
        self.faults.append(self.source.fault(place.line, place.column, where, message, hint))

    def _path(self) -> Path:
        """Where the next value stands."""
        if not self.open:
            return ()
        frame = self.open[-1]
        if isinstance(frame.node, ListNode):
            return (*frame.path, len(frame.node.items))
        return frame.path if frame.key is None else (*frame.path, frame.key)

    def _count_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._fault(self._place(event), f"{self.documents} documents", "use one file each", ())
            raise ScenarioError(self.faults)

    def _count_node(self, place: Place) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._fault(place, f"more than {MAX_NODES:,} values in one file")
            raise ScenarioError(self.faults)

    def _scalar(self, event: Any) -> None:
        place = self._place(event)
        self._count_node(place)
        text = event.value
        if event.anchor:
            self.anchors.append(event.anchor)
        if event.tag is not None:
            self._tag(place, event.tag)
        elif len(text) > MAX_STRING:
            self._fault(place, f"text of {len(text):,} characters; at most {MAX_STRING:,}")
        elif hidden := invisible_in(text):
            self._fault(place, hidden, "write it visibly")
        else:
            self._attach(ScalarNode(place, text, event.style is None))
            return
        self._attach(BrokenNode(place))

    def _tag(self, place: Place, tag: str) -> None:
        shown = tag.replace("tag:yaml.org,2002:", "!!")[:60]
        self._fault(place, f"tags are not allowed ({shown})", "write the plain value")

    def _alias(self, event: Any) -> None:
        place = self._place(event)
        self._count_node(place)
        if event.anchor not in self.aliases:
            self.aliases.add(event.anchor)
            self._refuse_alias(place, event.anchor)
        self._attach(BrokenNode(place))

    def _refuse_alias(self, place: Place, name: str) -> None:
        if any(frame.anchor == name for frame in self.open):
            self._fault(place, f"anchor '{name}' contains itself", "aliases are not allowed; write the values out")
        elif name in self.anchors:
            self._fault(place, f"aliases are not allowed ('*{name}')", "write the value out")
        else:
            near = difflib.get_close_matches(name, self.anchors, n=1)
            hint = f"did you mean '*{near[0]}'? But " if near else ""
            self._fault(place, f"no anchor '{name}'", f"{hint}aliases are not allowed; write the value out")

    def _begin(self, event: Any, node: MapNode | ListNode) -> None:
        self._count_node(node.place)
        if len(self.open) >= MAX_DEPTH:
            self._fault(node.place, f"nesting deeper than {MAX_DEPTH}")
            raise ScenarioError(self.faults)
        if event.anchor:
            self.anchors.append(event.anchor)
        if event.tag is not None:
            self._tag(node.place, event.tag)
        broken, flow = event.tag is not None, bool(event.flow_style)
        self.open.append(_Frame(node, self._path(), event.anchor, broken=broken, flow=flow))

    def _attach(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        frame = self.open[-1]
        if isinstance(frame.node, ListNode):
            frame.node.items.append(node)
        elif frame.skipping:
            frame.skipping = False
        elif frame.key is None:
            self._take_key(frame, node)
        else:
            assert frame.key_place is not None
            frame.node.entries[frame.key] = Entry(frame.key_place, node)
            frame.key = None

    def _take_key(self, frame: _Frame, node: Node) -> None:
        frame.skipping = True
        assert isinstance(frame.node, MapNode)
        if isinstance(node, (MapNode, ListNode)):
            self._fault(node.place, f"keys must be text (got a {'map' if isinstance(node, MapNode) else 'list'})")
        if not isinstance(node, ScalarNode):
            return
        sort = sort_of(node.text) if node.plain else "text"
        if node.plain and node.text == "<<":
            self._fault(node.place, "merge keys are not allowed", "write the values out, or use extends:")
        elif sort != "text":
            quoted = f', or write "{node.text}" in quotes' if node.text else ""
            self._fault(node.place, f"keys must be text ('{node.text}' is {sort})", f"choose a word{quoted}")
        elif first := frame.node.entries.get(node.text):
            lines = f"lines {first.place.line} and {node.place.line}"
            path = (*frame.path, node.text)
            self._fault(node.place, f"key '{node.text[:60]}' given twice: {lines}", "keep one", path)
        else:
            frame.skipping, frame.key, frame.key_place = False, node.text, node.place
