"""How long a secondary that is behind takes to catch up, and how well two simple estimates foresee it.

    behind        more than one set has not arrived, or one that waited through an outage
    caught up     every set that was cut has arrived; who is let go (left, dropped) never does
    linear        backlog / payload rate of the narrowest link on its way: blind to what is still cut (NUMBERS 1.4)
    drain rate    backlog / (observed receive rate - observed cut rate), each over the newest sets
asked at the end of each outage, and whenever a set is cut or arrives while the secondary is behind; not within an
outage, whose end nobody knows. An estimate is wrong by what it says minus what really happened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

from sim.records import CopyOutFinished, DeltaSetCut, LinkStood, SecondaryDropped, SecondaryLeft, SetReceived
from sim.summary import arrivals
from sim.summary.facts import Facts
from sim.summary.generation import Generation
from sim.summary.traffic import capacity
from sim.summary.windows import Windows

OBSERVED: Final = 8  # sets that a rate is read off
PACKET: Final = Fraction(1448, 1500)  # payload of a packet
SECOND: Final = 10**9
ESTIMATORS: Final = ("linear", "drain")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was foreseen at an instant; None where an estimator has no answer, or it has not happened by the end.

    `arrived`: all that waited has arrived by then, or will; not so where nothing waits any more because it was let go.
    """

    time_ns: int
    backlog_bytes: int
    linear_ns: int | None
    drain_ns: int | None
    caught_up_ns: int | None
    after_outage: bool
    arrived: bool = True

    def said_ns(self, estimator: str) -> int | None:
        """What an estimator said."""
        return self.linear_ns if estimator == "linear" else self.drain_ns

    def error_ns(self, estimator: str) -> int | None:
        """What an estimator said, less how long it really took."""
        said = self.said_ns(estimator)
        if said is None or self.caught_up_ns is None or not self.arrived:
            return None
        return said - (self.caught_up_ns - self.time_ns)


