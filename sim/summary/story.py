"""One run as the metrics read it: its facts, its replications, its phases and targets.

anything with the fields of `sim.simulation.Run` will do, a ledger built by hand among them
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from sim.records import (
    CommandGiven,
    CommandRefused,
    FaultBegan,
    PolicyChanged,
    Record,
    ReplicationBegan,
    SiteBack,
    SiteLost,
)
from sim.scenario.replication import Replication
from sim.summary.catchup import CatchingUp
from sim.summary.facts import Facts
from sim.summary.generation import Generation
from sim.summary.mirror import Mirror
from sim.summary.outages import Outages
from sim.summary.phases import phase_windows
from sim.summary.recoveries import Recovery, recoveries
from sim.summary.resyncs import Resync, resyncs
from sim.summary.spans import copies_due
from sim.summary.star import Cost, tree_and_star
from sim.summary.traffic import Traffic
from sim.summary.windows import Windows


class RunLike(Protocol):
    """What a run has to offer."""

    @property
    def scenario(self) -> Any:
        """The scenario as resolved; None for a ledger built by hand."""

    @property
    def seed(self) -> int:
        """The seed that the luck came from."""

    @property
    def replication_index(self) -> int:
        """Which replication of the scenario it is."""

    @property
    def ledger(self) -> Sequence[Record]:
        """The facts, in order."""

    @property
    def digest(self) -> str:
        """Hexadecimal digest of the facts and the final contents."""


class Story:
    """A run, read once and asked often."""

    def __init__(self, run: RunLike) -> None:
        self.run = run
        self.facts = Facts(run.ledger)
        self._catching_up: dict[tuple[Generation, str], CatchingUp] = {}
        self._costs: dict[tuple[str, Windows], tuple[Cost, Cost]] = {}
        self.mirrors = [Mirror(self.facts, began, self._said(began.replication)) for began in self._first_begins()]

    @classmethod
    def of(cls, run: RunLike | Story) -> Story:
        """The story of a run; a story is one already."""
        return run if isinstance(run, Story) else cls(run)

    @property
    def until_ns(self) -> int:
        """The end of the run."""
        return self.facts.until_ns

    @cached_property
    def arms(self) -> list[tuple[Mirror, str, str]]:
        """Each replication with each of its secondaries, and a name for the pair.

        The name is the secondary's; with its replication's in front where several replications have one of that name.
        """
        pairs = [(mirror, secondary) for mirror in self.mirrors for secondary in mirror.secondaries]
        known = Counter(secondary for _, secondary in pairs)
        return [
            (mirror, secondary, secondary if known[secondary] == 1 else f"{mirror.name}.{secondary}")
            for mirror, secondary in pairs
        ]

    @cached_property
    def traffic(self) -> Traffic:
        """What went over the links."""
        return Traffic(self.facts)

    @cached_property
    def outages(self) -> Outages:
        """When nothing could get to whom."""
        return Outages(self.facts)

    @cached_property
    def recoveries(self) -> list[Recovery]:
        """Every failover with what followed it."""
        return recoveries(self.facts)

    @cached_property
    def resyncs(self) -> list[Resync]:
        """Every resync, replication by replication."""
        return [one for mirror in self.mirrors for one in resyncs(self.facts, mirror, self.outages)]

    def catching_ups(self, mirror: Mirror, secondary: str) -> list[CatchingUp]:
        """How a secondary falls behind and catches up, in each generation that it was a member of."""
        return [self.catching_up(one, secondary) for one in mirror.generations if secondary in one.secondaries]

    def catching_up(self, generation: Generation, secondary: str) -> CatchingUp:
        """The same in one generation; until a copy is complete it is as cut off as in an outage."""
        if (generation, secondary) not in self._catching_up:
            due = [
                span
                for span, fact in copies_due(generation.facts)
                if (fact.replication, fact.secondary) == (generation.name, secondary)
            ]
            cut_off = [*self.outages.during(generation, secondary).spans, *generation.unreadable(secondary), *due]
            outages = Windows.of(cut_off, generation.until_ns)
            self._catching_up[generation, secondary] = CatchingUp(generation, secondary, outages)
        return self._catching_up[generation, secondary]

    def tree_and_star(self, mirror: Mirror, windows: Windows) -> tuple[Cost, Cost]:
        """What the tree of a replication carried in the windows, and what a star would have."""
        if (mirror.name, windows) not in self._costs:
            self._costs[mirror.name, windows] = tree_and_star(mirror, windows)
        return self._costs[mirror.name, windows]

    def settled_ns(self, mirror: Mirror, secondary: str) -> int:
        """The lag of an arm that keeps up: two of its longest timeouts, and one of its playback's.

        A write waits for at most one timeout until its set is cut; the next one is a margin for shipping and replay.
        """
        return 2 * self._timeout_ns(mirror, "") + self._timeout_ns(mirror, secondary)

    def target_ns(self, mirror: Mirror, secondary: str) -> int:
        """What to measure time above a target against: the scenario's own limit on this lag, else a settled lag."""
        return self._limit_ns(secondary) or self.settled_ns(mirror, secondary)

    def target_is_expected(self, secondary: str) -> bool:
        """Whether that target is a limit in `expect`."""
        return bool(self._limit_ns(secondary))

    @cached_property
    def phases(self) -> dict[str, Windows]:
        """The windows of each phase."""
        targets = {(mirror.name, secondary): self.settled_ns(mirror, secondary) for mirror, secondary, _ in self.arms}
        recovering = [(one.began_ns, self.until_ns if one.over_ns is None else one.over_ns) for one in self.recoveries]
        return phase_windows(self.facts, self.mirrors, targets, self.outages, recovering)

    def event_ns(self, entry_id: str) -> int | None:
        """When the entry of the timeline with this id happens; None if there is none, or it never did.

        One whose instant only the run could tell is found in the facts that name it.
        """
        entries = getattr(self.run.scenario, "timeline", ())
        entry = next((entry for entry in entries if entry.id == entry_id), None)
        if entry is None or getattr(entry.at, "is_static", True):
            return None if entry is None else int(entry.at)
        return self._happened_ns(entry)

    def knows_event(self, entry_id: str) -> bool:
        """Whether the timeline has an entry with this id."""
        return any(entry.id == entry_id for entry in getattr(self.run.scenario, "timeline", ()))

    def _happened_ns(self, entry: Any) -> int | None:
        """The first fact that has the entry's name; of a disaster's end the one at the site that it names."""
        for fact in self.facts.among(CommandGiven, CommandRefused, SiteLost, FaultBegan):
            told = (getattr(fact, name, None) for name in ("name", "disaster", "fault"))
            if entry.id in told:
                return fact.time_ns
        group = getattr(self.run.scenario, "groups", {}).get(getattr(entry, "group", None), ())
        where = (getattr(entry, "site", None), *group)
        backs = self.facts.of(SiteBack) if entry.kind == "site-back" else ()
        return next((fact.time_ns for fact in backs if fact.site in where), None)

    def _first_begins(self) -> list[ReplicationBegan]:
        firsts: dict[str, ReplicationBegan] = {}
        for began in self.facts.of(ReplicationBegan):
            firsts.setdefault(began.replication, began)
        return list(firsts.values())

    def _timeout_ns(self, mirror: Mirror, secondary: str) -> int:
        changed = self.facts.about(PolicyChanged, replication=mirror.name, secondary=secondary)
        first = self._playback_timeout_ns(mirror, secondary) if secondary else mirror.began.timeout_ns
        return max([first, *(change.timeout_ns for change in changed)])

    def _playback_timeout_ns(self, mirror: Mirror, secondary: str) -> int:
        said = self._said(mirror.name)
        own = said.secondaries.get(secondary) if said else None
        return (own.timeout or 0) if own else 0

    def _said(self, replication: str) -> Replication | None:
        """What the scenario says of a replication; nothing of one in a ledger built by hand."""
        said: Replication | None = getattr(self.run.scenario, "replication", {}).get(replication)
        return said

    def _limit_ns(self, secondary: str) -> int | None:
        for check in getattr(self.run.scenario, "expect", ()):
            bounds = check.metric == "lag" and check.op in ("<", "<=") and check.label("to") in (None, secondary)
            if bounds and check.aggregate not in ("mean", "min"):
                return int(check.value * 10**9)
        return None
