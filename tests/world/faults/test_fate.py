"""Faults that come and go, and data movers that stop, with stand-ins for what they break."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as some

from sim.records import FaultBegan, FaultEnded, NodeCameUp, NodeWentDown
from sim.world.clock import Clock, Order
from sim.world.disk import Disk
from sim.world.faults.fault import Fate, Fault
from sim.world.faults.outages import Outages
from sim.world.faults.spells import flapping, once
from sim.world.ledger import Ledger
from sim.world.node import Node


@dataclass
class Dent:
    """A harm that notes what is done to it; what is on its way is whatever the test says."""

    target: str
    seen: list[str] = field(default_factory=list)
    direction: str = ""
    detail: str = "dented"
    way: tuple[str, ...] = ()
    others: tuple[Dent, ...] = ()

    def on_its_way(self):
        assert not any(other.seen for other in self.others), "looked at before anything breaks"
        return self.way

    def strike(self):
        self.seen.append("strike")

    def mend(self):
        self.seen.append("mend")


@dataclass
class Told:
    """A replication that notes what it is told, and whether the node was up at that moment."""

    seen: list[tuple[str, str, bool]] = field(default_factory=list)

    def node_went_down(self, node):
        self.seen.append(("down", node.name, node.up))

    def node_came_up(self, node):
        self.seen.append(("up", node.name, node.up))


class Bench:
    def __init__(self):
        self.clock = Clock()
        self.ledger = Ledger(lambda _fact: None)
        self.fate = Fate(self.clock, self.ledger)

    def run(self, until=10**6):
        self.clock.run(until, lambda _now: None)
        return self.ledger.facts


def test_a_fault_is_two_facts():
    bench, dent = Bench(), Dent("wan", way=("mirror g1.7 to far", "mirror g1.7 to far", "mirror g1.8 to far"))
    bench.fate.will_have(Fault("cut", "link-down", (dent,)), once(100, 40))
    assert bench.run() == [
        FaultBegan(
            time_ns=100, fault="cut", kind="link-down", target="wan", direction="", detail="dented",
            hit=("mirror g1.7 to far", "mirror g1.8 to far"),
        ),
        FaultEnded(time_ns=140, fault="cut", kind="link-down", target="wan", direction="", lasted_ns=40),
    ]  # fmt: skip
    assert dent.seen == ["strike", "mend"]


def test_a_fault_at_the_last_instant_begins_and_one_that_is_on_has_no_end():
    bench, dent = Bench(), Dent("wan")
    bench.fate.will_have(Fault("cut", "link-down", (dent,)), once(100, 40))
    assert [type(fact) for fact in bench.run(until=100)] == [FaultBegan]
    assert dent.seen == ["strike"]


def test_things_that_fail_together_are_looked_at_whole():
    one, other = Dent("wan"), Dent("hub")
    one.others = other.others = (one, other)
    bench = Bench()
    bench.fate.will_have(Fault("flood", "group-down", (one, other)), once(5, 5))
    found = bench.run()
    assert [(type(fact), fact.target) for fact in found] == [
        (FaultBegan, "wan"), (FaultBegan, "hub"), (FaultEnded, "wan"), (FaultEnded, "hub"),
    ]  # fmt: skip


def test_a_fault_comes_before_repairs_and_everything_else_of_its_instant():
    bench, dent = Bench(), Dent("wan")
    order = []
    for other in (Order.REPAIR, Order.WRITE, Order.NETWORK):
        bench.clock.call_at(100, other, lambda other=other: order.append((other, list(dent.seen))))
    bench.fate.will_have(Fault("cut", "link-down", (dent,)), once(100, 40))
    bench.run()
    assert order == [(other, ["strike"]) for other in (Order.REPAIR, Order.WRITE, Order.NETWORK)]


def test_one_event_waits_for_a_fault_that_comes_for_ever():
    """Case 22: a link that flaps each tick costs two events a flap, however long the run is said to be."""
    bench, drawn = Bench(), []

    def spells():
        for number in itertools.count():
            drawn.append(number)
            yield 10 * number + 5, 10 * number + 10

    bench.fate.will_have(Fault("flaps", "link-down", (Dent("wan"),)), spells())
    found = bench.run(until=1000)
    assert len(found) == 200
    assert len(drawn) == 101, "one more is known, no further one"
    assert bench.clock.events_handled == 200


def test_flaps_share_a_name_and_each_has_its_end():
    bench = Bench()
    bench.fate.will_have(Fault("flap 1", "flap", (Dent("wan"),)), flapping(0, 100, 20, 30))
    found = bench.run()
    assert [fact.time_ns for fact in found] == [0, 20, 50, 70]
    assert [fact.lasted_ns for fact in found if isinstance(fact, FaultEnded)] == [20, 20]


def a_node(clock, name="hub"):
    return Node(clock, "hub", Disk(clock, 0, 0), name)


def test_a_node_tells_replications_while_it_stands_and_once_it_is_up():
    bench, told = Bench(), Told()
    node = a_node(bench.clock)
    outages = Outages(bench.clock, bench.ledger, {"mirror": told})
    bench.clock.call_at(100, Order.DISASTER, lambda: outages.stop(node))
    bench.clock.call_at(160, Order.REPAIR, lambda: outages.release(node))
    found = bench.run()
    assert found == [NodeWentDown(time_ns=100, site="hub"), NodeCameUp(time_ns=160, site="hub", down_ns=60)]
    assert told.seen == [("down", "hub", True), ("up", "hub", True)]
    assert node.life == 1


SPELLS = some.lists(some.tuples(some.integers(0, 300), some.integers(1, 100)), min_size=1, max_size=8)


@given(spells=SPELLS)
def test_a_node_is_down_exactly_while_some_fault_is_on_it(spells):
    """Against plain sets of instants: half-open, because an end is a repair and comes within its instant."""
    bench, told = Bench(), Told()
    node = a_node(bench.clock)
    outages = Outages(bench.clock, bench.ledger, {"mirror": told})
    for begin, lasts in spells:
        bench.clock.call_at(begin, Order.DISASTER, lambda: outages.stop(node))
        bench.clock.call_at(begin + lasts, Order.REPAIR, lambda: outages.release(node))
    up = {}
    for instant in range(450):
        bench.clock.call_at(instant, Order.METRICS, lambda now=instant: up.__setitem__(now, node.up))
    found = bench.run()
    down = {instant for begin, lasts in spells for instant in range(begin, begin + lasts)}
    assert {instant for instant, is_up in up.items() if not is_up} == down
    assert sum(fact.down_ns for fact in found if isinstance(fact, NodeCameUp)) == len(down)
    assert node.up and node.life == len(told.seen) / 2


def test_two_data_movers_of_a_site_fail_apart():
    bench, told = Bench(), Told()
    one, other = a_node(bench.clock, "dm1"), a_node(bench.clock, "dm2")
    outages = Outages(bench.clock, bench.ledger, {"mirror": told})
    outages.stop(one)
    assert (one.up, other.up) == (False, True)
    outages.stop(other)
    outages.release(one)
    assert (one.up, other.up) == (True, False)
    assert told.seen == [("down", "dm1", True), ("down", "dm2", True), ("up", "dm1", True)]
