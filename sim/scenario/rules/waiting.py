"""Entries that wait for a condition: it is about one replication, can come to hold, and does not wait for itself."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path
from sim.scenario.rules.order import Moment, earliest, moments, replication_of, roots, whole_timeline
from sim.scenario.schema import RunOptions
from sim.scenario.timeline import Command, Entry, Failback, Failover, Resync, Swap
from sim.scenario.units import format_duration

KIND_OF: Final = {Failover: "failover", Swap: "swap", Failback: "failback", Resync: "resync"}
ANSWERED: Final[dict[str, tuple[type[Command], ...]]] = {
    "promoted": (Failover, Swap, Failback),
    "undoing": (Resync, Failover, Swap),
    "copying": (Resync, Failover, Swap),
    "resynced": (Resync, Failover, Swap),
    "failing-back": (Failback, Swap),
    "failed-back": (Failback, Swap),
}  # a condition that holds only once somebody has given one of these commands


def subjects(draft: Draft, report: Report) -> None:
    """It can be told which replication a condition is about."""
    known = draft.known("replication")
    for index, entry in draft.timeline:
        attempt(_subject, report, ("timeline", index, "when"), entry, known)


def _subject(report: Report, path: Path, entry: Entry, known: list[str] | None) -> None:
    if entry.when is None or isinstance(entry, Command) or known is None or len(known) == 1:
        return
    hint = "let a command wait, which says replication:, give it an id, and count from that" if known else ""
    report(path, f"'{entry.when.word}' of which replication? There are {len(known)}", hint)


def conditions(draft: Draft, report: Report) -> None:
    """Somebody else gives a command after which the condition can hold."""
    attempt(_conditions, draft, report)


def _conditions(draft: Draft, report: Report) -> None:
    given: dict[str, Counter[type[Entry]]] = {}  # by replication
    timeline = whole_timeline(draft)
    for moment in timeline:
        if isinstance(moment.entry, Command):
            given.setdefault(replication_of(draft, moment.entry), Counter())[type(moment.entry)] += 1
    for moment in timeline:
        attempt(_can_hold, draft, report, moment, given)


def _can_hold(draft: Draft, report: Report, moment: Moment, given: dict[str, Counter[type[Entry]]]) -> None:
    when = moment.entry.when
    kinds = ANSWERED.get(when.word) if when is not None else None
    if kinds is None or when is None:
        return
    mine = replication_of(draft, moment.entry) if isinstance(moment.entry, Command) else ""
    about = [commands for name, commands in given.items() if not mine or name in (mine, "")]
    others = sum(commands.get(kind, 0) for commands in about for kind in kinds) - isinstance(moment.entry, kinds)
    if not others:
        words = ", ".join(KIND_OF[kind] for kind in kinds)
        report(("timeline", moment.place, "when"), f"'{when.word}' never holds: nobody gives a command ({words})")


def circles(draft: Draft, report: Report) -> None:
    """No entry waits for what is counted from it: a condition waits for all that is written above it."""
    entries = dict(draft.timeline)
    for index, root in roots(draft).items():
        if root > index and entries[root].at.waits:
            name = entries[root].id or f"timeline[{root}]"
            report(
                ("timeline", index, "at"), f"waits for itself: '{name}' waits for all that is written above it",
                f"write this entry below '{name}'",
            )  # fmt: skip


def ends(draft: Draft, report: Report) -> None:
    """What only the run can tell can still happen within it."""
    if draft.run is not None:
        attempt(_ends, draft, report, draft.run)


def _ends(draft: Draft, report: Report, run: RunOptions) -> None:
    for (time_ns, index, entry), early_ns in zip(moments(draft), earliest(draft), strict=True):
        if time_ns < 0 and early_ns > run.until:
            early, end = format_duration(early_ns), format_duration(run.until)
            path = ("timeline", index, "when" if entry.at.waits else "at")
            report(path, f"never happens: the end is {end} (it is not before {early})")
