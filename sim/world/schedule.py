"""When the next delta set is cut: what the engine's rule says of the writes to come (FIG 10, C6, C7, C10)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.source import Source
from sim.engine.triggers import Triggers
from sim.world.activity import Activity
from sim.world.clock import Clock


class Schedule:
    """The triggers of one source, armed at its last cut."""

    def __init__(self, clock: Clock, triggers: Triggers, source: Source, activity: Activity) -> None:
        self.triggers = triggers
        self._clock, self._source, self._activity = clock, source, activity
        self._armed_ns = self._changed_ns = clock.now_ns
        self._high_water_since_ns: int | None = None
        self._due_since_ns: int | None = None
        self._largest_blocks = source.save_volume.capacity_blocks

    def limit(self, blocks: int) -> None:
        """No set may be larger than this: a save volume on its way takes no more (C10)."""
        self._largest_blocks = min(self._largest_blocks, blocks)

    def arm(self) -> None:
        """A set was cut, or skipped: count from now."""
        self._armed_ns, self._high_water_since_ns, self._due_since_ns = self._clock.now_ns, None, None

    def decide(self) -> None:
        """A set is to be cut now, whatever becomes of the policy while there is no room for it."""
        self._due_since_ns = self._clock.now_ns - self.late_ns()

    def change(self, timeout_ns: int | None, high_water_blocks: int | None) -> None:
        """Change the policy while it runs; the timeout counts from the last cut."""
        now = self.triggers
        self._changed_ns = min(self._deadline_ns(), self._clock.now_ns)  # what was due already stays so late
        self.triggers = Triggers(timeout_ns or now.timeout, high_water_blocks or now.high_water_blocks, now.poll)
        if self.triggers.touches_left(self._source.open_count):
            self._high_water_since_ns = None

    def next_cut(self) -> tuple[int, str]:
        """The instant and cause of the next cut, as far as anyone knows now."""
        open_blocks = self._source.open_count
        wanted = self.triggers.touches_left(open_blocks)
        touch = self._crossing_ns(wanted, self._deadline_ns()) if wanted else None
        coming = self.triggers.next_cut(self._armed_ns, self._clock.now_ns, open_blocks, touch)
        assert coming is not None  # a timeout is always armed
        full = self.full_ns(coming.at) if self._may_outgrow() else None
        return (coming.at, coming.cause.value) if full is None else (full, "save_volume")

    def full_ns(self, limit_ns: int) -> int | None:
        """The last instant at which Open fits every save volume on its way, if it outgrows one by `limit_ns` (C10)."""
        crossing = self._crossing_ns(self._largest_blocks - self._source.open_count + 1, limit_ns)
        return None if crossing is None else max(crossing - 1, self._clock.now_ns)

    def late_ns(self) -> int:
        """How long a cut made now had to wait after its trigger."""
        now = self._clock.now_ns
        if self._due_since_ns is not None:
            return now - self._due_since_ns
        high_water = now if self._high_water_since_ns is None else self._high_water_since_ns
        return max(0, now - min(self._deadline_ns(), high_water))

    def note_touches(self, first_ns: NDArray[np.int64], open_before: int) -> None:
        """Open, which held so many blocks before, grew at these instants: remember when the mark was reached (C4)."""
        left = self.triggers.touches_left(open_before)
        if left and first_ns.size >= left:
            self._high_water_since_ns = int(np.partition(first_ns, left - 1)[left - 1])

    def _deadline_ns(self) -> int:
        assert self.triggers.timeout is not None
        return max(self._armed_ns + self.triggers.timeout, self._changed_ns)

    def _may_outgrow(self) -> bool:
        """Asked only where it can be: without a poll a set stops growing at the high-water mark."""
        return bool(self.triggers.poll) or 2 * (self.triggers.high_water_blocks or 0) > self._largest_blocks

    def _crossing_ns(self, blocks: int, limit_ns: int) -> int | None:
        return self._activity.crossing_ns(blocks, self._source.not_in_open, limit_ns)
