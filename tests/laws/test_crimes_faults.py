"""Laws of faults: asleep over an honest ledger, awake at each crime."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.laws.faults import FaultsEndAsTheyBegan, NodesComeUpAsTheyWentDown
from sim.records import FaultBegan, FaultEnded, NodeCameUp, NodeWentDown


def fault(kind, time_ns, name="flaps", target="wan", **more):
    return kind(time_ns=time_ns, fault=name, kind="link-down", target=target, direction="", **more)


HONEST = [
    fault(FaultBegan, 10, detail="down", hit=()),
    fault(FaultBegan, 10, target="lan", detail="down", hit=()),
    NodeWentDown(time_ns=12, site="hub", data_mover="hub-a"),
    NodeWentDown(time_ns=13, site="hub", data_mover="hub-b"),
    fault(FaultEnded, 15, lasted_ns=5),
    NodeCameUp(time_ns=18, site="hub", data_mover="hub-a", down_ns=6),
    NodeCameUp(time_ns=19, site="hub", data_mover="hub-b", down_ns=6),
    fault(FaultBegan, 20, detail="down", hit=()),
    fault(FaultEnded, 30, lasted_ns=10),  # the one on lan is on when the run ends
]


def changed(place, **to):
    return [replace(fact, **to) if index == place else fact for index, fact in enumerate(HONEST)]


def without(place):
    return [fact for index, fact in enumerate(HONEST) if index != place]


CRIMES = {
    "an end without a begin": (FaultsEndAsTheyBegan, without(0)),
    "an end of something else": (FaultsEndAsTheyBegan, changed(4, target="hub")),
    "an end of another fault": (FaultsEndAsTheyBegan, changed(4, fault="cut")),
    "an end of one way only": (FaultsEndAsTheyBegan, changed(4, direction="near -> far")),
    "a begin while it is on": (FaultsEndAsTheyBegan, [*HONEST[:4], *HONEST[:1]]),
    "an end twice": (FaultsEndAsTheyBegan, [*HONEST[:5], *HONEST[4:]]),
    "it says that it lasted longer": (FaultsEndAsTheyBegan, changed(4, lasted_ns=6)),
    "it counts from the first time": (FaultsEndAsTheyBegan, changed(8, lasted_ns=20)),
    "up without having been down": (NodesComeUpAsTheyWentDown, without(2)),
    "up at another place": (NodesComeUpAsTheyWentDown, changed(5, site="far")),
    "up twice": (NodesComeUpAsTheyWentDown, [*HONEST, replace(HONEST[5], time_ns=40, down_ns=28)]),
    "down twice": (NodesComeUpAsTheyWentDown, [*HONEST[:4], HONEST[2]]),
    "another data mover comes up": (NodesComeUpAsTheyWentDown, changed(5, data_mover="hub-b", down_ns=6)),
    "it says that it was down for less": (NodesComeUpAsTheyWentDown, changed(6, down_ns=5)),
}


@pytest.mark.parametrize("law", [FaultsEndAsTheyBegan, NodesComeUpAsTheyWentDown])
def test_each_law_lets_an_honest_ledger_pass(law):
    watch = law()
    assert [watch(fact) for fact in HONEST] == [None] * len(HONEST)


@pytest.mark.parametrize("crime", CRIMES)
def test_each_law_catches_its_crimes(crime):
    law, ledger = CRIMES[crime]
    watch = law()
    assert [said for fact in ledger if (said := watch(fact))]
