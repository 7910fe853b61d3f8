"""Links: bandwidth and latency as a fluid, each direction for itself (the TCP and fault model goes here next)."""

from __future__ import annotations

from dataclasses import dataclass

from sim.world.clock import Clock
from sim.world.fluid import FluidServer


@dataclass(frozen=True, slots=True)
class Direction:
    """One way over a link: a shared server, then the propagation delay."""

    link: str
    source: str
    destination: str
    server: FluidServer
    delay_ns: int


class Link:
    """Two directions between two sites, each with the full bandwidth (0 bits/s: unlimited) and half the round trip."""

    def __init__(self, clock: Clock, name: str, between: tuple[str, str], bits_per_s: int, rtt_ns: int) -> None:
        self.name, self.between = name, between
        self._ways = {
            (near, far): Direction(name, near, far, FluidServer(clock, bits_per_s), rtt_ns // 2)
            for near, far in (between, between[::-1])
        }

    def way(self, source: str, destination: str) -> Direction:
        """The direction from one of its ends to the other."""
        return self._ways[source, destination]
