"""Expectations: every label names something of this scenario."""

from __future__ import annotations

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.expect import Check
from sim.scenario.metrics import CAUSES, MODES, RECOVERY_PHASES, RESYNC_PARTS
from sim.scenario.nodes import Path
from sim.scenario.rules.references import must_exist
from sim.scenario.schema import RunOptions


def labels(draft: Draft, report: Report) -> None:
    """The secondary, site, link, replication, mode or cause that a label gives."""
    known = {
        "to": ("secondary", draft.secondaries()),
        "site": ("site", draft.known("sites")),
        "from": ("site", draft.known("sites")),
        "link": ("link", draft.names("links")),
        "replication": ("replication", draft.names("replication")),
        "mode": ("mode", list(MODES)),
        "cause": ("cause", list(CAUSES)),
        "part": ("part", list(RESYNC_PARTS)),
        "phase": ("phase of a recovery", list(RECOVERY_PHASES)),
    }
    for index, check in draft.expect:
        for label, value in check.labels:
            noun, names = known[label]
            must_exist(report, _path(draft, index), noun, value, names, check.place(label))
        _ambiguous(draft, report, index, check)


def _ambiguous(draft: Draft, report: Report, index: int, check: Check) -> None:
    """A secondary's name that two replications use cannot be meant alone."""
    to = check.label("to")
    holders = [name for name in draft.names("replication") if to in draft.names("replication", name, "secondaries")]
    if to is not None and len(holders) > 1:
        report(
            _path(draft, index), f"'{to}' is a secondary of {' and '.join(holders)}",
            "give them different names, and site:", check.place("to"),
        )  # fmt: skip


def windows(draft: Draft, report: Report) -> None:
    """`before` and `after` name entries of the timeline; `across runs` needs several runs."""
    known = draft.ids()
    for index, check in draft.expect:
        for word, name in (("before", check.before), ("after", check.after)):
            if name is not None:
                must_exist(report, _path(draft, index), "timeline id", name, known, check.place(word))
        if check.across_runs and draft.run is not None:
            attempt(_several_runs, report, _path(draft, index), check, draft.run)


def _several_runs(report: Report, path: Path, check: Check, run: RunOptions) -> None:
    if run.replications == 1:
        place = max(0, check.text.find("across"))
        report(path, "'across runs' needs several runs", "give run.replications", place)


def _path(draft: Draft, index: int) -> Path:
    inner = ("expect", index, "check")
    return inner if draft.writes(*inner) else inner[:2]
