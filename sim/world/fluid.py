"""A server shared as a fluid: a transfer is an interval with piecewise-constant rates, not packets (decision 3).

    what is served at an instant is arithmetic; events happen when a flow begins, ends or breaks off
    exact: rates and amounts are fractions, instants are rounded up to the next nanosecond
    the sum over flows of what is served in a window never exceeds capacity times the window (T8)

Flows share equally today. Weights per round trip, congestion control and faults belong in `_shares`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from sim.world.clock import Clock, Order, Signal

NS_PER_S = 1_000_000_000
_SAFE = 2**62
_NONE = Fraction(0)


class Piece(NamedTuple):
    """From `since_ns` on a flow is served at `bits_per_ns`, with `served_bits` behind it."""

    since_ns: int
    served_bits: Fraction | int
    bits_per_ns: Fraction

    def bits_at(self, time_ns: int) -> int:
        """Whole bits served at an instant of it: as `served_bits + (time_ns - since_ns) * bits_per_ns`, but quicker."""
        served, rate, elapsed_ns = self.served_bits, self.bits_per_ns, time_ns - self.since_ns
        amount = served.numerator * rate.denominator + elapsed_ns * rate.numerator * served.denominator
        return amount // (served.denominator * rate.denominator)

    def ends_ns(self, size_bits: int) -> int:
        """The first whole nanosecond at which so many bits are served."""
        served, rate = self.served_bits, self.bits_per_ns
        left = (size_bits * served.denominator - served.numerator) * rate.denominator
        return self.since_ns - (-left // (served.denominator * rate.numerator))


class Flow:
    """One transfer: how much of it is served at any instant so far."""

    __slots__ = ("broken_off", "ended", "pieces", "size_bits")

    def __init__(self, size_bytes: int, ended: Event) -> None:
        self.size_bits = size_bytes * 8
        self.pieces: list[Piece] = []
        self.ended = ended
        self.broken_off = False

    def served_bytes(self, time_ns: int) -> int:
        """Whole bytes served at `time_ns`."""
        for piece in reversed(self.pieces):
            if piece.since_ns <= time_ns:
                return min(piece.bits_at(time_ns), self.size_bits) // 8
        return 0

    def steps_at(self, times_ns: NDArray[np.int64], step_bytes: int) -> NDArray[np.int64]:
        """How many whole steps of `step_bytes` are served at each instant: int64, same shape."""
        steps = np.zeros(times_ns.shape, dtype=np.int64)
        for index, piece in enumerate(self.pieces):
            end = self.pieces[index + 1].since_ns if index + 1 < len(self.pieces) else None
            inside = times_ns >= piece.since_ns if end is None else (times_ns >= piece.since_ns) & (times_ns < end)
            if inside.any():
                steps[inside] = _steps(piece, times_ns[inside], step_bytes * 8)
        return np.minimum(steps, self.size_bits // (step_bytes * 8))

    def _served_bits(self, time_ns: int) -> Fraction | int:
        for piece in reversed(self.pieces):
            if piece.since_ns <= time_ns:
                return piece.served_bits + (time_ns - piece.since_ns) * piece.bits_per_ns
        return _NONE


class FluidServer:
    """Capacity that the flows through it share; 0 bits/s stands for unlimited."""

    def __init__(self, clock: Clock, bits_per_s: int, order: Order = Order.NETWORK) -> None:
        self._clock, self._order = clock, order
        self._capacity = Fraction(bits_per_s, NS_PER_S)
        self._flows: list[Flow] = []
        self._ends_ns: list[int] = []  # of these, as things are
        self.shared = Signal(clock, Order.CUT)  # fires when shares change: an end that was foreseen may move
        self._shift = 0  # counts changes of the shares, so that a wake-up planned before is ignored

    def begin(self, size_bytes: int) -> Flow:
        """Start a transfer now; its `ended` event fires when the last byte is served or it is broken off."""
        flow = Flow(size_bytes, self._clock.event())
        if size_bytes == 0 or not self._capacity:
            flow.pieces.append(Piece(self._clock.now_ns, flow.size_bits, _NONE))
            self._clock.fire(flow.ended, self._order)
            return flow
        self._flows.append(flow)
        self._share_again()
        return flow

    def ends_at_ns(self, flow: Flow) -> int:
        """When the flow will end if nothing else begins, ends or breaks off; now for one that has ended."""
        return self._end_ns(flow) if flow in self._flows else self._clock.now_ns

    def break_off(self, flow: Flow) -> int:
        """Stop a transfer now; answers the bytes served. One that has ended stays as it is."""
        if flow in self._flows:
            flow.broken_off = True
            self._settle(flow, _NONE)
            self._flows.remove(flow)
            self._share_again()
            self._clock.fire(flow.ended, self._order)
        return flow.served_bytes(self._clock.now_ns)

    def _share_again(self) -> None:
        """Solve the shares for the flows that are left, and plan to wake when the first of them ends."""
        self._shift += 1
        if not self._flows:
            return
        self.shared.fire()
        rate = self._share()
        for flow in self._flows:
            self._settle(flow, rate)
        self._ends_ns = [self._end_ns(flow) for flow in self._flows]
        self._clock.call_at(min(self._ends_ns), self._order, partial(self._finish, self._shift))

    def _share(self) -> Fraction:
        """What each flow gets now."""
        return self._capacity if len(self._flows) == 1 else self._capacity / len(self._flows)

    def _settle(self, flow: Flow, rate: Fraction) -> None:
        now = self._clock.now_ns
        if not flow.pieces:
            flow.pieces.append(Piece(now, 0, rate))
        elif (before := flow.pieces[-1].bits_per_ns) is not rate and before != rate:
            piece = Piece(now, flow._served_bits(now), rate)
            if flow.pieces[-1].since_ns == now:
                flow.pieces.pop()
            flow.pieces.append(piece)

    def _end_ns(self, flow: Flow) -> int:
        return flow.pieces[-1].ends_ns(flow.size_bits)

    def _finish(self, shift: int) -> None:
        if shift != self._shift:
            return
        now = self._clock.now_ns
        flows, self._flows = self._flows, []
        for flow, end_ns in zip(flows, self._ends_ns, strict=True):
            if end_ns > now:
                self._flows.append(flow)
            else:  # its last piece goes on for ever, but nothing is served beyond the size
                self._clock.fire(flow.ended, self._order)
        self._share_again()


def _steps(piece: Piece, times_ns: NDArray[np.int64], step_bits: int) -> NDArray[np.int64]:
    """floor((served + elapsed * rate) / step) in int64 where it fits, else in Python's integers."""
    denominator = piece.served_bits.denominator * piece.bits_per_ns.denominator
    start = int(piece.served_bits * denominator)
    slope = int(piece.bits_per_ns * denominator)
    elapsed = times_ns - piece.since_ns
    if start + int(elapsed.max()) * slope < _SAFE and denominator * step_bits < _SAFE:
        return (start + elapsed * slope) // (denominator * step_bits)
    exact = [(start + int(dt) * slope) // (denominator * step_bits) for dt in elapsed]
    return np.array(exact, dtype=np.int64)
