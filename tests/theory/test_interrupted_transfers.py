"""Transfers that fail and begin again, against their closed forms (NUMBERS.md 1.7).

Work of s, failures at rate f while it lasts, an overhead r before each new attempt:

    from zero each time        E[T] = (e^(f s) - 1)(1/f + r)
    nothing is lost            E[T] = s (1 + f r)
    n checkpointed chunks      E[T] = n (e^(f s / n) - 1)(1/f + r)

Two steps, as in test_queues: what the simulator takes, with the flow broken off at each failure and the rest begun
again, equals the arithmetic with the same luck to the nanosecond; the arithmetic's mean over many runs lies within its
99 % interval, half of which is below 2 %.

Source: Ross, Introduction to Probability Models, example 3.15 ff.; Young (1974) and Daly (2006) for checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import stats

from sim.streams import Streams
from sim.world.clock import Clock, Order, Process
from sim.world.network import Network, Session
from tests.world.network.nets import BYTE_A_NS, line, link

WORK_NS = 10**9  # a byte a nanosecond: as many bytes
Kept = Callable[[int], int]  # how much of what was served in an attempt need not be sent again

KEEPS: dict[str, Kept] = {
    "nothing": lambda _served: 0,
    "all": lambda served: served,
    "eighths": lambda served: served // (WORK_NS // 8) * (WORK_NS // 8),
}


def expected_ns(keeps: str, failures: float, overhead_ns: float) -> float:
    """`failures` is f s: how many to expect within the work."""
    mean_ns = WORK_NS / failures
    match keeps:
        case "nothing":
            return math.expm1(failures) * (mean_ns + overhead_ns)
        case "all":
            return WORK_NS + failures * overhead_ns
    return 8 * math.expm1(failures / 8) * (mean_ns + overhead_ns)


def fails_after_ns(failures: float, seed: int) -> Iterator[int]:
    luck = np.random.Generator(np.random.Philox(key=seed))
    while True:
        yield from (int(after) for after in luck.exponential(WORK_NS / failures, 64))


def computed_ns(keeps: Kept, overhead_ns: int, fails: Iterator[int]) -> int:
    left, takes = WORK_NS, 0
    for after in fails:
        if after >= left:
            return takes + left
        takes += after + overhead_ns
        left -= keeps(after)
    raise AssertionError


def simulated_ns(keeps: Kept, overhead_ns: int, fails: Iterator[int]) -> int:
    clock = Clock()
    network = Network(clock, Streams(1), [link(there=line(bits_per_s=BYTE_A_NS))])
    session = Session(network, network.way((("l", "a", "b"),)))
    done: list[int] = []

    def carry() -> Process:
        left = WORK_NS
        for after in fails:
            flow = network.begin(session, left)
            yield clock.either(flow.ended, clock.at(clock.now_ns + after, Order.NETWORK))
            if flow.ended.triggered:
                done.append(clock.now_ns)
                return
            left -= keeps(network.break_off(flow))
            assert flow.broken_off
            yield clock.at(clock.now_ns + overhead_ns, Order.NETWORK)

    clock.start(carry())
    clock.run(10**18, lambda _: None)
    return done[0]


@pytest.mark.parametrize("keeps", KEEPS)
@pytest.mark.parametrize("failures", [0.5, 3.0])
def test_each_run_takes_what_its_failures_say(keeps: str, failures: float) -> None:
    overhead_ns, broken = 10**8, 0
    for seed in range(25):
        simulated = simulated_ns(KEEPS[keeps], overhead_ns, fails_after_ns(failures, seed))
        assert simulated == computed_ns(KEEPS[keeps], overhead_ns, fails_after_ns(failures, seed))
        broken += simulated > WORK_NS
    assert broken >= 5


@pytest.mark.parametrize("keeps", KEEPS)
@pytest.mark.parametrize("failures", [0.5, 2.0])
@pytest.mark.parametrize("overhead_ns", [0, 3 * 10**8])
def test_the_mean_is_that_of_theory(keeps: str, failures: float, overhead_ns: int) -> None:
    fails = fails_after_ns(failures, 1)
    values = np.array([computed_ns(KEEPS[keeps], overhead_ns, fails) for _ in range(25_000)], dtype=float)
    mean, half = values.mean(), stats.t.ppf(0.995, values.size - 1) * values.std(ddof=1) / math.sqrt(values.size)
    assert abs(mean - expected_ns(keeps, failures, overhead_ns)) <= half + 1, "a nanosecond for rounding"
    assert half < 0.02 * mean


def test_without_resume_five_failures_to_a_transfer_take_a_hundred_and_forty_seven_times_the_mean_between_them() -> (
    None
):
    assert round(expected_ns("nothing", 5.0, 0) / (WORK_NS / 5)) == 147
