"""Metrics of disasters and what follows: what was lost, when service was back, what it took to bring the rest back.

the numbers of a failover are those of the last one; of several replications that of whose value is largest
what was lost, sent or counted is the sum over all
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Final

from sim.records import CommandDone, CommandRefused, ConvergenceFailed, LossCounted, Promoted
from sim.summary.combined import combined
from sim.summary.curve import Curve
from sim.summary.distribution import Distribution
from sim.summary.mirror import Mirror
from sim.summary.recoveries import PHASES, Recovery
from sim.summary.resyncs import LEGS, Resync
from sim.summary.sample import SECOND, OfWindows, Series, Total
from sim.summary.service import Service
from sim.summary.story import Story
from sim.summary.windows import Windows

WAYS: Final = ("incremental", "full")


# -- what was lost -----------------------------------------------------------------------------------------------------


def lost(field: str, kind: str = "failover") -> OfWindows:
    """A metric of what failovers lost, or of what a source wrote in vain after one."""

    def measured(story: Story, windows: Windows) -> Iterator[Total]:
        counted = [fact for fact in story.facts.of(LossCounted) if fact.kind == kind and windows.holds(fact.time_ns)]
        yield Total({}, sum(getattr(fact, field) for fact in counted))

    return measured


def rpo(story: Story, windows: Windows) -> Iterator[Total]:
    """How old what the last failover went on with was at the disaster."""
    yield Total({}, _of_last(story, windows, _rpo))


def rpo_of_each(story: Story, windows: Windows) -> Iterator[Total]:
    """The same of every failover."""
    yield from _of_each(story, windows, _rpo)


def rto_of_each(story: Story, windows: Windows) -> Iterator[Total]:
    """From disaster to service, for every failover."""
    yield from _of_each(story, windows, lambda one: Fraction(one.rto_ns, SECOND))


def lost_writes_of_each(story: Story, windows: Windows) -> Iterator[Total]:
    """The writes that every failover lost."""
    yield from _of_each(story, windows, lambda one: None if one.loss is None else Fraction(one.loss.writes))


# -- when service was back ---------------------------------------------------------------------------------------------


def rto(story: Story, windows: Windows) -> Iterator[Total]:
    """From the disaster to service, for the last failover."""
    yield Total({}, _of_last(story, windows, lambda one: Fraction(one.rto_ns, SECOND)))


def phases(story: Story, windows: Windows) -> Iterator[Total]:
    """Each phase of that recovery; none of them without a failover."""
    found = _the_last(story, windows)
    slowest = max(found, key=lambda one: one.rto_ns, default=None)
    for name in PHASES:
        yield Total({"phase": name}, None if slowest is None else Fraction(slowest.lasted_ns(name), SECOND))


def whole(story: Story, windows: Windows) -> Iterator[Total]:
    """From the disaster to the end of the failback; none before it, or while any replication is without."""
    found = [one.whole_ns for one in _the_last(story, windows)]
    over = [lasted for lasted in found if lasted is not None]
    yield Total({}, Fraction(max(over), SECOND) if over and len(over) == len(found) else None)


def outage(story: Story, windows: Windows) -> Iterator[Total]:
    """For how long users had no service."""
    yield Total({}, _lasting(story, windows, lambda service: service.none))


def read_only(story: Story, windows: Windows) -> Iterator[Total]:
    """For how long users could only read."""
    yield Total({}, _lasting(story, windows, lambda service: service.read_only))


# -- what it took ------------------------------------------------------------------------------------------------------


def resync_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """What resyncs were to send, leg by leg; what the other ways would have sent; and what was sent."""
    found = _resyncs(story, windows)
    yield Total({}, sum(one.sent_bytes for one in found))
    for leg in LEGS:
        yield Total({"part": leg}, sum(one.leg_bytes(leg) for one in found))


def resync_time(story: Story, windows: Windows) -> Iterator[Total]:
    """How long resyncs took; none where there was none."""
    found = _resyncs(story, windows)
    took = sum(one.ended_ns - one.began_ns for one in found)
    yield Total({}, Fraction(took, SECOND) if found else None)


def resync_full_copy(story: Story, windows: Windows) -> Iterator[Total]:
    """How long full copies in place of the resyncs would have been on their way."""
    told = [one.full_copy_seconds for one in _resyncs(story, windows)]
    known = [seconds for seconds in told if seconds is not None]
    yield Total({}, sum(known, Fraction(0)) if known else None)


def resyncs_by_way(story: Story, windows: Windows) -> Iterator[Total]:
    """Resyncs that were planned, in all and by way."""
    found = _resyncs(story, windows)
    yield Total({}, len(found))
    for way in WAYS:
        yield Total({"way": way}, sum(one.plan.way == way for one in found))


# -- how often ---------------------------------------------------------------------------------------------------------


def failovers(story: Story, windows: Windows) -> Iterator[Total]:
    """Promotions after which something else than a plan was to blame."""
    yield Total({}, sum(windows.holds(one.time_ns) for one in story.facts.about(Promoted, planned=False)))


def commands_done(command: str) -> OfWindows:
    """A metric of how often a command came to an end and had an effect."""

    def measured(story: Story, windows: Windows) -> Iterator[Total]:
        done = story.facts.about(CommandDone, command=command)
        yield Total({}, sum(windows.holds(one.time_ns) for one in done if one.effect))

    return measured


def gave_up(story: Story, windows: Windows) -> Iterator[Total]:
    """Commands that did not converge."""
    yield Total({}, sum(windows.holds(one.time_ns) for one in story.facts.of(ConvergenceFailed)))


def refused(story: Story, windows: Windows) -> Iterator[Total]:
    """Commands that could not be carried out."""
    yield Total({}, sum(windows.holds(one.time_ns) for one in story.facts.of(CommandRefused)))


def consistent_copies(story: Story) -> Iterator[Series]:
    """How many consistent copies there are: of the replication with the fewest, and of each where there are several."""
    if story.mirrors:
        yield Series({}, partial(_fewest_of, story.mirrors))
    if len(story.mirrors) > 1:
        yield from (Series({"replication": mirror.name}, partial(_fewest_of, [mirror])) for mirror in story.mirrors)


def with_copies(copies: int) -> OfWindows:
    """A metric of for how long there were exactly so many consistent copies."""

    def measured(story: Story, windows: Windows) -> Iterator[Total]:
        if not story.mirrors:
            return
        found = Distribution(_fewest_of(story.mirrors).within(windows))
        yield Total({}, Fraction(found.above_ns(copies - 1) - found.above_ns(copies)) / SECOND)

    return measured


def _fewest_of(mirrors: Sequence[Mirror]) -> Curve:
    return combined([mirror.copies for mirror in mirrors], min)


# -- where it comes from -----------------------------------------------------------------------------------------------


def _rpo(one: Recovery) -> Fraction | None:
    return None if one.loss is None else Fraction(one.loss.rpo_ns, SECOND)


def _the_last(story: Story, windows: Windows) -> list[Recovery]:
    """The last failover of each replication that had one in the windows."""
    newest = {one.replication: one for one in story.recoveries if windows.holds(one.promoted.time_ns)}
    return list(newest.values())


def _of_last(
    story: Story, windows: Windows, value: Callable[[Recovery], Fraction | None]
) -> Fraction | None:  # fmt: skip
    values = [found for one in _the_last(story, windows) if (found := value(one)) is not None]
    return max(values, default=None)


def _of_each(story: Story, windows: Windows, value: Callable[[Recovery], Fraction | None]) -> Iterator[Total]:
    for one in story.recoveries:
        if windows.holds(one.promoted.time_ns):
            labels = {"replication": one.replication, "recovery": str(one.promoted.recovery)}
            yield Total(labels, value(one))


def _lasting(story: Story, windows: Windows, of: Callable[[Service], Windows]) -> Fraction:
    spans = [of(mirror.service).within(windows).length_ns for mirror in story.mirrors]
    return Fraction(sum(spans), SECOND)


def _resyncs(story: Story, windows: Windows) -> list[Resync]:
    return [one for one in story.resyncs if windows.holds(one.plan.time_ns)]
