"""Who still needs which set of a save volume, and what to do when there is no room (C12, E29, E54; L1235, L1982-1996).

received and replayed are two acknowledgements; a set is released when every destination in sync has replayed it
a destination for which space ran out is marked, in the same step, and gets a full copy: never a gap
without a destination in sync nothing is kept, so that nobody waits for ever (case 11)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sim.engine.identity import START, SetId
from sim.engine.savevolume import Found, SaveVolume, SaveVolumeFull


class FullPolicy(Enum):
    """What happens when a set does not fit: writes stand still, or the laggard is dropped and copied anew (E54)."""

    SUSPEND = "suspend"
    DROP = "drop"


class StartSetGone(Exception):
    """A destination cannot join at a boundary whose following sets are no longer held (case 32)."""

    def __init__(self, stamp: SetId, missing: SetId) -> None:
        super().__init__(stamp, missing)
        self.stamp, self.missing = stamp, missing

    def __str__(self) -> str:
        return f"a copy of boundary {self.stamp} cannot be played on: {self.missing} is no longer held"


@dataclass(slots=True)
class Position:
    """How far a destination has come: the last set it received, and the last it replayed, each with all before it."""

    received: SetId
    replayed: SetId
    in_sync: bool = True


class Distribution:
    """The destinations of a save volume's sets and their acknowledgements (durable)."""

    def __init__(self, save_volume: SaveVolume, destinations: Iterable[str] = (), stamp: SetId = START) -> None:
        """Every destination holds boundary `stamp` and needs the sets after it."""
        self._save_volume = save_volume
        self._positions = {name: Position(stamp, stamp) for name in destinations}

    def position(self, destination: str) -> Position:
        """How far a destination has come. Raises KeyError for one that never joined."""
        return self._positions[destination]

    def in_sync(self) -> tuple[str, ...]:
        """The destinations for which sets are kept, in the order they joined."""
        return tuple([name for name, position in self._positions.items() if position.in_sync])

    def join(self, destination: str, stamp: SetId) -> None:
        """Keep the sets after boundary `stamp` for a destination, from now on. Raises StartSetGone."""
        for set_id in self._needed_after(stamp):
            if self._save_volume.find(set_id) is not Found.HELD:
                raise StartSetGone(stamp, set_id)
        self._positions[destination] = Position(stamp, stamp)

    def leave(self, destination: str) -> tuple[SetId, ...]:
        """Forget a destination; which sets could be released."""
        del self._positions[destination]
        return self.settle()

    def received(self, destination: str, set_id: SetId) -> None:
        """It holds everything up to `set_id` durably. Frees nothing (finding 4). Late and repeated ones change nothing.

        Raises ValueError for a set that was never cut.
        """
        self._received(destination, set_id)

    def replayed(self, destination: str, set_id: SetId) -> tuple[SetId, ...]:
        """It applied everything up to `set_id` durably; which sets could be released. Otherwise as `received`."""
        position = self._received(destination, set_id)
        if position.in_sync and set_id > position.replayed:
            position.replayed = set_id
        return self.settle()

    def mark_out_of_sync(self, destination: str) -> tuple[SetId, ...]:
        """Stop keeping sets for it: it needs a full copy. Which sets could be released."""
        self._positions[destination].in_sync = False
        return self.settle()

    def settle(self) -> tuple[SetId, ...]:
        """Release what nobody needs any more. Also to be called when a set has become complete with nobody in sync."""
        waiting = [position.replayed for position in self._positions.values() if position.in_sync]
        last = min(waiting) if waiting else max(self._save_volume.held(), default=START)
        return self._save_volume.release_through(last)

    def laggards(self, needed_blocks: int) -> tuple[str, ...]:
        """Which destinations must be marked so that `needed_blocks` fit: those who need the fewest of the oldest sets.

        Empty when it fits as it is. Raises SaveVolumeFull when it would not fit without any destination either.
        """
        free = self._save_volume.free_blocks
        behind: SetId | None = None
        for set_id in self._save_volume.held():
            if free >= needed_blocks:
                break
            stored = self._save_volume.stored(set_id)
            if not stored.complete:
                raise SaveVolumeFull(needed_blocks, free, self._save_volume.capacity_blocks)
            free, behind = free + stored.blocks, set_id
        if free < needed_blocks:
            raise SaveVolumeFull(needed_blocks, free, self._save_volume.capacity_blocks)
        if behind is None:
            return ()
        return tuple(name for name in self.in_sync() if self._positions[name].replayed < behind)

    def _received(self, destination: str, set_id: SetId) -> Position:
        position = self._positions[destination]
        if set_id > position.replayed and self._save_volume.find(set_id) is Found.NEVER_EXISTED:
            raise ValueError(f"{destination} acknowledges {set_id}, which was never cut")
        if position.in_sync and set_id > position.received:
            position.received = set_id
        return position

    def _needed_after(self, stamp: SetId) -> Iterable[SetId]:
        follower = stamp.next()
        while self._save_volume.find(follower) is not Found.NEVER_EXISTED:
            yield follower
            follower = follower.next()


@dataclass(frozen=True, slots=True)
class Room:
    """What to do for a set: it fits; or mark the destinations in `drop` and ask again; or, with none, wait."""

    fits: bool
    drop: tuple[str, ...] = ()


def make_room(save_volume: SaveVolume, distribution: Distribution, blocks: int, policy: FullPolicy) -> Room:
    """Decide for a set of `blocks` blocks; changes nothing.

    Raises SaveVolumeFull when the set is larger than the whole save volume: it must be cut earlier (C10).
    """
    if blocks > save_volume.capacity_blocks:
        raise SaveVolumeFull(blocks, save_volume.free_blocks, save_volume.capacity_blocks)
    if blocks <= save_volume.free_blocks:
        return Room(fits=True)
    if policy is FullPolicy.SUSPEND:
        return Room(fits=False)
    try:
        return Room(fits=False, drop=distribution.laggards(blocks))
    except SaveVolumeFull:  # what is still being copied out is in the way: that ends by itself
        return Room(fits=False)
