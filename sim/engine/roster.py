"""Who is in the snapshot queue, in which order; who is gone, and why; who may not go now (FIG 25, D9)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from sim.engine.identity import SetId
from sim.engine.queue_entry import Entry
from sim.engine.snapshot_errors import DeletedSnapshot, InvalidatedSnapshot, SnapshotPinned, UnknownSnapshot
from sim.engine.volume import InUse


class Roster:
    """The live entries, oldest first, found by number. Numbers count up from 1 and are never used again."""

    __slots__ = ("_invalidated", "_last", "_pins", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._last = 0
        self._invalidated: set[int] = set()
        self._pins: Counter[int] = Counter()

    @property
    def tail(self) -> int:
        """Position of the youngest entry; -1 when the queue is empty."""
        return len(self.entries) - 1

    def append(self, stamp: SetId | None, allocation: InUse, use: InUse) -> int:
        """Enter a new youngest snapshot; returns its number."""
        self._last += 1
        self.entries.append(Entry(self._last, stamp, allocation, use))
        return self._last

    def position(self, snapshot: int) -> int:
        """Place of a live snapshot, 0 for the oldest. Raises what says why it is not there."""
        place = self._place(snapshot)
        if place is not None:
            return place
        if not 0 < snapshot <= self._last:
            raise UnknownSnapshot(snapshot)
        raise InvalidatedSnapshot(snapshot) if snapshot in self._invalidated else DeletedSnapshot(snapshot)

    def entry(self, snapshot: int) -> Entry:
        """The entry of a live snapshot; raises as `position`."""
        return self.entries[self.position(snapshot)]

    def between(self, older: int, younger: int) -> list[Entry]:
        """The entries from one snapshot to another, both included, oldest first; none when the first is younger."""
        return self.entries[self.position(older) : self.position(younger) + 1]

    def __contains__(self, snapshot: int) -> bool:
        return self._place(snapshot) is not None

    def find(self, stamp: SetId) -> int | None:
        """The youngest live snapshot with this stamp, or None."""
        return next((entry.number for entry in reversed(self.entries) if entry.stamp == stamp), None)

    def oldest_unpinned(self) -> int | None:
        """Position of the oldest snapshot that may go, or None."""
        return next((place for place, entry in enumerate(self.entries) if not self._pins[entry.number]), None)

    def invalidate(self, position: int) -> int:
        """Note that the snapshot goes because the store is full; returns its number."""
        number = self.entries[position].number
        self._invalidated.add(number)
        return number

    def pin(self, snapshot: int) -> None:
        """One more reason to keep the snapshot."""
        self.position(snapshot)
        self._pins[snapshot] += 1

    def unpin(self, snapshot: int) -> None:
        """One reason less. Raises ValueError when there is none."""
        if not self._pins[snapshot]:
            raise ValueError(f"snapshot {snapshot} is not pinned")
        self._pins[snapshot] -= 1

    def check_unpinned(self, snapshot: int) -> None:
        """Raises SnapshotPinned."""
        if self._pins[snapshot]:
            raise SnapshotPinned(snapshot)

    def _place(self, snapshot: int) -> int | None:
        place = bisect_left(self.entries, snapshot, key=_number)
        there = place < len(self.entries) and self.entries[place].number == snapshot
        return place if there else None


def _number(entry: Entry) -> int:
    return entry.number
