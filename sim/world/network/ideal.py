"""A connection without ramp, losses and headers: exactly its share, as a dedicated or accelerated line gives it.

    end = begin + ceil(bits / share), also after the share has changed any number of times

Bits behind an instant are a fraction of whole numbers; the plan's knots are its whole bytes. A fraction that has become
long is rounded down to a billionth of a bit, so that ten thousand changes of the share cost what ten do.
"""

from __future__ import annotations

import math
from typing import Final

from sim.world.tcp import PathView, Plan

NS_PER_S: Final = 1_000_000_000
_LONG: Final = 1 << 64


class IdealConnection:
    """Stands where a TCP connection would; it needs no luck."""

    def __init__(self) -> None:
        self._size_bits = 0
        self._plan = Plan([0], [0], [0], 0)
        self._since_ns = 0
        self._served = (0, NS_PER_S)  # bits behind `_since_ns`: a fraction, not in lowest terms
        self._share = (0, 1)  # bits per second since then

    def begin(self, now_ns: int, payload_bytes: int, path: PathView) -> Plan:
        """A transfer begins."""
        self._size_bits, self._served, self._since_ns = payload_bytes * 8, (0, NS_PER_S), now_ns
        self._plan = Plan([now_ns], [0], [0], None)
        return self._go(path)

    def go_on(self, now_ns: int, path: PathView) -> Plan:
        """The same transfer, at another share from `now_ns` on."""
        self._settle(now_ns)
        return self._go(path)

    def stall(self, now_ns: int, *, window_passes: bool = False) -> Plan:
        """The path is gone: nothing more is served, and there is no window that could still pass."""
        del window_passes
        self._settle(now_ns)
        self._share = (0, 1)
        return self._plan

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """At once."""
        del reconnect_after_ns
        return returned_ns

    def close(self) -> None:
        """Nothing is remembered anyway."""

    def _settle(self, now_ns: int) -> None:
        bits, parts = self._served
        rate, per = self._share
        common = math.lcm(parts, per * NS_PER_S)
        bits = bits * (common // parts) + (now_ns - self._since_ns) * rate * (common // (per * NS_PER_S))
        bits = min(bits, self._size_bits * common)
        self._served = (bits, common) if common < _LONG else (bits * NS_PER_S // common, NS_PER_S)
        self._since_ns = now_ns
        self._plan.cut(now_ns)
        # a chain of cuts must not lose a part of a byte at each
        self._plan.payload_bytes[-1] = self._served[0] // (8 * self._served[1])

    def _go(self, path: PathView) -> Plan:
        share = path.bits_per_s
        self._share = (share.numerator, share.denominator)
        bits, parts = self._served
        left_ns = (self._size_bits * parts - bits) * share.denominator * NS_PER_S
        self._plan.end_ns = self._since_ns + (-(-left_ns // (parts * share.numerator)) if share else 0)
        self._plan.add(self._plan.end_ns, self._size_bits // 8, 0)
        return self._plan
