"""A scenario and the beginning of each trace that it names: all that is wrong in either, at once.

the scenario's own loader knows nothing of traces; here, above both, they come together
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario import loading
from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path as NodePath
from sim.scenario.workloads import TraceReplay

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario, Volume


def load(path: Path | str, sets: Sequence[str] = ()) -> Scenario:
    """The scenario of a file (`-` is standard input), with `path=value` texts laid over it.

    Of every trace the first block is read. Raises ScenarioError with all that is wrong.
    """
    return loading.load_path(path, sets, [beginnings])


def load_text(text: str, name: str, base_dir: Path, sets: Sequence[str] = ()) -> Scenario:
    """The same for a text; files that it names are looked for below `base_dir`. Raises ScenarioError."""
    return loading.load_text(text, name, base_dir, sets, [beginnings])


def beginnings(draft: Draft, report: Report) -> None:
    """Every trace begins as its format, its options and its volume say, unless its workload is refused already."""
    for name, volume in draft.volumes.items():
        for workload_name, workload in volume.workload.items():
            path = ("volumes", name, "workload", workload_name)
            if isinstance(workload, TraceReplay) and not report.has_refused(path):
                attempt(_beginning, draft, report, path, volume, workload)


def _beginning(draft: Draft, report: Report, path: NodePath, volume: Volume, workload: TraceReplay) -> None:
    from sim.world.traces import TraceError, look_at_beginning

    n_blocks = volume.size // volume.block
    until_ns = draft.run.until if draft.run else 0
    try:
        look_at_beginning(workload, draft.base_dir, volume.block, n_blocks, until_ns)
    except TraceError as fault:
        report((*path, "trace"), str(fault))
