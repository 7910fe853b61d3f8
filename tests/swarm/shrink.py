"""A smaller world that fails as well: leave out parts, one after the other, as long as it still fails."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from sim.scenario.errors import ScenarioError
from tests.swarm.draw import Plan
from tests.swarm.world import Fault

KEEP = {"version", "name", "run", "sites", "links", "volumes", "replication", "timeline", "kind", "at"}


def shrink(plan: Plan, fault: Fault, check: Callable[[Plan], Any], tries: int = 250) -> Fault:
    """The smallest that was found; the same kind of fault, judged by its first word. `check` raises Fault."""
    kind = fault.what.split()[0]
    progress = True
    while progress and tries > 0:
        progress, place = False, 0
        while place < len(places := list(_places(plan.scenario))) and tries > 0:
            tries -= 1
            smaller = _without(plan, places[place])
            found = _fault(smaller, check)
            if found is not None and found.what.split()[0] == kind:
                plan, fault, progress = smaller, found, True
            else:
                place += 1
    return fault


def _fault(plan: Plan, check: Callable[[Plan], Any]) -> Fault | None:
    try:
        check(plan)
    except Fault as fault:
        return fault
    except ScenarioError:
        return None
    return None


def _without(plan: Plan, path: tuple[Any, ...]) -> Plan:
    scenario = copy.deepcopy(plan.scenario)
    here: Any = scenario
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return Plan(plan.seed, scenario, plan.files, plan.active_ns, plan.quiet, plan.calm_ns, plan.swarm)


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, value in reversed(items):
        if _belongs_to_the_calm(value):
            continue
        if key not in KEEP and key not in ("vol", "mirror", "profile"):
            yield (*path, key)
        yield from _places(value, (*path, key))


def _belongs_to_the_calm(entry: Any) -> bool:
    """Without it there would be no rest, and no fault in that."""
    if not isinstance(entry, dict):
        return False
    return entry.get("kind") in ("start", "set-policy") or str(entry.get("id", "")).startswith("calm")
