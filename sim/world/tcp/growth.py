"""How a window grows between two losses, in closed form: time against packets.

Reno (RFC 5681): one packet a round. CUBIC (RFC 9438): W(t) = Wm + 0.4 (t - K)^3 with K = ((Wm - W) / 0.4)^(1/3), and
at least W + 0.53 t / R, what keeps up with Reno. Above the pipe packets leave at the bottleneck's rate, whatever the
window. A window is a whole number of packets and steps up at the end of a round, so half a packet less is on its way;
of an odd one a packet waits for the next before it is acknowledged (RFC 5681, 4.2), another quarter on average.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

from sim.world.tcp.path import Pipe

C: Final = 0.4  # RFC 9438, 5.1
RENO_BETA: Final = 0.5
CUBIC_BETA: Final = 0.7
FRIENDLY: Final = 3 * (1 - CUBIC_BETA) / (1 + CUBIC_BETA)  # RFC 9438, 4.3: packets a round
STEP: Final = 0.75


class Growth(Protocol):
    """One stretch of growth from a window on."""

    def reach(self, window: float) -> float:
        """Packets until the window has this size."""

    def after(self, packets: float) -> tuple[float, float]:
        """Seconds until so many packets have left, and the window then."""

    def at(self, seconds: float) -> tuple[float, float]:
        """Packets that have left after so long, and the window then."""

    def window_at(self, seconds: float) -> float:
        """The window after so long."""


class RenoGrowth:
    """One packet more each round."""

    __slots__ = ("pipe", "window")

    def __init__(self, window: float, pipe: Pipe) -> None:
        self.window, self.pipe = window, pipe

    def reach(self, window: float) -> float:
        """Packets until the window has this size."""
        low, high = self.window - STEP, window - STEP
        return max(0.0, (high * high - low * low) / 2)

    def after(self, packets: float) -> tuple[float, float]:
        """Seconds until so many packets have left, and the window then."""
        low = self.window - STEP
        window = math.sqrt(low * low + 2 * packets) + STEP
        pipe = self.pipe
        if window <= pipe.pipe:
            return pipe.round_s * (window - self.window), window
        below = self.reach(pipe.pipe) if self.window < pipe.pipe else 0.0
        return pipe.round_s * max(0.0, pipe.pipe - self.window) + (packets - below) * pipe.gap_s, window

    def window_at(self, seconds: float) -> float:
        """The window after so long."""
        return self.at(seconds)[1]

    def at(self, seconds: float) -> tuple[float, float]:
        """Packets that have left after so long, and the window then."""
        pipe = self.pipe
        if not pipe.round_s:
            return math.inf, self.window
        below_s = pipe.round_s * max(0.0, pipe.pipe - self.window)
        if seconds <= below_s:
            window = self.window + seconds / pipe.round_s
            return self.reach(window), window
        packets = self.reach(max(pipe.pipe, self.window)) + (seconds - below_s) / pipe.gap_s
        low = self.window - STEP
        return packets, math.sqrt(low * low + 2 * packets) + STEP


class CubicGrowth:
    """The cubic, seen from `since_s` after its epoch began."""

    __slots__ = ("back_s", "friendly", "origin", "pipe", "since_s", "start")

    def __init__(self, start: float, w_max: float, since_s: float, pipe: Pipe) -> None:
        self.start, self.since_s, self.pipe = start, since_s, pipe
        round_s = max(pipe.round_s, start * pipe.gap_s)
        self.friendly = FRIENDLY / round_s if round_s else 0.0
        self.origin = max(w_max, start)
        self.back_s = math.cbrt((self.origin - start) / C)

    def reach(self, window: float) -> float:
        """Packets until the window has this size."""
        return self._packets(self._when(window))

    def after(self, packets: float) -> tuple[float, float]:
        """Seconds until so many packets have left, and the window then."""
        if self._window(self.since_s) >= self.pipe.pipe:
            then = self.since_s + packets * self.pipe.gap_s
            return then - self.since_s, self._window(then)
        then = self._solve(packets)
        window = self._window(then)
        if window > self.pipe.pipe:
            pipe_s = self._when(self.pipe.pipe)
            then = pipe_s + (packets - self._sent(pipe_s)) * self.pipe.gap_s
            window = self._window(then)
        return then - self.since_s, window

    def window_at(self, seconds: float) -> float:
        """The window after so long."""
        return self._window(self.since_s + seconds)

    def at(self, seconds: float) -> tuple[float, float]:
        """Packets that have left after so long, and the window then."""
        then = self.since_s + seconds
        return self._packets(then), self._window(then)

    def _window(self, t: float) -> float:
        past = t - self.back_s
        cubic = self.origin + C * past * past * past
        friendly = self.start + self.friendly * t
        return cubic if cubic > friendly else friendly

    def _when(self, window: float) -> float:
        """When the window has this size; the start of this stretch where it has it already."""
        if window <= self._window(self.since_s):
            return self.since_s
        cubic = self.back_s + math.cbrt((window - self.origin) / C)
        return min(cubic, (window - self.start) / self.friendly)

    def _packets(self, end_s: float) -> float:
        if self._window(end_s) <= self.pipe.pipe:
            return self._sent(end_s)
        pipe_s = self._when(self.pipe.pipe)
        return self._sent(pipe_s) + (end_s - pipe_s) / self.pipe.gap_s

    def _sent(self, end_s: float) -> float:
        """Packets below the pipe until then: the larger of the two integrals of window / round."""
        r, since_s, back_s = self.pipe.round_s, self.since_s, self.back_s
        if not r:
            return 0.0
        dt = end_s - since_s
        a, b = (since_s - back_s) ** 2, (end_s - back_s) ** 2
        cubic = self.origin * dt + C / 4 * (b * b - a * a)
        friendly = self.start * dt + self.friendly / 2 * dt * (end_s + since_s)
        return ((cubic if cubic > friendly else friendly) - STEP * dt) / r

    def _solve(self, packets: float) -> float:
        """The instant by which so many packets have left, below the pipe: Newton within a bracket."""
        r, since_s, back_s = self.pipe.round_s, self.since_s, self.back_s
        origin, start, friendly = self.origin, self.start, self.friendly
        low, a = since_s, (since_s - back_s) ** 2
        then = high = low + packets * r / max(self._window(low) - STEP, STEP)
        enough = 1e-6 * packets + 1e-9
        for _ in range(50):
            past, dt = then - back_s, then - since_s
            b = past**2
            cubic = origin * dt + C / 4 * (b * b - a * a)  # as in `_sent`
            reno = start * dt + friendly / 2 * dt * (then + since_s)
            miss = ((cubic if cubic > reno else reno) - STEP * dt) / r - packets if r else -packets
            if -enough < miss < enough:
                break
            if miss > 0:
                high = then
            else:
                low = then
            cubic, reno = origin + C * past * past * past, start + friendly * then  # as in `_window`
            then -= miss * r / max((cubic if cubic > reno else reno) - STEP, STEP)
            if not low < then < high:
                then = (low + high) / 2
        return then
