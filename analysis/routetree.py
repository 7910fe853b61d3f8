"""The tree of routes as text: a line a member, below whoever feeds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records import Record, ReplicationBegan
from sim.summary.facts import Facts
from sim.summary.generations import generations
from sim.summary.routes import Hop

Line = tuple[str, str, str]  # the tree with the member's name, its role, over which links it is fed


def trees(ledger: Sequence[Record]) -> Iterator[tuple[str, list[Line]]]:
    """Each replication whose members are not all fed by the primary over one link, and its tree at the start."""
    facts = Facts(ledger)
    for name in dict.fromkeys(began.replication for began in facts.of(ReplicationBegan)):
        first = generations(facts, name)[0]
        began, routes = first.began, first.routes
        hops = [hop for _, hop in routes.walk(0)]
        if any(hop.feeder is not None or len(hop.links) > 1 for hop in hops):
            yield began.replication, [(began.primary, "primary", ""), *_lines(hops, None, "")]


def _lines(hops: list[Hop], feeder: str | None, before: str) -> Iterator[Line]:
    own = [hop for hop in hops if hop.feeder == feeder]
    for hop in own:
        last = hop is own[-1]
        where = hop.member if hop.site == hop.member else f"{hop.member} at {hop.site}"
        over = f"over {', '.join(hop.links)}" if hop.links else "beside its feeder"
        yield f"{before}{'└' if last else '├'} {where}", hop.role, over
        yield from _lines(hops, hop.member, before + ("  " if last else "│ "))
