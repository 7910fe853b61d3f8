"""The timeline: ids are unique, times can be reached, and everything named exists."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.errors import BadValue
from sim.scenario.moments import CONDITIONS, PEOPLE
from sim.scenario.nodes import MapNode, Path, ScalarNode
from sim.scenario.rules.order import IN_A_CIRCLE, moments, roots
from sim.scenario.rules.references import matching, must_exist
from sim.scenario.schema import RunOptions
from sim.scenario.timeline import (
    Command,
    DeleteSnapshot,
    Entry,
    Join,
    Leave,
    SetPolicy,
    Start,
    Stop,
    TakeSnapshot,
    absolute_times,
    parse_instant,
)
from sim.scenario.units import format_duration

SHOWN: Final = 20  # entries of a circle


def ids(draft: Draft, report: Report) -> None:
    """No two entries have one id, and an id begins with a letter."""
    first: dict[str, int] = {}
    for index, entry in draft.timeline:
        if entry.id is None:
            continue
        if entry.id in PEOPLE:
            report(("timeline", index, "id"), f"'{entry.id}' stands for the time that people take", "choose another id")
        if re.match(r"\d", entry.id):
            report(("timeline", index, "id"), "an id begins with a letter", f"write e.g. at-{entry.id}")
        if first.setdefault(entry.id, index) != index:
            report(("timeline", index, "id"), f"id '{entry.id}' is taken by timeline[{first[entry.id]}]")


def said(draft: Draft, report: Report) -> None:
    """Every entry says when it happens; read off the tree, for what is wrong beside it must not hide that."""
    for path, node in matching(draft.root, ("timeline", "*"), ()):
        keys = [key for key in node.entries if not key.startswith("x-")] if isinstance(node, MapNode) else ["at"]
        if {"at", "when"} <= {*keys}:
            report((*path, "when"), "'at' and 'when' exclude each other", "keep one")
        elif not {"at", "when"} & {*keys} and not any(get_close_matches(w, keys, 1, 0.6) for w in ("at", "when")):
            report(path, "key 'at' is missing", "or when: in-sync")


def anchors(draft: Draft, report: Report) -> None:
    """An entry that another one is counted from exists; read off the tree, for its neighbours may be wrong."""
    known = set(draft.ids())
    for path, node in matching(draft.root, ("timeline", "*", "at"), ()):
        if isinstance(node, ScalarNode) and (name := _anchor(node.text)) and name not in known:
            _unknown(draft, report, path, name)


def _unknown(draft: Draft, report: Report, path: Path, name: str) -> None:
    if name in CONDITIONS:
        report(path, f"no id '{name}'", f"it is a condition: when: {name}")
    else:
        must_exist(report, path, "id", name, draft.ids())


def _anchor(text: str) -> str:
    """The id in `fire + 20 min`; empty where there is none, or the text was refused."""
    try:
        return parse_instant(text).after
    except BadValue:
        return ""


def times(draft: Draft, report: Report) -> None:
    """Every entry happens within the run; exactly at its end still happens."""
    by_id = {entry.id: entry for _, entry in draft.timeline if entry.id}
    ends = roots(draft)
    for time_ns, index, entry in moments(draft):
        path = ("timeline", index, "at")
        if ends[index] == IN_A_CIRCLE:
            report(path, f"refers to itself: {_circle(entry, by_id)}")
        elif time_ns >= 0 and draft.run is not None:
            attempt(_before_the_end, report, path, entry, time_ns, draft.run)


def _before_the_end(report: Report, path: Path, entry: Entry, time_ns: int, run: RunOptions) -> None:
    if time_ns > run.until:
        after = f" (it is at {format_duration(time_ns)})" if entry.at.after else ""
        report(path, f"never happens: the end is {format_duration(run.until)}{after}")


def _circle(entry: Entry, by_id: dict[str, Entry]) -> str:
    """The way from an entry into the circle, as far as anybody wants to read it."""
    chain, here = [entry.id or "this"], entry
    while here.at.after not in chain and len(chain) < SHOWN:
        chain.append(here.at.after)
        here = by_id[here.at.after]
    return " -> ".join([*chain, here.at.after if here.at.after in chain else "..."])


def subjects(draft: Draft, report: Report) -> None:
    """What an entry leaves out is the only one of its kind; secondaries exist; a change changes something."""
    for index, entry in draft.timeline:
        path = ("timeline", index)
        if isinstance(entry, TakeSnapshot):
            attempt(_volume, draft, report, path, entry)
        if isinstance(entry, Command):
            attempt(_replication, draft, report, path, entry)
        if isinstance(entry, (SetPolicy, Stop, Start, Join, Leave)):
            attempt(_secondary, draft, report, path, entry)
        if isinstance(entry, SetPolicy):
            attempt(_changes, report, path, entry)


def _volume(draft: Draft, report: Report, path: Path, entry: TakeSnapshot) -> None:
    if not entry.volume:
        _only(report, path, "volume", draft.known("volumes"))


def _replication(draft: Draft, report: Report, path: Path, entry: Command) -> None:
    if not entry.replication:
        _only(report, path, "replication", draft.known("replication"))


def _secondary(draft: Draft, report: Report, path: Path, entry: SetPolicy | Stop | Start | Join | Leave) -> None:
    groups = draft.known("replication")
    group = entry.replication or (groups[0] if groups and len(groups) == 1 else "")
    if entry.secondary is not None:
        known = draft.known("replication", group, "secondaries")
        must_exist(report, (*path, "secondary"), "secondary", entry.secondary, known)


def _changes(report: Report, path: Path, entry: SetPolicy) -> None:
    if entry.timeout is None and entry.high_water_mark is None:
        report(path, "set-policy changes nothing", "give timeout: or high_water_mark:")


def _only(report: Report, path: Path, noun: str, known: list[str] | None) -> None:
    """Report that several could be meant."""
    if known is not None and len(known) != 1:
        report(path, f"which {noun}? There are {len(known)}", f"give {noun}: {' or '.join(known)}" if known else "")


def deletions(draft: Draft, report: Report) -> None:
    """A snapshot is deleted once, after it was taken."""
    entries = [entry for _, entry in draft.timeline]
    times_ns = absolute_times(entries)
    taken = {e.id: at for e, at in zip(entries, times_ns, strict=True) if isinstance(e, TakeSnapshot) and e.id}
    deleted: dict[str, int] = {}
    for (index, entry), time_ns in zip(draft.timeline, times_ns, strict=True):
        if isinstance(entry, DeleteSnapshot):
            attempt(_deletion, draft, report, index, entry, time_ns, taken, deleted)


def _deletion(
    draft: Draft, report: Report, index: int, entry: DeleteSnapshot, time_ns: int, taken: dict[str, int],
    deleted: dict[str, int],
) -> None:  # fmt: skip
    path = ("timeline", index, "snapshot")
    if entry.snapshot not in taken:
        must_be_taken(draft, report, path, entry.snapshot, list(taken))
        return
    if 0 <= time_ns < taken[entry.snapshot]:
        report(path, f"'{entry.snapshot}' is taken later, at {format_duration(taken[entry.snapshot])}")
    if deleted.setdefault(entry.snapshot, index) != index:
        report(path, f"'{entry.snapshot}' is deleted already by timeline[{deleted[entry.snapshot]}]")


def must_be_taken(draft: Draft, report: Report, path: Path, name: str, taken: list[str]) -> None:
    """Report a name that no snapshot entry has, unless an entry with that name is wrong in itself."""
    understood = {entry.id for _, entry in draft.timeline if type(entry) is not Entry}
    if name in understood or name not in draft.ids():
        must_exist(report, path, "snapshot entry", name, taken)
