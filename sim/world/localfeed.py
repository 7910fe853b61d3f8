"""Local replication: a copy in the same cabinet, fed from one shared save volume (FIG 4, 6, 18; L1086-1124).

Nothing travels: a set that is whole at its feeder is received in the same instant, and is freed once it is replayed.
"""

from __future__ import annotations

from sim.engine.identity import SetId
from sim.world.clock import Order, Process, Signal
from sim.world.network import Session, Way
from sim.world.primary import Primary
from sim.world.secondary import Secondary
from sim.world.sender import Feeder


class LocalFeed:
    """Stands where a sender would, and carries nothing."""

    def __init__(self, primary: Primary, secondary: Secondary, feeder: Feeder, session: Session) -> None:
        self.secondary, self.feeder, self.session = secondary, feeder, session
        self.enabled = True
        self.stopped = False
        self.changed = Signal(primary.clock, Order.NETWORK)
        self._shown = primary.last_cut
        feeder.ready.wakes(self.changed)

    @property
    def way(self) -> Way:
        """The way within a site: no link, no delay, no limit but the disk's."""
        return self.session.way

    @property
    def serves(self) -> bool:
        """Whether sets go to this copy."""
        return self.enabled and not self.stopped

    @property
    def received(self) -> SetId:
        """The newest boundary up to which the secondary was told of every set."""
        return self._shown

    def send(self) -> Process:
        """Tell the secondary of each set in the shared save volume."""
        while True:
            self._show()
            yield self.changed.wait()

    def _show(self) -> None:
        while self.serves and self.feeder.node.up:
            offer = self.feeder.offer(self._shown.next())
            if offer is None or offer.incoming is not None:
                return
            self._shown = self._shown.next()
            self.secondary.received(self._shown, offer.stored.blocks)

    def disconnect(self) -> None:
        """There is no connection to lose."""

    def start_after(self, stamp: SetId) -> None:
        """Go on from a copy that holds `stamp`."""
        self._shown = stamp
        self.changed.fire()

    def retire(self) -> None:
        """Its generation is over."""
        self.stopped, self.enabled = True, False

    def tell_unfinished(self) -> None:
        """Nothing travels, so nothing is unfinished."""

    def reconnect(self) -> None:
        """Go on, before playback does: what is in the save volume is durable."""
        self._show()
