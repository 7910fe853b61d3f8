"""The generations of a replication, one after the other: each sees only what was true of it.

    a fact belongs to the generation that it names, else to the one that was under way
    of an older generation than that: what a source wrote that could not be told of its end; nobody follows that branch
Runs without a change of source have one generation, which sees all facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sim.records import LinkStood, Record, ReplicationBegan, RunBegan, RunEnded, SiteBack, SiteLost, VolumeStood
from sim.scenario.replication import Replication
from sim.summary.facts import Facts
from sim.summary.generation import Generation

_OF_ALL = (RunBegan, VolumeStood, LinkStood, SiteLost, SiteBack)


def generations(facts: Facts, replication: str, said: Replication | None = None) -> list[Generation]:
    """All generations of a replication, in order of time."""
    begins = list(facts.about(ReplicationBegan, replication=replication))
    if len(begins) == 1:
        return [Generation(facts, begins[0], said)]
    ends = [*(after.time_ns for _, after in pairwise(begins)), facts.until_ns]
    shared = facts.among(*_OF_ALL)
    return [
        Generation(_as_known(shared, own, until_ns), began, said, first=began is begins[0])
        for began, own, until_ns in zip(begins, _sorted_out(facts, begins), ends, strict=True)
    ]


def _as_known(shared: tuple[Record, ...], own: list[Record], until_ns: int) -> Facts:
    before = [fact for fact in shared if fact.time_ns <= until_ns]
    return Facts([*before, *own, RunEnded(time_ns=until_ns, finished=False)])


def _sorted_out(facts: Facts, begins: list[ReplicationBegan]) -> Iterator[list[Record]]:
    """The facts of each generation, in their order; those before the first begin belong to the first."""
    replication, number = begins[0].replication, begins[0].generation
    own: list[Record] = []
    for fact in facts.in_order:
        if getattr(fact, "replication", None) != replication:
            continue
        if isinstance(fact, ReplicationBegan) and fact is not begins[0]:
            yield own
            own, number = [fact], fact.generation
        elif getattr(fact, "generation", number) >= number:
            own.append(fact)
    yield own
