"""One replication over the whole run, generation by generation: lag, and what a disaster would have cost.

a secondary has a lag while it is a member and can be read: the promoted one has none while it is the source, a source
that comes back has one from when it has joined
exposure is that of the generation at each instant; between a disaster and the promotion there is none: what it cost is
settled, and nobody writes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from sim.records import CopiesChanged, ReplicationBegan, VolumeStood
from sim.scenario.replication import Replication
from sim.summary.curve import Curve
from sim.summary.facts import Facts
from sim.summary.generation import MODES, Generation
from sim.summary.generations import generations
from sim.summary.service import Service
from sim.summary.windows import Span, Windows

__all__ = ["MODES", "Mirror"]


class Mirror:
    """One replication of a run, read from its facts; `said` is what the scenario says of it, where there is one."""

    def __init__(self, facts: Facts, began: ReplicationBegan, said: Replication | None = None) -> None:
        self.facts = facts
        self.began = began  # for the first time
        self.name = began.replication
        self.generations = generations(facts, began.replication, said)
        self.secondaries = tuple(dict.fromkeys(name for one in self.generations for name in one.secondaries))
        self.off_site = tuple(
            name for name in self.secondaries if any(name in one.off_site for one in self.generations)
        )
        self.membership = {name: self._membership(name) for name in self.secondaries}

    def _membership(self, secondary: str) -> Windows:
        own = [one.membership[secondary].spans for one in self._with(secondary)]
        return Windows.of((span for spans in own for span in spans), self.facts.until_ns)

    def _with(self, secondary: str | None) -> list[Generation]:
        """The generations that a secondary was ever a member of; all without one."""
        return [one for one in self.generations if secondary is None or secondary in one.secondaries]

    def generation_at(self, time_ns: int) -> Generation:
        """The generation under way at an instant; a new one from its first instant on."""
        begun = [one for one in self.generations if one.since_ns <= time_ns]
        return begun[-1] if begun else self.generations[0]

    def site_of(self, secondary: str) -> str:
        """Where a member is."""
        return self._with(secondary)[0].site_of(secondary)

    @cached_property
    def block_bytes(self) -> int:
        """The size of a block of the replicated volume."""
        return next(self.facts.about(VolumeStood, volume=self.began.volume)).block_bytes

    @cached_property
    def service(self) -> Service:
        """When users could write, only read, or neither."""
        return Service(self.facts, self.name)

    @cached_property
    def at_stake(self) -> Windows:
        """When a disaster could cost anything: while users are served."""
        return Windows.whole(self.facts.until_ns).without(self.service.none)

    @cached_property
    def copies(self) -> Curve:
        """How many consistent copies there are over time: all of them, until the ledger tells of a change."""
        told = [(fact.time_ns, fact.copies) for fact in self.facts.about(CopiesChanged, replication=self.name)]
        all_of_them = [(0, 1 + len(self.began.secondaries))]
        return Curve.steps(told if told and told[0][0] == 0 else [*all_of_them, *told], self.facts.until_ns)

    def lag(self, secondary: str) -> Curve:
        """Age in nanoseconds of the newest boundary that a secondary can serve."""
        return self._joined(secondary, lambda one: one.lag(secondary))

    def lag_blocks(self, secondary: str) -> Curve:
        """Distinct blocks written after the newest boundary that a secondary can serve."""
        return self._joined(secondary, lambda one: one.lag_blocks(secondary))

    def lag_sets(self, secondary: str) -> Curve:
        """Delta sets that are cut and not yet replayed."""
        return self._joined(secondary, lambda one: one.lag_sets(secondary))

    def backlog_bytes(self, secondary: str) -> Curve:
        """Payload of the delta sets that are cut and not yet replayed."""
        return self._joined(secondary, lambda one: one.backlog_bytes(secondary))

    def exposure(self, mode: str, secondary: str | None = None) -> Curve:
        """Age in nanoseconds of what a failover at each instant would go on with."""
        return self._staked(self._joined(secondary, lambda one: one.exposure(mode, secondary)))

    def exposure_blocks(self, mode: str, secondary: str | None = None) -> Curve:
        """Distinct blocks whose newest contents a failover at each instant would lose."""
        return self._staked(self._joined(secondary, lambda one: one.exposure_blocks(mode, secondary)))

    def exposure_writes(self, mode: str, secondary: str | None = None) -> Curve:
        """Raw writes that a failover would lose: exact at looks, between them the mean rate (an expectation)."""
        return self._staked(self._joined(secondary, lambda one: one.exposure_writes(mode, secondary)))

    def unreadable(self, secondary: str) -> list[Span]:
        """When a secondary, being a member, had nothing to offer: a copy was on its way to it, or its site lost."""
        return list(self._spans(one.unreadable(secondary) for one in self._with(secondary)))

    def _joined(self, secondary: str | None, curve: Callable[[Generation], Curve]) -> Curve:
        parts = [curve(one) for one in self._with(secondary)]
        return parts[0] if len(parts) == 1 else Curve.joined(parts)

    def _staked(self, curve: Curve) -> Curve:
        return curve.within(self.at_stake) if self.service.none.spans else curve

    @staticmethod
    def _spans(parts: Iterable[list[Span]]) -> Iterator[Span]:
        return (span for part in parts for span in part)
