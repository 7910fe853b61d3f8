"""Files that a scenario names: they exist, can be read, and are files."""

from __future__ import annotations

from sim.scenario.draft import Draft, Report
from sim.scenario.errors import ScenarioError
from sim.scenario.nodes import Path
from sim.scenario.profile import load_profile
from sim.scenario.rules.workloads import MAX_FACTOR
from sim.scenario.textfile import why_unreadable
from sim.scenario.units import format_duration
from sim.scenario.workloads import RandomWrites, TraceReplay


def inputs(draft: Draft, report: Report) -> None:
    """Traces are readable files; profiles can be read, now, as what they are."""
    for name, volume in draft.volumes.items():
        for workload_name, workload in volume.workload.items():
            path = ("volumes", name, "workload", workload_name)
            if isinstance(workload, TraceReplay):
                _readable(draft, report, (*path, "trace"), workload.trace)
            elif isinstance(workload, RandomWrites) and workload.profile is not None:
                where = (*path, "profile", "file")
                if _readable(draft, report, where, workload.profile.file):
                    _profile(draft, report, where, workload)


def _readable(draft: Draft, report: Report, path: Path, name: str) -> bool:
    why = why_unreadable(draft.base_dir / name)
    if why is not None:
        report(path, f"'{name}' {why[0]}", why[1])
    return why is None


def _profile(draft: Draft, report: Report, path: Path, workload: RandomWrites) -> None:
    assert workload.profile is not None
    try:
        profile = load_profile(draft.base_dir / workload.profile.file)
    except ScenarioError as error:
        report.include(error.faults)
        return
    if workload.profile.loop is not None and profile.times_ns[-1] >= workload.profile.loop:
        last = format_duration(profile.times_ns[-1])
        report((*path[:-1], "loop"), f"must be longer than the last time of the profile, {last}")
    highest = max(profile.factors(workload.writes)) * (workload.bursts.factor if workload.bursts else 1)
    if highest > MAX_FACTOR:
        report(path, f"multiplies the rate by up to {float(highest):g}; at most {MAX_FACTOR:,}")
