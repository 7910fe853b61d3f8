"""Long transfers against the response functions of TCP, and what it takes to open a window (NUMBERS.md 1.6).

The formulas come out as printed there. A transfer of hundreds of losses is held against them with these reasons:
- independent losses give Reno 1.31 / sqrt(p) (Ott, Kemperman and Mathis 1996) where periodic ones give 1.22 (Mathis)
- CUBIC has more than its formula for periodic losses says (Poojary and Sharma 2015: An Asymptotic Approximation of TCP
  CUBIC); it is held against its own law, played round by round
"""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest

from sim.world.tcp import Congestion, Connection, PathView
from sim.world.tcp.path import PACKET_BYTES, PAYLOAD_BYTES
from sim.world.tcp.response import cubic_packets, reno_packets, reno_packets_with_timeouts, steady_bits_per_s

S = 10**9
WIDE = 10**10  # bits per second: never the limit
LEAST_QUEUE = 30_000


def printed(value: float) -> float:
    """Three digits."""
    return float(f"{value:.3g}")


@pytest.mark.parametrize(
    ("rtt_s", "loss", "mathis", "rfc5348", "rfc9438"),
    [
        (0.010, 1e-3, 45.2, 44.8, 44.3),
        (0.050, 1e-4, 28.6, 28.6, 28.0),
        (0.100, 1e-4, 14.3, 14.3, 21.9),
        (0.100, 1e-5, 45.2, 45.2, 123),
        (0.300, 1e-3, 1.51, 1.49, 2.96),
        (0.300, 1e-5, 15.1, 15.1, 93.5),
    ],
)
def test_response_functions_are_as_printed(
    rtt_s: float, loss: float, mathis: float, rfc5348: float, rfc9438: float
) -> None:
    """Mbit/s with segments of 1,460 bytes; RFC 9438 takes 1.2 / sqrt(p) for what Reno has."""
    mbit = 1460 * 8 / rtt_s / 1e6
    assert printed(mbit * reno_packets(loss)) == mathis
    assert printed(mbit * reno_packets_with_timeouts(loss)) == rfc5348
    assert printed(mbit * max(cubic_packets(loss, rtt_s), 1.2 / math.sqrt(loss))) == rfc9438


def mean_window(congestion: Congestion, rtt_s: float, loss: float) -> float:
    """Packets a round trip that long transfers manage."""
    path = PathView(WIDE, round(rtt_s * S), loss, 10**9)
    size = round(300 / loss) * PAYLOAD_BYTES
    ends = [Connection(congestion, random.Random(seed).random).begin(0, size, path).end_ns for seed in range(16)]
    return fmean(size / PAYLOAD_BYTES * rtt_s * S / (end or 1) for end in ends)


@pytest.mark.parametrize("rtt_s", [0.01, 0.1])
@pytest.mark.parametrize("loss", [1e-2, 1e-3, 1e-4])
def test_reno_has_the_window_of_independent_losses(rtt_s: float, loss: float) -> None:
    assert mean_window("reno", rtt_s, loss) == pytest.approx(1.31 / math.sqrt(loss), rel=0.10)


def cubic_by_rounds(rtt_s: float, loss: float, rounds: int = 60_000) -> float:
    """The mean window of CUBIC's law with independent losses, step by step: no closed form, no packet in between.

    A loss is answered a round later, when it is known; then a round passes in which nothing grows.
    """
    luck = random.Random(7)
    w_max, since, start = 0.0, 0, 10.0
    windows: list[float] = []
    while len(windows) < rounds:
        origin = max(w_max, start)
        back = math.cbrt((origin - start) / 0.4)
        window = max(origin + 0.4 * (since * rtt_s - back) ** 3, start + 0.53 * since)
        windows.append(window)
        since += 1
        if len(windows) > 1 and since > 1 and luck.random() > (1 - loss) ** windows[-2]:
            w_max = window if window >= w_max else 0.85 * window
            start, since = max(2.0, 0.7 * window), 0
            windows.append(start)
    return fmean(windows)


