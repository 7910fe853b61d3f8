"""What must add up in a ledger, whatever the world was: blocks, bytes, space, stalled time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sim.records import (
    Acknowledged,
    BytesCarried,
    CopyBegan,
    CopyFinished,
    CopyOutFinished,
    DeltaSetCut,
    LinkStood,
    NodeCameUp,
    NodeWentDown,
    Record,
    ReplayBegan,
    SaveVolumeChanged,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    WritesLooked,
    WritesResumed,
    WritesSuspended,
)
from sim.simulation import Run

FULL = "save_volume_full"
SETS = ("delta_set", "retransmission")


def faults(run: Run) -> list[str]:
    """Everything that does not add up; empty when all does."""
    checks = (blocks, links, sets_carried, save_volumes, stalls, nodes_that_are_down, even_writes)
    return [f"{check.__name__}: {fault}" for check in checks for fault in check(run)]


def site_of(run: Run, secondary: str) -> str:
    """Where a secondary lives."""
    return run.scenario.replication["mirror"].site_of(secondary)


def blocks(run: Run) -> Iterator[str]:
    """New blocks are in a set or pending, and no set is larger than what any save volume on its way can take."""
    pending = 0
    spec = run.scenario.replication["mirror"]
    block = run.scenario.volumes["vol"].block
    room = min(
        [spec.save_volume.size, *(s.save_volume.size or spec.save_volume.size for s in spec.secondaries.values())]
    )
    for fact in run.ledger:
        if isinstance(fact, WritesLooked):
            pending += fact.new_blocks
        if isinstance(fact, DeltaSetCut):
            if fact.blocks > room // block:
                yield f"set {fact.number} has {fact.blocks} blocks, and a save volume on its way takes {room // block}"
            if fact.blocks != pending:
                yield f"set {fact.number} has {fact.blocks} blocks, {pending} were pending"
            pending = 0


def links(run: Run) -> Iterator[str]:
    """No way over a link carries more than it can."""
    capacity = {fact.link: fact.bits_per_s for fact in run.ledger if isinstance(fact, LinkStood)}
    carried: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for fact in of(run, BytesCarried):
        carried[fact.link, fact.source, fact.destination] += fact.carried_bytes
    for (link, source, destination), size in carried.items():
        if capacity[link] and size * 8 * 10**9 > capacity[link] * run.ledger[-1].time_ns:
            yield f"{size} bytes from {source} to {destination} are more than {link} can carry"


def sets_carried(run: Run) -> Iterator[str]:
    """What was received was carried; without a drop and at rest, nothing else was called a delta set."""
    block = run.scenario.volumes["vol"].block
    for name in run.scenario.replication["mirror"].secondaries:
        site = site_of(run, name)
        if site == "near":
            continue
        received = sum(fact.blocks for fact in of(run, SetReceived, secondary=name)) * block
        carried = {
            cause: sum(f.carried_bytes for f in of(run, BytesCarried, destination=site, cause=cause)) for cause in SETS
        }
        cut = sum(fact.payload_bytes for fact in of(run, DeltaSetCut))
        if sum(carried.values()) < received:
            yield f"{name} received {received} bytes and {carried} were carried"
        if not any(of(run, SecondaryDropped, secondary=name)) and carried["delta_set"] > cut:
            yield f"{carried['delta_set']} bytes of delta sets went to {name}, only {cut} were cut"
        copied = sum(f.carried_bytes for f in of(run, BytesCarried, destination=site) if f.cause not in SETS)
        if any(of(run, CopyFinished, secondary=name)) == 0 and copied and not _copies_began(run, name):
            yield f"{copied} bytes of copies went to {name} without a copy"


def save_volumes(run: Run) -> Iterator[str]:
    """At the primary's save volume, what is used is what was cut and not freed: never more than was cut."""
    cut = 0
    for fact in run.ledger:
        if isinstance(fact, DeltaSetCut):
            cut += fact.payload_bytes
        if isinstance(fact, SaveVolumeChanged) and fact.used_bytes > cut:
            yield f"{fact.used_bytes} bytes at {fact.site}, only {cut} were ever cut"


def stalls(run: Run) -> Iterator[str]:
    """A stall for want of room ends at an instant at which something made room; it never outlasts its reason (C14)."""
    last = -1
    for fact in run.ledger:
        if isinstance(fact, WritesResumed) and fact.cause == FULL and fact.time_ns != last:
            yield f"writes were resumed at {fact.time_ns}, but what made room happened at {last}"
        if isinstance(fact, SaveVolumeChanged | CopyOutFinished | NodeCameUp | WritesSuspended | SecondaryDropped):
            last = fact.time_ns


def nodes_that_are_down(run: Run) -> Iterator[str]:
    """A node that is down cuts, receives, replays and hears nothing."""
    down: dict[str, int] = {}
    for fact in run.ledger:
        if isinstance(fact, NodeWentDown):
            down[fact.site] = fact.time_ns
        elif isinstance(fact, NodeCameUp):
            since = down.pop(fact.site)
            if fact.time_ns - since != fact.down_ns:
                yield f"{fact.site} was down since {since}, came up at {fact.time_ns} and says {fact.down_ns}"
        elif down:
            yield from (f"{fact} at {site}, which is down" for site in _acts_at(run, fact) if site in down)


def even_writes(run: Run) -> Iterator[str]:
    """Evenly spaced writes come at their rate for as long as users could write (M8)."""
    workload = run.scenario.volumes["vol"].workload
    source: Any = next(iter(workload.values()), None)
    if len(workload) != 1 or getattr(source, "arrivals", "") != "even" or source.profile is not None:
        return
    stalled = sum(fact.stalled_ns for fact in of(run, WritesResumed))
    suspended = [fact.time_ns for fact in of(run, WritesSuspended)][len(list(of(run, WritesResumed))) :]
    running = (suspended[0] if suspended else run.ledger[-1].time_ns) - stalled
    expected, written = running * source.writes // 10**9, sum(fact.writes for fact in of(run, WritesLooked))
    if not expected - len(suspended) <= written <= expected:
        yield f"{written} writes, {expected} were due"


def of(run: Run, kind: type[Any], **where: object) -> Iterator[Any]:
    """Facts of a kind with these values."""
    for fact in run.ledger:
        if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in where.items()):
            yield fact


def _copies_began(run: Run, secondary: str) -> bool:
    return any(of(run, CopyBegan, secondary=secondary))


def _acts_at(run: Run, fact: Record) -> tuple[str, ...]:
    match fact:
        case SetReceived() | ReplayBegan() | SetReplayed() | CopyFinished():
            return (site_of(run, fact.secondary),)
        case DeltaSetCut() | CopyOutFinished() | Acknowledged():
            return ("near",)
        case WritesLooked() if fact.writes:
            return ("near",)
    return ()
