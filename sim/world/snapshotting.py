"""Snapshots that users keep: on a grid or on demand, the oldest deleted when there are enough (FIG 24-27).

a snapshot at a primary is of the very instant
one at a secondary is of a boundary: it waits for a replay in progress, or for a copy under way (case 33)
"""

from __future__ import annotations

from collections.abc import Callable

from sim.world.clock import Clock, Order, Process
from sim.world.primary import Primary
from sim.world.secondary import Secondary
from sim.world.snapshotwatch import SnapshotWatch


class Snapshotter:
    """Takes and deletes the snapshots of one volume at one site."""

    def __init__(self, clock: Clock, watch: SnapshotWatch, actor: Callable[[], Primary | Secondary]) -> None:
        """`actor`: who speaks for the volume now; that may be another one after each wait."""
        self._clock, self._watch, self._actor = clock, watch, actor
        self._named: dict[str, int] = {}
        self._scheduled: list[int] = []

    def take(self, cause: str, name: str | None = None) -> Process:
        """A snapshot as soon as there can be one; `name` is what a later deletion may call it."""
        actor = None
        while actor is not self._actor():  # roles may have changed while it waited
            actor = self._actor()
            yield from _until_ready(actor)
        snapshot = self._watch.take(cause)
        if name is not None:
            self._named[name] = snapshot
        if cause == "schedule":
            self._scheduled.append(snapshot)

    def named(self, name: str) -> int | None:
        """The snapshot that was taken by this name here."""
        return self._named.get(name)

    def delete(self, name: str) -> None:
        """Delete the snapshot that was taken by this name here; one that is gone already is no fault."""
        if name in self._named:
            self._watch.delete(self._named[name], "operator")

    def keep(self, every_ns: int, keep: int) -> Process:
        """Take one at every multiple of `every_ns`, for ever, and keep the last `keep`."""
        while True:
            yield self._clock.at((self._clock.now_ns // every_ns + 1) * every_ns, Order.COMMAND)
            yield from self.take("schedule")
            while len(self._scheduled) > keep:
                self._watch.delete(self._scheduled.pop(0), "schedule")


def _until_ready(actor: Primary | Secondary) -> Process:
    if isinstance(actor, Secondary):
        yield from actor.until_at_boundary()
    else:
        yield from actor.node.until_up()
        actor.look()
