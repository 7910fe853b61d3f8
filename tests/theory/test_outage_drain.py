"""What piles up while a link is down, and how it drains (NUMBERS.md 1.4), on the level of transfers.

A producer writes at w into a forwarder (a hop of its own), which passes on over a line of B as it comes:

    backlog after an outage of D    w D
    drain                           w D / (B - w); an estimate of backlog / B is short by the factor B / (B - w)
    alternating exp(MTTF) up and exp(MTTR) down      served / (B x time) -> MTTF / (MTTF + MTTR)
    outages that fill a buffer of V, empty before    exp(-t_f / MTTR) / (MTTF + MTTR) of them a second, t_f = V / w

Source: renewal theory (Ross, Stochastic Processes, 3.4: alternating renewal processes).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.world.network import Feed, Trouble
from tests.world.network.nets import S, Scene, line, link

MB = 10**6
DOWN = Trouble(down=True)
WAN = ("wan", "b", "c")


def producer(w: int, bandwidth: int, size: int) -> Scene:
    """w and bandwidth in MB/s."""
    scene = Scene(
        link("disk", "a", "b", there=line(bits_per_s=8 * MB * w)),
        link("wan", "b", "c", there=line(bits_per_s=8 * MB * bandwidth)),
    )
    scene.send("written", size, way=scene.way("a", "b"))
    scene.send("sent", size, way=scene.way("b", "c"), feed=lambda: Feed(scene.flows["written"], 0, 0))
    return scene


def backlog(scene: Scene, time_ns: int) -> int:
    return scene.flows["written"].arrived_bytes(time_ns) - scene.flows["sent"].arrived_bytes(time_ns)


@pytest.mark.parametrize(
    ("outage_s", "w", "bandwidth"), [(7200, 5, 10), (7200, 9, 10), (600, 1, 100), (3600, 3, 4)]
)  # fmt: skip
def test_the_backlog_is_w_D_and_drains_in_w_D_over_B_minus_w(outage_s: int, w: int, bandwidth: int) -> None:
    drain_s = w * outage_s / (bandwidth - w)
    begin, end = 1000, 1000 + outage_s
    scene = producer(w, bandwidth, int(w * MB * (end + 2 * drain_s + 1000)))
    scene.trouble(begin * S, end * S, DOWN, WAN)
    scene.run()
    few = 50  # bytes: roundings, and the last ones that a feed holds back
    assert backlog(scene, begin * S) <= few
    assert backlog(scene, end * S) == pytest.approx(w * MB * outage_s, abs=few)
    drained_ns = round((end + drain_s) * S)
    assert backlog(scene, drained_ns) <= few
    assert backlog(scene, drained_ns - S) == pytest.approx((bandwidth - w) * MB, abs=few)
    naive_s = backlog(scene, end * S) / (bandwidth * MB)
    assert drain_s / naive_s == pytest.approx(bandwidth / (bandwidth - w), rel=1e-6)


def test_the_worked_example_two_hours_at_5_of_10_MB_a_second() -> None:
    scene = producer(5, 10, 5 * MB * 20_000)
    scene.trouble(0, 7200 * S, DOWN, WAN)
    scene.run()
    assert backlog(scene, 7200 * S) == pytest.approx(36_000 * MB, abs=50)
    assert backlog(scene, 14_400 * S - S) > 4 * MB
    assert backlog(scene, 14_400 * S) <= 50
    # what arrives first after the return was written when the line went: the lag peaks at the outage
    assert scene.flows["sent"].arrived_bytes(7201 * S) == pytest.approx(10 * MB, abs=50)


def flaps(mttf_s: float, mttr_s: float, count: int, seed: int) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Outages as [begin, end) in nanoseconds, and how long each lasts in seconds."""
    luck = np.random.Generator(np.random.Philox(key=seed))
    ups, downs = luck.exponential(mttf_s, count), luck.exponential(mttr_s, count)
    ends = np.cumsum(ups + downs)
    return [(int((end - down) * S), int(end * S)) for end, down in zip(ends, downs, strict=True)], downs


def test_a_flapping_line_serves_while_it_is_up_and_not_a_byte_more_or_less() -> None:
    outages, _ = flaps(600, 60, 200, seed=1)
    horizon = outages[-1][1]
    scene = Scene(link("wan", "b", "c", there=line(bits_per_s=8 * MB)))
    scene.send("x", 10**15, way=scene.way("b", "c"))
    for begin, end in outages:
        scene.trouble(begin, end, DOWN, WAN)
    scene.run(horizon)
    up_ns = horizon - sum(end - begin for begin, end in outages)
    assert scene.flows["x"].served_bytes(horizon) == up_ns * MB // S


def test_availability_is_MTTF_over_MTTF_and_MTTR() -> None:
    shares = []
    for seed in range(30):
        outages, downs = flaps(600, 60, 2000, seed)
        shares.append(1 - math.fsum(downs) * S / outages[-1][1])
    mean, half = np.mean(shares), stats.t.ppf(0.995, 29) * np.std(shares, ddof=1) / math.sqrt(30)
    assert abs(mean - 600 / 660) <= half
    assert half < 0.02 * mean


def test_outages_that_fill_a_buffer_are_those_longer_than_V_over_w() -> None:
    w, bandwidth, mttf_s, mttr_s, fills_s = 1, 1000, 3000, 60, 90
    outages, downs = flaps(mttf_s, mttr_s, 150, seed=5)
    horizon = outages[-1][1]
    scene = producer(w, bandwidth, w * MB * (horizon // S + 10))
    for begin, end in outages:
        scene.trouble(begin, end, DOWN, WAN)
    scene.run()
    filled = sum(backlog(scene, end) >= w * MB * fills_s for _, end in outages)
    assert filled == int((downs >= fills_s).sum())
    assert filled > 10
    rates = []
    for seed in range(30):
        many, lasted = flaps(mttf_s, mttr_s, 20_000, seed)
        rates.append(int((lasted > fills_s).sum()) / (many[-1][1] / S))
    mean, half = np.mean(rates), stats.t.ppf(0.995, 29) * np.std(rates, ddof=1) / math.sqrt(30)
    assert abs(mean - math.exp(-fills_s / mttr_s) / (mttf_s + mttr_s)) <= half
    assert half < 0.02 * mean
