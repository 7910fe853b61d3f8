"""Failovers and what followed each: phases without a gap, what was lost, when it was over.

    rto        detect + decide + drain + snapshot + promote: from the disaster until users can write again
    recovery   all ten phases: until the site that was lost is the source again
a recovery is over when that site is promoted in good order; before that nobody knows how long it is
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sim.records import LossCounted, Promoted, RecoveryPhase
from sim.summary.facts import Facts

TO_SERVICE: Final = ("detect", "decide", "drain", "snapshot", "promote")
AFTERWARDS: Final = ("repair", "undo", "copy", "catch_up", "fail_back")
PHASES: Final = (*TO_SERVICE, *AFTERWARDS)


@dataclass(frozen=True, slots=True)
class Recovery:
    """One failover: the promotion, its phases in order of time, its loss, and when it was over if it was."""

    promoted: Promoted
    phases: tuple[RecoveryPhase, ...]
    loss: LossCounted | None
    over_ns: int | None

    @property
    def replication(self) -> str:
        """Whose it is."""
        return self.promoted.replication

    @property
    def began_ns(self) -> int:
        """The disaster."""
        return self.promoted.disaster_ns

    def lasted_ns(self, *names: str) -> int:
        """How long these phases took together."""
        return sum(phase.time_ns - phase.began_ns for phase in self.phases if phase.phase in names)

    @property
    def rto_ns(self) -> int:
        """From the disaster to service: the exact sum of the phases up to it."""
        known = any(phase.phase in TO_SERVICE for phase in self.phases)
        return self.lasted_ns(*TO_SERVICE) if known else self.promoted.time_ns - self.began_ns

    @property
    def whole_ns(self) -> int | None:
        """From the disaster to the end of the failback; None while that has not come."""
        if self.over_ns is None:
            return None
        return self.lasted_ns(*PHASES) if self.phases else self.over_ns - self.began_ns


def recoveries(facts: Facts) -> list[Recovery]:
    """Every failover of a run, in order of the promotions."""
    failovers = list(facts.about(Promoted, planned=False))
    losses = {(loss.replication, loss.recovery): loss for loss in facts.about(LossCounted, kind="failover")}
    found = []
    for one in failovers:
        loss = losses.get((one.replication, one.recovery))
        found.append(Recovery(one, tuple(_phases(facts, one)), loss, _over_ns(facts, one, loss)))
    return found


def _phases(facts: Facts, failover: Promoted) -> Iterator[RecoveryPhase]:
    """Those that follow one another from the disaster on, without a gap."""
    own = facts.about(RecoveryPhase, replication=failover.replication, recovery=failover.recovery)
    reached = failover.disaster_ns
    for phase in sorted(own, key=lambda phase: (phase.began_ns, phase.time_ns)):
        if phase.began_ns == reached:
            reached = phase.time_ns
            yield phase
            if phase.phase == "fail_back":
                return


def _over_ns(facts: Facts, failover: Promoted, loss: LossCounted | None) -> int | None:
    """When the site that was the source before is it again, in good order; not where another failover came first."""
    for one in facts.about(Promoted, replication=failover.replication):
        if one.time_ns <= failover.time_ns:
            continue
        if not one.planned:
            return None
        if loss is None or one.site == loss.site:
            return one.time_ns
    return None
