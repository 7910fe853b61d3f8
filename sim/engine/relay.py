"""What a data mover keeps of the sets that pass through it, and for whom (FIG 16; L1555-1672; T12, T13).

a set is kept until the copy here has replayed it and everybody below has received it: receipt is durable
whoever cannot be reached is taken out, so that a dead child holds back nobody (T7): it is served from further up
with nobody to keep sets for, none is kept
"""

from __future__ import annotations

from sim.engine.identity import SetId
from sim.engine.savevolume import SaveVolume


class Relay:
    """Who still needs which set of a save volume that is filled from elsewhere."""

    def __init__(self, save_volume: SaveVolume, generation: int = 1) -> None:
        """`generation`: whose sets come in; those of others are not its own to let go (they may tell what to undo)."""
        self._save_volume, self._generation = save_volume, generation
        self._done: dict[str, SetId] = {}

    def keep_for(self, name: str, stamp: SetId) -> None:
        """Keep the sets after boundary `stamp` for `name`, from now on; again is a fresh beginning."""
        self._done[name] = stamp

    def leave(self, name: str) -> tuple[SetId, ...]:
        """Keep nothing for `name` any more; which sets could be released. One that is not here is no fault."""
        if self._done.pop(name, None) is None:
            return ()
        return self.settle()

    def done(self, name: str, set_id: SetId) -> tuple[SetId, ...]:
        """`name` needs nothing up to `set_id` any more; which sets could be released.

        Late and repeated news, and news of somebody for whom nothing is kept, change nothing.
        """
        done = self._done.get(name)
        if done is None:
            return ()
        if set_id > done:
            self._done[name] = set_id
        return self.settle()

    def kept_for(self) -> tuple[str, ...]:
        """For whom sets are kept, in the order they came."""
        return tuple(self._done)

    def settle(self) -> tuple[SetId, ...]:
        """Release what nobody needs. Also to be called when a set has become complete with nobody to keep it for."""
        if self._done:
            return self._save_volume.release_through(min(self._done.values()))
        own = [set_id for set_id in self._save_volume.held() if set_id.generation == self._generation]
        return self._save_volume.release_through(max(own)) if own else ()
