"""Commands of recovery: they name copies that there are, and could be carried out (CORRECTNESS row 59).

what a file cannot tell is refused, with its reason, in the run
"""

from __future__ import annotations

from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.nodes import Path
from sim.scenario.replication import Replication
from sim.scenario.rules.losses import FOR_EVER, Absence, History, histories, sites_of
from sim.scenario.rules.order import Moment, earliest, is_before, moments, replication_of, whole_timeline
from sim.scenario.rules.references import must_exist
from sim.scenario.timeline import AskStatus, Command, Failback, Failover, Resync, SiteLoss, Swap

TAKES_OVER: Final = (Failover, Swap)


def targets(draft: Draft, report: Report) -> None:
    """Who takes over is a secondary at another site than the primary's; a swap may go back to that."""
    for index, entry in draft.timeline:
        if isinstance(entry, TAKES_OVER):
            attempt(_target, draft, report, ("timeline", index, "to"), entry)


def _target(draft: Draft, report: Report, path: Path, entry: Failover | Swap) -> None:
    to, name = entry.to, replication_of(draft, entry)
    group, known = draft.replication.get(name), draft.known("replication", name, "secondaries")
    if group is None or known is None:
        return
    if to == group.primary:
        if isinstance(entry, Failover):
            report(path, f"'{to}' is the primary's site", "back to it: kind: failback")
    elif to in draft.names("replication", name, "forwarders") and to not in known:
        report(path, f"'{to}' only forwards: it keeps no copy", f"there is {', '.join(known)}")
    elif to not in known and (there := [member for member in known if _site(group, member) == to]):
        report(path, f"no secondary '{to}'", f"did you mean '{there[0]}', the copy there?")
    elif must_exist(report, path, "secondary", to, known) and _site(group, to) == group.primary:
        report(path, f"'{to}' is at the primary's own site '{group.primary}'", "a copy at another site can take over")


def _site(group: Replication, member: str) -> str:
    return group.site_of(member) if member in group.members else ""


def copies(draft: Draft, report: Report) -> None:
    """A resync, or a question for the status, is about a site that has a copy."""
    for index, entry in draft.timeline:
        if isinstance(entry, Resync | AskStatus):
            attempt(_copy, draft, report, ("timeline", index, "site"), entry)


def _copy(draft: Draft, report: Report, path: Path, entry: Resync | AskStatus) -> None:
    name = replication_of(draft, entry)
    group = draft.replication.get(name)
    if entry.site is None or group is None or entry.site not in draft.names("sites"):
        return
    sites = list(dict.fromkeys([group.primary, *(group.site_of(member) for member in group.secondaries)]))
    if entry.site not in sites:
        report(path, f"replication '{name}' has no copy at '{entry.site}'", f"there is one at {', '.join(sites)}")


def causes(draft: Draft, report: Report) -> None:
    """Nobody goes back, and nothing is brought back, before somebody took over."""
    attempt(_causes, draft, report)


def _causes(draft: Draft, report: Report) -> None:
    timeline = whole_timeline(draft)
    for moment in timeline:
        if isinstance(moment.entry, Failback | Resync | Swap):
            attempt(_cause, draft, report, moment, moment.entry, timeline)


def _cause(
    draft: Draft, report: Report, moment: Moment, entry: Failback | Resync | Swap, timeline: list[Moment]
) -> None:
    group = draft.replication.get(replication_of(draft, entry))
    mine = _taking_over(draft, entry, timeline)
    if group is None or any(is_before(one, moment) for one in mine):
        return
    if isinstance(entry, Swap):
        if entry.to == group.primary:
            report(("timeline", moment.place, "to"), f"'{entry.to}' is the primary already", "swap to a secondary")
        return
    if isinstance(entry, Resync) and _lost_copy(draft, group, moment, timeline):
        return
    later = f": the first comes later, {min(mine, key=lambda one: one[:2]).told()}" if mine else ""
    report(
        ("timeline", moment.place, "kind"), f"a {entry.kind} with no failover or swap before it{later}",
        "nothing has changed places by then",
    )  # fmt: skip


def _taking_over(draft: Draft, entry: Command, timeline: list[Moment]) -> list[Moment]:
    """The failovers and swaps of the replication that an entry speaks to, others than itself."""
    name = replication_of(draft, entry)
    others = [one for one in timeline if isinstance(one.entry, TAKES_OVER) and one.entry is not entry]
    return [one for one in others if isinstance(one.entry, Command) and replication_of(draft, one.entry) == name]


def _lost_copy(draft: Draft, group: Replication, moment: Moment, timeline: list[Moment]) -> bool:
    """Whether a disaster struck a secondary before: its copy may have to be brought back without any failover."""
    sites = {group.site_of(member) for member in group.secondaries} - {group.primary}
    losses = [(one, one.entry) for one in timeline if isinstance(one.entry, SiteLoss) and is_before(one, moment)]
    return any(sites & {*sites_of(draft, entry)} for _, entry in losses)


def feasible(draft: Draft, report: Report) -> None:
    """Nobody takes over at a site that is lost for certain, nor waits for all that a lost primary holds."""
    try:
        known, early = histories(draft), earliest(draft)
        timeline = whole_timeline(draft)
    except NotUnderstood:
        return
    for moment, early_ns in zip(moments(draft), early, strict=True):
        if isinstance(moment.entry, Failover):
            lower = moment._replace(time_ns=early_ns) if moment.time_ns < 0 else moment
            attempt(_feasible, draft, report, lower, moment.entry, known, timeline)


def _feasible(
    draft: Draft, report: Report, moment: Moment, entry: Failover, known: dict[str, History], timeline: list[Moment]
) -> None:
    group = draft.replication.get(replication_of(draft, entry))
    if group is None or moment.time_ns < 0:
        return
    path = ("timeline", moment.place)
    site = group.site_of(entry.to) if entry.to in group.secondaries else group.primary
    if site != group.primary and (gone := _lost(known, site, moment, entry)):
        report((*path, "to"), f"'{entry.to}' is lost by then, {gone.loss.told()}", "nobody can take over there")
    first = not any(is_before(one, moment) for one in _taking_over(draft, entry, timeline))
    if entry.mode == "sync" and first and (gone := _lost(known, group.primary, moment, entry)):
        report(
            (*path, "mode"), f"'sync' needs the primary, and '{group.primary}' is lost by then, {gone.loss.told()}",
            "mode: default",
        )  # fmt: skip


def _lost(known: dict[str, History], site: str, moment: Moment, entry: Failover) -> Absence | None:
    """The absence of a site that a moment falls into for certain; what only the run can tell may be any later."""
    for absence in known[site].absences if site in known else ():
        static = entry.at.is_static or not (entry.at.waits or entry.at.people or entry.at.after)
        if absence.holds(moment) and (static or absence.until_ns == FOR_EVER):
            return absence
    return None
