"""What happens at a given time: one small disaster or one operator's command an entry."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from sim.scenario.disasters import (
    AskStatus,
    CopyDelta,
    Failback,
    Failover,
    Place,
    Resync,
    SiteLoss,
    SiteReturn,
    Swap,
)
from sim.scenario.entries import Command, Condition, Entry, Instant, absolute_times, earliest_times, parse_instant
from sim.scenario.fields import Name, PositiveDuration, PositiveSize, Word
from sim.scenario.spells import (
    Flap,
    GroupDown,
    LinkCorrupt,
    LinkDelay,
    LinkDown,
    LinkDuplicate,
    LinkLossy,
    LinkReorder,
    LinkSlow,
    LinkSpell,
    Reboot,
    Spell,
    Swizzle,
)

__all__ = [
    "KINDS", "AskStatus", "Command", "Condition", "CopyDelta", "CutNow", "DeleteSnapshot", "Entry", "Failback",
    "Failover", "Flap", "GroupDown", "Instant", "Join", "Leave", "LinkCorrupt", "LinkDelay", "LinkDown",
    "LinkDuplicate", "LinkLossy", "LinkReorder", "LinkSlow", "LinkSpell", "Move", "Place", "Reboot", "Resync",
    "SetPolicy", "SiteLoss", "SiteReturn", "Spell", "Start", "Stop", "Swap", "Swizzle", "TakeSnapshot", "TimelineEntry",
    "absolute_times", "earliest_times", "parse_instant",
]  # fmt: skip


class CutNow(Command):
    """Cut a delta set on demand (L1485)."""

    kind: Annotated[Literal["cut-now"], Word]


class SetPolicy(Command):
    """Change the triggers of the source, or of the playback at one secondary (L1487)."""

    kind: Annotated[Literal["set-policy"], Word]
    timeout: PositiveDuration | None = Field(default=None, description="The new timeout.")
    high_water_mark: PositiveSize | None = Field(default=None, description="The new high-water mark.")
    secondary: Name | None = Field(default=None, description="The playback of this one; absent: the source.")


class Stop(Command):
    """Stop replication; a replay in progress is finished."""

    kind: Annotated[Literal["stop"], Word]
    secondary: Name | None = Field(default=None, description="Only to this one; absent: to all.")


class Start(Command):
    """Start replication again from what is durable."""

    kind: Annotated[Literal["start"], Word]
    secondary: Name | None = Field(default=None, description="Only to this one; absent: to all.")


class Join(Command):
    """A secondary is added while everything runs; until then it is not there (FIG 11)."""

    kind: Annotated[Literal["join"], Word]
    secondary: Name = Field(description="Which of the declared secondaries.")


class Leave(Command):
    """A secondary is removed: nothing is kept for it any more."""

    kind: Annotated[Literal["leave"], Word]
    secondary: Name = Field(description="Which of the secondaries.")


class Move(Command):
    """A replication goes on on another data mover of a site (L1073-1095)."""

    kind: Annotated[Literal["move"], Word]
    site: Name = Field(description="Where.")
    data_mover: Name = Field(description="Which of the data movers of that site it goes on on.")


class TakeSnapshot(Entry):
    """Take a snapshot of a volume at its primary; loading fills the only volume in."""

    kind: Annotated[Literal["snapshot"], Word]
    volume: Name = Field(default="", description="Which one; the only one if absent.")


class DeleteSnapshot(Entry):
    """Delete a snapshot that another entry took."""

    kind: Annotated[Literal["delete-snapshot"], Word]
    snapshot: Name = Field(description="The id of the entry that took it.")


KINDS: Final = (
    "cut-now", "set-policy", "stop", "start", "join", "leave", "move", "reboot", "snapshot", "delete-snapshot",
    "link-down", "link-slow", "link-delay", "link-lossy", "link-corrupt", "link-duplicate", "link-reorder", "flap",
    "swizzle", "group-down", "site-lost", "site-back", "failover", "resync", "failback", "swap", "copy", "status",
)  # fmt: skip


def _which(value: Any) -> str | None:
    if isinstance(value, Entry):
        return f"<{value.kind}>"  # type: ignore[attr-defined]
    kind = value.get("kind") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) and kind in KINDS else None


TimelineEntry = Annotated[
    Annotated[CutNow, Tag("<cut-now>")]
    | Annotated[SetPolicy, Tag("<set-policy>")]
    | Annotated[Stop, Tag("<stop>")]
    | Annotated[Start, Tag("<start>")]
    | Annotated[Join, Tag("<join>")]
    | Annotated[Leave, Tag("<leave>")]
    | Annotated[Move, Tag("<move>")]
    | Annotated[Reboot, Tag("<reboot>")]
    | Annotated[TakeSnapshot, Tag("<snapshot>")]
    | Annotated[DeleteSnapshot, Tag("<delete-snapshot>")]
    | Annotated[LinkDown, Tag("<link-down>")]
    | Annotated[LinkSlow, Tag("<link-slow>")]
    | Annotated[LinkDelay, Tag("<link-delay>")]
    | Annotated[LinkLossy, Tag("<link-lossy>")]
    | Annotated[LinkCorrupt, Tag("<link-corrupt>")]
    | Annotated[LinkDuplicate, Tag("<link-duplicate>")]
    | Annotated[LinkReorder, Tag("<link-reorder>")]
    | Annotated[Flap, Tag("<flap>")]
    | Annotated[Swizzle, Tag("<swizzle>")]
    | Annotated[GroupDown, Tag("<group-down>")]
    | Annotated[SiteLoss, Tag("<site-lost>")]
    | Annotated[SiteReturn, Tag("<site-back>")]
    | Annotated[Failover, Tag("<failover>")]
    | Annotated[Resync, Tag("<resync>")]
    | Annotated[Failback, Tag("<failback>")]
    | Annotated[Swap, Tag("<swap>")]
    | Annotated[CopyDelta, Tag("<copy>")]
    | Annotated[AskStatus, Tag("<status>")],
    Discriminator(_which, custom_error_type="which", custom_error_message="kind"),
]
