"""Sites and what joins them: links end at sites, and every secondary is reached from its primary."""

from __future__ import annotations

from sim.scenario.draft import Draft, Report
from sim.scenario.replication import Replication
from sim.scenario.rules.names import must_exist


def links(draft: Draft, report: Report) -> None:
    """A link joins two different sites that exist, and no other link joins the same two."""
    joined: dict[frozenset[str], str] = {}
    for name, link in draft.links.items():
        path = ("links", name, "between")
        for end, site in enumerate(link.between):
            must_exist(report, (*path, end), "site", site, draft.names("sites"))
        if link.between[0] == link.between[1]:
            report(path, f"joins '{link.between[0]}' to itself", "a link joins two sites")
            continue
        first = joined.setdefault(frozenset(link.between), name)
        if first != name:
            report(
                path, f"'{link.between[0]}' and '{link.between[1]}' are joined twice: '{first}' and '{name}'",
                "a link carries both directions; keep one",
            )  # fmt: skip


def groups(draft: Draft, report: Report) -> None:
    """A replication copies a volume that exists from a site that exists; no volume has two."""
    copied: dict[str, str] = {}
    for name, group in draft.replication.items():
        must_exist(report, ("replication", name, "volume"), "volume", group.volume, draft.names("volumes"))
        must_exist(report, ("replication", name, "primary"), "site", group.primary, draft.names("sites"))
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
            _secondary(draft, report, name, group, secondary)
            site = group.site_of(secondary)
            first = taken.setdefault(site, secondary)
            if first != secondary:
                path = ("replication", name, "secondaries", secondary)
                report(path, f"'{first}' and '{secondary}' are both at site '{site}'", "one copy a site", at_key=True)


def _secondary(draft: Draft, report: Report, name: str, group: Replication, secondary: str) -> None:
    path = ("replication", name, "secondaries", secondary)
    site = group.site_of(secondary)
    given = group.secondaries[secondary].site is not None
    sites = draft.names("sites")
    if not must_exist(report, (*path, "site") if given else path, "site", site, sites, at_key=not given):
        return
    if site == group.primary:
        if not given:
            report(
                path, f"'{secondary}' is the primary itself", "for a local copy, name it and give site:", at_key=True
            )
        return
    if group.primary in sites and not _joined(draft, group.primary, site):
        report(
            path, f"no link joins primary '{group.primary}' and '{site}'",
            "a secondary needs a direct link to its primary in this version", at_key=True,
        )  # fmt: skip


def _joined(draft: Draft, one: str, other: str) -> bool:
    """Whether a link joins two sites; a link that is wrong in itself gets the benefit of the doubt."""
    if len(draft.links) < len(draft.names("links")):
        return True
    return any({one, other} == set(link.between) for link in draft.links.values())
