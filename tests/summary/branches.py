"""A ledger of twelve branch offices behind two forwarders, with faults, from a few lines of arithmetic.

every hop carries one set after the other at its link's rate, and stands still while the link is cut
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim import records
from tests.summary.ledgers import BLOCK, HandRun, Story, ns

MB = 10**6
PERIOD = 600.0

EUROPE = ("berlin", "vienna", "prague", "zurich", "warsaw", "milan")
AMERICA = ("denver", "dallas", "boston", "seattle", "austin", "miami")
RATES = {"europe": 200 * MB, "america": 200 * MB, "backup": 50 * MB}
RATES |= {f"to-{name}": rate * MB for name, rate in zip(EUROPE + AMERICA, (100, 100, 50, 100, 20, 16) * 2, strict=True)}


@dataclass
class Hop:
    """A link with what it has to do."""

    link: str
    source: str
    destination: str
    cuts: list[tuple[float, float]] = field(default_factory=list)
    free: float = 0.0

    def carry(self, story: Story, size: int, ready: float) -> float:
        """When a transfer that is ready then has arrived."""
        begin = max(ready, self.free)
        lasts, at = size * 8 / RATES[self.link], begin
        for start, end in self.cuts:
            if end > at and start < at + lasts:
                at, lasts = end, lasts - max(0.0, start - at)
        self.free = at + lasts
        if self.free < story.until:
            way = (self.source, self.destination)
            story.carried(size, begin, self.free, link=self.link, way=way)
            story.carried(size // 50, begin, self.free, link=self.link, way=way, cause="retransmission")
        return self.free


def offices(hours: float = 6.0) -> HandRun:
    """The run; the trunk to America is cut for 50 minutes, a branch line flaps, a forwarder reboots."""
    story = Story(
        until=hours * 3600, timeout=PERIOD, secondaries=EUROPE + AMERICA, links=False, replication="catalogue"
    )
    hops = {name: Hop(link, "madrid", name) for name, link in (("frankfurt", "europe"), ("chicago", "america"))}
    hops |= {name: Hop(f"to-{name}", "frankfurt", name) for name in EUROPE}
    hops |= {name: Hop(f"to-{name}", "chicago", name) for name in AMERICA}
    for name, hop in hops.items():
        story.link(hop.link, (hop.source, name), rate=RATES[hop.link], congestion="cubic")
        story.route(name, hop.source, hop.link, role="forwarder" if hop.source == "madrid" else "secondary")
    story.link("backup", ("frankfurt", "chicago"), rate=RATES["backup"])
    _faults(story, hops)
    for number in range(1, int(story.until // PERIOD)):
        _set(story, hops, number, 9_000 + 400 * (number % 7))
    return story.in_order().run()


def _faults(story: Story, hops: dict[str, Hop]) -> None:
    for name, kind, target, start, end in (
        ("digger", "link-down", "america", 4_000, 7_000), ("loose", "flap", "to-milan", 9_000, 9_600),
        ("loose", "flap", "to-milan", 10_200, 10_800), ("loose", "flap", "to-milan", 11_400, 12_000),
        ("busy", "link-slow", "europe", 14_000, 16_000),
    ):  # fmt: skip
        story.fault(start, end, target, kind=kind, name=name)
        if kind != "link-slow":
            hops[next(place for place, hop in hops.items() if hop.link == target)].cuts.append((start, end))
    story.unreachable(4_000, 4_180, 7_010, "chicago").down(17_000, 17_900, "frankfurt")
    hops["frankfurt"].cuts.append((17_000, 17_900))
    for name in EUROPE:
        hops[name].cuts.append((17_000, 17_900))


def _set(story: Story, hops: dict[str, Hop], number: int, blocks: int) -> None:
    cut = number * PERIOD
    size = blocks * BLOCK
    story.cut(number, cut, blocks=blocks)
    story.add(records.CopyOutFinished, cut + 0.5, number=number, blocks_before_write=0)
    for hub, branches in (("frankfurt", EUROPE), ("chicago", AMERICA)):
        there = hops[hub].carry(story, size, cut + 0.5)
        if there < story.until:
            story.forwarded(number, there, by=hub, blocks=blocks)
        for name in branches:
            arrived = hops[name].carry(story, size, there)
            if arrived + 1 < story.until:
                boundary = {"number": number, "boundary_time_ns": ns(cut)}
                story.add(records.SetReceived, arrived, secondary=name, blocks=blocks, **boundary)
                story.begun(number, arrived, to=name)
                story.add(records.SetReplayed, arrived + 1, secondary=name, sets=1, blocks=blocks, **boundary)
