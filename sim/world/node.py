"""A data mover at a site: up or down, and what it loses when it stops (L1490-1495).

durable: volumes, save volume with mailbox, snapshot store, block index, Open and Old, numbers, acknowledgements
volatile: sockets, partly received chunks, timers
"""

from __future__ import annotations

from sim.world.clock import Clock, Order, Process, Signal
from sim.world.disk import Disk


class Node:
    """One data mover with its disk. `life` counts restarts, so that what was in flight to an earlier life is lost."""

    def __init__(self, clock: Clock, site: str, disk: Disk) -> None:
        self.site, self.disk = site, disk
        self.up, self.life = True, 0
        self.changed = Signal(clock, Order.REPAIR)

    def go_down(self) -> None:
        """Stop: sockets and timers are gone."""
        self.up = False
        self.life += 1
        self.changed.fire()

    def come_up(self) -> None:
        """Restart from what is durable."""
        self.up = True
        self.changed.fire()

    def until_up(self) -> Process:
        """Wait while the node is down."""
        while not self.up:
            yield self.changed.wait()
