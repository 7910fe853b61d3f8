"""What must fit together across the parts of a scenario: one idea a module.

every rule reads a draft and reports; none raises, none changes anything
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sim.scenario.draft import Draft, Report
from sim.scenario.rules import (
    capacity,
    checks,
    effort,
    files,
    instants,
    names,
    policies,
    references,
    topology,
    workloads,
)

Rule = Callable[[Draft, Report], None]

RULES: Final[tuple[Rule, ...]] = (
    names.look_alikes,
    references.references,
    references.secondaries,
    topology.links,
    topology.groups,
    topology.secondaries,
    capacity.volumes,
    capacity.replication,
    workloads.areas,
    workloads.kinds,
    instants.ids,
    instants.anchors,
    instants.times,
    instants.subjects,
    instants.deletions,
    effort.periods,
    effort.cuts,
    policies.timeouts,
    policies.marks,
    policies.largest_writes,
    checks.labels,
    checks.windows,
    files.traces,
    files.profiles,
)
