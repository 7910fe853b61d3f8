"""T8 whatever a connection plans: with pauses, repeats, sleep, windows that drain, and forwarders in between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.network import Direction, Feed, Flow, Trouble
from sim.world.network.traffic import Traffic
from tests.world.network.nets import MS, S, Scene, line, link
from tests.world.network.ragged import WINDOW, Ragged, ragged_session

UP, DOWN = ("u", "a", "b"), ("d", "b", "c")
TROUBLES = {
    "down": Trouble(down=True),
    "late": Trouble(extra_delay_ns=30 * MS),
    "lost": Trouble(loss=1.0),
}


@dataclass(frozen=True)
class Case:
    seed: int
    rates: tuple[int, int]  # Mbit/s
    sizes: list[int]  # transfers one after another, each over both hops, the second fed by the first
    chunk: int
    pack: tuple[int, int]  # carried bytes for each hop: the size divided by this
    others: list[tuple[int, int, bool]]  # (begin in ms, size, over the first hop or the second)
    troubles: list[tuple[int, int, str, bool, bool]]  # (begin, length in ms, kind, first hop, backwards)


cases = st.builds(
    Case,
    st.integers(0, 10**6),
    st.tuples(st.integers(1, 100), st.integers(1, 100)),
    st.lists(st.integers(1, 500_000), min_size=1, max_size=3),
    st.integers(0, 50_000),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 500_000), st.booleans()), max_size=3),
    st.lists(
        st.tuples(
            st.integers(0, 1500), st.integers(1, 800), st.sampled_from(sorted(TROUBLES)), st.booleans(), st.booleans()
        ),
        max_size=4,
    ),
)


def play(case: Case) -> Scene:
    scene = Scene(
        link(*UP, there=line(bits_per_s=case.rates[0] * 10**6, delay_ns=5 * MS), congestion="cubic"),
        link(*DOWN, there=line(bits_per_s=case.rates[1] * 10**6, delay_ns=5 * MS), congestion="cubic"),
    )
    ways = {True: scene.way("a", "b"), False: scene.way("b", "c")}
    for n, name in enumerate(("up", "down")):
        scene.sessions[name] = ragged_session(scene.network, ways[n == 0], name, case.seed + n)
    for n, (begin_ms, size, first) in enumerate(case.others):
        scene.sessions[f"o{n}"] = ragged_session(scene.network, ways[first], f"o{n}", case.seed + 2 + n)
        scene.send(f"o{n}", size, begin_ms * MS)
    for begin_ms, lasts_ms, kind, first, backwards in case.troubles:
        name, near, far = UP if first else DOWN
        hop = (name, far, near) if backwards else (name, near, far)
        scene.trouble(begin_ms * MS, (begin_ms + lasts_ms) * MS, TROUBLES[kind], hop)
    chain(scene, case, 0)
    scene.run(10**13)
    return scene


def chain(scene: Scene, case: Case, n: int) -> None:
    """Send one over both hops, and the next when both have ended."""
    if n == len(case.sizes):
        return
    now, size = scene.clock.now_ns, case.sizes[n]
    up, down = f"up{n}", f"down{n}"
    wires = [max(1, size // pack) for pack in case.pack]
    scene.send(up, size, now, session="up", wire=wires[0])
    feed = lambda: Feed(scene.flows[up], 0, case.chunk)  # noqa: E731
    scene.send(down, size, now, session="down", wire=wires[1], feed=feed)

    def watch() -> None:
        both = scene.clock.both(scene.flows[up].ended, scene.flows[down].ended)
        both.callbacks.append(lambda _event: chain(scene, case, n + 1))

    scene.at(now, watch)


def down_at(case: Case, direction: Direction, time_ns: int) -> bool:
    def hits(first: bool, backwards: bool) -> bool:
        name, near, far = UP if first else DOWN
        hop = (name, far, near) if backwards else (name, near, far)
        return hop == (direction.link, direction.source, direction.destination)

    return any(
        begin * MS <= time_ns < (begin + lasts) * MS and kind != "late" and hits(first, backwards)
        for begin, lasts, kind, first, backwards in case.troubles
    )


def excess_bytes(scene: Scene, case: Case) -> float:
    """By how much capacity times window was exceeded in the worst window."""
    instants = {time_ns for flow in scene.flows.values() for time_ns in flow.course.curve.times_ns}
    for begin, lasts, *_ in case.troubles:
        instants |= {begin * MS, (begin + lasts) * MS}
    worst = 0.0
    for direction in scene.network.directions.values():
        above = least = 0.0
        flows = [flow for flow in scene.flows.values() if direction in flow.directions]
        for begin, end in pairwise(sorted(instants)):
            size = sum(flow.passed_bytes_at(direction, end) - flow.passed_bytes_at(direction, begin) for flow in flows)
            room = 0 if down_at(case, direction, begin) else direction.bits_per_s * (end - begin) / (8 * S)
            above += size - room
            worst, least = max(worst, above - least), min(least, above)
    return worst


def knots(scene: Scene) -> list[int]:
    return sorted({time_ns for flow in scene.flows.values() for time_ns in flow.course.curve.times_ns})


@given(cases)
def test_T8_capacity_order_and_conservation_hold_whatever_the_connections_plan(case: Case) -> None:
    scene = play(case)
    assert len(scene.ended_ns) == 2 * len(case.sizes) + len(case.others)
    assert excess_bytes(scene, case) <= 5 * len(scene.flows)
    for name, flow in scene.flows.items():
        assert flow.served_bytes(scene.ended_ns[name]) == flow.size_bytes
        offered = 0
        for instant in knots(scene):
            balance = flow.balance(instant)
            assert min(balance) >= 0
            assert balance.offered >= offered
            assert flow.arrived_bytes(instant + 5 * MS) <= flow.served_bytes(instant)
            offered = balance.offered


@given(cases)
def test_T8_a_forwarder_is_never_ahead_whatever_the_connections_plan(case: Case) -> None:
    scene = play(case)
    for n, size in enumerate(case.sizes):
        up, down = scene.flows[f"up{n}"], scene.flows[f"down{n}"]
        assert (up.ends_ns or 0) + 5 * MS <= up.arrives_ns <= (down.ends_ns or 0)
        for instant in knots(scene):
            arrived = up.arrived_bytes(instant)
            assert down.served_bytes(instant) <= (arrived if arrived == size else max(0, arrived - case.chunk))


def beside_one_that_drains() -> int:
    """One transfer drains out of its window over both hops, one over the first goes on: by how much it was too much."""
    scene = Scene(link(*UP, there=line(bits_per_s=8 * 10**6), congestion="cubic"), link(*DOWN, congestion="cubic"))
    scene.sessions["x"] = ragged_session(scene.network, scene.way("a", "c"), "x", 3)
    scene.send("x", 10**6)
    scene.send("y", 10**6, way=scene.way("a", "b"))
    scene.trouble(500 * MS, 5 * S, Trouble(down=True), ("d", "c", "b"))
    scene.run()
    first, flows = scene.way("a", "b").directions[0], scene.flows.values()
    moved = sum(flow.passed_bytes_at(first, 520 * MS) - flow.passed_bytes_at(first, 500 * MS) for flow in flows)
    assert scene.flows["x"].served_bytes(520 * MS) > scene.flows["x"].served_bytes(500 * MS)
    return moved - 20_000


def test_T8_what_drains_out_of_a_window_keeps_its_share_until_it_has() -> None:
    assert beside_one_that_drains() <= 10


def test_T8_crime_a_window_that_drains_uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    stall = Traffic._stall

    def forgets(traffic: Traffic, flow: Flow, window_passes: bool) -> None:
        stall(traffic, flow, window_passes)
        flow.draining = False

    monkeypatch.setattr(Traffic, "_stall", forgets)
    assert beside_one_that_drains() > 5_000


def test_a_window_drains_at_the_share_it_had_and_no_more_of_it_goes() -> None:
    scene = Scene(link(*UP, there=line(bits_per_s=8 * 10**6), congestion="cubic"))
    scene.sessions["x"] = ragged_session(scene.network, scene.way("a", "b"), "x", 3)
    scene.send("x", 10**6)
    scene.trouble(500 * MS, 2 * S, Trouble(down=True), ("u", "b", "a"))
    scene.run()
    flow = scene.flows["x"]
    at_cut = flow.served_bytes(500 * MS)
    assert 0 < at_cut < 10**6 - WINDOW
    assert flow.served_bytes(2 * S) == at_cut + WINDOW
    assert flow.served_bytes(510 * MS) <= at_cut + 10_000


def test_a_window_that_drains_into_a_line_that_goes_down_stops_there() -> None:
    scene = Scene(link(*UP, there=line(bits_per_s=8 * 10**6), congestion="cubic"))
    scene.sessions["x"] = ragged_session(scene.network, scene.way("a", "b"), "x", 3)
    scene.send("x", 10**6)
    scene.trouble(500 * MS, 2 * S, Trouble(down=True), ("u", "b", "a"))
    scene.trouble(510 * MS, 2 * S, Trouble(down=True), UP)
    scene.run()
    flow = scene.flows["x"]
    assert flow.served_bytes(500 * MS) < flow.served_bytes(510 * MS) == flow.served_bytes(2 * S)
    assert flow.served_bytes(scene.ended_ns["x"]) == 10**6


def test_a_fed_transfer_without_acknowledgements_keeps_its_window_and_never_gets_ahead() -> None:
    """A window that drained by the old plan of its feed was served before it had come in, once the feed stalled."""
    scene = Scene(
        link(*UP, there=line(bits_per_s=8 * 10**6)), link(*DOWN, there=line(bits_per_s=8 * 10**6), congestion="cubic")
    )
    scene.sessions["down"] = ragged_session(scene.network, scene.way("b", "c"), "down", 3)
    scene.send("up", 10**6, way=scene.way("a", "b"))
    scene.send("down", 10**6, session="down", feed=lambda: Feed(scene.flows["up"], 0, 0))
    scene.trouble(500 * MS, 2 * S, Trouble(down=True), ("d", "c", "b"))
    scene.trouble(500 * MS, 3 * S, Trouble(down=True), UP)
    scene.run()
    up, down = scene.flows["up"], scene.flows["down"]
    assert 0 < down.served_bytes(500 * MS) == down.served_bytes(2 * S)
    assert all(down.served_bytes(at * MS) <= up.arrived_bytes(at * MS) for at in range(0, 6000, 10))
    assert down.served_bytes(scene.ended_ns["down"]) == 10**6


def test_the_time_of_a_connection_stands_still_while_there_is_nothing_to_send() -> None:
    scene = Scene(
        link(*UP, there=line(bits_per_s=10**6)), link(*DOWN, there=line(bits_per_s=100 * 10**6), congestion="cubic")
    )
    session = scene.sessions["down"] = ragged_session(scene.network, scene.way("b", "c"), "down", 1)
    scene.send("up", 10**6, way=scene.way("a", "b"))
    scene.send("down", 10**6, session="down", feed=lambda: Feed(scene.flows["up"], 0, 1000))
    scene.send("next", 10**6, 20 * S, session="down")
    scene.run()
    assert scene.ended_ns["down"] > 8 * S
    assert session.waited_ns > 7 * S
    carrier = session.connection
    assert isinstance(carrier, Ragged)
    # what the connection sees is a transfer at the line's pace, and a pause of its true length before the next
    assert carrier.calls[-1] == ("begin", 20 * S - session.waited_ns)
