"""A connection without ramp, losses and headers: exactly its share, as a dedicated or accelerated line gives it.

    end = begin + ceil(bits / share), also after the share has changed any number of times

Bits behind an instant are kept as a fraction; the plan's knots are its whole bytes. A fraction that has become long is
rounded down to a billionth of a bit, so that ten thousand changes of the share cost what ten do.
"""

from __future__ import annotations

from fractions import Fraction
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
        self._served_bits = Fraction(0)  # behind `_since_ns`
        self._bits_per_ns = Fraction(0)  # since then

    def begin(self, now_ns: int, payload_bytes: int, path: PathView) -> Plan:
        """A transfer begins."""
        self._size_bits, self._served_bits, self._since_ns = payload_bytes * 8, Fraction(0), now_ns
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
        self._bits_per_ns = Fraction(0)
        return self._plan

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """At once."""
        del reconnect_after_ns
        return returned_ns

    def close(self) -> None:
        """Nothing is remembered anyway."""

    def _settle(self, now_ns: int) -> None:
        served = self._served_bits + (now_ns - self._since_ns) * self._bits_per_ns
        self._served_bits, self._since_ns = min(_short(served), Fraction(self._size_bits)), now_ns
        self._plan.cut(now_ns)
        self._plan.payload_bytes[-1] = int(self._served_bits) // 8  # a chain of cuts must not lose a byte at each

    def _go(self, path: PathView) -> Plan:
        left_bits, share = self._size_bits - self._served_bits, Fraction(path.bits_per_s)
        self._bits_per_ns = Fraction(share.numerator, share.denominator * NS_PER_S)
        bits_ns = left_bits.numerator * share.denominator * NS_PER_S
        lasts_ns = -(-bits_ns // (left_bits.denominator * share.numerator)) if share else 0
        self._plan.end_ns = self._since_ns + lasts_ns
        self._plan.add(self._plan.end_ns, self._size_bits // 8, 0)
        return self._plan


def _short(bits: Fraction) -> Fraction:
    return bits if bits.denominator < _LONG else Fraction(bits * NS_PER_S // 1, NS_PER_S)
