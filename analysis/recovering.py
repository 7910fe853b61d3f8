"""A recovery as tidy tables: who was what when, what users had, which phase lasted from when to when, what happened.

roles      site, role, mount, begin_ns, end_ns          one row a span; down while the site is lost
service    state, begin_ns, end_ns                      writable, read_only, none; waiting while writes stand still
phases     phase, begin_ns, end_ns                      of one recovery, in order
copies     time_ns, copies                              how many consistent copies there are from then on
marks      time_ns, what, detail                        what a post-mortem names, in order of time
resyncs    replication, site, way, cause, transfer, time_away_ns, undo_bytes, copy_bytes, merged_bytes, full_bytes,
           sent_bytes, took_seconds, full_copy_seconds  one row a resync
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import pandas as pd

from sim.records import (
    CommandGiven,
    CommandRefused,
    ConvergenceFailed,
    NodeWentDown,
    Promoted,
    Record,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    SiteBack,
    SiteLost,
)
from sim.summary import RunLike, Story, spans
from sim.summary.mirror import Mirror
from sim.summary.recoveries import Recovery
from sim.summary.resyncs import Resync
from sim.summary.windows import Windows

ROLES: Final = ["site", "role", "mount", "begin_ns", "end_ns"]
RESYNCS: Final = [
    "replication", "site", "way", "cause", "transfer", "time_away_ns", "undo_bytes", "copy_bytes", "merged_bytes",
    "full_bytes", "sent_bytes", "took_seconds", "full_copy_seconds",
]  # fmt: skip
MODES: Final = {"sync": ", losing nothing", "now": ", at once"}


def roles(story: Story, mirror: Mirror) -> pd.DataFrame:
    """What the copy at each site of a replication was, site by site: the first source first."""
    rows = [(site, *span) for site in _sites(mirror) for span in _spans_of(story, mirror, site)]
    return pd.DataFrame(rows, columns=ROLES)


def service(story: Story, mirror: Mirror) -> pd.DataFrame:
    """What users had."""
    stalls = [span for span, fact in spans.stalls(story.facts) if fact.replication == mirror.name]
    waiting = Windows.of(stalls, story.until_ns).within(mirror.service.writable)
    rows: list[tuple[str, int, int]] = [(state, *span) for span, state in mirror.service.spans() if state != "writable"]
    rows += [("writable", *span) for span in mirror.service.writable.without(waiting).spans]
    rows += [("waiting", *span) for span in waiting.spans]
    return pd.DataFrame(sorted(rows, key=itemgetter(1)), columns=["state", "begin_ns", "end_ns"])


def phases(recovery: Recovery) -> pd.DataFrame:
    """Those of one recovery that took any time."""
    rows = [(one.phase, one.began_ns, one.time_ns) for one in recovery.phases if one.time_ns > one.began_ns]
    return pd.DataFrame(rows, columns=["phase", "begin_ns", "end_ns"])


def no_phases() -> pd.DataFrame:
    """Where there was no recovery."""
    return pd.DataFrame([], columns=["phase", "begin_ns", "end_ns"])


def copies(mirror: Mirror) -> pd.DataFrame:
    """How many consistent copies there are."""
    rows = [(begin, value) for begin, _, value, _ in mirror.copies.segments()]
    return pd.DataFrame(rows, columns=["time_ns", "copies"])


def marks(story: Story, mirror: Mirror) -> pd.DataFrame:
    """What happened to a replication, disasters among it."""
    rows = [row for fact in story.facts.among(*_TOLD) for row in _mark(fact, mirror)]
    rows += [
        (one.time_ns, "detected", "") for own in _own(story, mirror) for one in own.phases if one.phase == "detect"
    ]
    rows += [(at_ns, "down", f"{site}: its data mover") for at_ns, site in _restarts(story, mirror)]
    return pd.DataFrame(sorted(rows, key=itemgetter(0)), columns=["time_ns", "what", "detail"])


def resyncs(runs: Iterable[RunLike | Story]) -> pd.DataFrame:
    """Every resync of several runs, what each way would have sent beside it."""
    rows = [_resync(one) for run in runs for one in Story.of(run).resyncs]
    return pd.DataFrame(rows, columns=RESYNCS)


# -- roles -------------------------------------------------------------------------------------------------------------


def _sites(mirror: Mirror) -> list[str]:
    return list(dict.fromkeys([mirror.began.primary, *(mirror.site_of(name) for name in mirror.secondaries)]))


@dataclass(slots=True)
class _Copy:
    """What the copy at a site is, and whether the site is lost."""

    role: str
    mount: str
    lost: bool = False
    spans: list[tuple[str, str, int, int]] = field(default_factory=list)
    since_ns: int = 0

    def see(self, fact: Record) -> None:
        shown = self.shown
        match fact:
            case RoleChanged(role=role, mount=mount):
                self.role, self.mount = role, mount
            case SiteLost():
                self.lost = True
            case SiteBack():
                self.lost = False
                if self.role == "lost":
                    self.role, self.mount = "awaiting", "none"
        if self.shown != shown:
            self.end(shown, fact.time_ns)

    @property
    def shown(self) -> tuple[str, str]:
        return ("lost", "none") if self.lost else (self.role, self.mount)

    def end(self, shown: tuple[str, str], time_ns: int) -> None:
        if time_ns > self.since_ns:
            self.spans.append((*shown, self.since_ns, time_ns))
        self.since_ns = time_ns


def _spans_of(story: Story, mirror: Mirror, site: str) -> list[tuple[str, str, int, int]]:
    primary = site == mirror.began.primary
    copy = _Copy("primary", "read_write") if primary else _Copy("secondary", "read_only")
    for fact in story.facts.among(RoleChanged, SiteLost, SiteBack):
        if getattr(fact, "site", "") == site and getattr(fact, "replication", mirror.name) == mirror.name:
            copy.see(fact)
    copy.end(copy.shown, story.until_ns)
    return copy.spans


# -- what happened -----------------------------------------------------------------------------------------------------

_TOLD: Final = (
    SiteLost, SiteBack, CommandGiven, CommandRefused, ConvergenceFailed, Promoted, ResyncPlanned, ResyncFinished,
)  # fmt: skip
_SAID_ELSEWHERE: Final = ("resync", "status")  # of these commands what followed is told, not that they were given


def _mark(fact: Record, mirror: Mirror) -> Iterator[tuple[int, str, str]]:
    if getattr(fact, "replication", mirror.name) != mirror.name:
        return
    match fact:
        case SiteLost() if fact.site in _sites(mirror):
            yield fact.time_ns, "disaster", f"{fact.site} lost" + (_destroyed(fact.destroys))
        case SiteBack() if fact.site in _sites(mirror):
            yield fact.time_ns, "site back", fact.site
        case CommandGiven() if fact.command not in _SAID_ELSEWHERE:
            yield fact.time_ns, fact.command, f"to {fact.target}{MODES.get(fact.mode, '')}" if fact.target else ""
        case CommandRefused():
            yield fact.time_ns, f"{fact.command} refused", fact.why
        case ConvergenceFailed():
            yield fact.time_ns, f"{fact.command} gave up", "more is written than the way back carries"
        case Promoted():
            yield fact.time_ns, "promoted", f"{fact.site} serves"
        case ResyncPlanned():
            yield fact.time_ns, "resync", f"{fact.site}, {fact.way}"
        case ResyncFinished():
            yield fact.time_ns, "resynced", fact.site


def _restarts(story: Story, mirror: Mirror) -> Iterator[tuple[int, str]]:
    """Data movers that went down by themselves while something was being recovered from."""
    struck = {(fact.time_ns, fact.site) for fact in story.facts.of(SiteLost)}
    recovering = Windows.of(
        ((one.began_ns, one.over_ns or story.until_ns) for one in _own(story, mirror)), story.until_ns
    )
    for fact in story.facts.of(NodeWentDown):
        told = fact.site in _sites(mirror) and (fact.time_ns, fact.site) not in struck
        if told and recovering.holds(fact.time_ns):
            yield fact.time_ns, fact.site


def _destroyed(what: tuple[str, ...]) -> str:
    return f" with its {', '.join(one.replace('_', ' ') for one in what)}" if what else ""


def _own(story: Story, mirror: Mirror) -> list[Recovery]:
    return [one for one in story.recoveries if one.replication == mirror.name]


def _resync(one: Resync) -> tuple[Any, ...]:
    plan, seconds = one.plan, one.full_copy_seconds
    return (
        plan.replication, plan.site, plan.way, plan.cause, plan.transfer, plan.time_away_ns, plan.undo_bytes,
        plan.copy_bytes, plan.merged_bytes, plan.full_bytes, one.sent_bytes, (one.ended_ns - one.began_ns) / 1e9,
        None if seconds is None else float(seconds),
    )  # fmt: skip
