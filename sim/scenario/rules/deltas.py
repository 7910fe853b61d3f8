"""The command `copy`: what it sends lies between two snapshots that there are by then (L2257-2449)."""

from __future__ import annotations

from contextlib import suppress

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.nodes import Path
from sim.scenario.rules.instants import must_be_taken
from sim.scenario.rules.order import First, Moment, is_before, moments, replication_of
from sim.scenario.rules.references import must_exist
from sim.scenario.timeline import CopyDelta, DeleteSnapshot, TakeSnapshot


def copies(draft: Draft, report: Report) -> None:
    """`copy` names a secondary, and two snapshots of its volume: the earlier one, and the later one."""
    timeline = moments(draft)
    taken = {one.entry.id: one for one in timeline if isinstance(one.entry, TakeSnapshot) and one.entry.id}
    deleted = _deletions(timeline)
    for moment in timeline:
        if isinstance(moment.entry, CopyDelta):
            path = ("timeline", moment.place)
            attempt(_secondary, draft, report, (*path, "secondary"), moment.entry)
            attempt(_snapshots, draft, report, path, moment, moment.entry, taken, deleted)


def _secondary(draft: Draft, report: Report, path: Path, entry: CopyDelta) -> None:
    known = draft.known("replication", replication_of(draft, entry), "secondaries")
    must_exist(report, path, "secondary", entry.secondary, known)


def _snapshots(
    draft: Draft,
    report: Report,
    path: Path,
    moment: Moment,
    entry: CopyDelta,
    taken: dict[str, Moment],
    deleted: dict[str, First],
) -> None:
    found = []
    for key, name in (("from", entry.base), ("snapshot", entry.snapshot)):
        if name not in taken:
            must_be_taken(draft, report, (*path, key), name, list(taken))
        elif not is_before(taken[name], moment):
            report((*path, key), f"'{name}' is taken later, {taken[name].told()}")
        else:
            found.append(taken[name])
            attempt(_volume, draft, report, (*path, key), entry, name, taken[name])
            _is_there(report, (*path, key), name, moment, deleted.get(name))
    if entry.base == entry.snapshot:
        report((*path, "snapshot"), "nothing lies between a snapshot and itself", "from: an earlier one")
    elif len(found) == 2 and is_before(found[1], found[0]):
        report((*path, "from"), f"'{entry.base}' is later than '{entry.snapshot}'", "swap them")


def _volume(draft: Draft, report: Report, path: Path, entry: CopyDelta, name: str, taken: Moment) -> None:
    group = draft.replication.get(replication_of(draft, entry))
    if group is not None and isinstance(taken.entry, TakeSnapshot) and taken.entry.volume not in ("", group.volume):
        report(path, f"'{name}' is of volume '{taken.entry.volume}', not of '{group.volume}'")


def _deletions(timeline: list[Moment]) -> dict[str, First]:
    """The deletions of each snapshot."""
    found: dict[str, list[Moment]] = {}
    for moment in timeline:
        if isinstance(moment.entry, DeleteSnapshot):
            with suppress(NotUnderstood):
                found.setdefault(moment.entry.snapshot, []).append(moment)
    return {name: First(deletions) for name, deletions in found.items()}


def _is_there(report: Report, path: Path, name: str, moment: Moment, deletions: First | None) -> None:
    if deletions is not None and deletions.is_before(moment) and deletions.earliest is not None:
        report(path, f"'{name}' is deleted by then, {deletions.earliest.told()}")
