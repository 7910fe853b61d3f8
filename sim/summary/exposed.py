"""What a disaster at one instant would cost, to be held against a run in which it really strikes then.

the disaster comes before everything else in its instant but the writes, which are lost (DESIGN.md, same instant): what
arrives then comes too late
    blocks    exact at step instants of looks (`exact_instants`), linear between them
    writes    exact at looks, an expectation between them
    rpo_ns    the age of what would survive; 0 where no write would be lost, as `LossCounted` has it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.records import WritesLooked
from sim.summary.curve import Curve, value_at
from sim.summary.loss import step_instants
from sim.summary.mirror import Mirror
from sim.summary.story import RunLike, Story


@dataclass(frozen=True, slots=True)
class Exposed:
    """What a failover would lose; None for everything, where there was no copy to go on with."""

    blocks: int | None
    writes: int | None
    rpo_ns: int | None


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant at which distinct lost blocks are exact, and perhaps writes too."""

    time_ns: int
    writes_are_exact: bool


def exposed(
    run: RunLike | Story, replication: str, time_ns: int, mode: str = "default", secondary: str | None = None
) -> Exposed:
    """What a disaster at an instant would cost a replication that fails over in this mode, to a secondary or the best.

    Raises KeyError for a replication that there is not.
    """
    mirror = _called(Story.of(run), replication)
    age_ns = just_before(mirror.exposure(mode, secondary), time_ns)
    blocks = just_before(mirror.exposure_blocks(mode, secondary), time_ns)
    writes = just_before(mirror.exposure_writes(mode, secondary), time_ns)
    return Exposed(blocks, writes, age_ns if blocks or writes else blocks)


def exact_instants(run: RunLike | Story, replication: str) -> Iterator[Instant]:
    """The instants at which a run knows exactly which blocks would be lost, in order."""
    looks: dict[int, bool] = {}
    for look in Story.of(run).facts.about(WritesLooked, replication=replication):
        if look.growth:
            looks |= {int(step): looks.get(int(step), False) for step in step_instants(look)}
            looks[look.time_ns] = True
    yield from (Instant(time_ns, looks[time_ns]) for time_ns in sorted(looks))


def just_before(curve: Curve, time_ns: int) -> int | None:
    """The value that a curve comes to at an instant, before it jumps there; None where it has none."""
    at = int(curve.end_ns.searchsorted(time_ns, "left"))
    while at < len(curve) and curve.begin_ns[at] == curve.end_ns[at]:
        at += 1
    if at == len(curve) or not curve.begin_ns[at] < time_ns:
        return None
    segment = (int(curve.begin_ns[at]), int(curve.end_ns[at]), int(curve.begin_value[at]), int(curve.end_value[at]))
    return value_at(segment, time_ns)


def _called(story: Story, replication: str) -> Mirror:
    return {mirror.name: mirror for mirror in story.mirrors}[replication]
