"""Sites and what joins them: links end at sites, and every secondary is reached from its primary."""

from __future__ import annotations

from contextlib import suppress

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.fields import NotUnderstood
from sim.scenario.replication import Replication
from sim.scenario.schema import Link


def links(draft: Draft, report: Report) -> None:
    """A link joins two different sites, and no other link joins the same two."""
    joined: dict[frozenset[str], str] = {}
    for name, link in draft.links.items():
        attempt(_link, report, name, link, joined)


def _link(report: Report, name: str, link: Link, joined: dict[frozenset[str], str]) -> None:
    path = ("links", name, "between")
    if link.between[0] == link.between[1]:
        report(path, f"joins '{link.between[0]}' to itself", "a link joins two sites")
        return
    first = joined.setdefault(frozenset(link.between), name)
    if first != name:
        report(
            path, f"'{link.between[0]}' and '{link.between[1]}' are joined twice: '{first}' and '{name}'",
            "a link carries both directions; keep one",
        )  # fmt: skip


def groups(draft: Draft, report: Report) -> None:
    """No volume has two primaries."""
    copied: dict[str, str] = {}
    for name, group in draft.replication.items():
        attempt(_group, report, name, group, copied)


def _group(report: Report, name: str, group: Replication, copied: dict[str, str]) -> None:
    first = copied.setdefault(group.volume, name)
    if first != name:
        report(
            ("replication", name, "volume"), f"volume '{group.volume}' has two primaries: '{first}' and '{name}'",
            "a volume is replicated once; give one replication several secondaries",
        )  # fmt: skip


def secondaries(draft: Draft, report: Report) -> None:
    """A secondary is at a site of its own, with a link to the primary; at the primary's site it is a local copy."""
    for name, group in draft.replication.items():
        taken: dict[str, str] = {}
        for secondary in group.secondaries:
            attempt(_reached, draft, report, name, group, secondary)
            attempt(_alone, report, name, group, secondary, taken)


def _alone(report: Report, name: str, group: Replication, secondary: str, taken: dict[str, str]) -> None:
    site = group.site_of(secondary)
    first = taken.setdefault(site, secondary)
    if first != secondary:
        path = ("replication", name, "secondaries", secondary)
        report(path, f"'{first}' and '{secondary}' are both at site '{site}'", "one copy a site", at_key=True)


def _reached(draft: Draft, report: Report, name: str, group: Replication, secondary: str) -> None:
    path = ("replication", name, "secondaries", secondary)
    site, sites = group.site_of(secondary), draft.names("sites")
    if site == group.primary:
        if group.secondaries[secondary].site is None:
            hint = "for a local copy, give it a name of its own and site:"
            report(path, f"'{secondary}' is the primary itself", hint, at_key=True)
    elif draft.writes(*path, "via"):
        return  # refused as a key of a later version
    elif site in sites and group.primary in sites and not _joined(draft, group.primary, site):
        hint = "a secondary needs a direct link to its primary in this version"
        report(path, f"no link joins primary '{group.primary}' and '{site}'", hint, at_key=True)


def _joined(draft: Draft, one: str, other: str) -> bool:
    """Whether a link joins two sites; a link that is wrong in itself gets the benefit of the doubt."""
    sites = set(draft.names("sites"))
    ends = [_ends(link) for link in draft.links.values()]
    right = [pair for pair in ends if pair <= sites and len(pair) == 2]
    return len(right) < len(draft.names("links")) or {one, other} in right


def _ends(link: Link) -> set[str]:
    """The sites that a link joins; none where they are wrong in themselves."""
    with suppress(NotUnderstood):
        return set(link.between)
    return set()
