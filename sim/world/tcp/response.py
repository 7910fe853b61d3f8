"""What loss, round trip and window allow a connection for long (response functions)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

from sim.world.tcp.path import NS_PER_S, PAYLOAD_BYTES, Congestion, PathView

_FAVOUR: Final = {"reno": 0.95, "cubic": 0.7, "ideal": 0.0}  # shares go as RTT^-a (measured: NUMBERS.md section 3)
_GRAIN: Final = 1_000_000


def weight(congestion: Congestion, rtt_ns: int) -> Fraction:
    """The weight of a connection where several share a bottleneck: RTT^-a, RTT in seconds but at least 10 us."""
    favour = _FAVOUR[congestion]
    return Fraction(round(math.pow(max(rtt_ns, 10_000) / NS_PER_S, -favour) * _GRAIN), _GRAIN)


def steady_bits_per_s(congestion: Congestion, path: PathView) -> float:
    """Payload rate that loss, round trip and window allow for long; infinite where none of them limits."""
    if congestion == "ideal":
        return math.inf
    rtt = max(path.rtt_ns, 1) / NS_PER_S
    window = math.inf if path.window_bytes is None else path.window_bytes * 8 / rtt
    seen = 1 - (1 - path.loss) * (1 - path.reorder)
    if seen <= 0:
        return window
    packets = math.sqrt(1.5 / seen)
    if congestion == "cubic":
        packets = max(packets, 1.054 * math.pow(rtt / seen, 0.75))
    return min(window, packets * PAYLOAD_BYTES * 8 / rtt)