@pytest.mark.parametrize(("rtt_s", "loss"), [(0.1, 1e-3), (0.1, 1e-4), (0.3, 1e-3), (0.02, 1e-2), (0.05, 1e-3)])
def test_cubic_has_the_window_of_its_law(rtt_s: float, loss: float) -> None:
    window, law = mean_window("cubic", rtt_s, loss), cubic_by_rounds(rtt_s, loss)
    few = (
        law < 15
    )  # then a window is a whole number, and now and then only a timeout finds a loss: the law knows neither
    assert window == pytest.approx(law, rel=0.15 if few else 0.10)
    assert window > 0.9 * max(cubic_packets(loss, rtt_s), reno_packets(loss))


@pytest.mark.parametrize("congestion", ["reno", "cubic"])
@pytest.mark.parametrize("loss", [0.05, 0.2])
def test_heavy_losses_leave_less_than_mathis_and_more_than_with_a_timeout_for_many(
    congestion: Congestion, loss: float
) -> None:
    """RFC 5348 counts a timeout for most losses of small windows; selective acknowledgements save the most of them."""
    assert reno_packets_with_timeouts(loss) < mean_window(congestion, 0.1, loss) < reno_packets(loss)


@pytest.mark.parametrize("flows", [1, 2, 4, 16])
def test_n_flows_have_n_times_the_rate_of_one_until_the_line_is_full(flows: int) -> None:
    """N x single, then the line, each with its share of line and queue: nearly, as losses leave it idle at times."""
    line, rtt_ns, loss, size = 40 * 10**6, S // 20, 2e-3, 60_000_000
    full = line * PAYLOAD_BYTES / PACKET_BYTES
    path = PathView(line // flows, rtt_ns, loss, 250_000 // flows)
    ends = [Connection("reno", random.Random(seed).random).begin(0, size, path).end_ns for seed in range(8)]
    together = flows * fmean(size * 8 * S / (end or 1) for end in ends)
    single = 1.31 / math.sqrt(loss) * PAYLOAD_BYTES * 8 * S / rtt_ns
    assert together <= full
    assert together == pytest.approx(min(flows * single, full), rel=0.10 if flows * single < full / 2 else 0.20)


def took_s(congestion: Congestion, size: int, rate: int, rtt_s: float, window_bytes: int | None = None) -> float:
    queue = max(LEAST_QUEUE, round(rate * rtt_s / 8))
    path = PathView(rate, round(rtt_s * S), 0.0, queue, window_bytes)
    return (Connection(congestion, random.Random(1).random).begin(0, size, path).end_ns or 0) / S


@pytest.mark.parametrize("congestion", ["reno", "cubic"])
@pytest.mark.parametrize(("rate", "rtt_s"), [(10**8, 0.08), (10**8, 0.2), (10**9, 0.05), (10**7, 0.3)])
def test_slow_start_adds_round_trips_to_open_the_window(congestion: Congestion, rate: int, rtt_s: float) -> None:
    """RTT log2(W / 10) to the window W = B RTT that fills the pipe; in it the windows themselves are sent, too."""
    pipe = rate * rtt_s / (8 * PACKET_BYTES)
    size = 40 * round(pipe) * PAYLOAD_BYTES
    sending = size / PAYLOAD_BYTES * PACKET_BYTES * 8 / rate
    added = took_s(congestion, size, rate, rtt_s) - rtt_s - sending
    assert math.log2(pipe / 10) - 1.1 <= added / rtt_s <= math.log2(pipe / 10) + 0.1


@pytest.mark.parametrize("congestion", ["reno", "cubic"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 1.5])
def test_a_receivers_window_limits_to_window_by_round_trip(congestion: Congestion, part: float) -> None:
    """Wmax / RTT, and the line once the window is more than bandwidth times round trip."""
    rate, rtt_s = 10**8, 0.1
    pipe = rate * rtt_s / (8 * PACKET_BYTES)
    window = round(part * pipe) * PAYLOAD_BYTES
    size = 200 * window
    begun, ended = took_s(congestion, size, rate, rtt_s, window), took_s(congestion, 3 * size, rate, rtt_s, window)
    found = 2 * size * 8 / (ended - begun)
    assert found == pytest.approx(min(window * 8 / rtt_s, rate * PAYLOAD_BYTES / PACKET_BYTES), rel=0.01)
    assert found <= steady_bits_per_s(congestion, PathView(rate, round(rtt_s * S), window_bytes=window)) * 1.0001
