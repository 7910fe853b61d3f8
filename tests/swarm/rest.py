"""When users have gone quiet: every copy arrives at the last boundary, and nothing is held any more (M5)."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records import (
    CopyFinished,
    DeltaSetCut,
    PolicyChanged,
    SaveVolumeChanged,
    SecondaryDropped,
    SetReplayed,
    WritesResumed,
    WritesSuspended,
)
from sim.simulation import Run
from tests.swarm.conservation import of


def faults(run: Run, calm_ns: int) -> Iterator[str]:
    """What did not come to rest by the end, in a world without users since `calm_ns` of workload time."""
    until = run.ledger[-1].time_ns
    settled = until - (until - calm_ns) // 8
    last = max((fact.number for fact in of(run, DeltaSetCut) if fact.time_ns <= settled), default=0)
    if len(list(of(run, WritesSuspended))) > len(list(of(run, WritesResumed))):
        yield "writes still stand still"
    late = sum(fact.blocks for fact in of(run, DeltaSetCut) if fact.time_ns > settled)
    if late:
        yield f"{late} blocks were cut only after {settled}"
    waiting = 0
    for name in run.scenario.replication["mirror"].secondaries:
        waiting = max(waiting, (yield from _secondary(run, name, last)))
    yield from _space(run, waiting)


def _secondary(run: Run, name: str, last: int) -> Iterator[str]:
    """Faults of one copy; answers the blocks that it may still hold back."""
    if given_up(run, name):
        return 0
    shown = [fact.number for fact in of(run, SetReplayed, secondary=name)]
    shown += [fact.number for fact in of(run, CopyFinished, secondary=name)]
    newest = max(shown, default=0)
    mark = holds_back(run, name)
    behind = sum(fact.blocks for fact in of(run, DeltaSetCut) if newest < fact.number <= last)
    if newest < last and (mark is None or behind >= mark):
        yield f"{name} shows set {newest}, the last that was cut in time is {last}"
    return behind if mark is not None else 0


def holds_back(run: Run, name: str) -> int | None:
    """The blocks below which a copy without a timeout waits for more, by its own policy; None where it does not."""
    secondary = run.scenario.replication["mirror"].secondaries[name]
    timeout, mark = secondary.timeout or 0, secondary.high_water_mark or 0
    for fact in of(run, PolicyChanged, secondary=name):
        timeout, mark = fact.timeout_ns, fact.high_water_mark_bytes
    block = run.scenario.volumes["vol"].block
    return None if timeout or not mark else -(-mark // block)


def given_up(run: Run, name: str) -> bool:
    """Whether the last that is known of a copy is that it cannot be made."""
    drops = list(of(run, SecondaryDropped, secondary=name))
    return bool(drops) and drops[-1].cause == "copies_failed"


def _space(run: Run, waiting: int) -> Iterator[str]:
    block = run.scenario.volumes["vol"].block
    used = {fact.site: fact.used_bytes for fact in of(run, SaveVolumeChanged)}
    for site, size in used.items():
        if size > waiting * block:
            yield f"{size} bytes are still held at {site}"
