"""Transfers over ideal links: exact instants, exact shares, stalls and breaks (T8, decision 3)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim.world.clock import Order
from sim.world.network import Trouble
from tests.world.network.nets import BYTE_A_NS, MS, S, Scene, line, link


def test_one_transfer_takes_size_over_rate_rounded_up_and_arrives_a_delay_later() -> None:
    scene = Scene(link(there=line(bits_per_s=3 * S, delay_ns=40)))
    scene.send("x", 1000, at_ns=7)
    scene.run()
    assert scene.ended_ns == {"x": 7 + -(-8000 // 3)}
    assert scene.flows["x"].arrives_ns == scene.ended_ns["x"] + 40
    assert scene.flows["x"].arrived_bytes(scene.ended_ns["x"] + 39) < 1000
    assert scene.flows["x"].arrived_bytes(scene.ended_ns["x"] + 40) == 1000
    assert scene.flows["x"].arrived_bytes(7 + 40) == 0


@pytest.mark.parametrize("k", [2, 3, 7])
def test_equal_flows_share_equally(k: int) -> None:
    # NUMBERS.md 1.2: max-min fair sharing of k equal flows, B / k each
    scene = Scene()
    for n in range(k):
        scene.send(f"x{n}", 1000)
    scene.run()
    assert list(scene.ended_ns.values()) == [1000 * k] * k


def test_a_flow_that_joins_slows_the_other_down_from_then_on() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.send("y", 1000, at_ns=500)
    scene.run()
    assert scene.ended_ns == {"x": 1500, "y": 2000}
    assert scene.flows["x"].served_bytes(500) == 500
    assert scene.flows["x"].served_bytes(1000) == 750


def test_a_path_is_as_fast_as_its_narrowest_link_and_leaves_the_rest_of_the_others() -> None:
    # max-min: x crosses both, y only the wide one; x gets 2 on the narrow one, y the 6 that are left
    wide, narrow = link("w", "a", "b", there=line(bits_per_s=8 * S)), link("n", "b", "c", there=line(bits_per_s=2 * S))
    scene = Scene(wide, narrow)
    scene.send("x", 1000, way=scene.way("a", "c"))
    scene.send("y", 3000, way=scene.way("a", "b"))
    scene.run()
    assert scene.ended_ns == {"x": 4000, "y": 4000}


def test_only_what_shares_a_direction_is_slowed_down() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.send("back", 1000, way=scene.way("b", "a"))
    scene.run()
    assert scene.ended_ns == {"x": 1000, "back": 1000}


def test_M4_a_broken_flow_keeps_what_was_served_frees_its_share_and_never_ends_again() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.send("y", 1000)
    answers: list[int] = []
    scene.at(400, lambda: answers.append(scene.network.break_off(scene.flows["x"])), Order.DISASTER)
    scene.at(500, lambda: answers.append(scene.network.break_off(scene.flows["x"])), Order.DISASTER)
    scene.run()
    assert answers == [200, 200]
    assert scene.flows["x"].broken_off
    assert scene.flows["x"].served_bytes(10_000) == 200
    assert scene.ended_ns == {"x": 400, "y": 1200}


def test_an_end_that_is_due_counts_before_a_break_and_before_a_stall_at_its_instant() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.send("y", 1000, at_ns=5000)
    scene.at(1000, lambda: scene.network.break_off(scene.flows["x"]), Order.DISASTER)
    scene.trouble(6000, 9000, Trouble(down=True))
    scene.run()
    assert not scene.flows["x"].broken_off
    assert scene.ended_ns == {"x": 1000, "y": 6000}


def test_a_session_carries_one_transfer_at_a_time_and_the_next_as_soon_as_one_is_through() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.send("z", 1000, at_ns=1000, session="x")
    refused: list[int] = []

    def too_early() -> None:
        with pytest.raises(ValueError, match="one transfer at a time"):
            scene.network.begin(scene.session("x"), 1)
        refused.append(scene.clock.now_ns)

    scene.at(500, too_early)
    scene.run()
    assert refused == [500]
    assert scene.ended_ns == {"x": 1000, "z": 2000}


def test_unlimited_empty_and_the_same_site_take_no_time() -> None:
    scene = Scene(link(there=line(bits_per_s=0)), link("m", "b", "c"))
    scene.send("unlimited", 10**12, at_ns=5)
    scene.send("empty", 0, at_ns=5, way=scene.way("b", "c"))
    scene.send("home", 10**12, at_ns=5, way=scene.way("a", "a"))
    scene.run()
    assert scene.ended_ns == {"unlimited": 5, "empty": 5, "home": 5}


def test_payload_is_counted_and_carried_bytes_travel() -> None:
    scene = Scene()
    scene.send("x", 2000, wire=1000)
    scene.run()
    flow = scene.flows["x"]
    assert scene.ended_ns == {"x": 1000}
    assert [flow.served_bytes(t) for t in (250, 1000)] == [500, 2000]
    assert flow.carried_bytes(250) == flow.wire_of(500) == 250
    assert flow.wire_bytes_at(scene.way().directions[0], 1000) == 1000
    assert flow.wire_bytes_at(scene.way().back[0], 1000) == 0


# -- a way that goes down ----------------------------------------------------------------------------------------------


def test_a_flow_stalls_while_its_way_is_down_and_leaves_its_share_to_nobody() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.trouble(400, 10_000, Trouble(down=True))
    seen: list[int | None] = []
    for instant in (399, 5000, 10_001):
        scene.at(instant, lambda: seen.append(scene.flows["x"].stalled_since_ns), Order.METRICS)
    scene.run()
    assert scene.ended_ns == {"x": 10_600}
    assert scene.flows["x"].served_bytes(9000) == 400
    assert seen == [None, 400, None]


def test_a_stalled_flow_frees_what_it_shared_elsewhere() -> None:
    scene = Scene(link("l", "a", "b"), link("m", "b", "c"))
    scene.send("x", 1000, way=scene.way("a", "c"))
    scene.send("y", 1000, way=scene.way("a", "b"))
    scene.trouble(1000, 5000, Trouble(down=True), ("m", "b", "c"))
    scene.run()
    assert scene.ended_ns == {"y": 1500, "x": 5500}


def test_with_the_acknowledgements_cut_nothing_moves() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.trouble(400, 700, Trouble(down=True), ("l", "b", "a"))
    scene.run()
    assert scene.ended_ns == {"x": 1300}
    assert scene.way().up
    assert scene.way().acks_up


def test_a_transfer_that_begins_while_the_way_is_down_waits_for_it() -> None:
    scene = Scene(link(there=line(bits_per_s=0)))
    scene.trouble(0, 700, Trouble(down=True))
    scene.send("x", 1000, at_ns=300)
    scene.run()
    assert scene.ended_ns == {"x": 700}


def test_overlapping_troubles_each_end_for_themselves() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.trouble(100, 300, Trouble(down=True))
    scene.trouble(200, 500, Trouble(down=True))
    scene.run()
    assert scene.ended_ns == {"x": 1400}


def test_of_several_slow_downs_the_worst_holds() -> None:
    scene = Scene()
    scene.send("x", 1000)
    scene.trouble(0, 1000, Trouble(factor=Fraction(1, 2)))
    scene.trouble(0, 1000, Trouble(factor=Fraction(1, 4)))
    scene.run()
    assert scene.ended_ns == {"x": 1750}
    assert scene.network.direction("l", "a", "b").capacity == BYTE_A_NS


def test_whoever_waits_for_a_way_is_told_when_it_goes_and_when_it_is_back() -> None:
    scene = Scene()
    heard: list[tuple[int, bool, bool, bool]] = []
    way = scene.way()
    way.changed.calls(lambda: heard.append((scene.clock.now_ns, way.up, way.acks_up, way.usable)))
    scene.trouble(100, 300, Trouble(down=True))
    scene.trouble(200, 400, Trouble(loss=1.0), ("l", "b", "a"))
    scene.trouble(210, 220, Trouble(extra_delay_ns=MS))
    scene.run()
    assert heard == [
        (100, False, True, False),
        (200, False, False, False),
        (300, True, False, False),
        (400, True, True, True),
    ]


# -- delays ------------------------------------------------------------------------------------------------------------


def test_a_longer_delay_holds_for_what_leaves_from_then_on() -> None:
    scene = Scene(link(there=line(delay_ns=100)))
    scene.send("x", 1000)
    scene.trouble(500, 2000, Trouble(extra_delay_ns=1000))
    scene.run()
    flow = scene.flows["x"]
    assert [flow.arrived_bytes(t) for t in (100, 600, 1599, 1600, 1700, 2100)] == [0, 500, 500, 500, 600, 1000]
    assert flow.arrives_ns == 2100


def test_T8_bytes_never_overtake_each_other_when_the_delay_falls() -> None:
    scene = Scene(link(there=line(delay_ns=100)))
    scene.trouble(0, 500, Trouble(extra_delay_ns=1000))
    scene.send("x", 1000)
    scene.send("y", 1000, at_ns=1000, session="x")
    scene.run()
    flow = scene.flows["x"]
    assert [flow.arrived_bytes(t) for t in (1100, 1599, 1600)] == [0, 499, 1000]
    assert scene.flows["y"].arrived_bytes(1600) == 500


# -- events ------------------------------------------------------------------------------------------------------------


def test_an_undisturbed_transfer_takes_three_events() -> None:
    scene = Scene()
    for n in range(10):
        scene.send(f"x{n}", 1000, at_ns=2000 * n, session="x")
    scene.run()
    assert len(scene.ended_ns) == 10
    assert scene.clock.events_handled == 10 + 3 * 10  # ten are the test's own
