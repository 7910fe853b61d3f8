"""What a copier needs of others: the way that a copy travels, and what is known of a copy that is to come back."""

from __future__ import annotations

from typing import Protocol

from sim.engine.identity import SetId
from sim.engine.resync import Leg, ResyncPlan
from sim.world.clock import Signal
from sim.world.network import Session
from sim.world.node import Seat


class Route(Protocol):
    """How a copy gets from the primary to its secondary now."""

    @property
    def changed(self) -> Signal:
        """Fires when the way may have become another one."""

    def session(self) -> Session:
        """A connection along all hops: forwarders pass on what comes."""

    def nodes(self) -> list[Seat]:
        """The data movers on the way, both ends included."""

    def keep(self, stamp: SetId) -> None:
        """Sets after `stamp` are for the secondary from now on: whoever feeds it is to keep and to send them."""

    def forget(self) -> None:
        """Nothing is kept or sent for the secondary: whom it feeds must be fed by others."""


class Returning(Protocol):
    """A copy that is off its source's history: what is known of it, and who wants to hear how it comes back."""

    two_snapshots: bool  # how a whole copy is made, if it has to be

    def plan(self) -> ResyncPlan:
        """What has to be undone, read from its disks now; the list is durable from then on (R1, R7, E12)."""

    def first(self, plan: ResyncPlan) -> tuple[Leg, ...]:
        """What is sent before the intermediate point is taken: the literal undo (step 532), or nothing."""

    def then(self, plan: ResyncPlan, intermediate: int, stamp: SetId) -> tuple[Leg, ...]:
        """What is sent of the intermediate point; the ledger hears what each way would have cost."""

    def wholly(self, why: str) -> None:
        """It takes a whole copy (step 536)."""

    def carried(self, leg: Leg) -> None:
        """A part of it is there."""

    def finished(self, stamp: SetId, snapshot: int) -> None:
        """It is on the history again, at the boundary of this snapshot (step 535)."""
