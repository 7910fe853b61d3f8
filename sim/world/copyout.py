"""The background copy of a closed set to the save volume, at the disk's rate (L1355-1371; DESIGN.md, copy-out).

the disk walks Old by increasing address; a write to a block that waits copies it first, which delays the rest
a crash breaks the walk off; it goes on from the bits of Old that are still set
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from sim.engine.source import Source
from sim.world.activity import Activity
from sim.world.clock import Clock
from sim.world.fluid import Flow
from sim.world.node import Seat
from sim.world.source import Batch

_NOTHING: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


class CopyOut:
    """How far the disk is with the set that was cut last."""

    def __init__(self, clock: Clock, node: Seat, source: Source, activity: Activity, block_bytes: int) -> None:
        self._clock, self._disk, self._source, self._activity = clock, node.disk.copying, source, activity
        self._block_bytes = block_bytes
        self._flow: Flow | None = None

    @property
    def under_way(self) -> bool:
        """Whether the disk is copying now."""
        return self._flow is not None

    def begin(self) -> Flow:
        """Copy what is left of the set."""
        assert self._source.builder is not None
        self._flow = self._disk.begin(self._source.builder.remaining * self._block_bytes)
        return self._flow

    def ends_at_ns(self) -> int:
        """When it will be done, as things are."""
        return self._clock.now_ns if self._flow is None else self._disk.ends_at_ns(self._flow)

    def moved(self) -> Event:
        """An event that fires when others begin or end on the disk, so that this copy ends earlier or later."""
        return self._disk.shared.wait()

    def advance(self, batch: Batch | None) -> None:
        """Let the walk come up to now; blocks that these writes pull forward are copied before they change."""
        if self._flow is None:
            return
        steps_now = self._flow.served_bytes(self._clock.now_ns) // self._block_bytes
        addresses, steps = _NOTHING, _NOTHING
        if batch is not None and (waiting := np.flatnonzero(self._source.in_old(batch.addresses))).size:
            addresses = batch.addresses[waiting]
            steps = self._flow.steps_at(self._activity.to_wall(batch.first_ns[waiting]), self._block_bytes)
        self._source.copy_out_while(addresses, steps, steps_now)

    def break_off(self) -> None:
        """The node stopped."""
        if self._flow is not None:
            self._disk.break_off(self._flow)

    def end(self) -> None:
        """The walk is over, or will begin anew."""
        self._flow = None
