"""When a secondary was none, from the events of a run: no member, or the source itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.summary.windows import Span, Windows

_TOLD = ("replication_began", "promoted", "secondary_left", "secondary_joined")


@dataclass(frozen=True, slots=True)
class Standing:
    """Two sets of windows that share no instant."""

    source: Windows
    absent: Windows


def of(events: pd.DataFrame, secondary: str, until_ns: int, replication: str | None = None) -> Standing:
    """How a secondary stood in its replication; without one, in all that know it."""
    found: dict[str, list[Span]] = {"source": [], "absent": [], "member": []}
    state, since_ns = "", 0
    for time_ns, entity, event, told in _rows(events, secondary, replication):
        before, state = state, _after(state, secondary, event, entity, told)
        if state != before:
            found.setdefault(before, []).append((since_ns, time_ns))
            since_ns = time_ns
    found.setdefault(state, []).append((since_ns, until_ns))
    source = Windows.of(found["source"], until_ns)
    return Standing(source, Windows.of(found["absent"], until_ns).without(source))


def _rows(
    events: pd.DataFrame, secondary: str, replication: str | None
) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    columns = events.reindex(columns=["time_ns", "entity", "event", "detail"])
    known = {replication} if replication else set()
    for time_ns, entity, event, detail in columns[columns["event"].isin(_TOLD)].itertuples(index=False, name=None):
        told = json.loads(detail) if isinstance(detail, str) else {}
        whose = entity if event == "replication_began" else str(told.get("replication", ""))
        if not replication and (entity == secondary or secondary in told.get("secondaries", ())):
            known.add(whose)
        if whose in known:
            yield time_ns, entity, event, told


def _after(state: str, secondary: str, event: str, entity: str, told: dict[str, Any]) -> str:
    match event:
        case "replication_began":
            return _in_generation(secondary, told)
        case "promoted" if entity == secondary:
            return "source"
        case "secondary_left" if entity == secondary and state != "source":
            return "absent"
        case "secondary_joined" if entity == secondary:
            return "member"
    return state


def _in_generation(secondary: str, told: dict[str, Any]) -> str:
    if secondary in told.get("secondaries", ()):
        return "member"
    return "source" if told.get("primary") == secondary else "absent"
