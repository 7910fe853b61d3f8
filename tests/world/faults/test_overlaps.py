"""Any faults, in any overlap: the rules of SCENARIO.md while they last, and as it was when all are over."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.laws import TimeNeverGoesBack
from sim.laws.faults import FaultsEndAsTheyBegan, NodesComeUpAsTheyWentDown
from sim.records import FaultBegan, FaultEnded, NodeWentDown
from tests.world.faults.ground import Ground, S, begins, ends

LINKS = ("wan", "lan", "old")
ENDS = {"wan": ("near", "hub"), "lan": ("hub", "far"), "old": ("near", "far")}
AT, FOR = some.integers(0, 60), some.integers(1, 40)
SHARE = some.integers(1, 99)
MOVERS = {
    ("near", "down"): ("near",), ("far", "down"): ("far",), ("hub", "down"): ("dm1", "dm2"),
    ("hub", "data mover dm1 down"): ("dm1",),
}  # fmt: skip


@some.composite
def link_faults(draw):
    kind, key, unit = draw(
        some.sampled_from([
            ("link-down", "", ""), ("link-slow", "factor", "%"), ("link-delay", "extra", "ms"),
            ("link-lossy", "loss", "%"), ("link-corrupt", "corrupt", "%"), ("link-duplicate", "duplicate", "%"),
            ("link-reorder", "reorder", "%"), ("flap", "down", "s"),
        ])
    )  # fmt: skip
    link = draw(some.sampled_from(LINKS))
    how_much = f", {key}: {draw(SHARE)} {unit}" if key else ""
    up = f", up: {draw(FOR)} s" if kind == "flap" else ""
    one_way = draw(some.sampled_from(["", *(f", from: {end}" for end in ENDS[link])]))
    return f"{{at: {draw(AT)} s, kind: {kind}, link: {link}, for: {draw(FOR)} s{how_much}{up}{one_way}}}"


@some.composite
def other_faults(draw):
    what = draw(
        some.sampled_from([
            "kind: reboot, site: hub", "kind: reboot, site: far", "kind: reboot, site: hub, data_mover: dm1",
            "kind: group-down, group: coast", "kind: swizzle, links: [wan, lan, old], every: 2 s",
            "kind: swizzle, sites: [near, far, hub], share: 100 %, every: 3 s",
        ])
    )  # fmt: skip
    return f"{{at: {draw(AT)} s, {what}, for: {draw(FOR)} s}}"


ANY_FAULTS = some.lists(link_faults() | other_faults(), min_size=1, max_size=10)


def nominal(ground):
    return {key: numbers(way) for key, way in ground.network.directions.items()}


def numbers(way):
    return (
        way.up, way.capacity, way.delay_now_ns, way.loss_now, way.corrupt_now, way.duplicate_now, way.reorder_now,
    )  # fmt: skip


@settings(max_examples=50)
@given(faults=ANY_FAULTS)
def test_when_all_faults_are_over_everything_is_as_it_was(faults):
    ground = Ground("\n".join(faults), until="10 min")
    before = nominal(ground)
    facts = ground.run()
    assert nominal(ground) == before
    assert not any(way.troubles for way in ground.network.directions.values())
    assert all(node.up for node in ground.nodes.values())
    assert len(begins(facts)) == len(ends(facts)) >= len(faults)
    assert ground.told.seen.count(("down", "dm1")) == ground.told.seen.count(("up", "dm1"))
    for law in (TimeNeverGoesBack(), FaultsEndAsTheyBegan(), NodesComeUpAsTheyWentDown()):
        assert [said for fact in facts if (said := law(fact))] == []


def on_at(facts, instant_ns):
    """The faults that are on at the end of an instant, by the ledger alone."""
    on = []
    for fact in facts:
        if fact.time_ns > instant_ns:
            break
        if isinstance(fact, FaultBegan):
            on.append(fact)
        elif isinstance(fact, FaultEnded):
            on.remove(
                next(one for one in on if _key(one) == _key(fact) and one.time_ns == fact.time_ns - fact.lasted_ns)
            )
    return on


def _key(fact):
    return fact.fault, fact.kind, fact.target, fact.direction


def share(fact):
    """The per cent in the words of a fault."""
    return next(int(word) for word in fact.detail.split() if word.isdigit()) / 100


def expected(before, on):
    """What a direction is with these faults on it, by the rules in SCENARIO.md, from the words of the ledger."""
    up, capacity, delay_ns, *dangers = before
    slow = [share(fact) for fact in on if fact.kind == "link-slow"]
    late = [share(fact) * 100_000_000 for fact in on if fact.kind == "link-delay"]
    hit = [[danger] for danger in dangers]
    for place, kind in enumerate(("link-lossy", "link-corrupt", "link-duplicate", "link-reorder")):
        hit[place] += [share(fact) for fact in on if fact.kind == kind]
    return (
        up and not any(fact.detail == "down" for fact in on),
        pytest.approx(capacity * min(slow, default=1)),
        pytest.approx(delay_ns + math.fsum(late)),
        *(pytest.approx(1 - math.prod(1 - one for one in ones)) for ones in hit),
    )


@settings(max_examples=50)
@given(faults=ANY_FAULTS)
def test_overlapping_faults_combine_by_the_rules(faults):
    ground = Ground("\n".join(faults), until="10 min")
    before = nominal(ground)
    instants = [second * S for second in range(0, 105, 3)]
    seen = ground.look(instants, lambda: nominal(ground))
    facts = ground.ledger.facts
    for instant, found in zip(instants, seen, strict=True):
        on = on_at(facts, instant)
        for (link, source, destination), now in found.items():
            here = [one for one in on if one.target == link and one.direction in ("", f"{source} -> {destination}")]
            assert now == expected(before[link, source, destination], here)


@settings(max_examples=50)
@given(faults=some.lists(other_faults(), min_size=1, max_size=10))
def test_a_data_mover_is_down_while_a_fault_is_on_it(faults):
    ground = Ground("\n".join(faults), until="10 min")
    instants = [second * S for second in range(0, 105, 3)]
    seen = ground.look(instants, lambda: {name: node.up for name, node in ground.nodes.items()})
    for instant, up in zip(instants, seen, strict=True):
        stopped = {
            name for one in on_at(ground.ledger.facts, instant) for name in MOVERS.get((one.target, one.detail), ())
        }
        assert {name for name, is_up in up.items() if not is_up} == stopped
    lives = sum(node.life for node in ground.nodes.values())
    assert lives == sum(isinstance(fact, NodeWentDown) for fact in ground.ledger.facts)
