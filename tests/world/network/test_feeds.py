"""Transfers through a forwarder: what goes out follows what comes in (T8, FIG 16)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.clock import Order
from sim.world.network import Feed, Trouble
from tests.world.network.nets import S, Scene, line, link


def two_hops(up: int = 8 * S, down: int = 8 * S, delay_ns: int = 0, congestion: str = "ideal") -> Scene:
    return Scene(
        link("u", "a", "b", there=line(bits_per_s=up, delay_ns=delay_ns), congestion=congestion),
        link("d", "b", "c", there=line(bits_per_s=down), congestion=congestion),
    )


def forward(
    scene: Scene, size: int, chunk: int, held: int = 0, at_ns: int = 0, wires: tuple[int, int] | None = None
) -> None:
    scene.send("up", size - held, way=scene.way("a", "b"), wire=wires and wires[0])
    scene.send(
        "down", size, at_ns, way=scene.way("b", "c"), wire=wires and wires[1],
        feed=lambda: Feed(scene.flows["up"], held, chunk),
    )  # fmt: skip


def never_ahead(scene: Scene, chunk: int, held: int, instants: list[int]) -> None:
    up, down = scene.flows["up"], scene.flows["down"]
    for instant in instants:
        arrived = up.arrived_bytes(instant)
        there = arrived if up.ended.triggered and arrived == up.size_bytes else max(0, arrived - chunk)
        assert down.served_bytes(instant) <= held + there


def test_a_fast_hop_follows_a_slow_one_a_chunk_behind_and_ends_with_it() -> None:
    scene = two_hops(up=4 * S, delay_ns=50)
    forward(scene, 1000, 100)
    scene.run()
    down = scene.flows["down"]
    assert scene.ended_ns["up"] == 2000
    assert 2050 < scene.ended_ns["down"] <= 2050 + 110
    assert down.served_bytes(50 + 200) == 0
    assert down.served_bytes(50 + 1200) == pytest.approx(500, abs=5)
    never_ahead(scene, 100, 0, list(range(0, 3000, 7)))


def test_a_slow_hop_behind_a_fast_one_waits_for_the_first_chunk_only() -> None:
    scene = two_hops(down=4 * S)
    forward(scene, 1000, 100)
    scene.run()
    assert scene.ended_ns["down"] == pytest.approx(100 + 2000, abs=10)


def test_what_is_held_goes_at_once() -> None:
    scene = two_hops(up=S)
    forward(scene, 1000, 100, held=600)
    scene.run()
    assert scene.flows["down"].served_bytes(600) == 600
    assert scene.ended_ns["up"] == 3200
    assert 3200 < scene.ended_ns["down"] <= 3310


def test_what_has_all_arrived_when_it_begins_is_an_ordinary_transfer() -> None:
    scene = two_hops()
    forward(scene, 1000, 100, at_ns=1500)
    scene.run()
    assert scene.ended_ns["down"] == 2500


def test_a_stall_upstream_holds_what_is_fed_back_and_no_longer() -> None:
    scene = two_hops(up=4 * S)
    forward(scene, 1000, 100)
    scene.trouble(1000, 5000, Trouble(down=True), ("u", "a", "b"))
    scene.run()
    assert scene.ended_ns["up"] == 6000
    assert scene.flows["down"].served_bytes(4999) <= 400
    assert 6000 < scene.ended_ns["down"] <= 6110
    never_ahead(scene, 100, 0, list(range(0, 7000, 13)))


def test_a_feed_that_breaks_off_gives_no_more() -> None:
    scene = two_hops(up=4 * S)
    forward(scene, 1000, 100)
    scene.at(1000, lambda: scene.network.break_off(scene.flows["up"]), Order.DISASTER)
    scene.run(100_000)
    assert "down" not in scene.ended_ns
    assert 390 <= scene.flows["down"].served_bytes(100_000) <= 400


def test_a_tree_of_feeds_takes_events_that_do_not_depend_on_chunks() -> None:
    counts = []
    for chunk in (1, 10, 1000):
        scene = two_hops()
        forward(scene, 100_000, chunk)
        scene.run()
        assert len(scene.ended_ns) == 2
        counts.append(scene.clock.events_handled)
    assert len(dict.fromkeys(counts)) == 1


rates = st.integers(S // 10, 64 * S)


@given(
    rates, rates, st.integers(1, 5000), st.integers(0, 200), st.integers(0, 300), st.integers(0, 500),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 2000), st.sampled_from("ud")), max_size=3),
    st.integers(1, 3), st.integers(1, 3),
)  # fmt: skip
def test_T8_a_fed_transfer_is_never_ahead_of_what_has_arrived_and_ends_after_it(
    up: int, down: int, size: int, chunk: int, delay: int, held: int,
    outages: list[tuple[int, int, str]], pack: int, unpack: int,
) -> None:  # fmt: skip
    scene = two_hops(up, down, delay)
    size += held
    forward(scene, size, chunk, held, wires=((size - held) // pack + 40, size // unpack + 40))
    ends = {"u": ("a", "b"), "d": ("b", "c")}
    for begin, length, name in outages:
        scene.trouble(begin, begin + length, Trouble(down=True), (name, *ends[name]))
        scene.trouble(begin // 2, begin + length, Trouble(extra_delay_ns=length), ("u", "a", "b"))
    scene.run()
    end = scene.ended_ns["down"]
    assert end >= scene.flows["up"].arrives_ns
    assert scene.flows["down"].served_bytes(end) == size
    instants = sorted({*range(0, end + 10, max(1, end // 23)), *scene.flows["down"].course.curve.times_ns})
    never_ahead(scene, chunk, held, instants)
    for earlier, later in pairwise(instants):
        served = scene.flows["down"].carried_bytes(later) - scene.flows["down"].carried_bytes(earlier)
        assert (served - 3) * 8 * S <= down * (later - earlier)


@given(rates, rates, st.integers(100, 20_000), st.integers(0, 100))
def test_a_fed_transfer_wastes_no_time(up: int, down: int, size: int, chunk: int) -> None:
    # as fast as either allows: the last chunk goes once it is there, the rest as it comes or as fast as the line
    scene = two_hops(up, down)
    forward(scene, size, chunk)
    scene.run()
    slow, last = size * 8 * S / min(up, down), (chunk + 3) * 8 * S / down + (chunk + 3) * 8 * S / up
    assert slow - 2 <= scene.ended_ns["down"] <= slow + last + 5
