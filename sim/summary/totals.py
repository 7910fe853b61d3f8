"""Metrics that are one number for a window of a run."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sim.records import (
    DeltaSetCut,
    WritesLooked,
)
from sim.summary import arrivals, series, spans, traffic
from sim.summary.distribution import Distribution
from sim.summary.sample import SECOND, Gap, Total
from sim.summary.story import Story
from sim.summary.windows import Span, Windows

CAUSES = ("delta_set", "initial_copy", "full_copy", "snapshot_delta", "retransmission", "undo", "resync_delta")


def wan_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """Bytes carried, in all and by cause."""
    carried = story.traffic.carried(windows, lambda transfer: transfer.cause)
    yield Total({}, sum(carried.values()))
    for cause in dict.fromkeys((*CAUSES, *sorted(carried))):
        yield Total({"cause": cause}, carried.get(cause, 0))


def link_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """Bytes carried by each link, by cause."""
    by_link = story.traffic.carried(windows, lambda transfer: (transfer.link, transfer.cause))
    for link, cause in sorted(by_link):
        yield Total({"link": link, "cause": cause}, by_link[link, cause])


def written_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """Bytes that users wrote."""
    yield Total({}, _written_bytes(story.facts.of(WritesLooked), windows))


def written_writes(story: Story, windows: Windows) -> Iterator[Total]:
    """How often users wrote."""
    looks = story.facts.of(WritesLooked)
    parts = (traffic.share(look.writes, look.since_ns, look.time_ns, windows) for look in looks)
    yield Total({}, sum(parts, Fraction(0)))


def delta_set_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """Payload of the sets cut."""
    yield Total({}, _payload(story, windows))


def coalescing_ratio(story: Story, windows: Windows) -> Iterator[Total]:
    """Written bytes for each byte of delta sets; none before a set has any."""
    payload = _payload(story, windows)
    written = _written_bytes(story.facts.of(WritesLooked), windows)
    yield Total({}, written / payload if payload else None)


def coalesced_bytes(story: Story, windows: Windows) -> Iterator[Total]:
    """What did not have to travel because it was written over before its set was cut."""
    cut = {(fact.replication, fact.generation, fact.number) for fact in story.facts.of(DeltaSetCut)}
    looks = story.facts.of(WritesLooked)
    closed = tuple(look for look in looks if (look.replication, look.generation, look.number) in cut)
    yield Total({}, _written_bytes(closed, windows) - _payload(story, windows))


def stall(story: Story, windows: Windows) -> Iterator[Total]:
    """How long writes stood still although users had service, in all and by cause."""
    served = {mirror.name: mirror.service.writable for mirror in story.mirrors}
    everything = Windows.whole(story.until_ns)
    stalls = [
        (part, began.cause)
        for span, began in spans.stalls(story.facts)
        for part in served.get(began.replication, everything).parts_of(*span)
    ]
    yield Total({}, _seconds([span for span, _ in stalls], windows))
    for cause in sorted({cause for _, cause in stalls}):
        yield Total({"cause": cause}, _seconds([span for span, why in stalls if why == cause], windows))


def unreceived(story: Story, windows: Windows) -> Iterator[Total]:
    """What was cut and has not arrived in whole at each secondary off the primary's site, at the end."""
    for mirror, secondary, name in story.arms:
        if windows.spans and secondary in mirror.off_site:
            end_ns = windows.spans[-1][1]
            waiting = story.catching_ups(mirror, secondary)[-1].waiting
            feeds = secondary in mirror.generation_at(end_ns).secondaries
            yield Total({"to": name}, arrivals.at(waiting, end_ns).payload_bytes if feeds else 0)


def member(story: Story, windows: Windows) -> Iterator[Total]:
    """How long each secondary was one."""
    for mirror, secondary, name in story.arms:
        yield Total({"to": name}, Fraction(mirror.membership[secondary].within(windows).length_ns, SECOND))


def unreadable(story: Story, windows: Windows) -> Iterator[Total]:
    """How long each secondary had nothing to offer."""
    for mirror, secondary, name in story.arms:
        yield Total({"to": name}, _seconds(mirror.unreadable(secondary), windows))


def node_down(story: Story, windows: Windows) -> Iterator[Total]:
    """How long the data movers of each site were down."""
    outages = [(span, down.site) for span, down in spans.node_outages(story.facts)]
    for site in sorted({site for _, site in outages}):
        yield Total({"site": site}, _seconds([span for span, where in outages if where == site], windows))


def lag_target(story: Story, windows: Windows) -> Iterator[Total]:
    """What the lag of each secondary is measured against."""
    for mirror, secondary, name in story.arms:
        yield Total({"to": name}, Fraction(story.target_ns(mirror, secondary), SECOND))


def lag_target_expected(story: Story, windows: Windows) -> Iterator[Total]:
    """Whether that is the user's own limit."""
    for _mirror, secondary, name in story.arms:
        yield Total({"to": name}, int(story.target_is_expected(secondary)))


def lag_above_target(story: Story, windows: Windows) -> Iterator[Total]:
    """For how long each secondary was further behind than that."""
    for mirror, secondary, name in story.arms:
        lag = Distribution(mirror.lag(secondary).within(windows))
        yield Total({"to": name}, lag.above_ns(story.target_ns(mirror, secondary)) / SECOND)


def exposure_above_target(story: Story, windows: Windows) -> Iterator[Total]:
    """For how long a failover would have lost more than the largest of these targets."""
    target = max((story.target_ns(mirror, secondary) for mirror, secondary, _ in story.arms), default=0)
    for sample in series.exposure(story):
        if sample.listed:
            yield Total(sample.labels, sample.told(windows).above_ns(target) / SECOND)


def exposure_everything(story: Story, windows: Windows) -> Iterator[Total]:
    """For how long a failover would have found no copy to go on with."""
    for sample in series.exposure(story):
        if sample.listed and sample.gap is Gap.EVERYTHING:
            yield Total(sample.labels, Fraction(sample.told(windows).endless_ns, SECOND))


def without_copy_off_site(story: Story, windows: Windows) -> Iterator[Total]:
    """How many replications of each primary's site have all of their copies there too."""
    for site in sorted({mirror.began.primary for mirror in story.mirrors}):
        yield Total(
            {"site": site},
            sum(mirror.began.primary == site and not mirror.generations[0].off_site for mirror in story.mirrors),
        )


def cut_delay(story: Story, windows: Windows) -> Iterator[Total]:
    """The longest that a cut had to wait after its trigger."""
    yield Total({}, Fraction(max((cut.late_ns for cut in _cuts(story, windows)), default=0), SECOND))


def simulated(story: Story, windows: Windows) -> Iterator[Total]:
    """Simulated time."""
    yield Total({}, Fraction(windows.length_ns, SECOND))


def _cuts(story: Story, windows: Windows) -> list[DeltaSetCut]:
    return [cut for cut in story.facts.of(DeltaSetCut) if windows.holds(cut.time_ns)]


def _payload(story: Story, windows: Windows) -> int:
    return sum(cut.payload_bytes for cut in _cuts(story, windows))


def _written_bytes(looks: tuple[WritesLooked, ...], windows: Windows) -> Fraction:
    parts = (traffic.share(look.written_bytes, look.since_ns, look.time_ns, windows) for look in looks)
    return sum(parts, Fraction(0))


def _seconds(lasting: list[Span], windows: Windows) -> Fraction:
    return Fraction(sum(windows.overlap_ns(*span) for span in lasting), SECOND)
