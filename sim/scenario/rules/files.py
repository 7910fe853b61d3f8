"""Files that a scenario names: they exist, can be read, and are files."""

from __future__ import annotations

from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.errors import ScenarioError
from sim.scenario.links import BandwidthFactor, BandwidthProfile, Link, WayBack
from sim.scenario.nodes import Node, Path, ScalarNode
from sim.scenario.profile import Kind, RateSteps, load_bandwidth, load_profile
from sim.scenario.rules.references import matching
from sim.scenario.rules.workloads import MAX_FACTOR
from sim.scenario.scalars import sort_of
from sim.scenario.textfile import why_unreadable
from sim.scenario.units import format_duration, format_rate
from sim.scenario.workloads import RandomWrites

LINES: Final[dict[str, Kind]] = {"bandwidth_profile": "bandwidth", "bandwidth_factor": "factor"}
WORKLOAD: Final = ("volumes", "*", "workload", "*")


def traces(draft: Draft, report: Report) -> None:
    """Traces are readable files; read off the tree, for the rest of the workload may be wrong."""
    for path, node in matching(draft.root, (*WORKLOAD, "trace"), ()):
        _readable(draft, report, path, node)


def profiles(draft: Draft, report: Report) -> None:
    """Profiles can be read, now, as what they are, and go with the rate of their workload."""
    for path, node in matching(draft.root, (*WORKLOAD, "profile", "file"), ()):
        if isinstance(node, ScalarNode) and _readable(draft, report, path, node):
            _profile(draft, report, path, node.text)


def bandwidths(draft: Draft, report: Report) -> None:
    """Profiles of links can be read, now, as what they are."""
    for below in ((), ("back",)):
        for key, kind in LINES.items():
            for path, node in matching(draft.root, ("links", "*", *below, key, "file"), ()):
                if isinstance(node, ScalarNode) and _readable(draft, report, path, node):
                    _bandwidth(draft, report, path, node.text, kind)


def _bandwidth(draft: Draft, report: Report, path: Path, name: str, kind: Kind) -> None:
    try:
        steps = load_bandwidth(draft.base_dir / name, (kind,))
    except ScenarioError as error:
        report.include(error.faults)
        return
    if kind == "factor" and max(steps.values) > MAX_FACTOR:
        report(path, f"multiplies the bandwidth by up to {float(max(steps.values)):g}; at most {MAX_FACTOR:,}")
    if link := draft.links.get(str(path[1])):
        attempt(_line_loop, report, path, steps, link)


def _line_loop(report: Report, path: Path, steps: RateSteps, link: Link) -> None:
    way: Link | WayBack | None = link.back if path[2] == "back" else link
    profile: BandwidthProfile | BandwidthFactor | None = getattr(way, str(path[-2]))
    _longer(report, path, steps, profile.loop if profile else None)


def _readable(draft: Draft, report: Report, path: Path, node: Node) -> bool:
    if not isinstance(node, ScalarNode) or (node.plain and sort_of(node.text) != "text"):
        return False
    why = why_unreadable(draft.base_dir / node.text)
    if why is not None:
        report(path, f"'{node.text}' {why[0]}", why[1])
    return why is None


def _profile(draft: Draft, report: Report, path: Path, name: str) -> None:
    try:
        steps = load_profile(draft.base_dir / name)
    except ScenarioError as error:
        report.include(error.faults)
        return
    workload = draft.workload(path)
    if isinstance(workload, RandomWrites):
        attempt(_loop, report, path, steps, workload)
        attempt(_peak, report, path, steps, workload)
        attempt(_highest, report, path, steps, workload)


def _loop(report: Report, path: Path, steps: RateSteps, workload: RandomWrites) -> None:
    _longer(report, path, steps, workload.profile.loop if workload.profile else None)


def _longer(report: Report, path: Path, steps: RateSteps, loop: int | None) -> None:
    if loop is not None and steps.times_ns[-1] >= loop:
        last = format_duration(steps.times_ns[-1])
        report((*path[:-1], "loop"), f"must be longer than the last time of the profile, {last}")


def _peak(report: Report, path: Path, steps: RateSteps, workload: RandomWrites) -> None:
    """A profile of rates repeats what `writes:` says: neither silently wins over the other."""
    if steps.kind == "rate" and max(steps.values) != workload.writes:
        highest = format_rate(max(steps.values))
        report(
            (*path[:-2], "writes"),
            f"writes {format_rate(workload.writes)}, but the highest rate of the profile is {highest}",
            f"write writes: {highest}, or give the profile a column factor instead of rate",
        )


def _highest(report: Report, path: Path, steps: RateSteps, workload: RandomWrites) -> None:
    highest = max(steps.factors(workload.writes)) * (workload.bursts.factor if workload.bursts else 1)
    if highest > MAX_FACTOR:
        report(path, f"multiplies the rate by up to {float(highest):g}; at most {MAX_FACTOR:,}")
