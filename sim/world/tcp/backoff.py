"""When a sender whose path was gone tries again.

retransmissions go out at intervals that double from twice the timeout, at most 120 s apart (RFC 6298, 5.5; TCP_RTO_MAX)
connect() tries at 0, 1, 2, 3, 4, 5, 7, 11, 19, 35 s (Linux: tcp_syn_linear_timeouts = 4, then doubling)
"""

from __future__ import annotations

from typing import Final

from sim.world.tcp.path import NS_PER_S

LONGEST_NS: Final = 120 * NS_PER_S
CONNECT_NS: Final = tuple(s * NS_PER_S for s in (0, 1, 2, 3, 4, 5, 7, 11, 19, 35))
CONNECT_GIVES_UP_NS: Final = 67 * NS_PER_S


def next_resend_ns(timer_began_ns: int, timeout_ns: int, from_ns: int) -> int:
    """The first retransmission at `from_ns` or later, of a timer that began at `timer_began_ns`."""
    when, gap = timer_began_ns + timeout_ns, timeout_ns
    while when < from_ns:
        gap = min(2 * gap, LONGEST_NS)
        if gap == LONGEST_NS:
            return when + -(-(from_ns - when) // gap) * gap
        when += gap
    return when


def next_connect_ns(began_ns: int, every_ns: int, from_ns: int) -> int:
    """The first attempt to connect at `from_ns` or later, when a new connect() begins every `every_ns`."""
    turn = max(0, from_ns - began_ns) // every_ns
    start = began_ns + turn * every_ns
    tries = (start + offset for offset in CONNECT_NS if offset < every_ns)
    return next((when for when in tries if when >= from_ns), start + every_ns)
