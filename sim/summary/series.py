"""Metrics that have a value at every instant, as curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sim.records import LinkStood
from sim.summary import fill, traffic
from sim.summary.combined import combined
from sim.summary.curve import Curve
from sim.summary.mirror import MODES, Mirror
from sim.summary.sample import SECOND, Gap, Series
from sim.summary.story import Story
from sim.summary.windows import Windows

Exposed = Callable[[Mirror, str, str | None], Curve]
OfArm = Callable[[Mirror, str], Curve]


def lag(story: Story) -> Iterator[Series]:
    """Age of what each secondary serves."""
    return _of_arms(story, Mirror.lag, SECOND)


def lag_blocks(story: Story) -> Iterator[Series]:
    """Distinct blocks that each secondary does not serve yet."""
    return _of_arms(story, Mirror.lag_blocks)


def lag_bytes(story: Story) -> Iterator[Series]:
    """The same in bytes."""
    return _of_arms(story, _bytes_behind)


def lag_sets(story: Story) -> Iterator[Series]:
    """Delta sets that are cut and not replayed."""
    return _of_arms(story, Mirror.lag_sets)


def backlog_bytes(story: Story) -> Iterator[Series]:
    """Payload of these sets."""
    return _of_arms(story, Mirror.backlog_bytes)


def exposure(story: Story) -> Iterator[Series]:
    """Age of what a failover would go on with: by mode, and by mode and secondary."""
    return _exposures(story, Mirror.exposure, oldest=True, divisor=SECOND)


def exposure_blocks(story: Story) -> Iterator[Series]:
    """Distinct blocks that a failover would lose."""
    return _exposures(story, Mirror.exposure_blocks)


def exposure_bytes(story: Story) -> Iterator[Series]:
    """The same in bytes."""
    return _exposures(story, _exposed_bytes)


def exposure_writes(story: Story) -> Iterator[Series]:
    """Raw writes that a failover would lose."""
    return _exposures(story, Mirror.exposure_writes)


def save_volume(story: Story) -> Iterator[Series]:
    """Used bytes of the save volumes of each site."""
    for site, curve in fill.save_volumes(story.facts).items():
        yield Series({"site": site}, partial(_same, curve))


def save_volume_fill(story: Story) -> Iterator[Series]:
    """The same as a share of what they can hold."""
    capacities = fill.save_volume_capacities(story.facts)
    for site, curve in fill.save_volumes(story.facts).items():
        if capacities[site]:
            yield Series({"site": site}, partial(_same, curve), capacities[site])


def snapshot_store(story: Story) -> Iterator[Series]:
    """Used bytes of the snapshot stores of each site."""
    for site, curve in fill.snapshot_stores(story.facts).items():
        yield Series({"site": site}, partial(_same, curve))


def snapshot_store_fill(story: Story) -> Iterator[Series]:
    """The same as a share of what they can hold."""
    capacities = fill.snapshot_store_capacities(story.facts)
    for site, curve in fill.snapshot_stores(story.facts).items():
        if capacities[site]:
            yield Series({"site": site}, partial(_same, curve), capacities[site])


def link_utilisation(story: Story) -> Iterator[Series]:
    """How busy each link with a limited bandwidth is, in the direction that is used more."""
    for link in story.facts.of(LinkStood):
        way = traffic.busier(link, story.traffic.by_direction(link.link))
        if traffic.capacity(link, way):
            load = partial(story.traffic.load, link.link, way)
            yield Series({"link": link.link}, load, traffic.capacity(link, way))


def direction_utilisation(story: Story) -> Iterator[Series]:
    """The same for each direction that carried anything."""
    for link in story.facts.of(LinkStood):
        for way in sorted(story.traffic.by_direction(link.link)):
            if traffic.capacity(link, way):
                load = partial(story.traffic.load, link.link, way)
                yield Series({"link": link.link, "from": way[0]}, load, traffic.capacity(link, way))


def _of_arms(story: Story, curve: OfArm, divisor: int = 1) -> Iterator[Series]:
    """One for each secondary, while it is a member of its replication."""
    for mirror, secondary, name in story.arms:
        own, there = partial(curve, mirror, secondary), mirror.membership[secondary]
        yield Series({"to": name}, own, divisor, gap=Gap.NOTHING_TO_SERVE, there=there)


def _exposures(story: Story, exposed: Exposed, *, oldest: bool = False, divisor: int = 1) -> Iterator[Series]:
    """A disaster meets all replications: their losses add up, and the oldest data decides the age.

    Where one of them has no copy to go on with, everything is lost; mode `sync` waits for one and loses nothing. Of a
    replication whose users have no service nothing more can be lost.
    """
    served = Windows.of((span for mirror in story.mirrors for span in mirror.at_stake.spans), story.until_ns)
    for mode in MODES:
        gap = Gap.NO_SAMPLE if mode == "sync" else Gap.EVERYTHING
        if story.mirrors:
            curve = partial(_of_all, story, exposed, mode, oldest)
            yield Series({"mode": mode}, curve, divisor, gap=gap, there=served)
        for mirror, secondary, name in story.arms:
            curve, several = partial(exposed, mirror, mode, secondary), len(story.arms) > 1
            there = mirror.membership[secondary].within(mirror.at_stake)
            yield Series({"mode": mode, "to": name}, curve, divisor, listed=several, gap=gap, there=there)


def _of_all(story: Story, exposed: Exposed, mode: str, oldest: bool) -> Curve:
    curves = [exposed(mirror, mode, None) for mirror in story.mirrors]
    if len(curves) > 1:
        curves = [_nothing_where(mirror.service.none, own) for mirror, own in zip(story.mirrors, curves, strict=True)]
    return combined(curves, max if oldest else sum)


def _nothing_where(windows: Windows, curve: Curve) -> Curve:
    """The same with nought in windows in which it has no value."""
    if not windows.spans:
        return curve
    return Curve.of(sorted([*curve.segments(), *((begin, end, 0, 0) for begin, end in windows.spans)]))


def _exposed_bytes(mirror: Mirror, mode: str, secondary: str | None) -> Curve:
    return mirror.exposure_blocks(mode, secondary).times(mirror.block_bytes)


def _bytes_behind(mirror: Mirror, secondary: str) -> Curve:
    return mirror.lag_blocks(secondary).times(mirror.block_bytes)


def _same(curve: Curve) -> Curve:
    return curve
