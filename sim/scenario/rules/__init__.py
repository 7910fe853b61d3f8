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
    deltas,
    effort,
    files,
    instants,
    links,
    losses,
    names,
    policies,
    presence,
    recovery,
    references,
    routes,
    topology,
    trouble,
    waiting,
    workloads,
)

Rule = Callable[[Draft, Report], None]

RULES: Final[tuple[Rule, ...]] = (
    names.look_alikes,
    references.references,
    references.members,
    references.groups,
    links.ends,
    links.bandwidths,
    links.kinds,
    links.windows,
    links.headers,
    links.throttles,
    topology.groups,
    topology.size,
    topology.names,
    routes.vias,
    routes.circles,
    routes.local_copies,
    routes.sites,
    routes.reached,
    capacity.volumes,
    capacity.replication,
    workloads.areas,
    workloads.kinds,
    instants.ids,
    instants.said,
    instants.anchors,
    instants.times,
    instants.subjects,
    instants.deletions,
    waiting.subjects,
    waiting.conditions,
    waiting.circles,
    waiting.ends,
    losses.places,
    losses.destruction,
    losses.order,
    recovery.targets,
    recovery.copies,
    recovery.causes,
    recovery.feasible,
    deltas.copies,
    presence.data_movers,
    presence.secondaries,
    presence.moves,
    trouble.directions,
    trouble.members,
    trouble.data_movers,
    trouble.happens,
    trouble.names,
    effort.periods,
    effort.cuts,
    policies.timeouts,
    policies.marks,
    policies.largest_writes,
    checks.labels,
    checks.windows,
    files.traces,
    files.profiles,
    files.bandwidths,
)
