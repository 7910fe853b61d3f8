"""The timeline: ids are unique, times can be reached, and everything named exists."""

from __future__ import annotations

import re

from sim.scenario.draft import Draft, Report
from sim.scenario.rules.names import must_exist
from sim.scenario.timeline import (
    DeleteSnapshot,
    Entry,
    Reboot,
    SetPolicy,
    Start,
    Stop,
    TakeSnapshot,
    absolute_times,
)
from sim.scenario.units import format_duration


def ids(draft: Draft, report: Report) -> None:
    """No two entries have one id, and an id begins with a letter."""
    first: dict[str, int] = {}
    for index, entry in draft.timeline:
        if entry.id is None:
            continue
        if re.match(r"\d", entry.id):
            report(("timeline", index, "id"), "an id begins with a letter", f"write e.g. at-{entry.id}")
        if first.setdefault(entry.id, index) != index:
            report(("timeline", index, "id"), f"id '{entry.id}' is taken by timeline[{first[entry.id]}]")


def times(draft: Draft, report: Report) -> None:
    """Every entry happens within the run; exactly at its end still happens."""
    entries = [entry for _, entry in draft.timeline]
    known = _ids(draft)
    for (index, entry), time_ns in zip(draft.timeline, absolute_times(entries), strict=True):
        path = ("timeline", index, "at")
        if entry.at.after and not must_exist(report, path, "id", entry.at.after, known):
            continue
        if time_ns < 0:
            if entry.at.after in {e.id for e in entries}:
                _report_cycle(report, path, entry, entries)
        elif draft.run is not None and time_ns > draft.run.until:
            after = f" (it is at {format_duration(time_ns)})" if entry.at.after else ""
            report(path, f"never happens: the end is {format_duration(draft.run.until)}{after}")


def _report_cycle(report: Report, path: tuple[str | int, ...], entry: Entry, entries: list[Entry]) -> None:
    by_id = {e.id: e for e in entries if e.id}
    chain, here = [entry.id or "this"], entry
    while here.at.after in by_id and here.at.after not in chain:
        chain.append(here.at.after)
        here = by_id[here.at.after]
    if here.at.after in by_id:
        report(path, f"refers to itself: {' -> '.join([*chain, here.at.after])}")


def _ids(draft: Draft) -> list[str]:
    return [entry.id for _, entry in draft.timeline if entry.id]


def subjects(draft: Draft, report: Report) -> None:
    """Replications, secondaries, sites, volumes and snapshots that entries name."""
    for index, entry in draft.timeline:
        path = ("timeline", index)
        _replication(draft, report, path, entry)
        if isinstance(entry, (Reboot, TakeSnapshot, DeleteSnapshot)) and entry.site is not None:
            must_exist(report, (*path, "site"), "site", entry.site, draft.names("sites"))
        if isinstance(entry, (TakeSnapshot, DeleteSnapshot)):
            _volume(draft, report, path, entry)
        if isinstance(entry, SetPolicy) and entry.timeout is None and entry.high_water_mark is None:
            report(path, "set-policy changes nothing", "give timeout: or high_water_mark:")


def _replication(draft: Draft, report: Report, path: tuple[str | int, ...], entry: Entry) -> None:
    groups = draft.names("replication")
    if entry.replication is not None:
        if not must_exist(report, (*path, "replication"), "replication", entry.replication, groups):
            return
        groups = [entry.replication]
    elif not isinstance(entry, (Reboot, TakeSnapshot, DeleteSnapshot)) and len(groups) != 1:
        report(path, f"which replication? There are {len(groups)}", f"give replication: {' or '.join(groups)}")
        return
    if isinstance(entry, (SetPolicy, Stop, Start)) and entry.secondary is not None:
        known = [name for group in groups for name in draft.names("replication", group, "secondaries")]
        must_exist(report, (*path, "secondary"), "secondary", entry.secondary, known)


def _volume(draft: Draft, report: Report, path: tuple[str | int, ...], entry: TakeSnapshot | DeleteSnapshot) -> None:
    names = draft.names("volumes")
    if entry.volume is not None:
        must_exist(report, (*path, "volume"), "volume", entry.volume, names)
    elif len(names) != 1:
        report(path, f"which volume? There are {len(names)}", f"give volume: {' or '.join(names)}")
    if isinstance(entry, DeleteSnapshot) and entry.snapshot not in {"oldest", "youngest"}:
        taken = [other.id for _, other in draft.timeline if isinstance(other, TakeSnapshot) and other.id]
        must_exist(report, (*path, "snapshot"), "snapshot entry", entry.snapshot, [*taken, "oldest", "youngest"])
