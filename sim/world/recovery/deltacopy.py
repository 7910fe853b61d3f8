"""A snapshot goes to a remote copy that is no member now, by what changed since another one (L2218-2229).

whoever orders it knows that the copy equals the older snapshot; here that is looked at, and refused where it is not so
"""

from __future__ import annotations

from sim.engine.roles import Role
from sim.engine.snapshot_errors import SnapshotError
from sim.world.clock import Process
from sim.world.copier import BreakOff
from sim.world.holding import Holding
from sim.world.recovery.refusals import Refused
from sim.world.recovery.returning import differing_blocks
from sim.world.recovery.succession import Succession


class DeltaCopy:
    """One copy of a snapshot delta."""

    def __init__(self, succession: Succession, held: Holding, base: int | None, snapshot: int | None) -> None:
        self._succession, self._held, self._base, self._snapshot = succession, held, base, snapshot

    def run(self) -> Process:
        """Send what differs between the two snapshots. Raises Refused; then the copy is what it was, or in between."""
        succession, held, base, snapshot = self._succession, self._held, self._base, self._snapshot
        queue = succession.source.snapshots.queue
        if base is None or snapshot is None or not (queue.is_live(base) and queue.is_live(snapshot)):
            raise Refused("one of the snapshots is not there")
        arm = succession.mirror.arms.get(held.name)
        if arm is None or arm.member.present:
            raise Refused(f"{held.name} is a member of the replication: sets bring it up to date")
        if held.role is Role.LOST or not succession.source.seat.up:
            raise Refused("an end of it is down")
        if differing_blocks(succession.mirror.primary, held, base):
            raise Refused(f"{held.name} does not hold the older snapshot")
        try:
            yield from arm.copier.update(base, snapshot)
        except (SnapshotError, BreakOff):
            raise Refused(f"{held.name} is no copy of a snapshot now: it was interrupted") from None
