"""A site's disk: two servers with a rate, one for reading and one for writing.

A copy from volume to save volume, or back, runs at the slower of the two and occupies that one.
User reads and writes put no load on it (see README, what is not modelled).
"""

from __future__ import annotations

from sim.world.clock import Clock, Order
from sim.world.fluid import FluidServer


class Disk:
    """Reads and writes of replication at bytes per second, shared equally among those that run."""

    def __init__(self, clock: Clock, read_bytes_per_s: int, write_bytes_per_s: int) -> None:
        self.reading = FluidServer(clock, read_bytes_per_s * 8, Order.PLAYBACK)
        self.writing = FluidServer(clock, write_bytes_per_s * 8, Order.PLAYBACK)
        self.copying = self.reading if read_bytes_per_s < write_bytes_per_s else self.writing
