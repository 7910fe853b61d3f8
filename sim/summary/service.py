"""When the users of a replication could write, could only read, or had no service.

    none        the site of the source is lost; or its data mover is down and does not come back before a failover
    read only   the source is mounted read-only: before a failback, a swap, or a failover that loses nothing (B2, F3)
    writable    the rest; so is a source that could not be told of its end, although what is written there is doomed
A source serves until another is promoted, not until that one begins to log. A data mover that restarts is no outage:
writes stand still meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from sim.records import Promoted, Record, ReplicationBegan, RoleChanged, SiteBack, SiteLost
from sim.summary.facts import Facts
from sim.summary.windows import Span, Windows

State = Literal["writable", "read_only", "none"]

LOST: Final = "lost"  # a role: its site is down
_TOLD_BY: Final = (ReplicationBegan, RoleChanged, Promoted, SiteLost, SiteBack)


class Service:
    """Of one replication, as three sets of windows that make up the run."""

    def __init__(self, facts: Facts, replication: str) -> None:
        until_ns = facts.until_ns
        if not facts.among(RoleChanged, Promoted, SiteLost):
            self.none = self.read_only = Windows((), until_ns)
            self.writable = Windows.whole(until_ns)
            return
        states = list(_states(facts, replication))
        spans: dict[State, list[Span]] = {"none": list(_without_service(facts, replication)), "read_only": []}
        for (since_ns, state), (end_ns, _) in zip(states, [*states[1:], (until_ns, "none")], strict=True):
            spans.setdefault(state, []).append((since_ns, end_ns))
        self.none = Windows.of(spans["none"], until_ns)
        self.read_only = Windows.of(spans["read_only"], until_ns).without(self.none)
        self.writable = Windows.whole(until_ns).without(self.none).without(self.read_only)

    def spans(self) -> Iterator[tuple[Span, State]]:
        """Every span with its state, in order of time."""
        parts: list[tuple[Span, State]] = [(span, "writable") for span in self.writable.spans]
        parts += [(span, "read_only") for span in self.read_only.spans]
        parts += [(span, "none") for span in self.none.spans]
        yield from sorted(parts)


@dataclass(slots=True)
class _Source:
    """The site that serves, how it is mounted, and which sites are lost."""

    site: str = ""
    mounts: dict[str, str] = field(default_factory=dict)
    lost: dict[str, bool] = field(default_factory=dict)

    def see(self, fact: Record) -> None:
        match fact:
            case ReplicationBegan() if not self.site:
                self.site = fact.primary
                self.mounts.setdefault(fact.primary, "read_write")
            case RoleChanged() if fact.role != LOST:
                self.mounts[fact.site] = fact.mount
            case Promoted():
                self.site = fact.site
                self.mounts[fact.site] = "read_write"
            case SiteLost():
                self.lost[fact.site] = True
            case SiteBack():
                self.lost[fact.site] = False

    @property
    def state(self) -> State:
        if self.lost.get(self.site):
            return "none"
        match self.mounts.get(self.site, "read_write"):
            case "read_write":
                return "writable"
            case "read_only":
                return "read_only"
        return "none"


def _states(facts: Facts, replication: str) -> Iterator[tuple[int, State]]:
    """Each change of what users have, from 0 on; of several in an instant the last."""
    source = _Source()
    known: State = "writable"
    yield 0, known
    for fact in facts.among(*_TOLD_BY):
        if getattr(fact, "replication", replication) == replication:
            source.see(fact)
            if source.state != known:
                known = source.state
                yield fact.time_ns, known


def _without_service(facts: Facts, replication: str) -> Iterator[Span]:
    """When the data mover of a source was down until another was promoted."""
    site, down_ns = "", {}
    for fact in facts.among(ReplicationBegan, RoleChanged, Promoted):
        match fact:
            case _ if getattr(fact, "replication", "") != replication:
                continue
            case ReplicationBegan() if not site:
                site = fact.primary
            case RoleChanged(role=role) if role == LOST:
                down_ns[fact.site] = fact.time_ns
            case RoleChanged():
                down_ns.pop(fact.site, None)
            case Promoted():
                if site in down_ns:
                    yield down_ns[site], fact.time_ns
                site = fact.site
