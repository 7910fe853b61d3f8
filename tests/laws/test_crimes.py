"""Every law has a crime that wakes it, and sleeps through an honest ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sim.laws import (
    LAWS,
    CopiesAreNotReadable,
    CutsComeInTime,
    FaultsEndAsTheyBegan,
    Law,
    LinksCarryWhatFits,
    MarksAreHonest,
    NodesComeUpAsTheyWentDown,
    ReceivedAfterCopiedOut,
    RoutesStayATree,
    SaveVolumesHoldWhatFits,
    SetsArriveOnce,
    SetsComeFromWhoHasThem,
    SetsFollowWithoutHoles,
    StallsHaveAnEnd,
    TimeNeverGoesBack,
    ViewIsAPrefix,
    WritesAreInOneSet,
)
from sim.records import (
    BytesCarried,
    CopyFinished,
    CopyOutFinished,
    DeltaSetCut,
    FaultEnded,
    MemberReachable,
    MemberUnreachable,
    NodeCameUp,
    PolicyChanged,
    Record,
    ReplayBegan,
    RouteChanged,
    SaveVolumeChanged,
    SetForwarded,
    SetReceived,
    SetReplayed,
    WritesLooked,
    WritesResumed,
    WritesSuspended,
)
from sim.simulation import Run, simulate
from tests.laws.test_crimes_recovery import LAWS_OF_RECOVERY
from tests.world.scenes import run, scene
from tests.world.trees import tree


@pytest.fixture(scope="module")
def honest() -> Run:
    """A run with flow control, a copy and a restart: every kind of fact that a law reads."""
    return run(
        scene(
            workload="{writes: 64 /s, arrivals: even, locality: sequential}",
            initial_copy="run",
            volume="in_use: 10 %",
            bandwidth="1048576 bit/s",
            high_water_mark="2 MiB",
            save_volume="{size: 16 MiB, on_full: suspend}",
            timeline="{at: 3 min, kind: reboot, site: near, for: 10 s}",
            until="10 min",
        )
    )


@pytest.fixture(scope="module")
def honest_tree() -> Run:
    """A run whose forwarder dies, is passed by, and comes back: every kind of fact that a law of routes reads."""
    return simulate(tree(timeline="{at: 3 min 1 s, kind: reboot, site: hub, for: 5 min}"), checking="full")


def faults(law: Law, facts: Iterator[Record] | list[Record]) -> list[str]:
    return [fault for fact in facts if (fault := law(fact)) is not None]


def changed(run: Run, kind: type[Record], nth: int = 1, **to: object) -> list[Record]:
    """The ledger with the nth fact of a kind (from 0) changed."""
    place = [index for index, fact in enumerate(run.ledger) if isinstance(fact, kind)][nth]
    return [replace(fact, **to) if index == place else fact for index, fact in enumerate(run.ledger)]


def without(run: Run, kind: type[Record], nth: int = 1) -> list[Record]:
    place = [index for index, fact in enumerate(run.ledger) if isinstance(fact, kind)][nth]
    return [fact for index, fact in enumerate(run.ledger) if index != place]


def earlier(run: Run, kind: type[Record], before: type[Record]) -> list[Record]:
    """The ledger with the first fact of a kind put in front of the first of another."""
    moved = next(fact for fact in run.ledger if isinstance(fact, kind))
    rest = [fact for fact in run.ledger if fact is not moved]
    place = next(index for index, fact in enumerate(rest) if isinstance(fact, before))
    return [*rest[:place], moved, *rest[place:]]


def only_first_and_last_cut(run: Run) -> list[Record]:
    cuts = [fact for fact in run.ledger if isinstance(fact, DeltaSetCut)]
    return [fact for fact in run.ledger if fact not in cuts[1:-1]]


def with_a_shorter_timeout(run: Run) -> list[Record]:
    """A policy of one second after the first cut, and cuts that go on as before."""
    first = next(fact for fact in run.ledger if isinstance(fact, DeltaSetCut))
    change = PolicyChanged(
        time_ns=first.time_ns, replication="mirror", secondary="", timeout_ns=10**9, high_water_mark_bytes=2**21
    )
    place = run.ledger.index(first)
    return [*run.ledger[: place + 1], change, *run.ledger[place + 1 :]]


CRIMES = {
    TimeNeverGoesBack: lambda run: changed(run, SetReplayed, time_ns=1),
    SetsFollowWithoutHoles: lambda run: changed(run, DeltaSetCut, number=7),
    WritesAreInOneSet: lambda run: changed(run, WritesLooked, new_blocks=3),
    CutsComeInTime: only_first_and_last_cut,
    ReceivedAfterCopiedOut: lambda run: without(run, CopyOutFinished),
    ViewIsAPrefix: lambda run: without(run, SetReceived),
    CopiesAreNotReadable: lambda run: earlier(run, ReplayBegan, CopyFinished),
    SaveVolumesHoldWhatFits: lambda run: changed(run, SaveVolumeChanged, used_bytes=10**12),
    StallsHaveAnEnd: lambda run: changed(run, WritesResumed, 0, stalled_ns=5),
}

CRIMES_ON_ROUTES = {
    SetsComeFromWhoHasThem: lambda run: without(run, SetForwarded),
    SetsArriveOnce: lambda run: changed(run, SetReceived, number=1, secondary="leaf"),
    RoutesStayATree: lambda run: changed(run, RouteChanged, 0, feeder="twig"),
    MarksAreHonest: lambda run: without(run, MemberUnreachable, 0),
    LinksCarryWhatFits: lambda run: changed(run, BytesCarried, carried_bytes=10**9),
    FaultsEndAsTheyBegan: lambda run: changed(run, FaultEnded, 0, lasted_ns=1),
    NodesComeUpAsTheyWentDown: lambda run: changed(run, NodeCameUp, 0, down_ns=1),
}

MORE_CRIMES_ON_ROUTES = [
    (RoutesStayATree, lambda run: changed(run, RouteChanged, 0, before="twig")),
    (MarksAreHonest, lambda run: changed(run, MemberReachable, 0, unreachable_ns=3)),
    (MarksAreHonest, lambda run: changed(run, MemberUnreachable, 0, attempts=0)),
    (SetsArriveOnce, lambda run: [*run.ledger, *(fact for fact in run.ledger if isinstance(fact, SetForwarded))]),
]

MORE_CRIMES = [
    (CutsComeInTime, with_a_shorter_timeout),
    (SetsFollowWithoutHoles, lambda run: changed(run, DeltaSetCut, generation=2)),
    (TimeNeverGoesBack, lambda run: changed(run, SetReplayed, time_ns=1e12)),
    (ReceivedAfterCopiedOut, lambda run: changed(run, SetReceived, blocks=1)),
    (ViewIsAPrefix, lambda run: changed(run, ReplayBegan, first_number=1)),
    (ViewIsAPrefix, lambda run: changed(run, ReplayBegan, number=9_999)),
    (CopiesAreNotReadable, lambda run: [*run.ledger, *(f for f in run.ledger if isinstance(f, CopyFinished))]),
    (StallsHaveAnEnd, lambda run: without(run, WritesResumed, 0)),
    (StallsHaveAnEnd, lambda run: without(run, WritesSuspended, 0)),
    (SaveVolumesHoldWhatFits, lambda run: changed(run, SaveVolumeChanged, used_bytes=-1)),
]


def test_every_law_has_a_crime() -> None:
    assert {*CRIMES, *CRIMES_ON_ROUTES, *LAWS_OF_RECOVERY} == set(LAWS)


@pytest.mark.parametrize("law", LAWS)
def test_each_law_lets_an_honest_run_pass(law: type, honest: Run, honest_tree: Run) -> None:
    assert faults(law(), honest.ledger) == []
    assert faults(law(), honest_tree.ledger) == []


@pytest.mark.parametrize("law", CRIMES_ON_ROUTES)
def test_each_law_of_routes_and_faults_catches_its_crime(law: type, honest_tree: Run) -> None:
    assert faults(law(), CRIMES_ON_ROUTES[law](honest_tree))


@pytest.mark.parametrize(("law", "crime"), MORE_CRIMES_ON_ROUTES)
def test_laws_of_routes_catch_more_crimes(law: type, crime, honest_tree: Run) -> None:
    assert faults(law(), crime(honest_tree))


@pytest.mark.parametrize("law", CRIMES)
def test_each_law_catches_its_crime(law: type, honest: Run) -> None:
    assert faults(law(), CRIMES[law](honest))


@pytest.mark.parametrize(("law", "crime"), MORE_CRIMES)
def test_laws_catch_more_crimes(law: type, crime, honest: Run) -> None:
    assert faults(law(), crime(honest))
