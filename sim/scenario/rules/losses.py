"""Disasters: what is lost is there, comes back once, and only after it was lost (CORRECTNESS row 58)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from sim.scenario.distributions import Constant, least_ns
from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.nodes import Path
from sim.scenario.rules.order import Moment, moments, whole_timeline
from sim.scenario.timeline import Place, SiteLoss, SiteReturn
from sim.scenario.units import format_duration

FOR_EVER: Final = 2**63  # nanoseconds
NOT_YET: Final = "is not lost yet"


def places(draft: Draft, report: Report) -> None:
    """A disaster strikes a site or a group, and a group with a site in it."""
    for index, entry in draft.timeline:
        if isinstance(entry, Place):
            attempt(_place, draft, report, ("timeline", index), entry)


def _place(draft: Draft, report: Report, path: Path, entry: Place) -> None:
    if entry.site is None and entry.group is None:
        report(path, "key 'site' is missing", "or group: for several")
    elif entry.site is not None and entry.group is not None:
        report((*path, "group"), "'site' and 'group' exclude each other", "write two entries")
    elif entry.group in draft.groups and not set(draft.groups[entry.group]) & set(draft.names("sites")):
        report((*path, "group"), f"there is no site in group '{entry.group}'", "links alone: kind: group-down")


def destruction(draft: Draft, report: Report) -> None:
    """Nothing is destroyed twice, and nothing that is destroyed can be spoilt too."""
    for index, entry in draft.timeline:
        if isinstance(entry, SiteLoss):
            attempt(_destruction, report, ("timeline", index), entry)


def _destruction(report: Report, path: Path, entry: SiteLoss) -> None:
    for key, words in (("destroys", entry.destroys), ("corrupts", entry.corrupts)):
        for (_, one), (place, other) in combinations(enumerate(words), 2):
            if one == other:
                report((*path, key, place), f"'{other}' is named twice", "keep one")
            elif {one, other} == {"save_volume", "save_volume_part"}:
                report((*path, key, place), f"'{one}' and '{other}' exclude each other", "keep one")
    if "save_volume" in entry.corrupts and "save_volume" in entry.destroys:
        report((*path, "corrupts"), "'save_volume' is destroyed: there is nothing in it to corrupt", "keep one")


@dataclass(slots=True)
class Absence:
    """A time for which a site is lost for certain; it ends by itself, with a return, or not at all."""

    loss: Moment
    until_ns: int = FOR_EVER
    certain: bool = True  # whether until_ns is when it ends, not only the earliest
    back: Moment | None = None

    def holds(self, moment: Moment) -> bool:
        """Whether the site is lost at a moment whose time is known."""
        return self.loss[:2] < moment[:2] and moment.time_ns < self.until_ns


@dataclass(slots=True)
class History:
    """When a site is lost, and which entries find it in another state than they need."""

    absences: list[Absence] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)  # by place of the entry

    def add(self, site: str, moment: Moment) -> None:
        """The next loss or return of the site."""
        last = self.absences[-1] if self.absences else None
        lost = last is not None and last.back is None and moment.time_ns < last.until_ns
        if isinstance(moment.entry, SiteLoss):
            if lost and last is not None:
                self.wrong[moment.place] = f"'{site}' is lost already, {last.loss.told()}"
            elif last is None or last.back is not None or last.certain:
                self.absences.append(_absence(moment))
            else:
                self.absences[-1] = _absence(moment)
        elif last is None:
            self.wrong[moment.place] = NOT_YET
        elif last.back is not None:
            self.wrong[moment.place] = f"'{site}' is back already, {last.back.told()}"
        elif last.certain and not lost:
            self.wrong[moment.place] = f"'{site}' is back already: timeline[{last.loss.place}] ends at {_at(last)}"
        else:
            last.back, last.until_ns = moment, min(last.until_ns, moment.time_ns)


def _absence(loss: Moment) -> Absence:
    assert isinstance(loss.entry, SiteLoss)
    lasts = loss.entry.duration
    return (
        Absence(loss) if lasts is None else Absence(loss, loss.time_ns + least_ns(lasts), isinstance(lasts, Constant))
    )


def _at(absence: Absence) -> str:
    return format_duration(absence.until_ns)


def sites_of(draft: Draft, entry: Place) -> list[str]:
    """The sites that an entry is about. Raises NotUnderstood."""
    if entry.site is not None:
        return [entry.site]
    sites = draft.names("sites")
    return [name for name in draft.groups.get(entry.group or "", ()) if name in sites]


def histories(draft: Draft) -> dict[str, History]:
    """The history of every site whose losses and returns all have known times. Raises NotUnderstood."""
    by_site = _by_site(draft)
    found: dict[str, History] = {}
    for site, events in by_site.items():
        if all(event.time_ns >= 0 for event in events):
            found[site] = History()
            for event in sorted(events, key=lambda event: event[:2]):
                found[site].add(site, event)
    return found


def _by_site(draft: Draft) -> dict[str, list[Moment]]:
    found: dict[str, list[Moment]] = {}
    for moment in moments(draft):
        if isinstance(moment.entry, Place):
            for site in sites_of(draft, moment.entry):
                found.setdefault(site, []).append(moment)
    return found


def order(draft: Draft, report: Report) -> None:
    """A site is lost while it is there, and comes back while it is lost; of a group one such site is enough."""
    attempt(_order, draft, report)


def _order(draft: Draft, report: Report) -> None:
    timeline = whole_timeline(draft)
    known, by_site = histories(draft), _by_site(draft)
    for moment in timeline:
        if isinstance(moment.entry, Place):
            said = list(_wrong(draft, moment, moment.entry, known, by_site))
            key = "site" if moment.entry.site is not None else "group"
            if said and all(said):
                hint = "a site-back comes first" if isinstance(moment.entry, SiteLoss) else "a site-lost comes first"
                report(("timeline", moment.place, key), said[0], hint)


def _wrong(
    draft: Draft, moment: Moment, entry: Place, known: dict[str, History], by_site: dict[str, list[Moment]]
) -> Iterator[str]:
    """What is wrong with an entry for each of its sites; empty where nothing is."""
    for site in sites_of(draft, entry):
        losses = [one for one in by_site[site] if isinstance(one.entry, SiteLoss)]
        if isinstance(entry, SiteReturn) and not losses:
            yield f"'{site}' is never lost"
        else:
            said = known[site].wrong.get(moment.place, "") if site in known else ""
            yield f"'{site}' is lost only later, {losses[0].told()}" if said == NOT_YET else said
