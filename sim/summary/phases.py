"""The phases of a run, from its facts: where `during` in a check looks.

    outage     a data mover is down, or an operator has stopped replication to a secondary
    recovery   from a failover to service being back: none before there are failovers
    resync     a copy is on its way to a secondary (or due: it was dropped), or a secondary has not yet been back
               within its target since the last outage or copy ended
    steady     the rest; a full save volume that makes the writes wait belongs to it
    all        the whole run
Where phases overlap the earlier line wins, so that the first four make up the run without holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.summary.curve import Curve
from sim.summary.facts import Facts
from sim.summary.mirror import Mirror
from sim.summary.spans import copies_due, node_outages, stops
from sim.summary.windows import Span, Windows

PHASES = ("steady", "outage", "recovery", "resync", "all")


def phase_windows(
    facts: Facts, mirrors: Sequence[Mirror], targets_ns: dict[tuple[str, str], int]
) -> dict[str, Windows]:
    """The windows of each phase; `targets_ns` holds the lag to get back to by (replication, secondary)."""
    until = facts.until_ns
    down = [span for span, _ in node_outages(facts)] + [span for span, _ in stops(facts)]
    copied = [span for mirror in mirrors for name in mirror.secondaries for span in mirror.unreadable(name)]
    copied += [span for span, _ in copies_due(facts)]
    outage = Windows.of(down, until)
    behind = [span for mirror in mirrors for span in _catching_up(mirror, [*down, *copied], targets_ns)]
    resync = Windows.of([*copied, *behind], until).without(outage)
    whole = Windows.whole(until)
    steady = whole.without(outage).without(resync)
    return {"steady": steady, "outage": outage, "recovery": Windows((), until), "resync": resync, "all": whole}


def _catching_up(mirror: Mirror, disturbed: list[Span], targets_ns: dict[tuple[str, str], int]) -> Iterable[Span]:
    for secondary in mirror.secondaries:
        lag = mirror.lag(secondary)
        for _, ended in disturbed:
            yield ended, _back_within(lag, ended, targets_ns[mirror.name, secondary], mirror.facts.until_ns)


def _back_within(lag: Curve, since_ns: int, target_ns: int, until_ns: int) -> int:
    """The first instant from `since_ns` on at which the lag is at or below the target; the end of the run if never."""
    later = lag.within(Windows.of([(since_ns, until_ns)], until_ns))
    within = (later.begin_value <= target_ns).nonzero()[0]  # ages only rise, so that they are lowest at the begin
    return int(later.begin_ns[within[0]]) if within.size else until_ns
