"""Faults, declared and random: they befall something that is there, and happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.scenario.distributions import least_ns
from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.faults import RandomFault, RandomLinkFault, RandomReboot
from sim.scenario.nodes import Path
from sim.scenario.rules.references import must_exist
from sim.scenario.schema import RunOptions
from sim.scenario.timeline import LinkSpell, Reboot, Swizzle
from sim.scenario.trouble import OneWay
from sim.scenario.units import format_duration


def directions(draft: Draft, report: Report) -> None:
    """`from` is an end of the link."""
    for path, trouble, read in _one_way(draft):
        attempt(_from, draft, report, path, trouble, read)


def _one_way(draft: Draft) -> Iterator[tuple[Path, OneWay, RandomLinkFault | LinkSpell]]:
    for index, entry in draft.timeline:
        if isinstance(entry, LinkSpell) and isinstance(entry, OneWay):
            yield ("timeline", index), entry, entry
    for name, fault in draft.faults.items():
        if isinstance(fault, RandomLinkFault) and isinstance(fault, OneWay):
            yield ("faults", name), fault, fault


def _from(draft: Draft, report: Report, path: Path, way: OneWay, trouble: RandomLinkFault | LinkSpell) -> None:
    site = way.from_site
    if site is None or site not in draft.names("sites"):
        return
    for name in (trouble.link,) if isinstance(trouble, LinkSpell) else trouble.members:
        link = draft.links.get(name)
        if link is not None and site not in link.between:
            hint = f"it joins '{link.between[0]}' and '{link.between[1]}'"
            report((*path, "from"), f"'{site}' is not an end of link '{name}'", hint)


def members(draft: Draft, report: Report) -> None:
    """It is said once, and in one way, whom a fault befalls."""
    for name, fault in draft.faults.items():
        path = ("faults", name)
        if isinstance(fault, RandomLinkFault):
            attempt(_link_or_links, report, path, fault)
        elif isinstance(fault, RandomReboot):
            attempt(_site_or_sites, report, path, fault)
    for index, entry in draft.timeline:
        if isinstance(entry, Swizzle):
            attempt(_links_or_sites, report, ("timeline", index), entry)
    for name, group in draft.groups.items():
        _no_twins(report, ("groups", name), group)


def _link_or_links(report: Report, path: Path, fault: RandomLinkFault) -> None:
    _one_or_several(report, path, "link", fault.link, fault.links)


def _site_or_sites(report: Report, path: Path, fault: RandomReboot) -> None:
    _one_or_several(report, path, "site", fault.site, fault.sites)
    if fault.data_mover is not None and len(fault.members) > 1:
        report((*path, "data_mover"), "a data mover is at one site", "write site: instead of sites:, or leave it out")


def _one_or_several(report: Report, path: Path, noun: str, one: str | None, several: Sequence[str]) -> None:
    if one is None and not several:
        report(path, f"key '{noun}' is missing", f"or {noun}s: [...], each for itself", at_key=True)
    elif one is not None and several:
        report((*path, noun), f"'{noun}' and '{noun}s' exclude each other", "keep one", at_key=True)
    _no_twins(report, (*path, f"{noun}s"), several)


def _links_or_sites(report: Report, path: Path, entry: Swizzle) -> None:
    if entry.links and entry.sites:
        report((*path, "sites"), "'links' and 'sites' exclude each other", "write two entries", at_key=True)
    elif not entry.links and not entry.sites:
        report(path, "key 'links' is missing", "or sites: [...]")
    _no_twins(report, (*path, "links"), entry.links)
    _no_twins(report, (*path, "sites"), entry.sites)


def _no_twins(report: Report, path: Path, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            report((*path, index), f"'{name}' is named twice", "keep one")
        seen.add(name)


def data_movers(draft: Draft, report: Report) -> None:
    """The data mover that reboots is one of its site."""
    for index, entry in draft.timeline:
        if isinstance(entry, Reboot):
            attempt(_data_mover, draft, report, ("timeline", index), entry)
    for name, fault in draft.faults.items():
        if isinstance(fault, RandomReboot):
            attempt(_data_mover, draft, report, ("faults", name), fault)


def _data_mover(draft: Draft, report: Report, path: Path, entry: Reboot | RandomReboot) -> None:
    site, mover = entry.site, entry.data_mover
    if site is not None and mover is not None and (known := draft.data_movers(site)):
        must_exist(report, (*path, "data_mover"), f"data mover at '{site}' called", mover, known)


def happens(draft: Draft, report: Report) -> None:
    """A random fault can happen before the run ends."""
    for name, fault in draft.faults.items():
        if draft.run is not None:
            attempt(_happens, report, ("faults", name, "mtbf"), fault, draft.run)


def _happens(report: Report, path: Path, fault: RandomFault, run: RunOptions) -> None:
    first = least_ns(fault.mtbf)
    if first > run.until:
        report(
            path,
            f"never happens: the first comes after {format_duration(first)}, the end is {format_duration(run.until)}",
        )


def names(draft: Draft, report: Report) -> None:
    """A random fault is not called like an entry of the timeline: tables and charts tell them by name."""
    ids = draft.ids()
    for name in draft.names("faults"):
        if name in ids:
            report(("faults", name), f"'{name}' is an id of the timeline too", "choose another name", at_key=True)
