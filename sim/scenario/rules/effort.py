"""Periods that a run of this length could not get through: a hang is an error, said before the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

from sim.scenario.distributions import Choice, Constant, Distribution, Exponential, Lognormal, UniformRange
from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.faults import RandomFault
from sim.scenario.fields import NotUnderstood
from sim.scenario.links import BandwidthFactor, BandwidthProfile, Link, WayBack
from sim.scenario.nodes import Path
from sim.scenario.replication import Replication
from sim.scenario.rules.links import ways
from sim.scenario.schema import RunOptions, Secondary, Volume
from sim.scenario.timeline import Flap
from sim.scenario.units import format_duration, format_size
from sim.scenario.workloads import RandomWrites

Read = Callable[[], int | None]  # a period in nanoseconds, if there is one

MAX_PERIODS: Final = 10_000_000


def cuts(draft: Draft, report: Report) -> None:
    """Writes do not reach a high-water mark more than ten million times in a run."""
    for name, group in draft.replication.items():
        if draft.run is not None and "high_water_mark" in group.model_fields_set:
            attempt(_cuts, draft, report, name, group, draft.run)


def _cuts(draft: Draft, report: Report, name: str, group: Replication, run: RunOptions) -> None:
    volume = draft.volumes.get(group.volume)
    if volume is not None:
        reached(report, ("replication", name, "high_water_mark"), group.high_water_mark, volume, run)


def reached(report: Report, path: Path, mark: int, volume: Volume, run: RunOptions) -> None:
    """A high-water mark is not reached more than ten million times in a run."""
    writes = sum(w.writes for w in volume.workload.values() if isinstance(w, RandomWrites))
    times = int(writes * run.until / 10**9) // max(1, mark // volume.block)
    if times > MAX_PERIODS:
        report(
            path,
            f"{format_size(mark)} are reached up to {times:,} times in the run",
            f"at most {MAX_PERIODS:,} times: make it larger, or the run shorter",
        )


def periods(draft: Draft, report: Report) -> None:
    """No timeout, schedule, loop, burst, throttle or fault comes round more than ten million times in a run."""
    if draft.run is not None:
        for path, read in [*_replication(draft), *_volumes(draft), *_links(draft), *_faults(draft), *_timeline(draft)]:
            attempt(period, report, path, read, draft.run)


def period(report: Report, path: Path, read: Read, run: RunOptions) -> None:
    """What `read` answers does not come round more than ten million times in a run."""
    period_ns = read()
    times = run.until // period_ns if period_ns else 0
    if period_ns and times > MAX_PERIODS:
        report(
            path,
            f"{format_duration(period_ns)} comes {times:,} times in {format_duration(run.until)}",
            f"at most {MAX_PERIODS:,} times: make it longer, or the run shorter",
        )


def _replication(draft: Draft) -> Iterator[tuple[Path, Read]]:
    for name, group in draft.replication.items():
        path = ("replication", name)
        yield (*path, "timeout"), partial(getattr, group, "timeout")
        yield (*path, "poll"), partial(getattr, group, "poll")
        for secondary, settings in group.secondaries.items():
            below = (*path, "secondaries", secondary)
            yield (*below, "timeout"), partial(getattr, settings, "timeout")
            yield (*below, "snapshots", "every"), partial(_snapshots, settings)


def _volumes(draft: Draft) -> Iterator[tuple[Path, Read]]:
    for name, volume in draft.volumes.items():
        path = ("volumes", name)
        yield (*path, "snapshots", "every"), partial(_snapshots, volume)
        for workload_name, workload in volume.workload.items():
            if isinstance(workload, RandomWrites):
                below = (*path, "workload", workload_name)
                yield (*below, "profile", "loop"), partial(_loop, workload)
                yield (*below, "bursts", "every"), partial(_bursts, workload)


def _links(draft: Draft) -> Iterator[tuple[Path, Read]]:
    for path, way in ways(draft):
        yield (*path, "bandwidth_profile", "loop"), partial(_looping, way, "bandwidth_profile")
        yield (*path, "bandwidth_factor", "loop"), partial(_looping, way, "bandwidth_factor")
        with suppress(NotUnderstood):
            for index, throttle in enumerate(way.throttles):
                yield (*path, "throttle", index, "every"), partial(getattr, throttle, "every")


def _faults(draft: Draft) -> Iterator[tuple[Path, Read]]:
    for name, fault in draft.faults.items():
        yield ("faults", name, "mtbf"), partial(_renewal, fault)


def _timeline(draft: Draft) -> Iterator[tuple[Path, Read]]:
    for index, entry in draft.timeline:
        if isinstance(entry, Flap):
            yield ("timeline", index, "up"), partial(_flap, entry)


def _looping(way: Link | WayBack, key: str) -> int | None:
    profile: BandwidthProfile | BandwidthFactor | None = getattr(way, key)
    return profile.loop if profile else None


def _renewal(fault: RandomFault) -> int:
    return _typical(fault.mtbf) + _typical(fault.mttr)


def _flap(entry: Flap) -> int:
    return entry.down + entry.up


def _snapshots(owner: Volume | Secondary) -> int | None:
    return owner.snapshots.every if owner.snapshots else None


def _loop(workload: RandomWrites) -> int | None:
    return workload.profile.loop if workload.profile else None


def _bursts(workload: RandomWrites) -> int | None:
    return _typical(workload.bursts.every) if workload.bursts else None


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
