"""A connection as moody as can be within the rules: pauses, bursts, half speed, things sent twice, sleep after outages.

It stands in for TCP where a test is about what the network makes of a plan, whatever the plan.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sim.world.network import Network, Session, Way
from sim.world.tcp import PathView, Plan

WIRE = Fraction(1500, 1448)
S = 10**9
WINDOW = 20_000


class Ragged:
    def __init__(self, seed: int) -> None:
        self._luck = np.random.Generator(np.random.Philox(key=seed))
        self._plan, self._size, self._stalled_ns = Plan([0], [0], [0], 0), 0, 0
        self.calls: list[tuple[str, int]] = []
        self._share: Fraction | int = 0

    def begin(self, now_ns: int, payload_bytes: int, path: PathView) -> Plan:
        self._in_order("begin", now_ns)
        self._size, self._plan = payload_bytes, Plan([now_ns], [0], [0], None)
        self._plan.add(now_ns + int(self._luck.integers(0, 10**7)), 0, 0)
        return self._go(path)

    def go_on(self, now_ns: int, path: PathView) -> Plan:
        self._in_order("go_on", now_ns)
        self._plan.cut(now_ns)
        return self._go(path)

    def stall(self, now_ns: int, *, window_passes: bool = False) -> Plan:
        self._in_order("stall", now_ns)
        self._plan.cut(now_ns)
        self._stalled_ns = now_ns
        if window_passes and self._share:
            self._serve(min(self._size, self._plan.payload_bytes[-1] + WINDOW), 1, 0)
            if self._plan.payload_bytes[-1] == self._size:
                self._plan.end_ns = self._plan.times_ns[-1]
        return self._plan

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        return returned_ns + int(self._luck.integers(0, 2)) * int(self._luck.integers(0, 10**9))

    def close(self) -> None:
        self.calls.append(("close", -1))

    def _in_order(self, what: str, now_ns: int) -> None:
        """Its own time never goes back, and a transfer begins before it goes on."""
        assert now_ns >= self._plan.times_ns[0]
        assert not self.calls or now_ns >= max(time_ns for _, time_ns in self.calls)
        assert what == "begin" or self.calls
        self.calls.append((what, now_ns))

    def _go(self, path: PathView) -> Plan:
        plan, self._share = self._plan, path.bits_per_s
        for _ in range(int(self._luck.integers(0, 4))):
            if self._luck.random() < 0.4:
                plan.add(
                    plan.times_ns[-1] + int(self._luck.integers(1, 10**8)),
                    plan.payload_bytes[-1],
                    plan.resent_bytes[-1],
                )
            left = self._size - plan.payload_bytes[-1]
            part = int(left * self._luck.random())
            self._serve(
                plan.payload_bytes[-1] + part, int(self._luck.integers(1, 4)), int(part * self._luck.random() / 2)
            )
        self._serve(self._size, 1, 0)
        plan.end_ns = plan.times_ns[-1]
        return plan

    def _serve(self, until: int, slowness: int, resent: int) -> None:
        plan = self._plan
        wire_bits = (until - plan.payload_bytes[-1] + resent) * 8 * WIRE
        lasts_ns = 0 if not self._share else -(-(wire_bits * S * slowness) // self._share)
        plan.add(plan.times_ns[-1] + int(lasts_ns), until, plan.resent_bytes[-1] + resent)


def ragged_session(network: Network, way: Way, name: str, seed: int) -> Session:
    session = Session(network, way, "cubic", name)
    session.connection = Ragged(seed)
    return session
