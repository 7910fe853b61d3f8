"""What must always be true, as observers of the facts: each answers what is wrong with a fact, or nothing.

Laws read the ledger and nothing else, so that watching changes no run. Every law has a crime in tests/laws.
"""

from __future__ import annotations

from typing import Protocol

from sim.laws.faults import FaultsEndAsTheyBegan, NodesComeUpAsTheyWentDown
from sim.laws.recovery import (
    CommandsComeToAnEnd,
    LossIsExact,
    OneCopyIsWritable,
    PhasesAreContiguous,
    PlannedChangesLoseNothing,
    RawIsNotServed,
    RecoveriesLeaveNothing,
    RestartPointsAreWhatWasAskedFor,
    ResyncsSayWhatTheyDo,
)
from sim.laws.replication import (
    CopiesAreNotReadable,
    CutsComeInTime,
    ReceivedAfterCopiedOut,
    SaveVolumesHoldWhatFits,
    SetsFollowWithoutHoles,
    StallsHaveAnEnd,
    TimeNeverGoesBack,
    ViewIsAPrefix,
    WritesAreInOneSet,
)
from sim.laws.routes import (
    LinksCarryWhatFits,
    MarksAreHonest,
    RoutesStayATree,
    SetsArriveOnce,
    SetsComeFromWhoHasThem,
)
from sim.records import Record

__all__ = [
    "LAWS",
    "CommandsComeToAnEnd",
    "CopiesAreNotReadable",
    "CutsComeInTime",
    "FaultsEndAsTheyBegan",
    "Law",
    "LinksCarryWhatFits",
    "LossIsExact",
    "MarksAreHonest",
    "NodesComeUpAsTheyWentDown",
    "OneCopyIsWritable",
    "PhasesAreContiguous",
    "PlannedChangesLoseNothing",
    "RawIsNotServed",
    "ReceivedAfterCopiedOut",
    "RecoveriesLeaveNothing",
    "RestartPointsAreWhatWasAskedFor",
    "ResyncsSayWhatTheyDo",
    "RoutesStayATree",
    "SaveVolumesHoldWhatFits",
    "SetsArriveOnce",
    "SetsComeFromWhoHasThem",
    "SetsFollowWithoutHoles",
    "StallsHaveAnEnd",
    "TimeNeverGoesBack",
    "ViewIsAPrefix",
    "WritesAreInOneSet",
]


class Law(Protocol):
    """Looks at each fact in turn; answers what is wrong, or None."""

    def __call__(self, fact: Record) -> str | None: ...


LAWS = (
    TimeNeverGoesBack,
    SetsFollowWithoutHoles,
    WritesAreInOneSet,
    CutsComeInTime,
    ReceivedAfterCopiedOut,
    ViewIsAPrefix,
    CopiesAreNotReadable,
    SaveVolumesHoldWhatFits,
    StallsHaveAnEnd,
    SetsComeFromWhoHasThem,
    SetsArriveOnce,
    RoutesStayATree,
    MarksAreHonest,
    LinksCarryWhatFits,
    FaultsEndAsTheyBegan,
    NodesComeUpAsTheyWentDown,
    OneCopyIsWritable,
    PhasesAreContiguous,
    RestartPointsAreWhatWasAskedFor,
    LossIsExact,
    ResyncsSayWhatTheyDo,
    RawIsNotServed,
    PlannedChangesLoseNothing,
    CommandsComeToAnEnd,
    RecoveriesLeaveNothing,
)
