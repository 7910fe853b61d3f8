"""From when to when something was so: writes stood still, a node was down, replication was stopped.

a span that is still open at the end of the run ends there
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import itemgetter
from typing import TypeVar

from sim.records import (
    CopyBegan,
    CopyFinished,
    NodeCameUp,
    NodeWentDown,
    Record,
    ReplicationStarted,
    ReplicationStopped,
    SecondaryDropped,
    WritesResumed,
    WritesSuspended,
)
from sim.summary.facts import Facts
from sim.summary.windows import Span

Kind = TypeVar("Kind", bound=Record)
Who = Callable[[Record], Hashable]


def stalls(facts: Facts) -> list[tuple[Span, WritesSuspended]]:
    """When the writes of a replication stood still."""
    return _spans(facts, WritesSuspended, WritesResumed, _replication)


def node_outages(facts: Facts) -> list[tuple[Span, NodeWentDown]]:
    """When a data mover was down."""
    return _spans(facts, NodeWentDown, NodeCameUp, lambda fact: getattr(fact, "site", None))


def stops(facts: Facts) -> list[tuple[Span, ReplicationStopped]]:
    """When replication to a secondary was stopped by its operator."""
    return _spans(facts, ReplicationStopped, ReplicationStarted, _arm)


def copies_due(facts: Facts) -> list[tuple[Span, SecondaryDropped]]:
    """When a secondary had been dropped and its copy had not begun."""
    return _spans(facts, SecondaryDropped, (CopyBegan, CopyFinished), _arm)


def _replication(fact: Record) -> Hashable:
    return getattr(fact, "replication", None)


def _arm(fact: Record) -> Hashable:
    return getattr(fact, "replication", None), getattr(fact, "secondary", None)


def _spans(
    facts: Facts, opens: type[Kind], closes: type[Record] | tuple[type[Record], ...], who: Who
) -> list[tuple[Span, Kind]]:
    under_way: dict[Hashable, Kind] = {}
    done: list[tuple[Span, Kind]] = []
    for fact in facts.in_order:
        if isinstance(fact, opens):
            under_way.setdefault(who(fact), fact)
        elif isinstance(fact, closes) and who(fact) in under_way:
            opening = under_way.pop(who(fact))
            done.append(((opening.time_ns, fact.time_ns), opening))
    done += [((opening.time_ns, facts.until_ns), opening) for opening in under_way.values()]
    return sorted(done, key=itemgetter(0))
