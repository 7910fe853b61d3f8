"""What loss, round trip and window allow a connection for long: response functions.

    Mathis 1997      W = C / sqrt(p),                           C = sqrt(3/2)
    RFC 5348, 3.1    X = s / (R sqrt(2p/3) + t_RTO 3 sqrt(3p/8) p (1 + 32 p^2)),   t_RTO = 4 R   (Padhye et al. 1998)
    RFC 9438, 5.1    W = (C (3 + b) / (4 (1 - b)))^(1/4) (R / p)^(3/4),   C = 0.4, b = 0.7

A share of a bottleneck goes as RTT^-a between connections of unequal round trips.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

from sim.world.tcp.growth import CUBIC_BETA, C
from sim.world.tcp.path import NS_PER_S, PAYLOAD_BYTES, Congestion, PathView

_FAVOUR: Final = {"reno": 0.95, "cubic": 0.7, "ideal": 0.0}  # a, as measured of Linux (NUMBERS.md section 3)
_GRAIN: Final = 1_000_000
_NEAREST_NS: Final = 10_000
_CUBIC: Final = math.pow(C * (3 + CUBIC_BETA) / (4 * (1 - CUBIC_BETA)), 0.25)


def reno_packets(loss: float) -> float:
    """The mean window of Reno at this share of losses (Mathis)."""
    return math.sqrt(1.5 / loss)


def reno_packets_with_timeouts(loss: float) -> float:
    """The same with timeouts of four round trips (RFC 5348)."""
    return 1 / (math.sqrt(2 * loss / 3) + 4 * 3 * math.sqrt(3 * loss / 8) * loss * (1 + 32 * loss * loss))


def cubic_packets(loss: float, rtt_s: float) -> float:
    """The mean window of CUBIC's cubic at this share of losses; where Reno has more, it keeps up with Reno."""
    return _CUBIC * math.pow(rtt_s / loss, 0.75)


def weight(congestion: Congestion, rtt_ns: int) -> Fraction:
    """The weight of a connection where several share a bottleneck: RTT^-a, RTT in seconds but at least 10 us."""
    favour = _FAVOUR[congestion]
    return Fraction(round(math.pow(max(rtt_ns, _NEAREST_NS) / NS_PER_S, -favour) * _GRAIN), _GRAIN)


def steady_bits_per_s(congestion: Congestion, path: PathView) -> float:
    """Payload rate that loss, round trip and window allow for long; infinite where none of them limits."""
    if congestion == "ideal":
        return math.inf
    rtt_s = max(path.rtt_ns, 1) / NS_PER_S
    window = math.inf if path.window_bytes is None else path.window_bytes * 8 / rtt_s
    loss = path.seen_loss
    if loss <= 0:
        return window
    packets = reno_packets(loss)
    if congestion == "cubic":
        packets = max(packets, cubic_packets(loss, rtt_s))
    return min(window, packets * PAYLOAD_BYTES * 8 / rtt_s)
