"""How long a session tries: 1 + N attempts, each as long as its patience; then the member is marked (T7, E28).

only the member is marked, never the group; attempts go on, and the first one that succeeds takes the mark away
"""

from __future__ import annotations

from collections.abc import Callable

from sim.world.clock import Clock, Order


class Patience:
    """Since when one member cannot be reached by whoever feeds it."""

    def __init__(self, clock: Clock, retries: int, retry_after_ns: int) -> None:
        self._clock = clock
        self.attempts, self.retry_after_ns = 1 + retries, retry_after_ns
        self.since_ns: int | None = None  # when the first attempt that failed began
        self.marked = False
        self.on_marked: Callable[[], None] = lambda: None
        self.on_reached: Callable[[int], None] = lambda _since_ns: None
        self._version = 0

    def failing(self) -> None:
        """Something is to be sent, and there is no way to the member; again is no other beginning."""
        if self.since_ns is not None:
            return
        self.since_ns = self._clock.now_ns
        self._version += 1
        version = self._version
        gives_up_ns = self.since_ns + self.attempts * self.retry_after_ns
        self._clock.call_at(gives_up_ns, Order.NETWORK, lambda: self._mark(version))

    def reached(self) -> None:
        """There is a way again."""
        if self.since_ns is None:  # by far the most frequent: nothing failed
            return
        since_ns, marked = self.since_ns, self.marked
        self.forget()
        if marked:
            self.on_reached(since_ns)

    def pause(self) -> None:
        """Nobody tries for now; who is marked stays so until he is reached."""
        if not self.marked:
            self.forget()

    def forget(self) -> None:
        """Nobody is to try any more, or somebody else is: there is nothing to be said of it."""
        self.since_ns, self.marked = None, False
        self._version += 1

    def _mark(self, version: int) -> None:
        if version == self._version and not self.marked:
            self.marked = True
            self.on_marked()
