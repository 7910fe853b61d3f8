"""Token buckets against the network calculus (NUMBERS.md 1.3).

    what a throttle of burst b and rate r lets through in any window w is at most b + r w
    a long transfer of S > b on a faster line ends at (S - b) / r
    arrivals of at most sigma + rho t, served at R >= rho after a latency L: backlog <= sigma + rho L,
    delay <= L + sigma / R

Source: Le Boudec and Thiran, Network Calculus, 1.4 (theorems 1.4.1 and 1.4.2).
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.network import Feed, Flow, ThrottleSpec
from tests.world.network.nets import MS, S, Scene, line, link

MB = 10**6


@pytest.mark.parametrize(
    ("size_mb", "burst_mb", "rate", "line_rate"),
    [(100, 20, 1, 11), (100, 0, 1, 11), (50, 49, 7, 14), (1000, 90, 10, 100), (30, 30, 5, 1000)],
)
def test_a_long_transfer_ends_at_S_minus_b_over_r(size_mb: int, burst_mb: int, rate: int, line_rate: int) -> None:
    throttle = ThrottleSpec(bits_per_s=8 * MB * rate, burst_bytes=burst_mb * MB)
    scene = Scene(link(there=line(bits_per_s=8 * MB * line_rate, throttles=(throttle,))))
    scene.send("x", size_mb * MB)
    scene.run()
    burst_ends_ns = -(-burst_mb * S // (line_rate - rate))
    if size_mb * MB * S <= line_rate * MB * burst_ends_ns:
        assert scene.ended_ns["x"] == -(-size_mb * S // line_rate), "all of it is the burst"
    else:
        exact = (size_mb - burst_mb) * S / rate
        # the tokens are used up at an instant that is rounded down: what passes in its rest is slower
        assert exact <= scene.ended_ns["x"] <= exact + line_rate / rate + 1


def through_two_hops(burst: int, rate: int, serves: int, latency_ns: int, sizes: list[tuple[int, int]]) -> Scene:
    """A throttled hop into a forwarder, whose way on is the server of rate and latency."""
    throttle = ThrottleSpec(bits_per_s=rate * 8 * MB, burst_bytes=burst)
    scene = Scene(
        link("in", "a", "b", there=line(bits_per_s=800 * MB * 8, throttles=(throttle,))),
        link("out", "b", "c", there=line(bits_per_s=serves * 8 * MB, delay_ns=latency_ns)),
    )
    for n, (at_ms, size) in enumerate(sizes):
        scene.send(f"in{n}", size, at_ns=at_ms * MS, way=scene.way("a", "b"))
        feed = lambda n=n: Feed(scene.flows[f"in{n}"], 0, 0)  # noqa: E731
        scene.send(f"out{n}", size, at_ns=at_ms * MS, way=scene.way("b", "c"), feed=feed)
    return scene.run()


def total(scene: Scene, side: str, time_ns: int) -> int:
    return sum(flow.arrived_bytes(time_ns) for name, flow in scene.flows.items() if name.startswith(side))


def knots(flows: list[Flow]) -> list[int]:
    return sorted({time_ns for flow in flows for time_ns in (*flow.course.curve.times_ns, flow.arrives_ns)})


@given(
    st.integers(2_000, 100_000), st.integers(1, 20), st.integers(0, 60), st.integers(0, 50),
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 200_000)), min_size=1, max_size=4),
)  # fmt: skip
def test_backlog_and_delay_behind_a_throttle_stay_within_their_bounds(
    burst: int, rate: int, faster: int, latency_ms: int, sizes: list[tuple[int, int]]
) -> None:
    serves, latency_ns = rate + faster, latency_ms * MS
    scene = through_two_hops(burst, rate, serves, latency_ns, sizes)
    slack = 8 * len(sizes)  # bytes: roundings, and what a feed holds back of its last bytes
    backlog_most = burst + rate * MB * latency_ns / S + slack
    delay_most_ns = latency_ns + -(-(burst + slack) * S // (serves * MB))
    for time_ns in knots(list(scene.flows.values())):
        assert total(scene, "in", time_ns) - total(scene, "out", time_ns) <= backlog_most
        assert total(scene, "out", time_ns + delay_most_ns) >= total(scene, "in", time_ns) - slack


def test_the_bounds_are_reached_by_a_burst_after_a_rest() -> None:
    burst, rate, serves, latency_ns = MB, 1, 2, 100 * MS
    scene = through_two_hops(burst, rate, serves, latency_ns, [(0, 2 * MB)])
    instants = range(0, 3 * S, MS)
    backlog = max(total(scene, "in", at) - total(scene, "out", at) for at in instants)
    assert backlog == pytest.approx(burst + rate * MB * latency_ns / S, rel=0.01)
    arrived = scene.flows["in0"].arrived_bytes
    burst_there_ns = next(at for at in range(0, 10 * MS, 1000) if arrived(at) >= burst)
    delay = next(at for at in range(0, 2 * S, 10_000) if total(scene, "out", at) >= burst) - burst_there_ns
    assert delay == pytest.approx(latency_ns + burst * S / (serves * MB), rel=0.01)


def test_what_a_throttle_lets_through_in_the_window_of_a_burst_is_burst_and_rate_times_window() -> None:
    scene = through_two_hops(MB, 1, 100, 0, [(0, 3 * MB), (5000, 3 * MB)])
    flows = [scene.flows["in0"], scene.flows["in1"]]
    passed = {at: sum(flow.served_bytes(at) for flow in flows) for at in knots(flows)}
    for begin, end in pairwise(passed):
        assert passed[end] - passed[begin] <= MB + (end - begin) * MB / S + 4
    assert passed[max(passed)] == 6 * MB
    tight = scene.flows["in1"].served_bytes(5 * S + 500 * MS)
    assert tight == pytest.approx(MB + MB // 2, abs=10), "a full bucket gives burst + rate x window at once"
