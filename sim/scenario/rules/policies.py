"""Policies that the timeline sets are held to the same limits as those that a replication begins with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path
from sim.scenario.replication import Replication
from sim.scenario.rules.effort import period, reached
from sim.scenario.timeline import SetPolicy
from sim.scenario.units import format_size
from sim.scenario.workloads import RandomWrites


def timeouts(draft: Draft, report: Report) -> None:
    """A new timeout does not come round more than ten million times in what a run may have left."""
    for index, entry in draft.timeline:
        if isinstance(entry, SetPolicy) and draft.run is not None:
            attempt(period, report, ("timeline", index, "timeout"), partial(getattr, entry, "timeout"), draft.run)


def marks(draft: Draft, report: Report) -> None:
    """A new high-water mark holds a block and is not reached without end. One too large does no harm."""
    for index, entry in draft.timeline:
        if isinstance(entry, SetPolicy):
            for group in _groups(draft, entry):
                attempt(_mark, draft, report, ("timeline", index, "high_water_mark"), entry, group)


def _groups(draft: Draft, entry: SetPolicy) -> Iterator[Replication]:
    """The replication that is meant: the only one where the entry does not say."""
    if entry.replication:
        named = draft.replication.get(entry.replication)
        yield from [] if named is None else [named]
    elif len(draft.replication) == 1:
        yield from draft.replication.values()


def _mark(draft: Draft, report: Report, path: Path, entry: SetPolicy, group: Replication) -> None:
    mark, volume = entry.high_water_mark, draft.volumes.get(group.volume)
    if mark is None or volume is None:
        return
    if mark < volume.block:
        report(
            path, f"high_water_mark {format_size(mark)} < one block of {format_size(volume.block)}", "make it larger"
        )
        return
    if entry.secondary is not None:
        return  # when a copy plays back is its own affair: any number of sets will do
    if draft.run is not None:
        reached(report, path, mark, volume, draft.run)


def _rooms(group: Replication) -> Iterator[int]:
    yield group.save_volume.size
    for member in group.members.values():
        yield member.save_volume.size or group.save_volume.size


def largest_writes(draft: Draft, report: Report) -> None:
    """One write fits every save volume on its way: a set cannot be cut in the middle of it (C10)."""
    for group in draft.replication.values():
        attempt(_writes, draft, report, group)


def _writes(draft: Draft, report: Report, group: Replication) -> None:
    volume = draft.volumes.get(group.volume)
    for name, workload in volume.workload.items() if volume is not None else ():
        if isinstance(workload, RandomWrites) and volume is not None:
            path = ("volumes", group.volume, "workload", name, "write_size")
            attempt(_write, report, path, workload, group)


def _write(report: Report, path: Path, workload: RandomWrites, group: Replication) -> None:
    size = workload.write_size
    room = min(_rooms(group))
    if size is not None and size > room:
        report(
            path, f"one write of {format_size(size)} > save volume {format_size(room)}", "make the save volume larger"
        )
