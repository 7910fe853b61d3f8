"""Periods that a run of this length could not get through: a hang is an error, said before the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sim.scenario.distributions import Choice, Constant, Distribution, Exponential, Lognormal, UniformRange
from sim.scenario.draft import Draft, Report
from sim.scenario.nodes import Path
from sim.scenario.schema import Volume
from sim.scenario.units import format_duration, format_size
from sim.scenario.workloads import RandomWrites

MAX_PERIODS: Final = 10_000_000


def cuts(draft: Draft, report: Report) -> None:
    """Writes do not reach a high-water mark more than ten million times in a run."""
    for name, group in draft.replication.items():
        volume = draft.volumes.get(group.volume)
        if draft.run is None or volume is None or "high_water_mark" not in group.model_fields_set:
            continue
        writes = sum(w.writes for w in volume.workload.values() if isinstance(w, RandomWrites))
        times = int(writes * draft.run.until / 10**9) // max(1, group.high_water_mark // volume.block)
        if times > MAX_PERIODS:
            report(
                ("replication", name, "high_water_mark"),
                f"{format_size(group.high_water_mark)} are reached up to {times:,} times in the run",
                f"at most {MAX_PERIODS:,} times: make it larger, or the run shorter",
            )


def periods(draft: Draft, report: Report) -> None:
    """No timeout, schedule, loop or burst comes round more than ten million times in a run."""
    if draft.run is None:
        return
    for path, period_ns in [*_replication(draft), *_volumes(draft)]:
        times = draft.run.until // period_ns
        if times > MAX_PERIODS:
            report(
                path,
                f"{format_duration(period_ns)} comes {times:,} times in {format_duration(draft.run.until)}",
                f"at most {MAX_PERIODS:,} times: make it longer, or the run shorter",
            )


def _replication(draft: Draft) -> Iterator[tuple[Path, int]]:
    for name, group in draft.replication.items():
        path = ("replication", name)
        yield (*path, "timeout"), group.timeout
        if group.poll is not None:
            yield (*path, "poll"), group.poll
        for secondary, settings in group.secondaries.items():
            below = (*path, "secondaries", secondary)
            if settings.timeout is not None:
                yield (*below, "timeout"), settings.timeout
            if settings.snapshots is not None:
                yield (*below, "snapshots", "every"), settings.snapshots.every


def _volumes(draft: Draft) -> Iterator[tuple[Path, int]]:
    for name, volume in draft.volumes.items():
        path = ("volumes", name)
        if volume.snapshots is not None:
            yield (*path, "snapshots", "every"), volume.snapshots.every
        yield from _workloads(path, volume)


def _workloads(path: Path, volume: Volume) -> Iterator[tuple[Path, int]]:
    for name, workload in volume.workload.items():
        if not isinstance(workload, RandomWrites):
            continue
        below = (*path, "workload", name)
        if workload.profile is not None and workload.profile.loop is not None:
            yield (*below, "profile", "loop"), workload.profile.loop
        if workload.bursts is not None:
            yield (*below, "bursts", "every"), _typical(workload.bursts.every)


def _typical(distribution: Distribution) -> int:
    match distribution:
        case Constant():
            return distribution.value
        case Exponential():
            return distribution.mean
        case Lognormal():
            return distribution.median
        case UniformRange():
            return (distribution.low + distribution.high) // 2
        case Choice():
            return max(distribution.values)
    return distribution.scale
