"""The phases of a run, from its facts: where `during` in a check looks.

    recovery   from a disaster that a failover answers until the failback is done; without one to the end of the run
    outage     a data mover is down or a link cut, a site lost, a member cannot be reached, or its operator has stopped
               replication
    resync     a copy is on its way to a secondary (or due: it was dropped), or a secondary has not yet been back
               within its target since the last outage or copy ended
    steady     the rest; a full save volume that makes the writes wait belongs to it
    all        the whole run
Where phases overlap the earlier line wins, so that the first four make up the run without holes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.summary.curve import Curve
from sim.summary.facts import Facts
from sim.summary.mirror import Mirror
from sim.summary.outages import Outages
from sim.summary.spans import copies_due, node_outages, site_losses
from sim.summary.windows import Span, Windows

PHASES = ("steady", "outage", "recovery", "resync", "all")


def phase_windows(
    facts: Facts,
    mirrors: Sequence[Mirror],
    targets_ns: dict[tuple[str, str], int],
    outages: Outages,
    recovering: Sequence[Span] = (),
) -> dict[str, Windows]:
    """The windows of each phase.

    `targets_ns` holds the lag to get back to by (replication, secondary), `recovering` from when to when recoveries
    last.
    """
    until = facts.until_ns
    down = [span for span, _ in [*node_outages(facts), *site_losses(facts)]]
    down += [span for mirror in mirrors for name in mirror.secondaries for span in outages.of(mirror, name).spans]
    copied = [span for mirror in mirrors for name in mirror.secondaries for span in mirror.unreadable(name)]
    copied += [span for span, _ in copies_due(facts)]
    recovery = Windows.of(recovering, until)
    outage = Windows.of(down, until).without(recovery)
    behind = [span for mirror in mirrors for span in _catching_up(mirror, [*down, *copied], targets_ns)]
    resync = Windows.of([*copied, *behind], until).without(outage).without(recovery)
    whole = Windows.whole(until)
    steady = whole.without(recovery).without(outage).without(resync)
    return {"steady": steady, "outage": outage, "recovery": recovery, "resync": resync, "all": whole}


def _catching_up(mirror: Mirror, disturbed: list[Span], targets_ns: dict[tuple[str, str], int]) -> Iterator[Span]:
    for secondary in mirror.secondaries:
        back_within = _Return(mirror.lag(secondary), targets_ns[mirror.name, secondary], mirror.facts.until_ns)
        for ended in dict.fromkeys(ended for _, ended in disturbed):
            yield from mirror.membership[secondary].parts_of(ended, back_within(ended))


class _Return:
    """When a lag is at or below its target again."""

    def __init__(self, lag: Curve, target_ns: int, until_ns: int) -> None:
        self._lag, self._target_ns, self._until_ns = lag, target_ns, until_ns
        # ages only rise, so that they are lowest at the begin of a segment
        self._low_ns = lag.begin_ns[lag.begin_value <= target_ns]

    def __call__(self, since_ns: int) -> int:
        """The first such instant from `since_ns` on; the end of the run if there is none."""
        at = int(self._lag.begin_ns.searchsorted(since_ns, "right")) - 1
        if at >= 0 and since_ns < self._lag.end_ns[at]:
            age_ns = int(self._lag.begin_value[at]) + since_ns - int(self._lag.begin_ns[at])
            if age_ns <= self._target_ns:
                return since_ns
        later = int(self._low_ns.searchsorted(since_ns, "left"))
        return int(self._low_ns[later]) if later < len(self._low_ns) else self._until_ns
