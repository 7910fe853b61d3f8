"""Faults that come by chance, on a real network."""

from __future__ import annotations

import math
import statistics

import pytest
from scipy import stats

from sim.records import FaultBegan
from tests.world.faults.ground import HOUR, Ground, begins, ends

FLAPS = "flaps: {kind: link-down, link: wan, mtbf: {exponential: 30 min}, mttr: {exponential: 10 min}}"


def test_availability_of_a_link_is_mttf_over_mttf_plus_mttr():
    """NUMBERS.md 1.4, over runs of 20 days: as the link was when somebody looked."""
    found = []
    for seed in range(30):
        ground = Ground(faults=FLAPS, until="20 d", seed=seed)
        way = ground.way("wan", "near")
        looks = ground.look(range(HOUR // 7, ground.until_ns, HOUR), lambda way=way: way.up)
        found.append(sum(looks) / len(looks))
    half_width = stats.t.ppf(0.995, len(found) - 1) * statistics.stdev(found) / math.sqrt(len(found))
    assert abs(statistics.fmean(found) - 0.75) < half_width < 0.02 * 0.75


def test_a_link_is_down_exactly_while_its_fault_lasts():
    ground = Ground(faults=FLAPS, until="10 h")
    way = ground.way("wan", "hub")
    looks = range(0, ground.until_ns, HOUR // 60)
    up = ground.look(looks, lambda: way.up)
    facts = ground.ledger.facts
    spells = [(end.time_ns - end.lasted_ns, end.time_ns) for end in ends(facts)]
    spells += [(fact.time_ns, ground.until_ns + 1) for fact in begins(facts)[len(spells) :]]
    assert up == [not any(begin <= instant < end for begin, end in spells) for instant in looks]
    assert 5 < len(spells) < 40
    assert {(fact.fault, fact.kind, fact.target, fact.detail) for fact in begins(facts)} == {
        ("flaps", "link-down", "wan", "down")
    }


def test_each_member_has_its_own_process():
    ground = Ground(faults="flaps: {kind: link-down, links: [wan, lan, old], mtbf: {exponential: 30 min}, mttr: 1 min}")
    facts = ground.run()
    times = {link: [fact.time_ns for fact in begins(facts, target=link)] for link in ("wan", "lan", "old")}
    assert all(len(found) > 1000 for found in times.values())
    assert len({found[0] for found in times.values()}) == 3


def test_adding_a_fault_or_a_member_changes_nobody_elses_luck():
    alone = Ground(faults=FLAPS).run()
    among = Ground(
        "{at: 1 h, kind: reboot, site: far, for: {exponential: 1 h}}",
        FLAPS.replace("link: wan", "links: [lan, wan, old]")
        + "\n crashes: {kind: reboot, sites: [far, hub], mtbf: {weibull: {shape: 2, scale: 3 h}}, mttr: 1 min}"
        + "\n early: {kind: link-slow, link: wan, factor: 10 %, mtbf: {exponential: 1 h}, mttr: {exponential: 1 h}}",
    ).run()
    assert begins(alone, target="wan") == begins(among, fault="flaps", target="wan")
    assert ends(alone, target="wan") == ends(among, fault="flaps", target="wan")
    assert len(ends(among, fault="crashes", target="hub")) > 100
    assert len(begins(among, kind="link-slow")) > 100


def test_M12_the_order_of_declaration_means_nothing():
    crashes = "crashes: {kind: reboot, sites: [far, hub], mtbf: {exponential: 3 h}, mttr: 1 min}"
    one, other = (
        Ground(faults=f"{FLAPS}\n{crashes}"),
        Ground(faults=f"{crashes}\n{FLAPS}".replace("far, hub", "hub, far")),
    )
    assert one.run() == other.run()
    assert begins(one.ledger.facts, fault="crashes") and begins(one.ledger.facts, fault="flaps")


def test_a_limit_counts_for_each_member():
    flaps = FLAPS.replace("link: wan", "links: [wan, lan]").replace("}}", "}, count: 3}")
    facts = Ground(faults=flaps).run()
    assert [len(begins(facts, target=link)) for link in ("wan", "lan")] == [3, 3]
    assert [len(ends(facts, target=link)) for link in ("wan", "lan")] == [3, 3]


def test_one_event_waits_for_each_member_however_long_the_run():
    ground = Ground(faults=FLAPS.replace("link: wan", "links: [wan, lan]"), until="400 d")
    facts = ground.run(until_ns=HOUR)
    assert len(begins(facts)) >= 1
    assert ground.clock.events_handled < 3 * len(facts) + 3


def test_one_way_only():
    ground = Ground(faults=FLAPS.replace("link: wan", "link: wan, from: hub"))
    there, back = ground.way("wan", "near"), ground.way("wan", "hub")
    ups = ground.look(range(0, ground.until_ns, HOUR), lambda: (there.up, back.up))
    assert (True, False) in ups and (True, True) in ups
    assert all(is_up for is_up, _ in ups)
    assert {fact.direction for fact in ground.ledger.facts} == {"hub -> near"}


@pytest.mark.parametrize(
    ("fault", "targets"),
    [
        ("{kind: reboot, site: far, ", {"far"}),
        ("{kind: reboot, site: hub, data_mover: dm2, ", {"hub"}),
        ("{kind: group-down, group: coast, ", {"wan", "hub", "lan"}),
        ("{kind: link-lossy, link: old, loss: 10 %, ", {"old"}),
    ],
)
def test_every_kind_may_come_at_random(fault, targets):
    ground = Ground(faults=f"f: {fault}mtbf: {{exponential: 10 h}}, mttr: {{exponential: 1 min}}, count: 5}}")
    facts = ground.run()
    assert {fact.target for fact in facts if isinstance(fact, FaultBegan)} == targets
    assert len(begins(facts)) == len(ends(facts)) >= 5
    assert all(node.up for node in ground.nodes.values())
    assert not any(way.troubles for way in ground.network.directions.values())
