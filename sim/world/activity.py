"""The users of one volume: their writes in bulk, on a clock of their own that stands still while writes are suspended.

wall time = workload time + all the time that writes stood still
a write exactly at the instant of looking is seen; one at the instant of a crash is not
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.world.clock import Clock
from sim.world.source import Batch
from sim.world.workload import VolumeWrites

IsNew = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


class Activity:
    """What users write, asked for in bulk."""

    def __init__(self, clock: Clock, writes: VolumeWrites) -> None:
        self._clock, self._writes = clock, writes
        self.stalled_ns = 0
        self._seen_to = -1  # workload time
        self._still_since: int | None = None

    @property
    def running(self) -> bool:
        """Whether users can write now."""
        return self._still_since is None

    def take(self, exclusive: bool = False) -> Batch | None:
        """Everything written since the last call up to now, or None when there can be nothing.

        `exclusive` leaves out what falls exactly on this instant (a crash comes before a write).
        """
        to = self._clock.now_ns - self.stalled_ns - int(exclusive)
        if not self.running or to <= self._seen_to:
            return None
        self._seen_to = to
        return self._writes.take(to)

    def to_wall(self, workload_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Instants of the world's clock for instants of the workload's, since the last stall."""
        return workload_ns + self.stalled_ns if self.stalled_ns else workload_ns

    def crossing_ns(self, blocks: int, is_new: IsNew, limit_ns: int) -> int | None:
        """When the `blocks`-th block that `is_new` is first touched, if by `limit_ns`; looks, takes nothing."""
        if blocks <= 0:
            return self._clock.now_ns
        if not self.running or limit_ns - self.stalled_ns <= self._seen_to:
            return None
        at = self._writes.kth_new_touch(blocks, is_new, limit_ns - self.stalled_ns)
        return None if at is None else max(at + self.stalled_ns, self._clock.now_ns)

    def hand_over(self) -> Activity:
        """The same users, writing somewhere else from now on; whoever had them has none. A stall under way ends.

        The caller has looked: what was not taken before would be written in the new place.
        """
        moved = Activity(self._clock, self._writes)
        still_ns = 0 if self._still_since is None else self._clock.now_ns - self._still_since
        moved.stalled_ns, moved._seen_to = self.stalled_ns + still_ns, self._seen_to
        self._writes = VolumeWrites([])
        return moved

    def take_up(self, writes: VolumeWrites) -> None:
        """Other users write here from now on; what they would have written before is nobody's."""
        now = self._clock.now_ns - self.stalled_ns
        writes.take(now)
        self._writes, self._seen_to = writes, now

    def suspend(self) -> None:
        """Stop the workload's clock. What was not taken before comes after the stall."""
        self._still_since = self._clock.now_ns

    def resume(self) -> int:
        """Let it go on; answers how long it stood still, in nanoseconds."""
        if self._still_since is None:
            return 0
        stalled = self._clock.now_ns - self._still_since
        self.stalled_ns += stalled
        self._still_since = None
        return stalled
