"""Local replication: a secondary at the primary's own site, fed from one shared save volume (FIG 4, 6; L1086-1124).

Nothing travels: a set that is copied out is received in the same instant, and is freed once it is replayed.
"""

from __future__ import annotations

from sim.engine.identity import SetId
from sim.world.clock import Clock, Order, Process, Signal
from sim.world.fluid import FluidServer
from sim.world.link import Direction
from sim.world.primary import Primary
from sim.world.secondary import Secondary


class LocalFeed:
    """Stands where a sender would, and carries nothing."""

    def __init__(self, primary: Primary, secondary: Secondary) -> None:
        self.primary, self.secondary = primary, secondary
        self.way = bus(primary.clock, primary.node.site)
        self.enabled = True
        self.stopped = False
        self.changed = Signal(primary.clock, Order.NETWORK)
        self._shown = primary.last_cut
        primary.set_ready.wakes(self.changed)

    def send(self) -> Process:
        """Tell the secondary of each set in the shared save volume."""
        while True:
            self._show()
            yield self.changed.wait()

    def _show(self) -> None:
        while self._may_show() and self._shown < self.primary.last_copied_out:
            self._shown = self._shown.next()
            self.secondary.received(self._shown, self.primary.save_volume.stored(self._shown).blocks)

    def _may_show(self) -> bool:
        return self.enabled and not self.stopped and self.primary.node.up

    def disconnect(self) -> None:
        """There is no connection to lose."""

    def start_after(self, stamp: SetId) -> None:
        """Go on from a copy that holds `stamp`."""
        self.send_after(stamp)

    def send_after(self, set_id: SetId) -> None:
        """Go on with the set after this one."""
        self._shown = set_id
        self.changed.fire()

    def tell_unfinished(self) -> None:
        """Nothing travels, so nothing is unfinished."""

    def reconnect(self) -> None:
        """Go on, before playback does: what is in the save volume is durable."""
        self._show()


def bus(clock: Clock, site: str) -> Direction:
    """A way within a site: no link, no delay, no limit but the disk's."""
    return Direction("", site, site, FluidServer(clock, 0), 0)
