"""A path of links from one site to another, and what it is like now, all links together.

the congestion control is ideal only where every link's is, else that of the first link whose is not
what it loses combines as 1 - prod(1 - p); the queue is that of the narrowest link, the window the least
payload is compressed once, before the path, as on its narrowest link
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from sim.world.clock import Clock, Order, Signal
from sim.world.network.direction import Direction
from sim.world.network.trouble import either
from sim.world.tcp import Congestion


class Conditions(NamedTuple):
    """What a connection meets on a way, apart from its share of the bandwidth; the same object until it changes."""

    rtt_ns: int
    loss: float
    reorder: float
    window_bytes: int | None
    narrowest: Direction | None


class Way:
    """One way over some links in order; over none (the same site) everything is there at once."""

    def __init__(
        self, clock: Clock, there: Sequence[Direction], back: Sequence[Direction], congestion: Congestion
    ) -> None:
        self.directions, self.back, self.congestion = tuple(there), tuple(back), congestion
        self.changed = Signal(clock, Order.NETWORK)  # fires when up, acks_up or usable did
        self.changing = Signal(clock, Order.NETWORK)  # fires before a trouble comes or goes
        self.up, self.acks_up = True, True  # whether data passes now, and acknowledgements the other way
        self._narrowest = min(self.directions, key=lambda one: one.bits_per_s or inf, default=None)
        self._conditions: Conditions | None = None
        self.delay_ns = self.back_delay_ns = 0  # propagation of data, without jitter, and of acknowledgements now
        self.corrupt_now = self.duplicate_now = 0.0  # shares of chunks: that arrive with a flipped bit, and twice
        self.look()

    @property
    def links(self) -> tuple[str, ...]:
        """Names of the links, in order."""
        return tuple(direction.link for direction in self.directions)

    @property
    def usable(self) -> bool:
        """Whether a transfer can move now."""
        return self.up and self.acks_up

    @property
    def rtt_ns(self) -> int:
        """Propagation there and back now."""
        return self.delay_ns + self.back_delay_ns

    @property
    def loss_now(self) -> float:
        """Share of data packets that are lost now."""
        return either(direction.loss_now for direction in self.directions)

    @property
    def reorder_now(self) -> float:
        """Share of data packets so late that they look lost now."""
        return either(direction.reorder_now for direction in self.directions)

    @property
    def conditions(self) -> Conditions:
        """What a connection meets now."""
        if self._conditions is None:
            limited = [direction for direction in self.directions if direction.capacity is not None]
            windows = [one.spec.window_bytes for one in self.directions if one.spec.window_bytes is not None]
            self._conditions = Conditions(
                rtt_ns=self.rtt_ns,
                loss=self.loss_now,
                reorder=self.reorder_now,
                window_bytes=min(windows, default=None),
                narrowest=min(limited, key=lambda one: one.capacity or 0, default=None),
            )
        return self._conditions

    def wire_bytes(self, payload_bytes: int, n_chunks: int) -> int:
        """What travels of so much payload in so many chunks: compressed, with a header each."""
        if self._narrowest is None:
            return payload_bytes
        spec = self._narrowest.spec
        packed = -(-payload_bytes * spec.compression.denominator // spec.compression.numerator)
        return packed + n_chunks * spec.chunk_header_bytes

    def look(self) -> None:
        """Something changed: tell those who wait if data or acknowledgements pass and did not, or no longer do."""
        self._conditions = None
        self.delay_ns = sum(direction.delay_now_ns for direction in self.directions)
        self.back_delay_ns = sum(direction.delay_now_ns for direction in self.back)
        self.corrupt_now = either(direction.corrupt_now for direction in self.directions)
        self.duplicate_now = either(direction.duplicate_now for direction in self.directions)
        before = self.up, self.acks_up
        self.up = all(direction.up for direction in self.directions)
        self.acks_up = all(direction.up for direction in self.back)
        if before != (self.up, self.acks_up):
            self.changed.fire()
