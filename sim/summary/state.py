"""In a word, how a secondary stands at the end of a story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sim.records import (
    CopyBegan,
    CopyFinished,
    MemberReachable,
    MemberUnreachable,
    Record,
    ReplicationStarted,
    ReplicationStopped,
    RoleChanged,
    RouteChanged,
    SecondaryDropped,
    SiteBack,
    SiteLost,
)
from sim.summary.generation import Generation
from sim.summary.story import Story

IN_STEP: Final = "in step"
NO_MEMBER: Final = "no member"
LOST: Final = "its site is lost"
RESYNCING: Final = "being resynced"
OFF_THE_HISTORY: Final = {  # by its role
    "stale_primary": "does not know that it was replaced, takes writes",
    "demoted": "off the history, waits for a resync",
    "awaiting": "waits for a copy",
    "lost": LOST,
}

_TROUBLES: Final[tuple[tuple[type[Record], tuple[type[Record], ...], str], ...]] = (
    (SecondaryDropped, (CopyBegan, CopyFinished), "waits for a copy"),
    (CopyBegan, (CopyFinished,), "being copied"),
    (ReplicationStopped, (ReplicationStarted,), "stopped"),
)


def state_of(story: Story, generation: Generation, secondary: str) -> str:
    """`in step` where nothing is the matter, else what is; what keeps it from getting sets comes first."""
    own = generation.facts.of_arm(generation.name, secondary)
    site = generation.site_of(secondary)
    roles = [fact.role for fact in story.facts.about(RoleChanged, replication=generation.name, site=site)]
    if not is_member(story, generation, secondary):
        return OFF_THE_HISTORY.get(roles[-1] if roles else "", NO_MEMBER)
    if roles[-1:] == ["resyncing"]:
        return RESYNCING
    if _site_is_lost(story, site):
        return LOST
    for opens, closes, word in _TROUBLES:
        if _newest(own, opens, closes):
            return word
    reached = list(generation.facts.among(MemberUnreachable, MemberReachable, RouteChanged))
    for hop in generation.routes.path(secondary, story.until_ns)[::-1]:
        if _newest(
            _of_member(reached, generation.name, hop.member), MemberUnreachable, (MemberReachable, RouteChanged)
        ):
            return "unreachable" if hop.member == secondary else f"behind {hop.member}, unreachable"
    return IN_STEP


def is_member(story: Story, generation: Generation, secondary: str) -> bool:
    """Whether sets are for it at the end of a story: it has joined, has not left, and is not off the history."""
    return generation.membership[secondary].holds(story.until_ns)


def _site_is_lost(story: Story, site: str) -> bool:
    told = [fact for fact in story.facts.among(SiteLost, SiteBack) if getattr(fact, "site", "") == site]
    return _newest(told, SiteLost, (SiteBack,))


def _of_member(facts: list[Record], replication: str, member: str) -> list[Record]:
    wanted = (replication, member)
    return [fact for fact in facts if (getattr(fact, "replication", ""), getattr(fact, "member", "")) == wanted]


def _newest(facts: Iterable[Record], opens: type[Record], closes: tuple[type[Record], ...]) -> bool:
    """Whether the newest of these facts is the one that opens."""
    newest = None
    for fact in facts:
        if isinstance(fact, opens):
            newest = True
        elif isinstance(fact, closes):
            newest = False
    return bool(newest)
