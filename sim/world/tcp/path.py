"""What a connection sees of its path: bandwidth, round trip, loss, queue, and the receiver's window.

A full packet is 1,500 bytes on the wire, of which 1,448 are payload: 20 bytes of IPv4, 20 of TCP, 12 of the timestamps
option (RFC 791, 9293, 7323).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

Congestion = Literal["cubic", "reno", "ideal"]

NS_PER_S: Final = 1_000_000_000
PACKET_BYTES: Final = 1_500
PAYLOAD_BYTES: Final = 1_448


@dataclass(frozen=True, slots=True)
class PathView:
    """What a connection sees of its path from now on, until it is told otherwise."""

    bits_per_s: Fraction | int  # its share of the bandwidth, as on the wire; 0: unlimited
    rtt_ns: int  # propagation, both ways, with extra delays
    loss: float = 0.0  # per packet in the direction of the data
    queue_bytes: int = 0  # the drop-tail queue before the bottleneck
    window_bytes: int | None = None  # the receiver's window; None: large enough
    reorder: float = 0.0  # share of packets that come late enough to look lost
