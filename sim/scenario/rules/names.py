"""Names: no two of a kind that look the same, and every reference to one that exists."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from sim.scenario.draft import Draft, Report
from sim.scenario.nodes import Path

_SECTIONS = ("sites", "links", "volumes", "replication")


def look_alikes(draft: Draft, report: Report) -> None:
    """Two names that differ only by case, Unicode form or spaces."""
    for path in _name_maps(draft):
        seen: dict[str, str] = {}
        for name in draft.names(*path):
            folded = unicodedata.normalize("NFKC", name).casefold().strip()
            first = seen.setdefault(folded, name)
            if first != name:
                report((*path, name), f"'{name}' looks the same as '{first}'", "choose another name", at_key=True)


def _name_maps(draft: Draft) -> Iterable[tuple[str, ...]]:
    yield from ((section,) for section in _SECTIONS)
    yield from (("volumes", name, "workload") for name in draft.names("volumes"))
    yield from (("replication", name, "secondaries") for name in draft.names("replication"))


def must_exist(
    report: Report, path: Path, noun: str, name: str, known: list[str], offset: int = 0, at_key: bool = False
) -> bool:
    """Report a name that nothing has; says whether it exists."""
    if name in known:
        return True
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"there is {', '.join(known[:20]) or 'none'}"
    report(path, f"no {noun} '{name}'", hint, offset=offset, at_key=at_key)
    return False
