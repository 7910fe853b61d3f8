"""What the timeline says goes wrong, on a real network and real data movers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim.records import FaultBegan, NodeCameUp, NodeWentDown
from tests.world.faults.ground import MIN, Ground, S, begins, ends

NOMINAL = {"up": True, "capacity": 100_000_000, "delay_now_ns": 40_000_000, "loss_now": 0.01}
NOMINAL |= {"corrupt_now": 0.0, "duplicate_now": 0.0, "reorder_now": 0.0}

KINDS = {
    "link-down": ("", {"up": False}, "down"),
    "link-slow": ("factor: 10 %", {"capacity": 10_000_000}, "10 % of the bandwidth"),
    "link-delay": ("extra: 80 ms", {"delay_now_ns": 120_000_000}, "80 ms more delay"),
    "link-lossy": ("loss: 2 %", {"loss_now": 1 - 0.99 * 0.98}, "loss 2 %"),
    "link-corrupt": ("corrupt: 0.1 %", {"corrupt_now": 0.001}, "0.1 % of chunks corrupt"),
    "link-duplicate": ("duplicate: 3 %", {"duplicate_now": 0.03}, "3 % of chunks twice"),
    "link-reorder": ("reorder: 0.5 %", {"reorder_now": 0.005}, "0.5 % of packets reordered"),
}


def state(way):
    return {name: getattr(way, name) for name in NOMINAL}


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_has_its_trouble_both_ways_and_then_is_as_it_was(kind):
    said, trouble, detail = KINDS[kind]
    ground = Ground(f"{{at: 2 min, id: cut, kind: {kind}, link: wan, for: 40 s{', ' * bool(said)}{said}}}")
    there, back = ground.way("wan", "near"), ground.way("wan", "hub")
    other = ground.way("lan", "hub")
    seen = ground.look(
        [2 * MIN - 1, 2 * MIN, 2 * MIN + 40 * S - 1, 2 * MIN + 40 * S], lambda: (state(there), state(back))
    )
    troubled = NOMINAL | trouble
    assert seen == [(NOMINAL, NOMINAL), (troubled, troubled), (troubled, troubled), (NOMINAL, NOMINAL)]
    assert other.up and not other.troubles
    [began], [ended] = begins(ground.ledger.facts), ends(ground.ledger.facts)
    assert (began.fault, began.kind, began.target, began.direction, began.detail) == ("cut", kind, "wan", "", detail)
    assert (ended.fault, ended.kind, ended.target, ended.direction, ended.lasted_ns) == ("cut", kind, "wan", "", 40 * S)


@pytest.mark.parametrize("kind", KINDS)
def test_case_21_one_direction_has_trouble_and_the_other_none(kind):
    said, trouble, _ = KINDS[kind]
    ground = Ground(f"{{at: 2 min, kind: {kind}, link: wan, from: hub, for: 40 s{', ' * bool(said)}{said}}}")
    there, back = ground.way("wan", "near"), ground.way("wan", "hub")
    [seen] = ground.look([2 * MIN], lambda: (state(there), state(back)))
    assert seen == (NOMINAL, NOMINAL | trouble)
    assert [fact.direction for fact in ground.ledger.facts] == ["hub -> near"] * 2
    assert state(back) == NOMINAL


def test_what_was_on_its_way_is_told_for_each_direction():
    def on_its_way(place):
        return (f"home g1.7 on {place.link} from {place.source}",)

    ground = Ground("{at: 2 min, kind: link-down, link: wan, for: 1 s}", hit=on_its_way)
    [began] = begins(ground.run())
    assert began.hit == ("home g1.7 on wan from near", "home g1.7 on wan from hub")


def test_a_reboot_stops_all_data_movers_of_a_site():
    ground = Ground("{at: 2 min, kind: reboot, site: hub, for: 40 s}", hit=lambda node: (f"a set at {node.name}",))
    [up] = ground.look([2 * MIN], lambda: {name: node.up for name, node in ground.nodes.items()})
    assert up == {"near": True, "dm1": False, "dm2": False, "far": True}
    assert ground.told.seen == [("down", "dm1"), ("down", "dm2"), ("up", "dm1"), ("up", "dm2")]
    found = begins(ground.ledger.facts)
    assert [(fact.target, fact.detail, fact.hit) for fact in found] == [
        ("hub", "down", ("a set at dm1", "a set at dm2"))
    ]


def test_a_reboot_of_one_data_mover_leaves_the_other_alone():
    ground = Ground("{at: 2 min, kind: reboot, site: hub, data_mover: dm2, for: 40 s}")
    [up] = ground.look([2 * MIN], lambda: {name: node.up for name, node in ground.nodes.items()})
    assert up == {"near": True, "dm1": True, "dm2": False, "far": True}
    assert [(fact.target, fact.detail) for fact in begins(ground.ledger.facts)] == [("hub", "data mover dm2 down")]


def test_a_reboot_of_a_site_with_one_data_mover():
    facts = Ground("{at: 2 min, id: crash, kind: reboot, site: far, for: 40 s}").run()
    assert [type(fact).__name__ for fact in facts] == ["FaultBegan", "NodeWentDown", "FaultEnded", "NodeCameUp"]
    assert facts[0] == FaultBegan(
        time_ns=2 * MIN, fault="crash", kind="reboot", target="far", direction="", detail="down", hit=()
    )
    assert facts[3] == NodeCameUp(time_ns=2 * MIN + 40 * S, site="far", down_ns=40 * S)


def test_a_reboot_of_a_site_with_two_data_movers_says_which_went_down():
    facts = Ground("{at: 2 min, kind: reboot, site: hub, data_mover: dm2, for: 40 s}").run()
    told = [(type(fact), fact.data_mover) for fact in facts if isinstance(fact, NodeWentDown | NodeCameUp)]
    assert told == [(NodeWentDown, "dm2"), (NodeCameUp, "dm2")]
    both = Ground("{at: 2 min, kind: reboot, site: hub, for: 40 s}").run()
    assert [fact.data_mover for fact in both if isinstance(fact, NodeCameUp)] == ["dm1", "dm2"]


def test_overlapping_reboots_are_two_faults_and_one_outage():
    facts = Ground("""{at: 2 min, kind: reboot, site: far, for: 40 s}
                      {at: 2 min 20 s, kind: reboot, site: far, for: 1 min}""").run()
    assert [fact.lasted_ns for fact in ends(facts)] == [40 * S, MIN]
    assert [fact.time_ns for fact in facts if isinstance(fact, NodeWentDown)] == [2 * MIN]
    assert [fact.down_ns for fact in facts if isinstance(fact, NodeCameUp)] == [80 * S]


def test_a_flap_goes_down_and_up_and_ends_up():
    ground = Ground("{at: 1 min, kind: flap, link: wan, down: 2 s, up: 3 s, for: 11 s}")
    way = ground.way("wan", "near")
    up = ground.look([MIN + second * S for second in range(-1, 14)], lambda: way.up)
    assert "".join("+-"[not is_up] for is_up in up) == "+--+++--+++-+++"  # ends with a down that is cut short
    assert [(fact.kind, fact.detail) for fact in begins(ground.ledger.facts)] == [("flap", "down")] * 3


@pytest.mark.parametrize("what", ["links: [old, wan, lan]", "sites: [near, far, hub]"])
def test_a_swizzle_stops_one_by_one_and_returns_all_in_another_order(what):
    ground = Ground(f"{{at: 1 min, id: s, kind: swizzle, {what}, share: 100 %, every: 5 s, for: 5 min}}")
    facts = ground.run()
    first = {fact.target: fact.time_ns for fact in begins(facts)}
    last = {fact.target: fact.time_ns for fact in ends(facts)}
    assert sorted(first.values()) == [MIN, MIN + 5 * S, MIN + 10 * S]
    assert sorted(last.values()) == [6 * MIN, 6 * MIN + 5 * S, 6 * MIN + 10 * S]
    assert sorted(first, key=first.__getitem__) != sorted(last, key=last.__getitem__)
    assert all(node.up for node in ground.nodes.values())
    assert not any(way.troubles for way in ground.network.directions.values())
    assert {fact.fault for fact in facts if isinstance(fact, FaultBegan)} == {"s"}


def test_a_swizzle_has_another_order_with_another_seed_and_the_same_with_the_same():
    timeline = "{at: 1 min, kind: swizzle, links: [old, wan, lan], share: 60 %, every: 5 s, for: 5 min}"
    found = [[fact.target for fact in Ground(timeline, seed=seed).run()] for seed in (1, 1, 2, 3, 4, 5, 6)]
    assert found[0] == found[1]
    assert len({tuple(one) for one in found}) > 2
    assert all(len(one) == 4 for one in found), "60 % of 3 is nearest to 2, and each stops and returns"


def test_a_swizzle_does_not_depend_on_the_order_of_names():
    one, other = (
        Ground(f"{{at: 1 min, kind: swizzle, links: [{names}], every: 5 s, for: 5 min}}").run()
        for names in ("old, wan, lan", "lan, old, wan")
    )
    assert one == other


def test_a_group_goes_down_and_comes_back_as_one():
    ground = Ground("{at: 1 min, id: flood, kind: group-down, group: coast, for: 5 min}", hit=lambda _place: ("x",))
    ways = ground.network.directions
    seen = ground.look([MIN, 6 * MIN], lambda: ([key for key, way in ways.items() if not way.up], dict(up(ground))))
    links_down = [("wan", "near", "hub"), ("wan", "hub", "near"), ("lan", "hub", "far"), ("lan", "far", "hub")]
    assert sorted(seen[0][0]) == sorted(links_down)
    assert seen[0][1] == {"near": True, "dm1": False, "dm2": False, "far": True}
    assert seen[1] == ([], {"near": True, "dm1": True, "dm2": True, "far": True})
    facts = ground.ledger.facts
    assert [fact.target for fact in begins(facts, fault="flood")] == ["hub", "lan", "wan"]
    assert {fact.time_ns for fact in begins(facts)} == {MIN}
    assert {fact.time_ns for fact in ends(facts)} == {6 * MIN}


def up(ground):
    return ((name, node.up) for name, node in ground.nodes.items())


def test_how_long_may_be_a_matter_of_luck_which_belongs_to_the_id():
    uncertain = "{at: 1 min, id: cut, kind: link-down, link: wan, for: {exponential: 1 min}}"
    alone = Ground(uncertain).run()
    among = Ground(
        f"""{{at: 0, kind: link-down, link: old, for: {{exponential: 1 min}}}}
                       {uncertain}
                       {{at: 3 min, kind: swizzle, links: [lan, old], every: 1 s, for: {{exponential: 1 min}}}}"""
    ).run()
    assert ends(alone, fault="cut") == ends(among, fault="cut")
    assert ends(alone)[0].lasted_ns not in (MIN, ends(among, target="old")[0].lasted_ns)
    assert len({ends(Ground(uncertain, seed=seed).run())[0].lasted_ns for seed in range(4)}) == 4


def test_an_entry_without_an_id_is_called_by_kind_and_place():
    facts = Ground("""{at: 3 min, kind: cut-now}
                      {at: 2 min, kind: link-down, link: wan, for: 1 s}
                      {at: 1 min, kind: reboot, site: far, for: 1 s}""").run()
    assert [fact.fault for fact in begins(facts)] == ["reboot 3", "link-down 2"]


def test_an_entry_counted_from_another_one_comes_then():
    facts = Ground("""{at: 2 min, id: cut, kind: link-down, link: wan, for: 1 s}
                      {at: cut + 5 s, kind: link-down, link: lan, for: 1 s}""").run()
    assert [fact.time_ns for fact in begins(facts)] == [2 * MIN, 2 * MIN + 5 * S]


def test_a_fault_at_the_very_end_begins_and_does_not_end():
    facts = Ground("{at: 10 min, kind: link-down, link: wan, for: 1 s}", until="10 min").run()
    assert [type(fact) for fact in facts] == [FaultBegan]


def test_two_brown_outs_and_a_cut_at_once_follow_the_rules():
    ground = Ground("""{at: 1 min, kind: link-slow, link: wan, factor: 50 %, for: 10 min}
                       {at: 2 min, kind: link-slow, link: wan, factor: 20 %, for: 3 min}
                       {at: 3 min, kind: link-down, link: wan, for: 1 min}""")
    way = ground.way("wan", "near")
    seen = ground.look([minute * MIN for minute in (0, 1, 2, 3, 4, 5, 11)], lambda: (way.up, way.capacity))
    full = 100_000_000
    assert [capacity for is_up, capacity in seen if is_up] == [
        Fraction(share, 100) * full for share in (100, 50, 20, 20, 50, 100)
    ]
    assert [is_up for is_up, _ in seen] == [True, True, True, False, True, True, True]
