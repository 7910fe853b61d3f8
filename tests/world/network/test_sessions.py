"""Sessions: what lives on between transfers, and when a sender tries again after an outage."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim.world.clock import Order
from sim.world.network import Network, Trouble
from tests.world.network.nets import MS, S, Scene, line, link


def wan(congestion: str = "cubic", **spec: object) -> Scene:
    there = line(**{"bits_per_s": 100 * 10**6, "delay_ns": 20 * MS, **spec})
    return Scene(link(there=there, congestion=congestion))


def test_a_sender_over_tcp_sleeps_beyond_the_return_of_its_way_and_an_ideal_one_does_not() -> None:
    ends = {}
    for congestion in ("cubic", "reno", "ideal"):
        scene = wan(congestion)
        scene.send("x", 10 * 10**6)
        scene.trouble(500 * MS, 10 * S, Trouble(down=True))
        woke: list[int] = []
        scene.at(10 * S, lambda woke=woke, scene=scene: woke.append(scene.flows["x"].stalled_since_ns), Order.METRICS)
        scene.run()
        ends[congestion] = scene.ended_ns["x"]
        assert woke == [None if congestion == "ideal" else 500 * MS]
    assert ends["ideal"] == 10 * S + 300 * MS
    assert min(ends["cubic"], ends["reno"]) > ends["ideal"] + 300 * MS


def test_an_application_that_reconnects_is_back_sooner_after_a_long_outage() -> None:
    ends = []
    for reconnect in (None, 10 * S):
        scene = wan()
        scene.session("x", reconnect_after_ns=reconnect)
        scene.send("x", 10 * 10**6)
        scene.trouble(500 * MS, 1000 * S, Trouble(down=True))
        scene.run()
        ends.append(scene.ended_ns["x"])
    assert ends[1] < 1015 * S
    assert ends[1] < ends[0]


def test_an_outage_that_comes_again_before_the_sender_has_woken_leaves_it_asleep() -> None:
    scene = wan()
    scene.send("x", 10 * 10**6)
    scene.trouble(500 * MS, 10 * S, Trouble(down=True))
    scene.trouble(10 * S + MS, 60 * S, Trouble(down=True))
    seen: list[int | None] = []
    scene.at(30 * S, lambda: seen.append(scene.flows["x"].stalled_since_ns), Order.METRICS)
    scene.run()
    assert seen == [500 * MS]
    assert scene.ended_ns["x"] > 60 * S


def test_attempts_to_connect_follow_their_own_grid() -> None:
    session = wan().session("x", reconnect_after_ns=30 * S)
    assert [session.next_attempt_ns(0, at * S) // S for at in (0, 1, 6, 12, 20, 31, 38)] == [0, 1, 7, 19, 30, 31, 41]
    assert wan("ideal").session("x").next_attempt_ns(0, 17) == 17


def test_a_closed_session_breaks_off_what_is_under_way_and_can_be_used_again() -> None:
    scene = wan("ideal")
    scene.send("x", 10**6)
    scene.at(20 * MS, lambda: scene.session("x").close())
    scene.send("y", 10**6, at_ns=30 * MS, session="x")
    scene.run()
    assert scene.flows["x"].broken_off
    assert scene.flows["x"].served_bytes(S) == 250_000
    assert scene.ended_ns == {"x": 20 * MS, "y": 110 * MS}


def test_a_connection_that_was_used_needs_no_handshake() -> None:
    scene = wan()
    scene.send("x", 10**6)
    scene.run()
    again = scene.ended_ns["x"] + 1
    scene.send("y", 10**6, at_ns=again, session="x")
    scene.send("z", 10**6, at_ns=again + 10 * S)
    scene.run()
    first, warm, fresh = (scene.ended_ns[name] - scene.flows[name].began_ns for name in "xyz")
    assert warm <= first - 40 * MS
    assert fresh == first


def test_a_path_is_ideal_only_if_all_its_links_are() -> None:
    links = (link("i", "a", "b"), link("r", "b", "c", congestion="reno"), link("u", "c", "d", congestion="cubic"))
    scene = Scene(*links)
    names = {ends: scene.way(*ends).congestion for ends in ("ab", "ac", "ad", "bd", "dc", "da")}
    assert names == {"ab": "ideal", "ac": "reno", "ad": "reno", "bd": "reno", "dc": "cubic", "da": "cubic"}
    assert scene.session("x", scene.way("a", "d")).congestion == "reno"


def test_what_a_path_is_like_follows_from_its_links() -> None:
    one = line(bits_per_s=100 * 10**6, delay_ns=10 * MS, loss=0.1, window_bytes=10**6)
    two = line(
        bits_per_s=10 * 10**6, delay_ns=20 * MS, loss=0.2, queue_bdp=2.0, compression=Fraction(2), chunk_header_bytes=7
    )
    scene = Scene(link("l", "a", "b", there=one), link("m", "b", "c", there=two, back=line(delay_ns=5 * MS)))
    way = scene.way("a", "c")
    conditions = way.conditions
    assert way.links == ("l", "m")
    assert (way.delay_ns, way.back_delay_ns, way.rtt_ns) == (30 * MS, 15 * MS, 45 * MS)
    assert conditions.loss == pytest.approx(0.28)
    assert conditions.window_bytes == 10**6
    assert conditions.narrowest is not None
    assert conditions.narrowest.link == "m"
    assert conditions.narrowest.queue_bytes == 2 * 10**7 * 25 // 8000
    assert scene.way("a", "b").directions[0].queue_bytes == 10**8 * 20 // 8000
    assert way.wire_bytes(1001, 3) == 501 + 21
    assert scene.way("a", "b").wire_bytes(1001, 3) == 1001
    assert scene.way("a", "a").wire_bytes(1001, 3) == 1001


def test_a_queue_has_at_least_30_kB() -> None:
    assert Scene(link(there=line(bits_per_s=10**6, delay_ns=MS))).way().directions[0].queue_bytes == 30_000


def test_troubles_that_overlap_combine_by_their_rules() -> None:
    scene = wan(loss=0.5, corrupt=0.1)
    direction = scene.way().directions[0]
    first = Trouble(loss=0.5, corrupt=0.5, duplicate=0.25, reorder=0.5, extra_delay_ns=5, factor=Fraction(1, 2))
    second = Trouble(loss=0.5, duplicate=0.5, extra_delay_ns=7, factor=Fraction(1, 4))
    scene.network.add(direction, first)
    scene.network.add(direction, second)
    assert (direction.loss_now, direction.corrupt_now, direction.duplicate_now) == (0.875, 0.55, 0.625)
    assert (scene.way().loss_now, scene.way().corrupt_now) == (0.875, 0.55)
    assert (direction.reorder_now, direction.delay_now_ns, direction.capacity) == (0.5, 20 * MS + 12, 25 * 10**6)
    scene.network.remove(direction, first)
    assert (direction.loss_now, direction.corrupt_now, direction.duplicate_now) == (0.75, 0.1, 0.5)
    with pytest.raises(ValueError, match="not in list"):
        scene.network.remove(direction, first)


# -- luck --------------------------------------------------------------------------------------------------------------


def delays(network: Network, scene: Scene, name: str) -> list[int]:
    return [sum(scene.session(name).jitter_ns()) for _ in range(200)]


def test_jitter_is_one_extra_delay_a_transfer_around_the_delay_and_never_negative() -> None:
    scene = Scene(link(there=line(delay_ns=10 * MS, jitter_ns=20 * MS)))
    for n in range(300):
        scene.send(f"x{n}", 1000, at_ns=n * S)
    scene.run()
    extra = [flow.arrives_ns - scene.ended_ns[name] - 10 * MS for name, flow in scene.flows.items()]
    assert min(extra) == -10 * MS
    assert 19 * MS < max(extra) <= 20 * MS
    assert sum(one == -10 * MS for one in extra) / 300 == pytest.approx(0.25, abs=0.1)
    assert sum(one > 0 for one in extra) / 300 == pytest.approx(0.5, abs=0.1)


def test_luck_belongs_to_the_name_of_a_session_and_goes_on_with_the_next_of_that_name() -> None:
    def drawn(names: str) -> dict[str, list[int]]:
        scene = Scene(link(there=line(delay_ns=10 * MS, jitter_ns=5 * MS)))
        return {name: delays(scene.network, scene, name) for name in names}

    assert drawn("ab")["b"] == drawn("b")["b"]
    assert drawn("ab")["a"] != drawn("ab")["b"]
    scene = Scene(link(there=line(delay_ns=10 * MS, jitter_ns=5 * MS)))
    first = delays(scene.network, scene, "a")
    del scene.sessions["a"]
    assert delays(scene.network, scene, "a") != first
