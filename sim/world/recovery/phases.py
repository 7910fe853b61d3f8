"""The phases of one recovery: contiguous from the disaster to the end of the failback: their sum is exact (F10).

detect, decide, drain, snapshot, promote: then users have service again, and the sum is the RTO
repair, undo, copy, catch_up, fail_back: then everything is as it was before; these tell of the old primary's site
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.records import RecoveryPhase
from sim.world.clock import Clock
from sim.world.ledger import Ledger


@dataclass(slots=True)
class Recovery:
    """One recovery of a replication, from 1 on; `old_primary` is the copy that has to come back."""

    clock: Clock
    ledger: Ledger
    replication: str
    number: int
    began_ns: int
    old_primary: str
    promoted: bool = False
    promoted_by: str = ""  # the copy that it went to
    _marked_ns: int = -1

    def __post_init__(self) -> None:
        self._marked_ns = self.began_ns

    def mark(self, phase: str) -> None:
        """A phase ends now; the next one begins. One that took no time is left out."""
        now = self.clock.now_ns
        if now > self._marked_ns:
            self.ledger.append(
                RecoveryPhase(
                    time_ns=now,
                    replication=self.replication,
                    recovery=self.number,
                    phase=phase,
                    began_ns=self._marked_ns,
                )
            )
        self._marked_ns = now
