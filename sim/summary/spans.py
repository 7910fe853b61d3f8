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
    ReplicationBegan,
    ReplicationStarted,
    ReplicationStopped,
    SecondaryDropped,
    SecondaryJoined,
    SecondaryLeft,
    SiteBack,
    SiteLost,
    WritesResumed,
    WritesSuspended,
)
from sim.summary.facts import Facts
from sim.summary.windows import Span, Windows

Kind = TypeVar("Kind", bound=Record)
Who = Callable[[Record], Hashable]


def stalls(facts: Facts) -> list[tuple[Span, WritesSuspended]]:
    """When the writes of a replication stood still: those to a source until another was one at the latest."""
    found = spans_between(facts, WritesSuspended, WritesResumed, _source)
    ends: dict[Hashable, int] = {
        (fact.replication, fact.generation - 1): fact.time_ns for fact in facts.of(ReplicationBegan)
    }
    cut_off = [((begin, min(end, ends.get(_source(fact), end))), fact) for (begin, end), fact in found]
    return [(span, fact) for span, fact in cut_off if span[0] <= span[1]]


def node_outages(facts: Facts) -> list[tuple[Span, NodeWentDown]]:
    """When a data mover was down."""
    return spans_between(facts, NodeWentDown, NodeCameUp, _node)


def _node(fact: Record) -> Hashable:
    return getattr(fact, "site", None), getattr(fact, "data_mover", None)


def stops(facts: Facts) -> list[tuple[Span, ReplicationStopped]]:
    """When replication to a secondary was stopped by its operator; the next generation goes on with all."""
    stopped = spans_between(facts, ReplicationStopped, ReplicationStarted, _arm)
    return [((since, before_next_generation(facts, fact, end)), fact) for (since, end), fact in stopped]


def before_next_generation(facts: Facts, fact: Record, end_ns: int) -> int:
    """The end of what a fact began, or the begin of the next generation of its replication if that is earlier."""
    own = facts.about(ReplicationBegan, replication=getattr(fact, "replication", ""))
    return min([end_ns, *(began.time_ns for began in own if began.time_ns > fact.time_ns)])


def copies_due(facts: Facts) -> list[tuple[Span, SecondaryDropped]]:
    """When a secondary had been dropped and its copy had not begun."""
    return spans_between(facts, SecondaryDropped, (CopyBegan, CopyFinished), _arm)


def members(facts: Facts, began: ReplicationBegan) -> tuple[str, ...]:
    """Who is a member of a generation at any time of it: those at its begin, and who joined it."""
    joined = (fact.secondary for fact in facts.about(SecondaryJoined, replication=began.replication))
    return tuple(dict.fromkeys([*began.secondaries, *joined]))


def membership(facts: Facts, began: ReplicationBegan, secondary: str) -> Windows:
    """When a secondary was a member of a generation: always, unless it joined or left."""
    spans, since_ns, inside = [], began.time_ns, secondary in began.secondaries
    for fact in facts.of_arm(began.replication, secondary):
        if isinstance(fact, SecondaryLeft) and inside:
            spans.append((since_ns, fact.time_ns))
            inside = False
        elif isinstance(fact, SecondaryJoined) and not inside:
            since_ns, inside = fact.time_ns, True
    return Windows.of([*spans, (since_ns, facts.until_ns)] if inside else spans, facts.until_ns)


def site_losses(facts: Facts) -> list[tuple[Span, SiteLost]]:
    """When a site was lost to a disaster."""
    return spans_between(facts, SiteLost, SiteBack, lambda fact: getattr(fact, "site", None))


def _source(fact: Record) -> tuple[str, int | None]:
    return getattr(fact, "replication", ""), getattr(fact, "generation", None)


def _arm(fact: Record) -> Hashable:
    return getattr(fact, "replication", None), getattr(fact, "secondary", None)


def spans_between(
    facts: Facts, opens: type[Kind], closes: type[Record] | tuple[type[Record], ...], who: Who
) -> list[tuple[Span, Kind]]:
    """From each opening fact to the next closing one about the same, in order of the begin; `who` says about whom."""
    under_way: dict[Hashable, Kind] = {}
    done: list[tuple[Span, Kind]] = []
    for fact in facts.among(opens, *(closes if isinstance(closes, tuple) else (closes,))):
        if isinstance(fact, opens):
            under_way.setdefault(who(fact), fact)
        elif who(fact) in under_way:
            opening = under_way.pop(who(fact))
            done.append(((opening.time_ns, fact.time_ns), opening))
    done += [((opening.time_ns, facts.until_ns), opening) for opening in under_way.values()]
    return sorted(done, key=itemgetter(0))
