"""Commands of recovery: they name copies that there are, and could be carried out (CORRECTNESS row 59).

what a file cannot tell is refused, with its reason, in the run
"""

from __future__ import annotations

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path
from sim.scenario.replication import Replication
from sim.scenario.rules.losses import FOR_EVER, History, histories, struck
from sim.scenario.rules.order import First, Moment, earliest, replication_of, whole_timeline
from sim.scenario.rules.references import must_exist
from sim.scenario.rules.waiting import ANSWERED
from sim.scenario.timeline import AskStatus, Failback, Failover, Resync, SiteLoss, Swap


def targets(draft: Draft, report: Report) -> None:
    """Who takes over is a secondary at another site than the primary's; a swap may go back to that."""
    for index, entry in draft.timeline:
        if isinstance(entry, Failover | Swap):
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
    sites = {group.primary: None, **{group.site_of(member): None for member in group.secondaries}}
    if entry.site not in sites:
        report(path, f"replication '{name}' has no copy at '{entry.site}'", f"there is one at {', '.join(sites)}")


def causes(draft: Draft, report: Report) -> None:
    """Nobody goes back, and nothing is brought back, before somebody took over."""
    attempt(_causes, draft, report)


def _causes(draft: Draft, report: Report) -> None:
    timeline = whole_timeline(draft)
    changes = _changes(draft, timeline)
    events = struck(draft)
    losses = {name: _losses(group, events) for name, group in draft.replication.items()}
    for moment in timeline:
        if (
            isinstance(moment.entry, Failback | Resync | Swap)
            and (name := replication_of(draft, moment.entry)) in losses
        ):
            attempt(_cause, report, moment, draft.replication[name], changes.get(name, First(())), losses[name])


def _changes(draft: Draft, timeline: list[Moment]) -> dict[str, First]:
    """The failovers and swaps of each replication."""
    found: dict[str, list[Moment]] = {}
    for moment in timeline:
        if isinstance(moment.entry, Failover | Swap):
            found.setdefault(replication_of(draft, moment.entry), []).append(moment)
    return {name: First(changes) for name, changes in found.items()}


def _losses(group: Replication, events: dict[str, list[Moment]]) -> First:
    """Disasters that strike a secondary: its copy may have to be brought back though nobody took over."""
    sites = dict.fromkeys(group.site_of(member) for member in group.secondaries)
    others = (events.get(site, ()) for site in sites if site != group.primary)
    return First(one for found in others for one in found if isinstance(one.entry, SiteLoss))


def _cause(report: Report, moment: Moment, group: Replication, changes: First, losses: First) -> None:
    entry, path = moment.entry, ("timeline", moment.place)
    if changes.is_before(moment) or (entry.when is not None and entry.when.word in ANSWERED):
        return
    if isinstance(entry, Swap):
        if entry.to == group.primary:
            report((*path, "to"), f"'{entry.to}' is the primary already", "swap to a secondary")
        return
    if isinstance(entry, Resync) and losses.is_before(moment):
        return
    what = "failback" if isinstance(entry, Failback) else "resync"
    later = f": the first comes later, {changes.earliest.told()}" if changes.earliest is not None else ""
    hint = "nothing has changed places by then"
    report((*path, "kind"), f"a {what} with no failover or swap before it{later}", hint)


def feasible(draft: Draft, report: Report) -> None:
    """Nobody takes over at a site that is lost for certain, nor waits for all that a lost primary holds."""
    attempt(_feasible, draft, report)


def _feasible(draft: Draft, report: Report) -> None:
    known, early = histories(draft), earliest(draft)
    timeline = whole_timeline(draft)
    changes = _changes(draft, timeline)
    for moment, early_ns in zip(timeline, early, strict=True):
        if isinstance(moment.entry, Failover) and early_ns >= 0:
            first = not changes[replication_of(draft, moment.entry)].is_before(moment)
            attempt(_failover, draft, report, moment, early_ns, known, first)


def _failover(
    draft: Draft, report: Report, moment: Moment, early_ns: int, known: dict[str, History], first: bool
) -> None:
    entry = moment.entry
    if not isinstance(entry, Failover) or (group := draft.replication.get(replication_of(draft, entry))) is None:
        return
    path, at = ("timeline", moment.place), moment._replace(time_ns=early_ns)
    site = group.site_of(entry.to) if entry.to in group.secondaries else group.primary
    if site != group.primary and (gone := _lost(known, site, at, certain=moment.time_ns >= 0)):
        report((*path, "to"), f"'{entry.to}' is lost by then, {gone.told()}", "nobody can take over there")
    if entry.mode == "sync" and first and (gone := _lost(known, group.primary, at, certain=moment.time_ns >= 0)):
        why = f"'sync' needs the primary, and '{group.primary}' is lost by then, {gone.told()}"
        report((*path, "mode"), why, "mode: default")


def _lost(histories: dict[str, History], site: str, at: Moment, *, certain: bool) -> Moment | None:
    """Through what a site is lost at a moment; one that may be later, if it is not certain, must never see it back."""
    absence = histories[site].absence_at(at) if site in histories else None
    return absence.loss if absence is not None and (certain or absence.until_ns == FOR_EVER) else None
