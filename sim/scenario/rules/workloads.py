"""Workloads: the part of a volume that one writes lies within it, and its options go together."""

from __future__ import annotations

from sim.scenario.draft import Draft, Report
from sim.scenario.nodes import Path
from sim.scenario.schema import Volume
from sim.scenario.units import format_size
from sim.scenario.workloads import Churn, RandomWrites, Sequential, TraceReplay


def areas(draft: Draft, report: Report) -> None:
    """`at` plus `over` stays within the volume, and what is written at once fits into it."""
    for name, volume in draft.volumes.items():
        for workload_name, workload in volume.workload.items():
            path = ("volumes", name, "workload", workload_name)
            _area(draft, report, path, volume, workload)
            if isinstance(workload, Churn) and workload.extent > (workload.over or volume.size - workload.start):
                report(
                    (*path, "extent"), f"extent {format_size(workload.extent)} is larger than its part of the volume"
                )
            if isinstance(workload, RandomWrites) and (workload.write_size or 0) > volume.size:
                report(
                    (*path, "write_size"),
                    f"write_size {format_size(workload.write_size or 0)} > volume {format_size(volume.size)}",
                )


def _area(
    draft: Draft, report: Report, path: Path, volume: Volume, workload: RandomWrites | TraceReplay | Churn
) -> None:
    begin, over = workload.start, workload.over
    if begin >= volume.size:
        where = _written(draft, path, "at")
        report(where, f"at {format_size(begin)} is beyond the volume of {format_size(volume.size)}")
    elif over is not None and begin + over > volume.size:
        sum_text = f"at {format_size(begin)} + over {format_size(over)}" if begin else f"over {format_size(over)}"
        report(_written(draft, path, "over"), f"{sum_text} > volume {format_size(volume.size)}")
    elif over is not None and over < volume.block:
        report(_written(draft, path, "over"), f"over {format_size(over)} < one block of {format_size(volume.block)}")


def _written(draft: Draft, path: Path, key: str) -> Path:
    """Where a bound stands: beside the locality, or in it."""
    inside = (*path, "locality", key)
    return inside if draft.writes(*inside) else (*path, key)


def kinds(draft: Draft, report: Report) -> None:
    """Options that only some workloads have."""
    for name, volume in draft.volumes.items():
        for workload_name, workload in volume.workload.items():
            path = ("volumes", name, "workload", workload_name)
            if isinstance(workload, RandomWrites):
                _random(report, path, workload)
            elif isinstance(workload, TraceReplay):
                _trace(report, path, workload)


def _random(report: Report, path: Path, workload: RandomWrites) -> None:
    if workload.arrivals == "even" and not isinstance(workload.locality, Sequential):
        report((*path, "arrivals"), "'even' goes with locality: sequential only", "write poisson, or sequential")


def _trace(report: Report, path: Path, workload: TraceReplay) -> None:
    if workload.format == "csv" and workload.columns is None:
        report(
            (*path, "format"), "csv needs columns:",
            "columns: {time: ..., op: ..., offset: ..., length: ..., time_unit: us}",
        )  # fmt: skip
    if workload.format != "csv" and workload.columns is not None:
        report((*path, "columns"), f"columns are for format: csv; {workload.format} has its own", at_key=True)
    if len(workload.event) != 1 or not workload.event.isalpha():
        report((*path, "event"), f"expected one letter, e.g. Q (got '{workload.event[:40]}')")
