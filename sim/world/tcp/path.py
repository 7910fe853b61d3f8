"""What a connection sees of its path: bandwidth, round trip, loss, queue, and the receiver's window.

A full packet is 1,500 bytes on the wire, of which 1,448 are payload: 20 bytes of IPv4, 20 of TCP, 12 of the timestamps
option (RFC 791, 9293, 7323).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

Congestion = Literal["cubic", "reno", "ideal"]

NS_PER_S: Final = 1_000_000_000
PACKET_BYTES: Final = 1_500
PAYLOAD_BYTES: Final = 1_448
LEAST_QUEUE: Final = 10.0  # packets: room for an initial window (RFC 6928), also in a small part of a shared queue


@dataclass(frozen=True, slots=True)
class PathView:
    """What a connection sees of its path from now on, until it is told otherwise."""

    bits_per_s: Fraction | int  # its share of the bandwidth, as on the wire; 0: unlimited
    rtt_ns: int  # propagation, both ways, with extra delays
    loss: float = 0.0  # per packet in the direction of the data
    queue_bytes: int = 0  # the drop-tail queue before the bottleneck
    window_bytes: int | None = None  # the receiver's window; None: large enough
    reorder: float = 0.0  # share of packets that come late enough to look lost

    @property
    def seen_loss(self) -> float:
        """Share of packets that look lost to the sender."""
        return 1 - (1 - self.loss) * (1 - self.reorder)


class Pipe:
    """A path in the terms of a sender: seconds and packets (as numbers that need not be whole)."""

    __slots__ = ("full", "gap_s", "hazard", "pipe", "queue", "really_lost", "round_s", "rtt_s", "takes", "window")

    def __init__(self, path: PathView) -> None:
        self.rtt_s = path.rtt_ns / NS_PER_S
        self.gap_s = float(8 * PACKET_BYTES / path.bits_per_s) if path.bits_per_s else 0.0
        takes_ns = 8 * PACKET_BYTES * NS_PER_S * path.bits_per_s.denominator
        sends = PAYLOAD_BYTES * path.bits_per_s.numerator
        common = math.gcd(takes_ns, sends)
        self.takes = takes_ns // common, sends // common  # so long for so many bytes of payload, exactly; 0: unlimited
        self.round_s = self.rtt_s + self.gap_s  # from a packet's first bit to its acknowledgement
        self.pipe = self.round_s / self.gap_s if self.gap_s else math.inf  # packets that keep the bottleneck busy
        self.queue = max(LEAST_QUEUE, path.queue_bytes / PACKET_BYTES)
        self.full = self.pipe + self.queue  # packets that the path holds before it drops one
        self.window = math.inf if path.window_bytes is None else max(1.0, path.window_bytes / PAYLOAD_BYTES)
        seen = path.seen_loss
        self.hazard = -math.log1p(-seen) if seen < 1 else math.inf
        self.really_lost = path.loss / seen if seen else 0.0
