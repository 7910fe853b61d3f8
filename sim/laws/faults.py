"""What must always be true of faults: each end has its begin, and the time between them adds up.

A fault that is on when the run ends has no end. Several data movers of one site may be down under one name.
"""

from __future__ import annotations

from sim.records import FaultBegan, FaultEnded, NodeCameUp, NodeWentDown, Record


class FaultsEndAsTheyBegan:
    """M8: a fault is on a thing once at a time, ends once for each time it began, and lasted for as long as it says."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str, str, str], int] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a fault's begin or end."""
        if not isinstance(fact, FaultBegan | FaultEnded):
            return None
        key = (fact.fault, fact.kind, fact.target, fact.direction)
        since = self._since.pop(key, None)
        if isinstance(fact, FaultBegan):
            self._since[key] = fact.time_ns
            return None if since is None else f"{fact.fault} on {fact.target} began while it was on since {since} ns"
        if since is None or fact.time_ns - since != fact.lasted_ns:
            return f"{fact.fault} on {fact.target} ended after {fact.lasted_ns} ns, but began at {since} ns"
        return None


class NodesComeUpAsTheyWentDown:
    """M8: a data mover goes down and comes up in turns, and was down for as long as it says."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], int] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a node that goes down or comes up."""
        if isinstance(fact, NodeWentDown):
            since = self._since.get((fact.site, fact.data_mover))
            self._since[fact.site, fact.data_mover] = fact.time_ns
            return None if since is None else f"{_node(fact)} went down while it was down since {since} ns"
        if isinstance(fact, NodeCameUp):
            since = self._since.pop((fact.site, fact.data_mover), None)
            if since is None or fact.time_ns - fact.down_ns != since:
                return f"{_node(fact)} came up after {fact.down_ns} ns, but went down at {since} ns"
        return None


def _node(fact: NodeWentDown | NodeCameUp) -> str:
    return fact.data_mover or fact.site
