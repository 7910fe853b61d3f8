"""When a delta set is cut: by time or by size, whichever comes first, at the exact instant (FIG 10, L1318-1346; C6).

size is distinct blocks, and reaching the high-water mark is enough (E30, E31)
both triggers in one instant are one cut, and its cause is the high-water mark, which FIG 10 tests first (step 345)
with a poll interval the cut waits for the next poll, counted from the instant the triggers were armed
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Trigger(Enum):
    """Why a set is cut without anybody asking for it."""

    HIGH_WATER_MARK = "high_water_mark"
    TIMEOUT = "timeout"
    SAVE_VOLUME = "save_volume"  # a larger set would not fit (C10)


@dataclass(frozen=True, slots=True)
class NextCut:
    """The instant and the cause of the next cut."""

    at: int
    cause: Trigger


@dataclass(frozen=True, slots=True)
class Triggers:
    """When to cut; None is never. A trigger is changed by putting another `Triggers` in its place.

    `timeout` and `poll` in the caller's unit of time; `high_water_blocks` in distinct blocks; `room_blocks`: the
    largest set that the save volume can take. Raises ValueError for anything below 1: that would cut without end.
    """

    timeout: int | None
    high_water_blocks: int | None
    poll: int | None = None
    room_blocks: int | None = None

    def __post_init__(self) -> None:
        for name in ("timeout", "high_water_blocks", "poll", "room_blocks"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1")

    def touches_left(self, open_blocks: int) -> int | None:
        """How many more first touches make the set large enough: the k of the k-th; None for no limit."""
        limits = [limit for limit in (self.high_water_blocks, self.room_blocks) if limit is not None]
        return max(min(limits) - open_blocks, 0) if limits else None

    def next_cut(self, armed_at: int, now: int, open_blocks: int, touch_at: int | None) -> NextCut | None:
        """The next cut as far as it is known at `now`; None when neither trigger will come.

        `armed_at`: the last cut; `touch_at`: when the set is large enough (the k-th first touch from now on), None when
        not as far as the caller looked. What lies in the past, because a trigger was changed or a copy-out had to be
        waited for, comes now.
        """
        full_at = now if self.touches_left(open_blocks) == 0 else touch_at
        timeout_at = None if self.timeout is None else armed_at + self.timeout
        due = [at for at in (full_at, timeout_at) if at is not None]
        if not due:
            return None
        at = self._polled(armed_at, max(min(due), now))
        return NextCut(at, self._size_cause() if full_at is not None and full_at <= at else Trigger.TIMEOUT)

    def _size_cause(self) -> Trigger:
        mark, room = self.high_water_blocks, self.room_blocks
        return Trigger.SAVE_VOLUME if mark is None or (room is not None and room < mark) else Trigger.HIGH_WATER_MARK

    def _polled(self, armed_at: int, at: int) -> int:
        return at if self.poll is None else armed_at + -(-(at - armed_at) // self.poll) * self.poll
