"""How copies were brought back to the history: which way, what was sent for it, and what a full copy would have taken.

    sent         bytes over the first hop from the source, payload with its headers, without what was sent again
    alternative  full_bytes / rate of this resync's own transfer while nothing was in its way; where it sent next to
                 nothing, which tells of round trips and not of the link, the rate of its narrowest link
a resync lasts from when its undo list was stored, or its plan where it has none, to `ResyncFinished`, or to the plan of
the next one for the same site
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sim.records import BytesCarried, LinkStood, ResyncFinished, ResyncPlanned, UndoListStored
from sim.summary.catchup import SECOND
from sim.summary.facts import Facts
from sim.summary.mirror import Mirror
from sim.summary.outages import Outages
from sim.summary.traffic import RETRANSMISSION, capacity
from sim.summary.windows import Windows

SENT_FOR: Final = {"incremental": ("undo", "resync_delta"), "full": ("full_copy", "snapshot_delta")}
TELLING: Final = 100  # a hundredth of a full copy is enough to tell how fast one would be
LEGS: Final = ("undo", "copy", "merged", "full", "sent")


@dataclass(frozen=True, slots=True)
class Resync:
    """One resync as it was planned, and as it went."""

    plan: ResyncPlanned
    began_ns: int
    ended_ns: int
    finished: ResyncFinished | None
    sent_bytes: int
    bytes_per_s: Fraction | None  # of its own transfer, else of its line; None where neither is known

    @property
    def full_copy_seconds(self) -> Fraction | None:
        """How long a full copy would have been on its way over the same link."""
        return Fraction(self.plan.full_bytes) / self.bytes_per_s if self.bytes_per_s else None

    def leg_bytes(self, leg: str) -> int:
        """What a leg, or one of the other ways, would send; or what was sent."""
        sizes = {
            "undo": self.plan.undo_bytes, "copy": self.plan.copy_bytes, "merged": self.plan.merged_bytes,
            "full": self.plan.full_bytes, "sent": self.sent_bytes,
        }  # fmt: skip
        return sizes[leg]


def resyncs(facts: Facts, mirror: Mirror, outages: Outages) -> list[Resync]:
    """All resyncs of a replication, in order of their plans."""
    return list(_all(facts, mirror, outages))


def _all(facts: Facts, mirror: Mirror, outages: Outages) -> Iterator[Resync]:
    plans = list(facts.about(ResyncPlanned, replication=mirror.name))
    finishes = list(facts.about(ResyncFinished, replication=mirror.name))
    stored = list(facts.about(UndoListStored, replication=mirror.name))
    known_ns: dict[str, int] = {}  # when the resync before of each site ended, or was planned
    for at, plan in enumerate(plans):
        after = [later.time_ns for later in plans[at + 1 :] if later.site == plan.site]
        until_ns = min([*after, facts.until_ns])
        finished = next(
            (one for one in finishes if one.site == plan.site and plan.time_ns <= one.time_ns <= until_ns), None
        )
        ended_ns = finished.time_ns if finished is not None else until_ns
        lists = (one.time_ns for one in stored if one.site == plan.site)
        since_ns = known_ns.get(plan.site, -1)
        began_ns = max((at_ns for at_ns in lists if since_ns < at_ns <= plan.time_ns), default=plan.time_ns)
        known_ns[plan.site] = plan.time_ns if finished is None else ended_ns
        carried = [one for one in _first_hops(facts, mirror, plan) if began_ns <= one.began_ns < ended_ns]
        own = [one for one in carried if one.cause in SENT_FOR[plan.way]]
        sent = sum(one.carried_bytes for one in own)
        yield Resync(plan, began_ns, ended_ns, finished, sent, _rate(facts, mirror, outages, plan, own))


def _first_hops(facts: Facts, mirror: Mirror, plan: ResyncPlanned) -> Iterator[BytesCarried]:
    """What left the source for a resync."""
    source = mirror.generation_at(plan.time_ns).began.primary
    for one in facts.about(BytesCarried, replication=mirror.name, source=source):
        if one.cause != RETRANSMISSION:
            yield one


def _rate(
    facts: Facts, mirror: Mirror, outages: Outages, plan: ResyncPlanned, own: list[BytesCarried]
) -> Fraction | None:  # fmt: skip
    """Bytes a second while something was on its way and nothing was in the way of it."""
    under_way = Windows.of([(one.began_ns, one.time_ns) for one in own], facts.until_ns)
    generation, sent = mirror.generation_at(plan.time_ns), sum(one.carried_bytes for one in own)
    moving = under_way
    if plan.member in generation.secondaries:
        moving = under_way.without(outages.during(generation, plan.member))
    if sent * TELLING >= plan.full_bytes and moving.length_ns:
        return Fraction(sent * SECOND, moving.length_ns)
    return _line_rate(facts, mirror, plan)


def _line_rate(facts: Facts, mirror: Mirror, plan: ResyncPlanned) -> Fraction | None:
    """Bytes a second of the narrowest link on the way from the source; None where it has no limit, or is unknown."""
    generation = mirror.generation_at(plan.time_ns)
    known = {link.link: link for link in facts.of(LinkStood)}
    ends = {name: link.ends for name, link in known.items()}
    rates = []
    for hop in generation.routes.path(plan.member, plan.time_ns):
        sites = generation.routes.sites(hop, ends, plan.time_ns)
        steps = zip(hop.links, sites, sites[1:], strict=False)
        rates += [capacity(known[link], (here, there)) for link, here, there in steps if link in known]
    limited = [rate for rate in rates if rate]
    return Fraction(min(limited), 8) if limited else None
