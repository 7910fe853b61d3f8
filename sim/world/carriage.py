"""What links carried, entered in the ledger link by link: every byte has a cause (T8).

bytes are what a link's sessions carried: payload after compression, with the headers of chunks and sets
what was sent again, because packets or whole chunks were lost, is retransmission
"""

from __future__ import annotations

from sim.records import BytesCarried
from sim.world.clock import Clock
from sim.world.ledger import Ledger
from sim.world.network import Flow, Way


class Carriage:
    """Accounts for the transfers of one replication."""

    def __init__(self, ledger: Ledger, clock: Clock, replication: str) -> None:
        self._ledger, self._clock, self._replication = ledger, clock, replication

    def tell(self, flow: Flow, way: Way, cause: str, again_bytes: int = 0) -> None:
        """Enter what a flow carried up to now; `again_bytes` of its payload had been carried before, in vain."""
        now = self._clock.now_ns
        carried, resent_bytes = flow.carried_bytes(now), flow.resent_bytes(now)
        again = min(carried, flow.wire_of(again_bytes)) if again_bytes else 0
        resent = flow.wire_of(resent_bytes) if resent_bytes else 0
        amounts = ((cause, carried - again), ("retransmission", again + resent))
        for direction in way.directions:
            for why, size in amounts:
                if size or (why == cause and not carried):
                    self._ledger.append(
                        BytesCarried(
                            time_ns=now,
                            replication=self._replication,
                            link=direction.link,
                            source=direction.source,
                            destination=direction.destination,
                            cause=why,
                            began_ns=flow.began_ns,
                            carried_bytes=size,
                        )
                    )
