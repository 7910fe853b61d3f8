"""One TCP connection over a way, for one hop: what lives on between its transfers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from sim.world.network.ideal import IdealConnection
from sim.world.network.way import Conditions, Way
from sim.world.tcp import Congestion, Connection, PathView, Plan
from sim.world.tcp.backoff import CONNECT_GIVES_UP_NS, next_connect_ns

if TYPE_CHECKING:
    from sim.world.network.flow import Flow
    from sim.world.network.network import Network


class Carrier(Protocol):
    """What a connection can do; instants are in its own time, which stands still while there is nothing to send."""

    def begin(self, now_ns: int, payload_bytes: int, path: PathView) -> Plan:
        """A transfer begins."""

    def go_on(self, now_ns: int, path: PathView) -> Plan:
        """It goes on, the path seen anew."""

    def stall(self, now_ns: int, *, window_passes: bool = False) -> Plan:
        """The path is gone."""

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """When it tries again, once the path is back."""

    def close(self) -> None:
        """The connection is gone."""


class Session:
    """One connection; it carries one transfer at a time. Sessions of the same name share their luck, one after another.

    `reconnect_after_ns`: an application that sees no progress for so long closes the connection and opens another.
    """

    def __init__(
        self,
        network: Network,
        way: Way,
        congestion: Congestion | None = None,
        name: str = "",
        reconnect_after_ns: int | None = None,
    ) -> None:
        self._network, self.way, self.name = network, way, name
        self.congestion: Congestion = way.congestion if congestion is None else congestion
        self.reconnect_after_ns = reconnect_after_ns
        self.flow: Flow | None = None  # under way
        self.waited_ns = 0  # how far the connection's own time is behind
        self.last_arrival_ns = 0  # of what it has carried
        self.seen: tuple[tuple[Conditions, int, int, Fraction], PathView] | None = None  # of its way, and from what
        self.connection: Carrier = (
            IdealConnection()
            if self.congestion == "ideal"
            else Connection(self.congestion, network.luck(f"sessions/{name}").random)
        )

    def close(self) -> None:
        """The connection is gone, and a transfer under way is broken off: the next begins afresh."""
        if self.flow is not None:
            self._network.break_off(self.flow)
        self.connection.close()
        self.last_arrival_ns = 0

    def next_attempt_ns(self, since_ns: int, from_ns: int) -> int:
        """The first attempt to connect at `from_ns` or later, when attempts began at `since_ns`."""
        if self.congestion == "ideal":
            return from_ns
        return next_connect_ns(since_ns, self.reconnect_after_ns or CONNECT_GIVES_UP_NS, from_ns)

    def jitter_ns(self) -> tuple[int, ...]:
        """Luck of one transfer: what is added to the delay of each link of the way."""
        widths = [direction.spec.jitter_ns for direction in self.way.directions]
        if not any(widths):
            return (0,) * len(widths)
        luck = self._network.luck(f"sessions/{self.name}/jitter")
        return tuple(int(luck.integers(-width, width, endpoint=True)) for width in widths)
