"""One generation of a replication: what the secondaries of one source could offer while it was the source.

lag(t) = t - boundary of the newest replayed set
exposure(t) = t - boundary at which a failover at t would go on; 0 in mode `sync`
neither exists while a secondary cannot be read; with several secondaries the one that loses least counts
a disaster takes the primary's site, and a copy that lies there with it: it counts only where it is asked for by name
a generation begins with its `ReplicationBegan` and ends with that of the next: what a source that was cut off goes on
to do then is a branch that nobody follows, and no part of any generation
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from operator import itemgetter

from sim.records import ReplicationBegan, VolumeStood, WritesLooked, WritesResumed
from sim.scenario.replication import Replication
from sim.summary.curve import Curve, Line, Segment
from sim.summary.facts import Facts
from sim.summary.loss import LostBlocks
from sim.summary.routes import Routes
from sim.summary.spans import members, membership
from sim.summary.standing import Boundaries, Standing, standings
from sim.summary.windows import Span

Offer = tuple[int, int | None]  # from when on, which boundary; None while there is none
MODES = ("default", "now", "sync")


class Generation:
    """A source with its members, from `since_ns` to `until_ns`, read from the facts of that time.

    `said` is what the scenario says of the replication, where there is one; `first` says that nothing was before it.
    """

    def __init__(
        self, facts: Facts, began: ReplicationBegan, said: Replication | None = None, *, first: bool = True
    ) -> None:
        self.facts = facts
        self.began = began
        self.name = began.replication
        self.since_ns = 0 if first else began.time_ns
        self.until_ns = facts.until_ns
        self.secondaries = members(facts, began)
        self.boundaries = Boundaries(facts, self.name)
        self.routes = Routes(facts, self.name, began.primary)
        self._said = said
        self._surviving: dict[tuple[str, tuple[str, ...]], list[Offer]] = {}
        self._aging_curves: dict[tuple[str, str | None], Curve] = {}
        self._lost_curves: dict[tuple[str, str | None], Curve] = {}
        self.off_site = tuple(name for name in self.secondaries if self.site_of(name) != began.primary)
        self.membership = {name: membership(facts, began, name) for name in self.secondaries}
        self._standings = {name: self._standings_of(name, first=first) for name in self.secondaries}

    def _standings_of(self, secondary: str, *, first: bool) -> list[Standing]:
        """At the start of a later generation its members stand at its first boundary, and others at none."""
        begins_empty = self._said is not None and self._said.initial_copy != "done"
        if not first:
            begins_empty = secondary not in self.began.secondaries
        return standings(
            self.facts, self.name, secondary, self.boundaries, site=self.site_of(secondary), begins_empty=begins_empty,
            first=first,
        )  # fmt: skip

    def site_of(self, secondary: str) -> str:
        """Where a secondary is: as its route or the scenario says, else at a site of its own name."""
        hop = self.routes.hop(secondary, 0)
        if hop is not None:
            return hop.site
        known = self._said is not None and secondary in self._said.secondaries
        return self._said.site_of(secondary) if self._said is not None and known else secondary

    def playback_policy(self, secondary: str) -> tuple[int | None, int | None]:
        """The timeout in nanoseconds and high-water mark in bytes of a secondary at the start, as the scenario says."""
        if self._said is None or secondary not in self._said.secondaries:
            return None, None
        own = self._said.secondaries[secondary]
        return own.timeout or 0, own.high_water_mark

    @cached_property
    def block_bytes(self) -> int:
        """The size of a block of the replicated volume."""
        return next(self.facts.about(VolumeStood, volume=self.began.volume)).block_bytes

    @cached_property
    def _lost(self) -> LostBlocks:
        return LostBlocks(self.facts, self.name, self.boundaries)

    def standings(self, secondary: str) -> list[Standing]:
        """What a secondary could offer, change by change."""
        return self._standings[secondary]

    def surviving(self, mode: str, secondary: str | None = None) -> list[Offer]:
        """From when on which boundary survives; without a secondary, the newest that any of them off site offers."""
        mode = "default" if mode == "sync" else mode
        names = self.off_site if secondary is None else (secondary,)
        if not names:
            return [(self.began.time_ns, None)]
        if (mode, names) not in self._surviving:
            offers = [[(at.time_ns, at.offers(mode)) for at in self._standings[name]] for name in names]
            self._surviving[mode, names] = _newest(offers)
        return self._surviving[mode, names]

    def lag(self, secondary: str) -> Curve:
        """Age in nanoseconds of the newest boundary that a secondary can serve."""
        return self._aging("replayed", secondary)

    def lag_blocks(self, secondary: str) -> Curve:
        """Distinct blocks written after the newest boundary that a secondary can serve."""
        return self._lost_after("replayed", secondary)

    def lag_sets(self, secondary: str) -> Curve:
        """Delta sets that are cut and not yet replayed."""
        return Curve.of(self._sets_after(self.surviving("replayed", secondary)))

    def backlog_bytes(self, secondary: str) -> Curve:
        """Payload of the delta sets that are cut and not yet replayed."""
        return Curve.of(self._payload_after(self.surviving("replayed", secondary)))

    def exposure(self, mode: str, secondary: str | None = None) -> Curve:
        """Age in nanoseconds of what a failover at each instant would go on with."""
        return self._aging(mode, secondary)

    def exposure_blocks(self, mode: str, secondary: str | None = None) -> Curve:
        """Distinct blocks whose newest contents a failover at each instant would lose."""
        return self._aging(mode, secondary) if mode == "sync" else self._lost_after(mode, secondary)

    def _lost_after(self, mode: str, secondary: str | None) -> Curve:
        """Worked out once: bytes are these blocks too."""
        if (mode, secondary) not in self._lost_curves:
            self._lost_curves[mode, secondary] = self._lost.curve(self.surviving(mode, secondary))
        return self._lost_curves[mode, secondary]

    def exposure_writes(self, mode: str, secondary: str | None = None) -> Curve:
        """Raw writes that a failover would lose: exact at looks, between them the mean rate (an expectation)."""
        if mode == "sync":
            return self._aging(mode, secondary)
        return Curve.of(self._written_after(self.surviving(mode, secondary)))

    def _aging(self, mode: str, secondary: str | None) -> Curve:
        """How old what survives is, worked out once; in mode `sync` nothing is lost."""
        if (mode, secondary) not in self._aging_curves:
            ages = self._ages(self.surviving(mode, secondary))
            self._aging_curves[mode, secondary] = Curve.of(_nought(ages) if mode == "sync" else ages)
        return self._aging_curves[mode, secondary]

    def _written_after(self, changes: list[Offer]) -> Iterator[Segment]:
        for start, end, survives in self._spans(changes):
            if survives is not None:
                yield from self._written.stretch(start, end, -self._written.at(self.boundaries.times_ns[survives]))

    def unreadable(self, secondary: str) -> list[Span]:
        """When a secondary, being a member, had nothing to offer, because a copy was on its way to it."""
        changes = self.surviving("replayed", secondary)
        empty = [(start, end) for start, end, survives in self._spans(changes) if survives is None]
        return [part for span in empty for part in self.membership[secondary].parts_of(*span)]

    def _spans(self, changes: list[Offer]) -> Iterator[tuple[int, int, int | None]]:
        ends = [time_ns for time_ns, _ in changes[1:]] + [self.facts.until_ns]
        for (start, survives), end in zip(changes, ends, strict=True):
            yield start, end, survives

    def _ages(self, changes: list[Offer]) -> Iterator[Segment]:
        for start, end, survives in self._spans(changes):
            if survives is not None:
                yield from self.boundaries.ages(survives, start, end)

    def _sets_after(self, changes: list[Offer]) -> Iterator[Segment]:
        for left, right, survives, newest in self._newest_after(changes):
            yield left, right, newest - survives, newest - survives

    def _payload_after(self, changes: list[Offer]) -> Iterator[Segment]:
        so_far = self.boundaries.payload_so_far
        for left, right, survives, newest in self._newest_after(changes):
            waiting = so_far[newest] - so_far[survives]
            yield left, right, waiting, waiting

    def _newest_after(self, changes: list[Offer]) -> Iterator[tuple[int, int, int, int]]:
        """From when to when which boundary survived, and which was the newest."""
        cuts_ns = self.boundaries.times_ns
        for start, end, survives in self._spans(changes):
            if survives is None:
                continue
            first, stop = bisect_right(cuts_ns, start), bisect_left(cuts_ns, end)
            corners = [start, *cuts_ns[first:stop], end]
            for newest, (left, right) in enumerate(pairwise(corners), start=first - 1):
                yield left, right, survives, newest

    @cached_property
    def _written(self) -> Line:
        points = [(self.began.time_ns, 0)]
        for fact in self.facts.among(WritesLooked, WritesResumed):
            until_ns, before = points[-1]
            match fact:
                case WritesLooked(replication=name, since_ns=since_ns) if name == self.name:
                    points += [(since_ns, before)] if since_ns > until_ns else []
                    points.append((fact.time_ns, before + fact.writes))
                case WritesResumed(replication=name) if name == self.name:
                    points.append((fact.time_ns, before))
        return Line([time_ns for time_ns, _ in points], [writes for _, writes in points])


def _nought(segments: Iterable[Segment]) -> Iterator[Segment]:
    return ((start, end, 0, 0) for start, end, _, _ in segments)


def _newest(offers: list[list[Offer]]) -> list[Offer]:
    """The newest boundary that any of several secondaries offers, change by change."""
    changes = [(time_ns, which, survives) for which, own in enumerate(offers) for time_ns, survives in own]
    current: list[int | None] = [None] * len(offers)
    newest: list[Offer] = []
    best: int | None = None
    for time_ns, which, survives in sorted(changes, key=itemgetter(0, 1)):
        before, current[which] = current[which], survives
        if survives is not None and (best is None or survives >= best):
            best = survives
        elif before == best:
            best = max((offer for offer in current if offer is not None), default=None)
        if not newest or newest[-1][1] != best:
            newest.append((time_ns, best))
    return newest
