"""A data mover at a site: up or down, and what it loses when it stops (L1490-1495); and who works on which.

durable: volumes, save volume with mailbox, snapshot store, block index, Open and Old, numbers, acknowledgements
volatile: sockets, partly received chunks, timers
what a replication keeps lies on the site's disks, so it can go on on another data mover of the site (L1073-1095)
"""

from __future__ import annotations

from sim.world.clock import Clock, Order, Process, Signal
from sim.world.disk import Disk


class Node:
    """One data mover with its disk. `life` counts restarts, so that what was in flight to an earlier life is lost.

    `told_as`: what facts of it add to its site; nothing where that has no other.
    """

    def __init__(self, clock: Clock, site: str, disk: Disk, name: str = "", alone: bool = True) -> None:
        self.site, self.disk, self.name = site, disk, name or site
        self.told_as = "" if alone else self.name
        self.up, self.life = True, 0
        self.changed = Signal(clock, Order.REPAIR)
        self._seats: list[Seat] = []  # who has to know at once

    def go_down(self) -> None:
        """Stop: sockets and timers are gone."""
        self.up = False
        self.life += 1
        self._fire()

    def come_up(self) -> None:
        """Restart from what is durable."""
        self.up = True
        self._fire()

    def taken_by(self, seat: Seat) -> None:
        """From now on a seat looks like this node."""
        self._seats.append(seat)
        seat.see(self)

    def left_by(self, seat: Seat) -> None:
        """It does not any more."""
        self._seats.remove(seat)

    def _fire(self) -> None:
        for seat in self._seats:
            seat.see(self)
        self.changed.fire()

    def until_up(self) -> Process:
        """Wait while the node is down."""
        while not self.up:
            yield self.changed.wait()


class Seat:
    """The data mover that one replication uses at one site: looks like a node, and can be another one later.

    `up`: whether it is up; `life`: another value after each restart and each move.
    """

    def __init__(self, clock: Clock, node: Node) -> None:
        self._node, self._moves = node, 0
        self.site, self.disk = node.site, node.disk
        self.up, self.life = node.up, (0, node.life)
        self.changed = Signal(clock, Order.REPAIR)
        node.taken_by(self)
        node.changed.wakes(self.changed)

    @property
    def node(self) -> Node:
        """The data mover itself."""
        return self._node

    def see(self, node: Node) -> None:
        """Look like a node as it is now."""
        self.up, self.life = node.up, (self._moves, node.life)

    def sit_on(self, node: Node) -> None:
        """Go on on another data mover of the same site."""
        self._node.changed.sleeps(self.changed)
        self._node.left_by(self)
        self._node = node
        self._moves += 1
        node.taken_by(self)
        node.changed.wakes(self.changed)
        self.changed.fire()

    def until_up(self) -> Process:
        """Wait while the data mover is down."""
        while not self.up:
            yield self.changed.wait()