class CatchingUp:
    """One secondary in a generation; `outages` are when nothing could get to it, copies on their way among them."""

    def __init__(self, generation: Generation, secondary: str, outages: Windows) -> None:
        facts = generation.facts
        self._generation, self._secondary, self.outages = generation, secondary, outages
        self.waiting = arrivals.history(facts, generation, secondary)
        self._let_go_ns = {
            fact.time_ns
            for fact in facts.of_arm(generation.name, secondary)
            if isinstance(fact, SecondaryLeft | SecondaryDropped)
        }
        self._links = {link.link: link for link in facts.of(LinkStood)}
        self._cuts = list(facts.about(DeltaSetCut, replication=generation.name))
        self._cut_ns = [cut.time_ns for cut in self._cuts]
        self._served = list(self._services(facts))
        self._served_ns = [time_ns for time_ns, _, _ in self._served]

    @cached_property
    def estimates(self) -> list[Estimate]:
        """All of them, in order of time."""
        return [
            self._estimate(time_ns, caught_up_ns, after_outage=self._ended_within(since_ns, time_ns))
            for since_ns, caught_up_ns, asked in self._stretches
            for time_ns in asked
        ]

    def estimate(self, time_ns: int) -> Estimate | None:
        """What can be foreseen at an instant; None where nothing waits."""
        return self._estimate(time_ns, None, after_outage=False) if arrivals.at(self.waiting, time_ns).sets else None

    def took_ns(self, until_ns: int) -> Iterator[tuple[int, int]]:
        """The end of each outage through which something waited, and how long it took to catch up from there on.

        What is not caught up by the end of the run counts as it stands.
        """
        for since_ns, caught_up_ns, _ in self._stretches:
            done_ns = until_ns if caught_up_ns is None else caught_up_ns
            yield from ((end, done_ns - end) for _, end in self._outages_in(since_ns, done_ns) if end < done_ns)

    def rate(self, time_ns: int) -> Fraction | None:
        """Payload bytes a second while sets were on their way, over the newest that had arrived; None before any."""
        stop = bisect_right(self._served_ns, time_ns)
        newest = self._served[max(0, stop - OBSERVED) : stop]
        took_ns = sum(took for _, took, _ in newest)
        return Fraction(sum(size for _, _, size in newest) * SECOND, took_ns) if took_ns else None

    def services(self, time_ns: int) -> list[tuple[int, int, int]]:
        """When each set arrived up to an instant, how long it was on its way alone, and its payload."""
        return self._served[: bisect_right(self._served_ns, time_ns)]

    # -- from when to when --------------------------------------------------------------------------------------------

    @cached_property
    def _stretches(self) -> list[tuple[int, int | None, list[int]]]:
        return list(self._stretched())

    def _stretched(self) -> Iterator[tuple[int, int | None, list[int]]]:
        """Since when something waited, when nothing did any more, and at which instants between it is asked."""
        since_ns: int | None = None
        own: list[arrivals.Waiting] = []
        for change in self.waiting:
            if change.sets:
                since_ns = change.time_ns if since_ns is None else since_ns
                own.append(change)
            elif since_ns is not None:
                yield since_ns, change.time_ns, self._asked(since_ns, change.time_ns, own)
                since_ns, own = None, []
        if since_ns is not None:
            yield since_ns, None, self._asked(since_ns, self.outages.until_ns, own)

    def _asked(self, since_ns: int, end_ns: int, changes: list[arrivals.Waiting]) -> list[int]:
        ends = [end for _, end in self._outages_in(since_ns, end_ns) if end < end_ns]
        behind_ns = min([*ends[:1], *(change.time_ns for change in changes if change.sets > 1)], default=end_ns)
        moments = sorted([*ends, *(change.time_ns for change in changes if change.time_ns >= behind_ns)])
        return [moment for moment in dict.fromkeys(moments) if not self.outages.holds(moment)]

    def _outages_in(self, since_ns: int, end_ns: int) -> list[tuple[int, int]]:
        return list(self.outages.parts_of(since_ns, end_ns))

    def _ended_within(self, since_ns: int, time_ns: int) -> bool:
        return any(end == time_ns for _, end in self._outages_in(since_ns, time_ns))

    # -- how long -----------------------------------------------------------------------------------------------------

    def _estimate(self, time_ns: int, caught_up_ns: int | None, *, after_outage: bool) -> Estimate:
        backlog = arrivals.at(self.waiting, time_ns).payload_bytes
        linear, drain = self._linear_ns(backlog, time_ns), self._drain_ns(backlog, time_ns)
        arrived = caught_up_ns not in self._let_go_ns
        return Estimate(time_ns, backlog, linear, drain, caught_up_ns, after_outage, arrived)

    def _linear_ns(self, backlog: int, time_ns: int) -> int | None:
        rates = self._payload_rates(time_ns)
        if rates is None:
            return None
        return int(backlog * SECOND / min(rates)) if rates else 0

    def _payload_rates(self, time_ns: int) -> list[Fraction] | None:
        """Bytes a second of each limited link on the way now; None where the way is not known."""
        links = self._way(time_ns)
        if links is None:
            return None
        limited = [(link, capacity(link, way)) for link, way in links if capacity(link, way)]
        return [Fraction(bits, 8) * (1 if link.congestion == "ideal" else PACKET) for link, bits in limited]

    def _way(self, time_ns: int) -> list[tuple[LinkStood, tuple[str, str]]] | None:
        path = self._generation.routes.path(self._secondary, time_ns)
        if not path:
            only = list(self._links.values())
            return [(only[0], only[0].ends)] if len(only) == 1 else None
        ends = {name: link.ends for name, link in self._links.items()}
        found = []
        for hop in path:
            sites = self._generation.routes.sites(hop, ends, time_ns)
            found += [
                (self._links[link], (here, there))
                for link, here, there in zip(hop.links, sites, sites[1:], strict=False)
            ]
        return found

    def _drain_ns(self, backlog: int, time_ns: int) -> int | None:
        received, cut = self.rate(time_ns), self._cut_rate(time_ns)
        if received is None or cut is None or received <= cut:
            return None
        return int(backlog * SECOND / (received - cut))

    def _cut_rate(self, time_ns: int) -> Fraction | None:
        stop = bisect_right(self._cut_ns, time_ns)
        first = max(0, stop - OBSERVED)
        if not stop:
            return None
        since_ns = self._cut_ns[first - 1] if first else self._generation.began.time_ns
        lasted = self._cut_ns[stop - 1] - since_ns
        payload = sum(cut.payload_bytes for cut in self._cuts[first:stop])
        return Fraction(payload * SECOND, lasted) if lasted else None

    def _services(self, facts: Facts) -> Iterator[tuple[int, int, int]]:
        """A set is on its way alone from when it can be sent, or the one before it has arrived; outages left out."""
        ready = {
            (fact.generation, fact.number): fact
            for fact in facts.about(CopyOutFinished, replication=self._generation.name)
        }
        cuts = {(cut.generation, cut.number): cut for cut in self._cuts}
        before_ns = 0
        for fact in facts.of_arm(self._generation.name, self._secondary):
            name = (getattr(fact, "generation", 0), getattr(fact, "number", 0))
            if isinstance(fact, SetReceived) and name in cuts:
                begin = max(before_ns, ready.get(name, cuts[name]).time_ns)
                took = sum(end - start for start, end in self.outages.gaps_in(begin, fact.time_ns))
                yield fact.time_ns, took, cuts[name].payload_bytes
                before_ns = fact.time_ns
