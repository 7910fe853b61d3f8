"""What the network is built from: plain values, no scenario."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sim.world.network.steps import Steps
from sim.world.tcp import Congestion


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleSpec:
    """A token bucket, always or in windows: [from, until), and again each time `every` has passed.

    Raises ValueError for a rate that lets nothing through, and for windows that never end or overlap.
    """

    bits_per_s: int
    burst_bytes: int = 0
    from_ns: int = 0
    until_ns: int | None = None
    every_ns: int | None = None

    def __post_init__(self) -> None:
        if self.bits_per_s <= 0 or self.burst_bytes < 0:
            raise ValueError("a throttle lets something through, and its burst is not negative")
        if self.until_ns is not None and self.until_ns <= self.from_ns:
            raise ValueError("a window ends after it began")
        if self.every_ns is not None and (self.until_ns is None or self.until_ns - self.from_ns > self.every_ns):
            raise ValueError("windows that come again end before they do")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionSpec:
    """One way over a link.

    bits_per_s: 0 is unlimited; `bandwidth` (bits per second) takes its place, `factor` multiplies either. delay_ns: one
    way. queue_bdp: drop-tail queue in products of bandwidth and the link's round trip, at least 30 kB. jitter_ns: half
    the width of a uniform extra delay per transfer. compression: bytes are divided by it; then come chunk headers.
    """

    bits_per_s: int = 0
    delay_ns: int = 0
    loss: float = 0.0
    queue_bdp: float = 1.0
    window_bytes: int | None = None
    jitter_ns: int = 0
    compression: Fraction = Fraction(1)
    chunk_header_bytes: int = 0
    corrupt: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    throttles: tuple[ThrottleSpec, ...] = ()
    bandwidth: Steps | None = None
    factor: Steps | None = None

    @property
    def nominal_bits_per_s(self) -> int:
        """The highest bandwidth that it is meant to have; 0 is unlimited."""
        return self.bits_per_s if self.bandwidth is None else int(max(self.bandwidth.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """A link between two sites: `there` leads from the first to the second, `back` the other way."""

    name: str
    between: tuple[str, str]
    there: DirectionSpec
    back: DirectionSpec
    congestion: Congestion = "cubic"
