"""One TCP connection: what it remembers between transfers, and the plan of the transfer that it carries."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from sim.world.tcp.backoff import CONNECT_GIVES_UP_NS, next_connect_ns, next_resend_ns
from sim.world.tcp.path import NS_PER_S, PACKET_BYTES, PAYLOAD_BYTES, Congestion, PathView
from sim.world.tcp.plan import Plan

LEAST_TIMEOUT_NS: Final = 200_000_000


class Connection:
    """What one connection does, outside the event queue."""

    def __init__(self, congestion: Congestion, draw: Callable[[], float]) -> None:
        """`draw`: the next uniform number in [0, 1) of this connection's own luck."""
        self.congestion, self._draw = congestion, draw
        self._fresh = True
        self._anew = False  # after a stall: an application connects again
        self._size_bytes = 0
        self._path = PathView(0, 0)
        self._plan = Plan([0], [0], [0], 0)
        self._stalled_ns = 0

    def begin(self, now_ns: int, payload_bytes: int, path: PathView) -> Plan:
        """A transfer begins; fresh, warm or idle by the connection's own state."""
        self._size_bytes, self._path = payload_bytes, path
        self._plan = Plan([now_ns], [0], [0], None)
        return self._go(now_ns)

    def go_on(self, now_ns: int, path: PathView) -> Plan:
        """The same transfer, seen anew from `now_ns` on; everything before stays as it was planned."""
        self._path = path
        self._fresh, self._anew = self._fresh or self._anew, False
        self._plan.cut(now_ns)
        return self._go(now_ns)

    def stall(self, now_ns: int, *, window_passes: bool = False) -> Plan:
        """The path is gone from `now_ns` on: what was served stays, nothing more is."""
        self._plan.cut(now_ns)
        self._stalled_ns = now_ns
        return self._plan

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """The first instant >= returned_ns at which the sender tries again after `stall`."""
        self._anew = False
        if self.congestion == "ideal":
            return returned_ns
        if self._fresh:
            return next_connect_ns(self._stalled_ns, reconnect_after_ns or CONNECT_GIVES_UP_NS, returned_ns)
        woken = next_resend_ns(self._stalled_ns, self._path.rtt_ns + LEAST_TIMEOUT_NS, returned_ns)
        if reconnect_after_ns is None or woken < self._stalled_ns + reconnect_after_ns:
            return woken
        self._anew = True
        from_ns = max(returned_ns, self._stalled_ns + reconnect_after_ns)
        return next_connect_ns(self._stalled_ns, reconnect_after_ns, from_ns)

    def close(self) -> None:
        """The connection is gone: the next transfer is fresh."""
        self._fresh = True

    def _go(self, now_ns: int) -> Plan:
        """Plan the rest from here (the phases of reno and cubic come next)."""
        plan, served = self._plan, self._plan.payload_bytes[-1]
        begin_ns = now_ns
        if self.congestion != "ideal" and self._fresh:
            begin_ns += self._path.rtt_ns
            plan.add(begin_ns, served, plan.resent_bytes[-1])
        self._fresh = False
        plan.end_ns = begin_ns + self._lasts_ns(self._size_bytes - served)
        plan.add(plan.end_ns, self._size_bytes, plan.resent_bytes[-1])
        return plan

    def _lasts_ns(self, payload_bytes: int) -> int:
        """How long payload takes at the share."""
        share = Fraction(self._path.bits_per_s)
        if share == 0:
            return 0
        expansion = Fraction(1) if self.congestion == "ideal" else Fraction(PACKET_BYTES, PAYLOAD_BYTES)
        bits_ns = payload_bytes * 8 * NS_PER_S * expansion
        return -(-bits_ns.numerator * share.denominator // (bits_ns.denominator * share.numerator))
