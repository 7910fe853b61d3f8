"""Whether users may write: the gate is shut as long as there is a reason, and the time is accounted for (C14)."""

from __future__ import annotations

from sim.records import WritesResumed, WritesSuspended
from sim.world.activity import Activity
from sim.world.clock import Clock
from sim.world.ledger import Ledger


class Gate:
    """In front of one volume's users. The caller has brought the volume up to date before it shuts."""

    def __init__(self, clock: Clock, ledger: Ledger, replication: str, activity: Activity, generation: int = 1) -> None:
        self._clock, self._ledger, self._replication, self._generation = clock, ledger, replication, generation
        self._activity = activity
        self._reasons: list[str] = []

    def shut_for(self, reason: str) -> bool:
        """Whether this is a reason why nobody writes now."""
        return reason in self._reasons

    def shut(self, reason: str) -> None:
        """Let nobody write; again for the same reason is no other shutting."""
        if reason in self._reasons:
            return
        self._reasons.append(reason)
        if len(self._reasons) == 1:
            self._activity.suspend()
            now = self._clock.now_ns
            self._ledger.append(
                WritesSuspended(time_ns=now, replication=self._replication, cause=reason, generation=self._generation)
            )

    def abandon(self, cause: str) -> None:
        """The users go elsewhere: what held them here holds them no longer."""
        for reason in self._reasons[1:]:
            self._reasons.remove(reason)
        if self._reasons:
            self._reasons.clear()
            self._tell_resumed(cause)

    def open(self, reason: str) -> None:
        """This reason is gone; users write again when it was the last."""
        if reason not in self._reasons:
            return
        self._reasons.remove(reason)
        if not self._reasons:
            self._tell_resumed(reason)

    def _tell_resumed(self, cause: str) -> None:
        stalled = self._activity.resume()
        now = self._clock.now_ns
        self._ledger.append(
            WritesResumed(
                time_ns=now,
                replication=self._replication,
                cause=cause,
                stalled_ns=stalled,
                generation=self._generation,
            )
        )
