"""Throttles and profiles: capacities that change by themselves (NUMBERS.md 1.3)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.network import Steps, ThrottleSpec, Trouble
from tests.world.network.nets import MS, S, Scene, line, link

MB = 10**6


def throttled(*throttles: ThrottleSpec, bits_per_s: int = 80 * MB, **spec: object) -> Scene:
    return Scene(link(there=line(bits_per_s=bits_per_s, throttles=throttles, **spec)))


def test_a_burst_goes_at_the_rate_of_the_line_and_the_rest_at_that_of_the_throttle() -> None:
    # 10 MB/s line, 1 MB/s throttle, 9 MB burst: the burst lasts 1 s (10 - 1 tokens a second), then (S - b) / r
    scene = throttled(ThrottleSpec(bits_per_s=8 * MB, burst_bytes=9 * MB))
    scene.send("x", 20 * MB)
    scene.run()
    assert scene.ended_ns == {"x": 11 * S}
    assert scene.flows["x"].served_bytes(S) == 10 * MB


def test_a_bucket_fills_while_nothing_passes_and_no_further_than_its_burst() -> None:
    scene = throttled(ThrottleSpec(bits_per_s=8 * MB, burst_bytes=9 * MB))
    scene.send("x", 10 * MB)
    scene.send("y", 10 * MB, at_ns=5 * S + 500 * MS)  # 4.5 MB of tokens: for half a second, in which 5 MB pass
    scene.send("z", 10 * MB, at_ns=60 * S)
    scene.run()
    assert scene.ended_ns == {"x": S, "y": 11 * S, "z": 61 * S}


def test_who_shares_a_throttled_line_shares_its_tokens() -> None:
    scene = throttled(ThrottleSpec(bits_per_s=8 * MB, burst_bytes=9 * MB))
    scene.send("x", 10 * MB)
    scene.send("y", 10 * MB)
    scene.run()
    assert scene.ended_ns == {"x": 11 * S, "y": 11 * S}


def test_of_several_throttles_each_holds() -> None:
    fast = ThrottleSpec(bits_per_s=40 * MB, burst_bytes=5 * MB)
    slow = ThrottleSpec(bits_per_s=8 * MB, burst_bytes=9 * MB)
    scene = throttled(fast, slow)
    scene.send("x", 20 * MB)
    scene.run()
    # the first is dry after 1 s; from there 5 MB/s until the second is, too: no more than b + r t passes of either
    assert scene.flows["x"].served_bytes(S) == 10 * MB
    assert scene.ended_ns == {"x": 11 * S}


def test_a_throttle_of_office_hours_holds_in_its_windows_only() -> None:
    scene = throttled(ThrottleSpec(bits_per_s=8 * MB, from_ns=8 * S, until_ns=18 * S, every_ns=24 * S))
    for n, at in enumerate((0, 7, 17, 32, 42)):
        scene.send(f"x{n}", 20 * MB, at_ns=at * S)
    scene.run()
    # x1: 10 MB free, 9 alone at a tenth, half of one and of the line with x2 at its side, which then has it for itself
    # x3: 10 MB at a tenth, then half of the line
    assert scene.ended_ns == {"x0": 2 * S, "x1": 18 * S + 100 * MS, "x2": 20 * S, "x3": 44 * S, "x4": 45 * S}


def test_an_unlimited_line_with_a_throttle_is_as_fast_as_its_tokens() -> None:
    scene = throttled(ThrottleSpec(bits_per_s=8 * MB, burst_bytes=MB), bits_per_s=0)
    scene.send("x", 3 * MB)
    scene.run()
    assert scene.ended_ns["x"] == pytest.approx(2 * S, abs=2 * MS)


def test_a_throttle_without_a_packet_of_burst_is_a_rate() -> None:
    scene = throttled(ThrottleSpec(bits_per_s=8 * MB, burst_bytes=1500))
    scene.send("x", MB)
    scene.run()
    assert scene.ended_ns == {"x": S}


def test_a_throttle_on_a_tcp_link_counts_headers_too() -> None:
    spec = line(bits_per_s=80 * MB, delay_ns=10 * MS, throttles=(ThrottleSpec(bits_per_s=8 * MB, burst_bytes=9 * MB),))
    scene = Scene(link(there=spec, congestion="cubic"))
    scene.send("x", 20 * MB)
    scene.run()
    wire = 20 * MB * 1500 / 1448
    assert scene.ended_ns["x"] >= (wire - 9 * MB) / MB * S
    assert scene.ended_ns["x"] == pytest.approx((wire - 9 * MB) / MB * S, rel=0.02)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bits_per_s": 0},
        {"bits_per_s": 1, "burst_bytes": -1},
        {"bits_per_s": 1, "from_ns": 5, "until_ns": 5},
        {"bits_per_s": 1, "every_ns": 5},
        {"bits_per_s": 1, "from_ns": 1, "until_ns": 7, "every_ns": 5},
    ],
)
def test_a_throttle_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"throttle|window"):
        ThrottleSpec(**wrong)


# -- profiles ----------------------------------------------------------------------------------------------------------


def test_a_bandwidth_profile_is_followed_step_by_step_over_and_over() -> None:
    steps = Steps((0, 10 * S), (Fraction(8 * MB), Fraction(80 * MB)), loop_ns=20 * S)
    scene = Scene(link(there=line(bits_per_s=0, bandwidth=steps)))
    scene.send("x", 10 * MB + 100 * MB + 10 * MB + 50 * MB)
    scene.run()
    assert scene.ended_ns == {"x": 35 * S}
    assert scene.network.direction("l", "a", "b").bits_per_s == 80 * MB


def test_a_factor_profile_multiplies_and_so_do_troubles() -> None:
    steps = Steps((0, 10 * S), (Fraction(1), Fraction(1, 4)))
    scene = Scene(link(there=line(bits_per_s=8 * MB, factor=steps)))
    scene.trouble(0, 4 * S, Trouble(factor=Fraction(1, 2)))
    scene.send("x", 10 * MB)
    scene.run()
    assert scene.ended_ns == {"x": 18 * S}


def test_a_profile_that_dries_up_takes_the_way_down_even_when_nobody_is_on_it() -> None:
    steps = Steps((0, 10 * S, 20 * S), (Fraction(1), Fraction(0), Fraction(1)), loop_ns=30 * S)
    scene = Scene(link(there=line(bits_per_s=8 * MB, factor=steps), back=line()))
    way, heard = scene.way(), []
    way.changed.calls(lambda: heard.append((scene.clock.now_ns, way.usable)))
    scene.send("x", 2 * MB, at_ns=39 * S)
    scene.run(60 * S)
    assert heard == [(10 * S, False), (20 * S, True), (40 * S, False), (50 * S, True)]
    assert scene.ended_ns == {"x": 51 * S}


@pytest.mark.parametrize("times", [(), (1,), (0, 0), (0, 5, 3), (0, 10)])
def test_steps_out_of_order_are_refused(times: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="step"):
        Steps(times, tuple(Fraction(1) for _ in times), loop_ns=10)


def test_a_profile_costs_an_event_a_step_and_only_while_something_is_under_way() -> None:
    steps = Steps((0, S), (Fraction(8 * MB), Fraction(16 * MB)), loop_ns=2 * S)
    scene = Scene(link(there=line(bits_per_s=0, bandwidth=steps)))
    scene.send("x", 3 * MB, at_ns=1000 * S)
    scene.run()
    assert scene.ended_ns == {"x": 1002 * S}
    assert scene.clock.events_handled == 1 + 3 + 1


# -- the law -----------------------------------------------------------------------------------------------------------

jobs = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 200_000)), min_size=1, max_size=6)


@given(jobs, st.integers(1, 64), st.integers(1500, 60_000), st.integers(1, 200), st.sampled_from(["ideal", "cubic"]))
def test_T8_what_passes_a_throttle_in_any_window_is_at_most_burst_and_rate_times_window(
    jobs: list[tuple[int, int]], rate: int, burst: int, bits_per_s: int, congestion: str
) -> None:
    spec = ThrottleSpec(bits_per_s=rate * MB, burst_bytes=burst)
    scene = Scene(link(there=line(bits_per_s=bits_per_s * MB, delay_ns=MS, throttles=(spec,)), congestion=congestion))
    for n, (at_ms, size) in enumerate(jobs):
        scene.send(f"x{n}", size, at_ns=at_ms * MS)
    scene.run()
    assert len(scene.ended_ns) == len(jobs)
    direction = scene.way().directions[0]
    knots = {time_ns for flow in scene.flows.values() for time_ns in flow.course.curve.times_ns}
    passed = [
        (time_ns, sum(flow.passed_bytes_at(direction, time_ns) for flow in scene.flows.values()))
        for time_ns in sorted(knots)
    ]
    # the greatest excess over the line r x t, of later over earlier: straight between knots, so knots are enough
    least = None
    for time_ns, size in passed:
        above = size * 8 * S - rate * MB * time_ns
        least = above if least is None else min(least, above)
        assert above - least <= (burst + 3 * len(jobs)) * 8 * S
