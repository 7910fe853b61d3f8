"""Workloads: the part of a volume that one writes lies within it, and its options go together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path
from sim.scenario.schema import Volume
from sim.scenario.units import format_size
from sim.scenario.workloads import Churn, Hot, RandomWrites, Sequential, TraceReplay, Zipf

AnyWorkload = RandomWrites | TraceReplay | Churn

MAX_EXPONENT: Final = 10  # beyond, one block takes all writes
MAX_FACTOR: Final = 1_000_000


def areas(draft: Draft, report: Report) -> None:
    """`at` plus `over` stays within the volume, in whole blocks, and what is written at once fits into it."""
    for path, volume, workload in _all(draft):
        attempt(_begin, draft, report, path, volume, workload)
        attempt(_end, draft, report, path, volume, workload)
        attempt(_one_write, report, path, volume, workload)


def _all(draft: Draft) -> Iterator[tuple[Path, Volume, AnyWorkload]]:
    for name, volume in draft.volumes.items():
        for workload_name, workload in volume.workload.items():
            yield ("volumes", name, "workload", workload_name), volume, workload


def _begin(draft: Draft, report: Report, path: Path, volume: Volume, workload: AnyWorkload) -> None:
    begin = workload.start
    if begin % volume.block:
        report(_written(draft, path, "at"), f"at {format_size(begin)} is not a multiple of {format_size(volume.block)}")
    if begin >= volume.size:
        report(_written(draft, path, "at"), f"at {format_size(begin)} >= volume {format_size(volume.size)}")


def _end(draft: Draft, report: Report, path: Path, volume: Volume, workload: AnyWorkload) -> None:
    begin, over = workload.start, workload.over
    if over is None or begin >= volume.size:
        return
    if begin + over > volume.size:
        sum_text = f"at {format_size(begin)} + over {format_size(over)}" if begin else f"over {format_size(over)}"
        report(_written(draft, path, "over"), f"{sum_text} > volume {format_size(volume.size)}")
    elif over < volume.block:
        report(_written(draft, path, "over"), f"over {format_size(over)} < one block of {format_size(volume.block)}")


def _one_write(report: Report, path: Path, volume: Volume, workload: AnyWorkload) -> None:
    if isinstance(workload, Churn):
        _fits(report, (*path, "extent"), workload.extent, volume, workload)
    elif isinstance(workload, RandomWrites) and workload.write_size is not None:
        _fits(report, (*path, "write_size"), workload.write_size, volume, workload)


def _fits(report: Report, path: Path, size: int, volume: Volume, workload: RandomWrites | Churn) -> None:
    """What is written at once, in whole blocks, lies within its part of the volume."""
    part = volume.size - workload.start if workload.over is None else workload.over
    if -(-size // volume.block) > part // volume.block > 0:
        noun = "volume" if workload.over is None and not workload.start else "its part of the volume"
        report(path, f"{path[-1]} {format_size(size)} > {noun} {format_size(part)}")


def _written(draft: Draft, path: Path, key: str) -> Path:
    """Where a bound stands: beside the locality, or in it."""
    inside = (*path, "locality", key)
    return inside if draft.writes(*inside) else (*path, key)


def kinds(draft: Draft, report: Report) -> None:
    """Options that only some workloads have, and numbers that mean nothing beyond some bounds."""
    for path, _, workload in _all(draft):
        if isinstance(workload, RandomWrites):
            for check in (_arrivals, _locality, _bursts):
                attempt(check, report, path, workload)
        elif isinstance(workload, TraceReplay):
            for look in (_time_scale, _size_scale, _columns, _event):
                attempt(look, report, path, workload)


def _arrivals(report: Report, path: Path, workload: RandomWrites) -> None:
    if workload.arrivals == "even" and not isinstance(workload.locality, Sequential):
        report((*path, "arrivals"), "'even' goes with locality: sequential only", "write poisson, or sequential")


def _locality(report: Report, path: Path, workload: RandomWrites) -> None:
    locality = workload.locality
    if isinstance(locality, Hot) and locality.space == 1:
        report((*path, "locality", "hot", "space"), "must be < 100 %", "all of the space alike is locality: uniform")
    if isinstance(locality, Zipf) and locality.exponent > MAX_EXPONENT:
        report((*path, "locality", "zipf"), f"must be <= {MAX_EXPONENT} (got {locality.exponent:g})")


def _bursts(report: Report, path: Path, workload: RandomWrites) -> None:
    if workload.bursts is not None and workload.bursts.factor > MAX_FACTOR:
        report((*path, "bursts", "factor"), f"must be <= {MAX_FACTOR}")


def _time_scale(report: Report, path: Path, workload: TraceReplay) -> None:
    _scale(report, (*path, "time_scale"), workload.time_scale)


def _size_scale(report: Report, path: Path, workload: TraceReplay) -> None:
    _scale(report, (*path, "size_scale"), workload.size_scale)


def _scale(report: Report, path: Path, scale: Fraction) -> None:
    if not Fraction(1, MAX_FACTOR) <= scale <= MAX_FACTOR:
        report(path, f"must be between 1e-6 and 1e6 (got {float(scale):g})")


def _columns(report: Report, path: Path, workload: TraceReplay) -> None:
    if workload.format == "csv" and workload.columns is None:
        report(
            (*path, "format"), "csv needs columns:",
            "columns: {time: ..., op: ..., offset: ..., length: ..., time_unit: us}",
        )  # fmt: skip
    if workload.format != "csv" and workload.columns is not None:
        report((*path, "columns"), f"columns are for format: csv; {workload.format} has its own", at_key=True)


def _event(report: Report, path: Path, workload: TraceReplay) -> None:
    if len(workload.event) != 1 or not workload.event.isalpha():
        report((*path, "event"), f"expected one letter, e.g. Q (got '{workload.event[:40]}')")
