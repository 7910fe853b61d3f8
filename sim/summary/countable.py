"""Facts that a check can count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sim.records import (
    ChunksDiscarded,
    CopyBegan,
    DeltaSetCut,
    FaultBegan,
    MemberUnreachable,
    Record,
    RouteChanged,
    SecondaryDropped,
    SetReceived,
    SetReplayed,
    SnapshotDeleted,
    WritesSuspended,
)
from sim.summary.story import Story
from sim.summary.windows import Windows


@dataclass(frozen=True, slots=True)
class Countable:
    """A kind of fact, and values that its fields must have."""

    kind: type[Record]
    fields: dict[str, str] = field(default_factory=dict)

    def count(self, story: Story, windows: Windows) -> int:
        """How many of them fall into the windows."""
        return sum(windows.holds(fact.time_ns) for fact in story.facts.about(self.kind, **self.fields))


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
}
