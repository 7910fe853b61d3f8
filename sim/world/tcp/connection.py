"""One TCP connection: what it remembers between transfers, and the plan of the transfer that it carries.

    fresh: never used, or closed     begins with a handshake and a window of ten packets
    warm:  straight after another    begins with the window that the last one had grown
    idle:  paused for longer than the retransmission timeout: the window has halved for each, down to ten (RFC 2861)

A stalled sender sleeps: retransmissions go out at growing intervals, and the first after the path's return wakes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sim.world.tcp.backoff import CONNECT_GIVES_UP_NS, next_connect_ns, next_resend_ns
from sim.world.tcp.luck import Luck
from sim.world.tcp.path import NS_PER_S, PAYLOAD_BYTES, Congestion, PathView, Pipe
from sim.world.tcp.plan import Plan
from sim.world.tcp.planner import Planner
from sim.world.tcp.sender import INITIAL_WINDOW, LEAST_VARIATION_S, LONGEST_TIMEOUT_S, Sender
from sim.world.tcp.straight import plan_straight

RESTART_THRESHOLD: Final = 0.75  # of the window before a pause (RFC 2861, 3.1)
PROBE_ROUNDS: Final = 2  # a probe goes out two smoothed round trips after the last acknowledgement (RFC 8985, 7.2)


class Connection:
    """What one connection does, outside the event queue."""

    def __init__(self, congestion: Congestion, draw: Callable[[], float]) -> None:
        """`draw`: the next uniform number in [0, 1) of this connection's own luck."""
        self.congestion = congestion
        self._luck = Luck(draw)
        self._sender = Sender(congestion)
        self._size_bytes = 0
        self._path = PathView(0, 0)
        self._pipe = Pipe(self._path)
        self._plan = Plan([0], [0], [0], 0)
        self._planner = Planner(self._plan, 0, self._pipe, 0)
        self._connects_ns = 0  # since when it tries to connect
        self._asleep = False
        self._stalled_ns = self._timer_ns = self._timeout_ns = 0  # of a sender that sleeps
        self._anew = False  # it wakes by connecting again

    def begin(self, now_ns: int, payload_bytes: int, path: PathView) -> Plan:
        """A transfer begins; fresh, warm or idle by the connection's own state."""
        if self._plan.end_ns is None or self._plan.end_ns > now_ns:
            self._look(now_ns)
        rested_ns = max(0, now_ns - self._plan.times_ns[-1])
        self._size_bytes, self._asleep, self._connects_ns = payload_bytes, False, now_ns
        self._plan = Plan([now_ns], [0], [0], None)
        sender = self._sender
        sender.unsent, sender.backlog, sender.dead, sender.lost = payload_bytes / PAYLOAD_BYTES, 0.0, 0.0, 0.0
        sender.time_s = sender.next_s = 0.0
        if sender.connected:
            self._take_up(rested_ns / NS_PER_S, path)
        return self._carry(now_ns, path)

    def go_on(self, now_ns: int, path: PathView) -> Plan:
        """The same transfer, seen anew from `now_ns` on; everything before stays as it was planned."""
        if self._asleep:
            self._wake(now_ns)
        else:
            self._look(now_ns)
            self._wait_no_longer(path)
        self._plan.cut(now_ns)
        return self._carry(now_ns, path)

    def stall(self, now_ns: int, *, window_passes: bool = False) -> Plan:
        """The path is gone from `now_ns` on: what was served stays, nothing more is.

        With `window_passes` only acknowledgements are cut off: what is on its way to the bottleneck still goes.
        """
        if not self._asleep and self.congestion != "ideal":
            self._look(now_ns)
            self._fall_asleep(now_ns)
        self._plan.cut(now_ns)
        if window_passes and self.congestion != "ideal":
            self._planner.let_go(self._sender, now_ns)
        else:
            self._sender.lost += self._sender.backlog
        self._sender.backlog = self._sender.dead = 0.0
        return self._plan

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """The first instant >= returned_ns at which the sender tries again after `stall`.

        By its backoff, or by an application that connects anew, at first when `reconnect_after_ns` have passed.
        """
        self._anew = False
        if self.congestion == "ideal":
            return returned_ns
        if not self._sender.connected:
            return next_connect_ns(self._connects_ns, reconnect_after_ns or CONNECT_GIVES_UP_NS, returned_ns)
        woken_ns = next_resend_ns(self._timer_ns, self._timeout_ns, returned_ns)
        if reconnect_after_ns is None or woken_ns < self._stalled_ns + reconnect_after_ns:
            return woken_ns
        self._anew = True
        from_ns = max(returned_ns, self._stalled_ns + reconnect_after_ns)
        return next_connect_ns(self._stalled_ns, reconnect_after_ns, from_ns)

    def close(self) -> None:
        """The connection is gone: the next transfer is fresh."""
        self._connect_anew()
        self._plan = Plan(self._plan.times_ns[:1], [0], [0], self._plan.times_ns[0])
        self._asleep = False

    def _carry(self, now_ns: int, path: PathView) -> Plan:
        self._pipe, self._path = self._pipe_of(path), path
        if self.congestion == "ideal":
            plan_straight(self._plan, self._size_bytes, path, now_ns)
        elif self._plan.payload_bytes[-1] == self._size_bytes:
            self._plan.end_ns = now_ns
        else:
            self._planner = Planner(self._plan, self._size_bytes, self._pipe, now_ns)
            self._planner.carry(self._sender, self._luck)
        return self._plan

    def _pipe_of(self, path: PathView) -> Pipe:
        """A path in the terms of a sender; mostly it is the one that it saw last."""
        return self._pipe if path is self._path or path == self._path else Pipe(path)

    def _look(self, now_ns: int) -> None:
        """Where the sender is now."""
        if self.congestion != "ideal" and (self._plan.end_ns is None or now_ns < self._plan.end_ns):
            self._sender = self._planner.state_at(now_ns, self._luck)

    def _wait_no_longer(self, path: PathView) -> None:
        """What is at the bottleneck goes as fast as the new path lets it, and its acknowledgements come as soon."""
        sender, pipe = self._sender, self._pipe_of(path)
        if self.congestion == "ideal" or not sender.connected:
            return
        waits_s = max(pipe.rtt_s, self._planner.pipe.rtt_s) + (1 + sender.backlog) * pipe.gap_s
        if sender.step == "probe":
            waits_s += PROBE_ROUNDS * sender.smoothed_s(pipe) + LEAST_VARIATION_S
        if sender.backoffs:
            waits_s += sender.timeout_s(pipe)
        sender.next_s = min(sender.next_s, sender.time_s + waits_s)

    def _take_up(self, rested_s: float, path: PathView) -> None:
        """The window with which a used connection begins, and what clocks it."""
        sender, pipe = self._sender, self._pipe_of(path)
        round_s = sender.round_s(pipe)
        sender.step, sender.acks, sender.backoffs = "round", 0.0, 0
        if rested_s < pipe.rtt_s:  # acknowledgements still come in
            sender.acks = min(sender.window, pipe.window, pipe.pipe) * (1 - rested_s / pipe.rtt_s)
            return
        timeouts = int((rested_s - pipe.rtt_s) / (round_s + LEAST_VARIATION_S))
        if timeouts >= 1 and sender.window > INITIAL_WINDOW:
            sender.threshold = max(sender.threshold, RESTART_THRESHOLD * sender.window)
            sender.window = max(INITIAL_WINDOW, float(int(sender.window) >> min(timeouts, 64)))

    def _fall_asleep(self, now_ns: int) -> None:
        """The timer begins: the last acknowledgement comes some time within a round trip, then a probe goes."""
        sender, pipe = self._sender, self._planner.pipe
        self._asleep, self._stalled_ns = True, now_ns
        round_s = min(sender.round_s(pipe), LONGEST_TIMEOUT_S)
        timeout_s = min(round_s + LEAST_VARIATION_S, LONGEST_TIMEOUT_S)
        last_s = self._luck.draw() * round_s
        self._timer_ns = now_ns + round((last_s + min(PROBE_ROUNDS * round_s, timeout_s)) * NS_PER_S)
        self._timeout_ns = round(timeout_s * NS_PER_S)

    def _wake(self, now_ns: int) -> None:
        """The sender tries again: with one packet, or by connecting anew."""
        self._asleep = False
        sender = self._sender
        left_bytes = self._size_bytes - self._plan.served_bytes(now_ns)
        if self._anew or not sender.connected:
            self._connect_anew()
            self._connects_ns = now_ns
        else:
            sender.cut(sender.window)
            sender.window, sender.acks, sender.step, sender.backoffs = 1.0, 0.0, "round", 1
        self._sender.unsent, self._sender.lost = left_bytes / PAYLOAD_BYTES, sender.lost
        self._sender.time_s = self._sender.next_s = 0.0

    def _connect_anew(self) -> None:
        """A fresh sender, on the same path: the wait until the next loss goes on."""
        self._sender = Sender(self.congestion, wait=self._sender.wait)
        self._anew = False
