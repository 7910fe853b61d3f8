"""A smaller world that fails as well: leave out parts, one after the other, as long as it still fails."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from sim.scenario.errors import ScenarioError
from tests.swarm.draw import Plan
from tests.swarm.world import Fault, check

KEEP = {"version", "name", "run", "sites", "links", "volumes", "replication", "kind", "at"}


def shrink(plan: Plan, fault: Fault, tries: int = 150) -> Fault:
    """The smallest that was found; the same kind of fault, judged by its first word."""
    kind = fault.what.split()[0]
    progress = True
    while progress and tries > 0:
        progress = False
        for smaller in _smaller(plan):
            tries -= 1
            found = _fault(smaller)
            if found is not None and found.what.split()[0] == kind:
                plan, fault, progress = smaller, found, True
                break
            if tries <= 0:
                break
    return fault


def _fault(plan: Plan) -> Fault | None:
    try:
        check(plan)
    except Fault as fault:
        return fault
    except ScenarioError:
        return None
    return None


def _smaller(plan: Plan) -> Iterator[Plan]:
    for path in _places(plan.scenario):
        scenario = copy.deepcopy(plan.scenario)
        here: Any = scenario
        for step in path[:-1]:
            here = here[step]
        del here[path[-1]]
        yield Plan(plan.seed, scenario, plan.files, plan.active_ns, plan.quiet, plan.calm_ns)


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, value in reversed(items):
        must_stay = key in KEEP or key in ("vol", "mirror", "profile")
        if not must_stay and not (isinstance(value, dict) and value.get("kind") in ("start", "set-policy")):
            yield (*path, key)
        yield from _places(value, (*path, key))
