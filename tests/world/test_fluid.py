"""Fluid servers: exact shares, exact instants, nothing created or lost (T8, decision 3)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.world.clock import Clock, Order
from sim.world.fluid import Flow, FluidServer

S = 10**9


def serve(
    jobs: list[tuple[int, int]], bits_per_s: int, cuts: dict[int, int] | None = None
) -> tuple[Clock, list[Flow], dict[int, int]]:
    """Jobs (begin, bytes); `cuts` breaks the flow of an index off at an instant. Answers when each ends."""
    clock = Clock()
    server = FluidServer(clock, bits_per_s)
    flows: dict[int, Flow] = {}
    ended: dict[int, int] = {}

    def begin(index: int, size: int) -> None:
        flows[index] = server.begin(size)
        flows[index].ended.callbacks.append(lambda _event: ended.setdefault(index, clock.now_ns))

    for index, (at, size) in enumerate(jobs):
        clock.call_at(at, Order.NETWORK, lambda index=index, size=size: begin(index, size))
    for index, at in (cuts or {}).items():
        clock.call_at(at, Order.DISASTER, lambda index=index: server.break_off(flows[index]))
    clock.run(10**15, lambda _: None)
    return clock, [flows[index] for index in sorted(flows)], ended


def test_one_flow_takes_size_over_rate_rounded_up() -> None:
    _, _, ended = serve([(7, 1000)], 3 * S)
    assert ended == {0: 7 + -(-8000 // 3)}


def test_equal_flows_share_equally() -> None:
    # 1.2 max-min fair sharing of k equal flows: B / k each
    for k in (2, 3, 7):
        _, _, ended = serve([(0, 1000)] * k, 8 * S)
        assert set(ended.values()) == {1000 * k}


def test_a_flow_that_joins_slows_the_other_down_from_then_on() -> None:
    _, flows, ended = serve([(0, 1000), (500, 1000)], 8 * S)
    assert ended == {0: 1500, 1: 2000}
    assert flows[0].served_bytes(500) == 500
    assert flows[0].served_bytes(1000) == 750


def test_M4_a_broken_flow_keeps_what_was_served_frees_its_share_and_never_ends_again() -> None:
    _, flows, ended = serve([(0, 1000), (0, 1000)], 8 * S, cuts={0: 400})
    assert flows[0].broken_off
    assert flows[0].served_bytes(10_000) == 200
    assert ended == {0: 400, 1: 1200}


def test_unlimited_and_empty_take_no_time() -> None:
    assert serve([(5, 10**12)], 0)[2] == {0: 5}
    assert serve([(5, 0)], 8)[2] == {0: 5}


def test_steps_are_whole_blocks_at_each_instant() -> None:
    _, flows, _ = serve([(0, 1000), (500, 1000)], 8 * S)
    times = np.array([0, 99, 100, 499, 500, 699, 700, 1500, 9999])
    assert flows[0].steps_at(times, 100).tolist() == [0, 0, 1, 4, 5, 5, 6, 10, 10]


def test_steps_are_exact_where_int64_would_overflow() -> None:
    _, flows, ended = serve([(0, 10**13)], 10**12 + 1)
    at = np.array([ended[0] - 1, ended[0]])
    exact = [int(Fraction(10**12 + 1, S) * int(t)) // (4096 * 8) for t in at]
    assert flows[0].steps_at(at, 4096).tolist() == [min(step, 10**13 // 4096) for step in exact]


jobs = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=8)


@given(jobs, st.integers(1, 64 * S), st.integers(0, 20_000), st.integers(0, 20_000))
def test_T8_what_is_served_in_a_window_never_exceeds_capacity(
    jobs: list[tuple[int, int]], rate: int, start: int, length: int
) -> None:
    _, flows, ended = serve(jobs, rate)
    assert sorted(ended) == list(range(len(jobs)))
    served = sum(flow.served_bytes(start + length) - flow.served_bytes(start) for flow in flows)
    assert (served - len(flows)) * 8 * S <= rate * length
    assert all(
        flow.served_bytes(ended[index]) == size for index, (flow, (_, size)) in enumerate(zip(flows, jobs, strict=True))
    )


@given(jobs, st.integers(S // 1000, 64 * S))
def test_T8_a_busy_server_wastes_nothing(jobs: list[tuple[int, int]], rate: int) -> None:
    # work conservation: when all begin at once the last one ends at total / rate, at most a nanosecond a flow later
    _, _, ended = serve([(0, size) for _, size in jobs], rate)
    total = sum(size for _, size in jobs) * 8
    assert total * S <= max(ended.values()) * rate <= total * S + len(jobs) * rate
