"""What must always be true of routes: sets come from whoever has them, once each, and marks are honest (T1-T14)."""

from __future__ import annotations

from sim.records import (
    BytesCarried,
    CopyBegan,
    CopyFinished,
    LinkStood,
    MemberReachable,
    MemberUnreachable,
    Record,
    ReplicationBegan,
    RouteChanged,
    RouteStood,
    SetForwarded,
    SetReceived,
)

Who = tuple[str, str]  # replication and member
Number = tuple[int, int]


class Routes:
    """Who feeds whom, as the facts tell it."""

    def __init__(self) -> None:
        self.home: dict[Who, str] = {}
        self.feeder: dict[Who, str] = {}

    def __call__(self, fact: Record) -> None:
        """Take note of a fact."""
        if isinstance(fact, ReplicationBegan):  # another generation has another tree
            self.home = {who: feeder for who, feeder in self.home.items() if who[0] != fact.replication}
            self.feeder = {who: feeder for who, feeder in self.feeder.items() if who[0] != fact.replication}
        if isinstance(fact, RouteStood):
            self.home[fact.replication, fact.member] = fact.feeder
        if isinstance(fact, RouteStood | RouteChanged):
            self.feeder[fact.replication, fact.member] = fact.feeder

    def above(self, who: Who) -> list[str]:
        """Who feeds a member by the scenario, and who feeds those; the primary is the last."""
        found: list[str] = []
        member = who[1]
        while (who[0], member) in self.home and len(found) <= len(self.home):
            member = self.home[who[0], member]
            found.append(member)
        return found


class SetsComeFromWhoHasThem:
    """T10, T12: a member has a set in whole no earlier than whoever feeds it."""

    def __init__(self) -> None:
        self._routes = Routes()
        self._newest: dict[Who, Number] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a set's arrival."""
        self._routes(fact)
        if isinstance(fact, CopyBegan):  # a copy takes the place of every set up to its stamp
            self._newest[fact.replication, fact.secondary] = (fact.generation, fact.number)
        if not isinstance(fact, SetReceived | SetForwarded):
            return None
        member = fact.secondary if isinstance(fact, SetReceived) else fact.forwarder
        who, number = (fact.replication, member), (fact.generation, fact.number)
        self._newest[who] = max(number, self._newest.get(who, number))
        above = (fact.replication, self._routes.feeder.get(who, ""))
        if above in self._routes.feeder and self._newest.get(above, (0, 0)) < number:
            return f"{member} has set g{fact.generation}.{fact.number} before {above[1]}, which feeds it"
        return None


class SetsArriveOnce:
    """T2, T10, T12: a member takes each set in once, in whatever order messages came and whoever sent them."""

    def __init__(self) -> None:
        self._had: dict[Who, set[Number]] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a set's arrival."""
        if isinstance(fact, CopyFinished | CopyBegan):
            return None
        if not isinstance(fact, SetReceived | SetForwarded):
            return None
        member = fact.secondary if isinstance(fact, SetReceived) else fact.forwarder
        had = self._had.setdefault((fact.replication, member), set())
        if (fact.generation, fact.number) in had:
            return f"{member} took set g{fact.generation}.{fact.number} in twice"
        had.add((fact.generation, fact.number))
        return None


class RoutesStayATree:
    """T10, T12: a member is fed by one of those above it by the scenario, and never by one below it."""

    def __init__(self) -> None:
        self._routes = Routes()

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a change of route."""
        if not isinstance(fact, RouteChanged):
            self._routes(fact)
            return None
        who = (fact.replication, fact.member)
        known = self._routes.feeder.get(who)
        self._routes(fact)
        if fact.before != known:
            return f"{fact.member} was fed by {known}, not by {fact.before}"
        if fact.feeder not in self._routes.above(who):
            return f"{fact.member} is fed by {fact.feeder}, which is not above it"
        return None


class MarksAreHonest:
    """T7, E28: a member is marked once, after its attempts, and taken back as long after as the facts say."""

    def __init__(self) -> None:
        self._since: dict[Who, int] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with a mark."""
        if isinstance(fact, MemberUnreachable):
            who = (fact.replication, fact.member)
            if who in self._since and self._since[who] == fact.since_ns:
                return f"{fact.member} was marked twice"
            self._since[who] = fact.since_ns
            if fact.since_ns >= fact.time_ns or fact.attempts < 1:
                return f"{fact.member} was marked without an attempt that failed"
        if isinstance(fact, MemberReachable):
            since = self._since.pop((fact.replication, fact.member), None)
            if since is None or fact.time_ns - since != fact.unreachable_ns:
                return f"{fact.member} answers again after {fact.unreachable_ns} ns, but was marked since {since} ns"
        return None


class LinksCarryWhatFits:
    """T8: a transfer never carries more over a link, in its time, than the link's bandwidth lets through.

    What was sent again may be more: a packet that found the queue before the link full took none of its bandwidth.
    """

    def __init__(self) -> None:
        self._bits_per_s: dict[tuple[str, str, str], int] = {}

    def __call__(self, fact: Record) -> str | None:
        """What is wrong with what was carried."""
        if isinstance(fact, LinkStood):
            near, far = fact.ends
            back = fact.bits_per_s if fact.back_bits_per_s is None else fact.back_bits_per_s
            self._bits_per_s |= {(fact.link, near, far): fact.bits_per_s, (fact.link, far, near): back}
        if not isinstance(fact, BytesCarried) or fact.cause == "retransmission":
            return None
        limit = self._bits_per_s.get((fact.link, fact.source, fact.destination), 0)
        most = -(-limit * (fact.time_ns - fact.began_ns) // 10**9)
        if limit and fact.carried_bytes * 8 > most + 8:
            return f"{fact.link} carried {fact.carried_bytes} bytes in {fact.time_ns - fact.began_ns} ns"
        return None
