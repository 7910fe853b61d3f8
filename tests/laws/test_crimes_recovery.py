"""Laws of recovery: asleep over an honest disaster with its failback, awake at each crime."""

from __future__ import annotations

from dataclasses import replace

import pytest

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
from sim.records import (
    CommandGiven,
    CopyFinished,
    LossCounted,
    Promoted,
    Record,
    RecoveryPhase,
    ReplayBegan,
    RestartPointTaken,
    ResyncFinished,
    ResyncPlanned,
    RoleChanged,
    SetReceived,
    SetReplayed,
    SnapshotDeleted,
    UndoListStored,
    WritesLooked,
)
from sim.simulation import Run, simulate
from tests.world.recovery.grounds import BURNS, ground


@pytest.fixture(scope="module")
def honest() -> Run:
    """The primary burns in the middle of a set, is brought back by difference, and users go back to it."""
    return simulate(ground(BURNS, until="3 h"), checking="full")


def faults(law, facts) -> list[str]:
    return [fault for fact in facts if (fault := law(fact)) is not None]


def place_of(run: Run, kind: type[Record], which) -> int:
    return next(index for index, fact in enumerate(run.ledger) if isinstance(fact, kind) and which(fact))


def changed(kind, which=lambda _fact: True, **to):
    def crime(run: Run) -> list[Record]:
        place = place_of(run, kind, which)
        return [*run.ledger[:place], replace(run.ledger[place], **to), *run.ledger[place + 1 :]]

    return crime


def without(kind, which=lambda _fact: True):
    def crime(run: Run) -> list[Record]:
        place = place_of(run, kind, which)
        return [*run.ledger[:place], *run.ledger[place + 1 :]]

    return crime


def twice(kind, which=lambda _fact: True, **to):
    def crime(run: Run) -> list[Record]:
        place = place_of(run, kind, which)
        return [*run.ledger[: place + 1], replace(run.ledger[place], **to), *run.ledger[place + 1 :]]

    return crime


def of_failover(fact) -> bool:
    return not fact.planned


def became(role: str):
    return lambda fact: fact.role == role


def of_failback(fact) -> bool:
    return fact.planned


CRIMES = {
    "F5: two copies are writable": (
        OneCopyIsWritable,
        changed(RoleChanged, lambda fact: fact.role == "resyncing", role="primary", mount="read_write"),
    ),
    "B2: writes at a copy that is read-only": (
        OneCopyIsWritable,
        lambda run: [
            *(facts := list(run.ledger))[: (place := place_of(run, RoleChanged, became("demoted"))) + 1],
            replace(facts[place_of(run, RoleChanged, lambda fact: fact.site == "lisbon")], mount="read_only"),
            *(replace(fact, writes=7) if isinstance(fact, WritesLooked) else fact for fact in facts[place + 1 :]),
        ],
    ),
    "F10: a phase is left out": (PhasesAreContiguous, without(RecoveryPhase, lambda fact: fact.phase == "repair")),
    "F10: a phase begins too early": (
        PhasesAreContiguous, changed(RecoveryPhase, lambda f: f.phase == "copy", began_ns=5),
    ),
    "F10: the RTO counts from another instant": (PhasesAreContiguous, changed(Promoted, of_failover, disaster_ns=7)),
    "F1: the restart point was never replayed": (
        RestartPointsAreWhatWasAskedFor, changed(RestartPointTaken, number=11),
    ),
    "F2: default leaves a received set out": (
        RestartPointsAreWhatWasAskedFor,
        twice(SetReceived, lambda fact: fact.number == 12, number=13),
    ),
    "F4: a write is not counted": (LossIsExact, changed(LossCounted, writes=377)),
    "F4: the open set is forgotten": (LossIsExact, changed(LossCounted, writes=0, written_bytes=0, rpo_ns=0)),
    "F4: a loss without an age": (LossIsExact, changed(LossCounted, rpo_ns=0)),
    "R5: a full copy without a cause": (ResyncsSayWhatTheyDo, changed(ResyncPlanned, way="full")),
    "R5: a silent resync": (ResyncsSayWhatTheyDo, without(ResyncPlanned)),
    "R6: merged is dearer than its parts": (ResyncsSayWhatTheyDo, changed(ResyncPlanned, merged_bytes=10**12)),
    "R6: merged leaves something out": (ResyncsSayWhatTheyDo, changed(ResyncPlanned, merged_bytes=1)),
    "R7: the undo list is not durable": (
        ResyncsSayWhatTheyDo, lambda run: [fact for fact in run.ledger if not isinstance(fact, UndoListStored)],
    ),
    "R8: it ends as something else": (ResyncsSayWhatTheyDo, changed(ResyncFinished, member="porto")),
    "R10: a raw copy replays": (
        RawIsNotServed,
        lambda run: [
            *run.ledger[: (place := place_of(run, ResyncFinished, lambda _fact: True))],
            replace(run.ledger[place_of(run, ReplayBegan, lambda fact: fact.secondary == "madrid")],
                    time_ns=run.ledger[place].time_ns),
            *run.ledger[place:],
        ],
    ),
    "B1: the last set was not replayed": (
        PlannedChangesLoseNothing,
        lambda run: [
            fact for fact in run.ledger
            if not (isinstance(fact, SetReplayed | CopyFinished) and fact.secondary == "madrid")
        ],
    ),
    "B1: writes after the last set": (
        PlannedChangesLoseNothing,
        lambda run: [
            *run.ledger[: (place := place_of(run, Promoted, of_failback)) - 6],
            replace(run.ledger[place_of(run, WritesLooked, lambda fact: fact.generation == 2)],
                    time_ns=run.ledger[place - 6].time_ns),
            *run.ledger[place - 6 :],
        ],
    ),
    "F11: an answer to nobody": (CommandsComeToAnEnd, without(CommandGiven)),
    "R11: a restart point is left": (
        RecoveriesLeaveNothing, without(SnapshotDeleted, lambda fact: fact.cause == "recovered"),
    ),
}  # fmt: skip

LAWS_OF_RECOVERY = list(dict.fromkeys(law for law, _ in CRIMES.values()))


@pytest.mark.parametrize("law", LAWS_OF_RECOVERY)
def test_each_law_of_recovery_lets_an_honest_run_pass(law, honest):
    assert any(isinstance(fact, Promoted) and fact.planned for fact in honest.ledger)
    assert faults(law(), honest.ledger) == []


@pytest.mark.parametrize("crime", CRIMES)
def test_each_law_of_recovery_catches_its_crime(crime, honest):
    law, commit = CRIMES[crime]
    assert faults(law(), commit(honest))
