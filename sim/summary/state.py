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
    RouteChanged,
    SecondaryDropped,
)
from sim.summary.mirror import Mirror
from sim.summary.story import Story

IN_STEP: Final = "in step"
NO_MEMBER: Final = "no member"


def state_of(story: Story, mirror: Mirror, secondary: str) -> str:
    """`in step` where nothing is the matter, else what is; what keeps it from getting sets comes first."""
    own = story.facts.of_arm(mirror.name, secondary)
    if not mirror.membership[secondary].holds(story.until_ns):
        return NO_MEMBER
    if _newest(own, SecondaryDropped, (CopyBegan, CopyFinished)):
        return "waits for a copy"
    if _newest(own, CopyBegan, (CopyFinished,)):
        return "being copied"
    if _newest(own, ReplicationStopped, (ReplicationStarted,)):
        return "stopped"
    reached = list(story.facts.among(MemberUnreachable, MemberReachable, RouteChanged))
    for hop in mirror.routes.path(secondary, story.until_ns)[::-1]:
        if _newest(_of_member(reached, mirror.name, hop.member), MemberUnreachable, (MemberReachable, RouteChanged)):
            return "unreachable" if hop.member == secondary else f"behind {hop.member}, unreachable"
    return IN_STEP


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
