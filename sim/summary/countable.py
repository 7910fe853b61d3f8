"""Facts that a check can count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sim.records import (
    ChunksDiscarded,
    CommandDone,
    CommandRefused,
    CopyBegan,
    DeltaSetCut,
    FaultBegan,
    MemberUnreachable,
    Promoted,
    Record,
    ResyncPlanned,
    RouteChanged,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    SiteLost,
    SnapshotDeleted,
    WritesSuspended,
)
from sim.summary.story import Story
from sim.summary.windows import Windows


@dataclass(frozen=True, slots=True)
class Countable:
    """A kind of fact, and values that its fields must have, or (`some`) that must not be empty."""

    kind: type[Record]
    fields: dict[str, object] = field(default_factory=dict)
    some: str = ""

    def count(self, story: Story, windows: Windows) -> int:
        """How many of them fall into the windows."""
        found = story.facts.about(self.kind, **self.fields)
        return sum(windows.holds(fact.time_ns) for fact in found if not self.some or getattr(fact, self.some))


COUNTABLE: Final = {
    "cut": Countable(DeltaSetCut),
    "received": Countable(SetReceived),
    "replayed": Countable(SetReplayed),
    "full_copy": Countable(CopyBegan, {"cause": "full_copy"}),
    "stall": Countable(WritesSuspended),
    "dropped": Countable(SecondaryDropped),
    "fault": Countable(FaultBegan),
    "unreachable": Countable(MemberUnreachable),
    "bypass": Countable(RouteChanged, {"cause": "bypass"}),
    "discarded": Countable(ChunksDiscarded),
    "snapshot_given_up": Countable(SnapshotDeleted, {"cause": "store_full"}),
    "site_lost": Countable(SiteLost),
    "failover": Countable(Promoted, {"planned": False}),
    "resync": Countable(ResyncPlanned),
    "resync_incremental": Countable(ResyncPlanned, {"way": "incremental"}),
    "resync_full": Countable(ResyncPlanned, {"way": "full"}),
    "failback": Countable(CommandDone, {"command": "failback"}, some="effect"),
    "refused": Countable(CommandRefused),
}
