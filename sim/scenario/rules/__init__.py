"""What must fit together across the parts of a scenario: one idea a module.

every rule reads a draft and reports; none raises, none changes anything
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sim.scenario.rules import capacity, checks, files, instants, names, topology, workloads

RULES: Final[tuple[Callable[..., Any], ...]] = (
    names.look_alikes,
    topology.links,
    topology.groups,
    topology.secondaries,
    capacity.volumes,
    capacity.replication,
    workloads.areas,
    workloads.kinds,
    instants.ids,
    instants.times,
    instants.subjects,
    checks.labels,
    checks.windows,
    files.inputs,
)
