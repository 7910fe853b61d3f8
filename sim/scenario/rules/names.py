"""Names: no two of a kind that look the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sim.scenario.draft import Draft, Report

_SECTIONS = ("sites", "links", "volumes", "replication", "groups", "faults")


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
    for section in ("secondaries", "forwarders"):
        yield from (("replication", name, section) for name in draft.names("replication"))
