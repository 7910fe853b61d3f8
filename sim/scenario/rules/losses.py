"""Disasters: what is lost is there, comes back once, and only after it was lost (CORRECTNESS row 58)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

from sim.scenario.distributions import Constant, least_ns
from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.nodes import Path
from sim.scenario.rules.order import Moment, moments, whole_timeline
from sim.scenario.timeline import Place, SiteLoss
from sim.scenario.units import format_duration

FOR_EVER: Final = 2**63  # nanoseconds
NOT_YET: Final = "is not lost yet"
PARTS: Final = {"save_volume": "save_volume_part", "save_volume_part": "save_volume"}
MAX_STRUCK: Final = 1_000_000  # sites of all entries; of more than that nobody wants to hear


def places(draft: Draft, report: Report) -> None:
    """A disaster strikes a site or a group, and a group with a site in it."""
    of_groups = _sites_of_groups(draft)
    for index, entry in draft.timeline:
        if isinstance(entry, Place):
            attempt(_place, report, ("timeline", index), entry, of_groups)


def _place(report: Report, path: Path, entry: Place, of_groups: dict[str, list[str]]) -> None:
    if entry.site is None and entry.group is None:
        report(path, "key 'site' is missing", "or group: for several")
    elif entry.site is not None and entry.group is not None:
        report((*path, "group"), "'site' and 'group' exclude each other", "write two entries")
    elif entry.group in of_groups and not of_groups[entry.group]:
        report((*path, "group"), f"there is no site in group '{entry.group}'", "links alone: kind: group-down")


def destruction(draft: Draft, report: Report) -> None:
    """Nothing is destroyed twice, and nothing that is destroyed can be spoilt too."""
    for index, entry in draft.timeline:
        if isinstance(entry, SiteLoss):
            attempt(_destruction, report, ("timeline", index), entry)


def _destruction(report: Report, path: Path, entry: SiteLoss) -> None:
    for key, words in (("destroys", entry.destroys), ("corrupts", entry.corrupts)):
        seen: set[str] = set()
        for place, word in enumerate(words):
            if word in seen:
                report((*path, key, place), f"'{word}' is named twice", "keep one")
            elif word in PARTS and (other := PARTS[word]) in seen:
                report((*path, key, place), f"'{other}' and '{word}' exclude each other", "keep one")
            seen.add(word)
    if "save_volume" in entry.corrupts and "save_volume" in entry.destroys:
        report((*path, "corrupts"), "'save_volume' is destroyed: there is nothing in it to corrupt", "keep one")


@dataclass(slots=True)
class Absence:
    """A time for which a site is lost for certain; it ends by itself, with a return, or not at all."""

    loss: Moment
    until_ns: int = FOR_EVER
    certain: bool = True  # whether until_ns is when it ends, not only the earliest
    back: Moment | None = None


@dataclass(slots=True)
class History:
    """When a site is lost, and which entries find it in another state than they need."""

    absences: list[Absence] = field(default_factory=list)  # by time, none within another
    wrong: dict[int, str] = field(default_factory=dict)  # by place of the entry

    def absence_at(self, moment: Moment) -> Absence | None:
        """The absence that a moment whose time is known falls into for certain."""
        begun = bisect_left(self.absences, moment[:2], key=lambda one: one.loss[:2])
        last = self.absences[begun - 1] if begun else None
        return last if last is not None and moment.time_ns < last.until_ns else None

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


def _sites_of_groups(draft: Draft) -> dict[str, list[str]]:
    there = {*draft.names("sites")}
    return {name: [one for one in dict.fromkeys(group) if one in there] for name, group in draft.groups.items()}


def _sites(entry: Place, of_groups: dict[str, list[str]]) -> list[str]:
    """The sites that an entry is about. Raises NotUnderstood."""
    return [entry.site] if entry.site is not None else of_groups.get(entry.group or "", [])


def histories(draft: Draft) -> dict[str, History]:
    """The history of every site whose losses and returns all have known times. Raises NotUnderstood."""
    by_site = struck(draft)
    found: dict[str, History] = {}
    for site, events in by_site.items():
        if all(event.time_ns >= 0 for event in events):
            found[site] = History()
            for event in sorted(events, key=lambda event: event[:2]):
                found[site].add(site, event)
    return found


def struck(draft: Draft) -> dict[str, list[Moment]]:
    """What strikes each site, and brings it back, in the order written. Raises NotUnderstood, also of too many."""
    found: dict[str, list[Moment]] = {}
    of_groups, count = _sites_of_groups(draft), 0
    for moment in moments(draft):
        if isinstance(moment.entry, Place):
            sites = _sites(moment.entry, of_groups)
            count += len(sites)
            if count > MAX_STRUCK:
                raise NotUnderstood("timeline")
            for site in sites:
                found.setdefault(site, []).append(moment)
    return found


def order(draft: Draft, report: Report) -> None:
    """A site is lost while it is there, and comes back while it is lost; of a group one such site is enough."""
    attempt(_order, draft, report)


def _order(draft: Draft, report: Report) -> None:
    timeline = whole_timeline(draft)
    known, by_site, of_groups = histories(draft), struck(draft), _sites_of_groups(draft)
    losses = {
        site: next((one for one in events if isinstance(one.entry, SiteLoss)), None) for site, events in by_site.items()
    }
    for moment in timeline:
        if isinstance(moment.entry, Place):
            said = [_wrong(moment, site, known, losses[site]) for site in _sites(moment.entry, of_groups)]
            key = "site" if moment.entry.site is not None else "group"
            if said and all(said):
                hint = "a site-back comes first" if isinstance(moment.entry, SiteLoss) else "a site-lost comes first"
                report(("timeline", moment.place, key), said[0], hint)


def _wrong(moment: Moment, site: str, known: dict[str, History], loss: Moment | None) -> str:
    """What is wrong with an entry for one of its sites, whose first loss is known; empty where nothing is."""
    if loss is None:
        return f"'{site}' is never lost"
    said = known[site].wrong.get(moment.place, "") if site in known else ""
    return f"'{site}' is lost only later, {loss.told()}" if said == NOT_YET else said
