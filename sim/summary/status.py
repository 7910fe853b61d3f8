"""The state of every replication at an instant, as an operator would see it there (L2137-2196).

    status(run, time_ns)    read off the facts up to that instant and nothing later; nothing is advanced by asking
the set that is being filled is counted up to the last look at its volume
sets of interest: all that some secondary has not replayed, and so many of those before them that there are `SHOWN`
of sets that were replayed together the oldest stands for the group, as in the seed's own table (CORRECTNESS.md, E51)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from sim.records import (
    CopyOutFinished,
    DeltaSetCut,
    PolicyChanged,
    Record,
    ReplayBegan,
    RunEnded,
    SetReceived,
    SetReplayed,
    WritesLooked,
)
from sim.summary import fill
from sim.summary.catchup import CatchingUp
from sim.summary.generation import Generation
from sim.summary.linkstate import links, nodes
from sim.summary.standing import SetName
from sim.summary.stands import CutSet, Destination, Policy, Replay, ReplicationStatus, SaveVolume, Status
from sim.summary.state import is_member, state_of
from sim.summary.story import RunLike, Story

SHOWN: Final = 13  # sets, where no more are outstanding: as many as the seed's table has


@dataclass(frozen=True)
class _Prefix:
    """A run as far as an instant."""

    ledger: tuple[Record, ...]
    scenario: Any
    seed: int
    replication_index: int
    digest: str = ""


def status(run: RunLike, time_ns: int) -> Status:
    """What stands at an instant of a run, all that happens in it included."""
    story = Story(prefix(run, time_ns))
    newest = (mirror.generations[-1] for mirror in story.mirrors)
    replications = tuple(_Reader(story, generation, time_ns).status() for generation in newest)
    return Status(time_ns, replications, tuple(links(story)), tuple(nodes(story)))


def prefix(run: RunLike, time_ns: int) -> _Prefix:
    """The facts up to an instant, as if the run ended there."""
    known = tuple(fact for fact in run.ledger if fact.time_ns <= time_ns and not isinstance(fact, RunEnded))
    ended = RunEnded(time_ns=time_ns, finished=False)
    return _Prefix((*known, ended), run.scenario, run.seed, run.replication_index)


class _Reader:
    """Reads the newest generation of a replication at an instant that its story ends at."""

    def __init__(self, story: Story, generation: Generation, time_ns: int) -> None:
        self._story, self._generation, self._now = story, generation, time_ns
        self._names = generation.boundaries.names
        self._fills = fill.save_volumes_at_the_end(story.facts)

    def status(self) -> ReplicationStatus:
        generation, number = self._names[-1]
        current = SetName(generation, number + 1)
        destinations = tuple(self._destination(name) for name in self._generation.secondaries)
        sets = tuple(self._sets(destinations))
        looks = [look for look in self._about(WritesLooked) if (look.generation, look.number) == current]
        return ReplicationStatus(
            name=self._generation.name,
            volume=self._generation.began.volume,
            primary=self._generation.began.primary,
            current=current,
            current_since_ns=self._generation.boundaries.times_ns[-1],
            current_blocks=sum(look.new_blocks for look in looks),
            current_looked_ns=max((look.time_ns for look in looks), default=self._generation.boundaries.times_ns[-1]),
            block_bytes=self._generation.block_bytes,
            policy=self._policy(""),
            save_volume=self._save_volume(self._generation.began.primary),
            sets=sets,
            destinations=tuple(_only(one, {cut.name for cut in sets}) for one in destinations),
        )

    def _about(self, kind: Any) -> Iterator[Any]:
        return self._generation.facts.about(kind, replication=self._generation.name)

    # -- the source ---------------------------------------------------------------------------------------------------

    def _sets(self, destinations: Sequence[Destination]) -> Iterator[CutSet]:
        """Those of interest, newest first."""
        copied = {(fact.generation, fact.number): fact.time_ns for fact in self._about(CopyOutFinished)}
        cuts = list(self._about(DeltaSetCut))
        waiting = {name for one in destinations for name in one.outstanding}
        first = next((at for at, cut in enumerate(cuts) if (cut.generation, cut.number) in waiting), len(cuts))
        for cut in reversed(cuts[max(0, min(first, len(cuts) - SHOWN)) :]):
            name = SetName(cut.generation, cut.number)
            yield CutSet(name, cut.time_ns, copied[name] - cut.time_ns if name in copied else None, cut.blocks)

    def _policy(self, secondary: str) -> Policy:
        facts = self._story.facts if secondary else self._generation.facts  # that of playback outlives its source
        changes = list(facts.about(PolicyChanged, replication=self._generation.name, secondary=secondary))
        if changes:
            return Policy(changes[-1].timeout_ns, changes[-1].high_water_mark_bytes)
        if not secondary:
            return Policy(self._generation.began.timeout_ns, self._generation.began.high_water_mark_bytes)
        return Policy(*self._generation.playback_policy(secondary))

    def _save_volume(self, site: str) -> SaveVolume | None:
        used, capacity = self._fills.get((self._generation.name, site), (0, 0))
        return SaveVolume(used, capacity) if capacity or used else None

    # -- a destination ------------------------------------------------------------------------------------------------

    def _destination(self, secondary: str) -> Destination:
        source, standing = self._generation, self._generation.standings(secondary)[-1]
        catching_up = self._story.catching_up(source, secondary)
        hop, site = source.routes.hop(secondary, self._now), source.site_of(secondary)
        estimate = catching_up.estimate(self._now) if is_member(self._story, source, secondary) else None
        lag = source.lag(secondary).segments()[-1:]
        last, mean = _speeds(catching_up, self._now, source.block_bytes)
        readable = standing.replayed is not None
        outstanding = self._names[standing.replayed + 1 :] if standing.replayed is not None else self._names[1:]
        return Destination(
            name=secondary,
            site=site,
            feeder=(hop.feeder if hop is not None else None) or source.began.primary,
            way=source.routes.links(secondary, self._now),
            state=state_of(self._story, source, secondary),
            received=None if standing.received is None else self._names[standing.received],
            replayed=None if standing.replayed is None else self._names[standing.replayed],
            lag_ns=lag[0][3] if lag and readable else None,
            backlog_sets=len(outstanding) if readable else 0,
            backlog_bytes=self._payload(outstanding) if readable else 0,
            blocks_per_s=last,
            mean_blocks_per_s=mean,
            cut_off=catching_up.outages.holds(self._now),
            eta_linear_ns=estimate.linear_ns if estimate else None,
            eta_drain_ns=estimate.drain_ns if estimate else None,
            policy=self._policy(secondary),
            save_volume=self._save_volume(site) if site != source.began.primary else None,
            outstanding=tuple(outstanding) if readable else (),
            arrived=self._arrived(secondary),
            replays=self._replays(secondary),
        )

    def _payload(self, names: Sequence[SetName]) -> int:
        so_far = self._generation.boundaries.payload_so_far
        return so_far[-1] - so_far[-1 - len(names)]

    def _arrived(self, secondary: str) -> dict[SetName, int]:
        own = self._generation.facts.of_arm(self._generation.name, secondary)
        facts = [fact for fact in own if isinstance(fact, SetReceived)]
        return {SetName(fact.generation, fact.number): fact.time_ns for fact in facts}

    def _replays(self, secondary: str) -> dict[SetName, Replay]:
        began: dict[tuple[int, int], int] = {}
        found: dict[SetName, Replay] = {}
        for fact in self._generation.facts.of_arm(self._generation.name, secondary):
            if isinstance(fact, ReplayBegan):
                began[fact.generation, fact.number] = fact.time_ns
            elif isinstance(fact, SetReplayed):
                name = (fact.generation, fact.number)
                oldest = SetName(fact.generation, fact.number - fact.sets + 1)
                took = fact.time_ns - began[name] if name in began else None
                found[oldest] = Replay(fact.time_ns, took, fact.blocks, fact.sets)
        return found


def _only(one: Destination, names: set[SetName]) -> Destination:
    """The same, with what became of these sets and not of others."""
    arrived = {name: time_ns for name, time_ns in one.arrived.items() if name in names}
    return replace(one, arrived=arrived, replays={name: own for name, own in one.replays.items() if name in names})


def _speeds(catching_up: CatchingUp, time_ns: int, block_bytes: int) -> tuple[float | None, float | None]:
    """Blocks a second while sets were on their way: of the last one, and of all."""
    served = catching_up.services(time_ns)
    return _speed(served[-1:], block_bytes), _speed(served, block_bytes)


def _speed(served: list[tuple[int, int, int]], block_bytes: int) -> float | None:
    took = sum(took for _, took, _ in served)
    payload = sum(payload for _, _, payload in served)
    return float(Fraction(payload * 10**9, took * block_bytes)) if took else None
