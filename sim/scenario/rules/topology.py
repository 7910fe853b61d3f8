"""Replications as a whole: one for a volume, not too large, and every member has a name of its own."""

from __future__ import annotations

from typing import Final

from sim.scenario.draft import Draft, Report, attempt
from sim.scenario.replication import Replication

MAX_MEMBERS: Final = 1000  # secondaries and forwarders of all replications
MAX_LINKS: Final = 2000


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


def size(draft: Draft, report: Report) -> None:
    """There are no more members and links than can be simulated."""
    if (links := len(draft.names("links"))) > MAX_LINKS:
        report(("links",), f"{links:,} links; at most {MAX_LINKS:,}", at_key=True)
    if (total := _members(draft)) > MAX_MEMBERS:
        report(("replication",), f"{total:,} secondaries and forwarders; at most {MAX_MEMBERS:,}", at_key=True)


def of_usual_size(draft: Draft) -> dict[str, Replication]:
    """All replications, unless there are more members or links than any rule should look at."""
    usual = _members(draft) <= MAX_MEMBERS and len(draft.names("links")) <= MAX_LINKS
    return draft.replication if usual else {}


def _members(draft: Draft) -> int:
    return sum(len(draft.members(name)) for name in draft.names("replication"))


def names(draft: Draft, report: Report) -> None:
    """No forwarder is called like a secondary of the same replication, and no member like its primary."""
    for name, group in draft.replication.items():
        for forwarder in draft.names("replication", name, "forwarders"):
            if forwarder in draft.names("replication", name, "secondaries"):
                report(
                    ("replication", name, "forwarders", forwarder), f"'{forwarder}' is a secondary too",
                    "a secondary may feed others: leave the forwarder out, and keep via:", at_key=True,
                )  # fmt: skip
        attempt(_like_the_primary, draft, report, name, group)


def _like_the_primary(draft: Draft, report: Report, name: str, group: Replication) -> None:
    for section in ("secondaries", "forwarders"):
        if group.primary in draft.names("replication", name, section):
            path = ("replication", name, section, group.primary)
            hint = "give it a name of its own, and site:"
            if draft.writes(*path, "site"):
                report(path, f"'{group.primary}' is the name of the primary's site", hint, at_key=True)
            else:
                hint = "for a local copy, give it a name of its own and site:" if section == "secondaries" else hint
                report(path, f"'{group.primary}' is the primary itself", hint, at_key=True)
