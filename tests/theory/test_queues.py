"""Queues on one link against their closed forms (NUMBERS.md 1.2), driven by Poisson arrivals of ideal transfers.

Two steps, because a thousand simulated transfers say little about a mean. First, each wait in the simulator equals, to
the nanosecond, that of an exact recursion with the same arrivals: Lindley's for one session that serves its transfers
one at a time, virtual time for a session each. Then the recursion is held against the formula: the mean lies within its
99 % interval over independent replications (Student t), and half of the interval is below 2 % of it.

Sources: Lindley (1952); Kleinrock, Queueing Systems I, 5.6 (Pollaczek-Khinchine) and II, 4.4 (processor sharing).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.streams import Streams
from sim.world.clock import Clock, Order, Process, Signal
from sim.world.network import Flow, Network, Session
from tests.world.network.nets import BYTE_A_NS, line, link

MEAN_NS = 10**6  # of a transfer: a byte takes a nanosecond
REPLICATIONS = 30
Numbers = NDArray[np.int64]


def luck(name: int, seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=1000 * name + seed))


def poisson(rho: float, n: int, seed: int) -> Numbers:
    """Instants of arrival at `rho` over the mean time of a transfer."""
    return np.cumsum(luck(1, seed).exponential(MEAN_NS / rho, n).astype(np.int64))


def sizes(kind: str, n: int, seed: int) -> Numbers:
    if kind == "equal":
        return np.full(n, MEAN_NS, dtype=np.int64)
    return np.ceil(luck(2, seed).exponential(MEAN_NS, n)).astype(np.int64)


def interval(samples: Iterable[float]) -> tuple[float, float]:
    """Mean, and half of its 99 % interval."""
    values = np.array(list(samples))
    half = stats.t.ppf(0.995, values.size - 1) * values.std(ddof=1) / math.sqrt(values.size)
    return float(values.mean()), float(half)


def network() -> tuple[Clock, Network]:
    clock = Clock()
    return clock, Network(clock, Streams(1), [link(there=line(bits_per_s=BYTE_A_NS))])


# -- one session, first come first served ------------------------------------------------------------------------------


def simulated_waits(came_ns: Numbers, bytes_each: Numbers) -> list[int]:
    """How long each transfer waits until the session is free."""
    clock, net = network()
    session = Session(net, net.way((("l", "a", "b"),)))
    waiting: deque[tuple[int, int]] = deque()
    came, waits = Signal(clock, Order.NETWORK), []

    def arrivals() -> Process:
        for at_ns, size in zip(came_ns.tolist(), bytes_each.tolist(), strict=True):
            yield clock.at(at_ns, Order.NETWORK)
            waiting.append((at_ns, size))
            came.fire()

    def serve() -> Process:
        while True:
            while not waiting:
                yield came.wait()
            at_ns, size = waiting.popleft()
            waits.append(clock.now_ns - at_ns)
            yield net.begin(session, size).ended

    clock.start(arrivals())
    clock.start(serve())
    clock.run(10**15, lambda _: None)
    return waits


def lindley(came_ns: Numbers, lasts_ns: Numbers) -> Numbers:
    """W' = max(0, W + S - A) for all at once: the walk of S - A less its least so far."""
    walk = np.concatenate(([0], np.cumsum(lasts_ns[:-1] - np.diff(came_ns))))
    return walk - np.minimum.accumulate(walk)


@pytest.mark.parametrize("kind", ["equal", "exponential"])
@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_a_queue_of_transfers_waits_as_lindley_says(kind: str, rho: float) -> None:
    came, each = poisson(rho, 700, seed=99), sizes(kind, 700, seed=99)
    waits = simulated_waits(came, each)
    assert waits == lindley(came, each).tolist()
    assert max(waits) > MEAN_NS


def mean_wait(kind: str, rho: float, n: int, seed: int) -> float:
    waits = lindley(poisson(rho, n, seed), sizes(kind, n, seed))
    return float(waits[n // 20 :].mean()) / MEAN_NS


@pytest.mark.parametrize("rho", [0.5, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("kind", ["equal", "exponential"])
def test_the_mean_wait_is_that_of_M_D_1_and_M_M_1(kind: str, rho: float) -> None:
    expected = rho / (1 - rho) / (2 if kind == "equal" else 1)
    n = 500_000 if rho > 0.8 else 100_000
    mean, half = interval(mean_wait(kind, rho, n, seed) for seed in range(REPLICATIONS))
    assert abs(mean - expected) <= half, f"{mean} +- {half}, not {expected}"
    assert half < 0.02 * mean


# -- a session each: processor sharing ---------------------------------------------------------------------------------


def simulated_times(came_ns: Numbers, bytes_each: Numbers) -> list[int]:
    """How long each transfer takes."""
    clock, net = network()
    way = net.way((("l", "a", "b"),))
    flows: list[Flow] = []

    def arrivals() -> Process:
        for n, (at_ns, size) in enumerate(zip(came_ns.tolist(), bytes_each.tolist(), strict=True)):
            yield clock.at(at_ns, Order.NETWORK)
            flows.append(net.begin(Session(net, way, name=str(n)), size))

    clock.start(arrivals())
    clock.run(10**15, lambda _: None)
    ends = [flow.ends_ns for flow in flows]
    assert None not in ends
    return [int(end or 0) - flow.began_ns for flow, end in zip(flows, ends, strict=True)]


def shared_times(came_ns: Numbers, lasts_ns: Numbers) -> NDArray[np.float64]:
    """The same in virtual time, which runs at 1 / n while n share: who came at v and needs s goes at v + s."""
    times = np.zeros(came_ns.size)
    now, virtual, there = 0.0, 0.0, []
    arrivals = [*came_ns.tolist(), math.inf]
    for n, at_ns in enumerate(arrivals):
        while there and now + (there[0][0] - virtual) * len(there) <= at_ns:
            goes, who = there[0]
            now, virtual = now + (goes - virtual) * len(there), goes
            heappop(there)
            times[who] = now - arrivals[who]
        if n < came_ns.size:
            virtual += (at_ns - now) / len(there) if there else 0.0
            now = at_ns
            heappush(there, (virtual + lasts_ns[n], n))
    return times


@pytest.mark.parametrize("kind", ["equal", "exponential"])
def test_transfers_of_a_session_each_share_as_in_virtual_time(kind: str) -> None:
    came, each = poisson(0.7, 500, seed=99), sizes(kind, 500, seed=99)
    times = simulated_times(came, each)
    # ends are rounded up to the nanosecond, and each that ends later holds those who are still there up by as much
    assert np.abs(np.array(times) - shared_times(came, each)).max() <= 100
    assert max(times) > 5 * MEAN_NS


@pytest.mark.parametrize("kind", ["equal", "exponential"])
def test_a_shared_link_takes_x_over_1_minus_rho_whatever_the_sizes_of_the_others(kind: str) -> None:
    rho, n = 0.5, 12_000

    def stretch(seed: int) -> float:
        came, each = poisson(rho, n, seed), sizes(kind, n, seed)
        return math.fsum(shared_times(came, each)[n // 20 :]) / int(each[n // 20 :].sum())

    mean, half = interval(stretch(seed) for seed in range(REPLICATIONS))
    assert abs(mean - 1 / (1 - rho)) <= half, f"{mean} +- {half}, not {1 / (1 - rho)}"
    assert half < 0.02 * mean


@pytest.mark.parametrize("k", [1, 3, 8])
def test_k_equal_flows_get_a_k_th_each(k: int) -> None:
    times = simulated_times(np.zeros(k, dtype=np.int64), sizes("equal", k, 0))
    assert times == [k * MEAN_NS] * k
