"""Every name that refers to something refers to something that was written, right or wrong in itself.

read off the tree, not off the model: a reference is checked even where its neighbours are wrong
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final, TypeGuard

from sim.scenario.draft import Draft, Report
from sim.scenario.nodes import ListNode, MapNode, Node, Path, ScalarNode, node_at
from sim.scenario.scalars import sort_of

_BEFALLEN: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (("link",), "link", "links"),
    (("links",), "link", "links"),
    (("links", "*"), "link", "links"),
    (("from",), "site", "sites"),
    (("sites",), "site", "sites"),
    (("sites", "*"), "site", "sites"),
    (("group",), "group", "groups"),
)

# where a reference stands; what it is called in messages; where the names are
REFERENCES: Final = (
    (("links", "*", "between", "*"), "site", "sites"),
    (("replication", "*", "volume"), "volume", "volumes"),
    (("replication", "*", "primary"), "site", "sites"),
    (("replication", "*", "secondaries", "*", "site"), "site", "sites"),
    (("replication", "*", "forwarders", "*", "site"), "site", "sites"),
    (("timeline", "*", "replication"), "replication", "replication"),
    (("timeline", "*", "site"), "site", "sites"),
    (("faults", "*", "site"), "site", "sites"),
    (("timeline", "*", "volume"), "volume", "volumes"),
    *(((where, "*", *below), noun, section) for where in ("timeline", "faults") for below, noun, section in _BEFALLEN),
)


def references(draft: Draft, report: Report) -> None:
    """Names of sites, volumes and replications."""
    for pattern, noun, section in REFERENCES:
        for path, node in matching(draft.root, pattern, ()):
            if _is_text(node) and not (pattern[-1] == "from" and _kind_of(draft, path) == "copy"):
                must_exist(report, path, noun, node.text, draft.known(section))


def _is_text(node: Node) -> TypeGuard[ScalarNode]:
    return isinstance(node, ScalarNode) and (not node.plain or sort_of(node.text) == "text")


def _kind_of(draft: Draft, path: Path) -> str:
    """The kind of what a key belongs to: `from` names a site, but of kind copy a snapshot."""
    kind = node_at(draft.root, (*path[:-1], "kind"))
    return kind.text if isinstance(kind, ScalarNode) else ""


def members(draft: Draft, report: Report) -> None:
    """A secondary or forwarder without `site:` has the name of one."""
    for section in ("secondaries", "forwarders"):
        for path, node in matching(draft.root, ("replication", "*", section, "*"), ()):
            if isinstance(node, MapNode) and "site" not in node.entries:
                must_exist(report, path, "site", str(path[-1]), draft.known("sites"), at_key=True)


def groups(draft: Draft, report: Report) -> None:
    """What fails together is a site or a link."""
    sites, links = draft.known("sites"), draft.names("links")
    for pattern in (("groups", "*"), ("groups", "*", "*")):
        for path, node in matching(draft.root, pattern, ()):
            if _is_text(node) and sites is not None:
                if node.text in sites and node.text in links:
                    report(path, f"'{node.text}' is both a link and a site", "give one of them another name")
                else:
                    must_exist(report, path, "site or link", node.text, list(dict.fromkeys([*sites, *links])))


def must_exist(
    report: Report, path: Path, noun: str, name: str, known: list[str] | None, offset: int = 0, at_key: bool = False
) -> bool:
    """Report a name that nothing has, unless nobody can tell what there is; says whether it exists."""
    if known is None or name in known:
        return known is not None
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"there is {', '.join(known[:20]) or 'none'}"
    report(path, f"no {noun} '{name[:64]}'", hint, offset=offset, at_key=at_key)
    return False


def matching(node: Node, pattern: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Node]]:
    """Every place of the tree that a pattern fits; keys that begin with `x-` are nobody's."""
    if not pattern:
        yield path, node
        return
    for key, inner in _children(node):
        if pattern[0] in ("*", key):
            yield from matching(inner, pattern[1:], (*path, key))


def _children(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, MapNode):
        yield from ((key, entry.value) for key, entry in node.entries.items() if not key.startswith("x-"))
    elif isinstance(node, ListNode):
        yield from enumerate(node.items)
