"""The state of one connection's sender, and what it does with losses (RFC 5681, 6298, 8985, 9438).

Packets are numbers that need not be whole, times are seconds from the origin of a plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final, Protocol

from sim.world.tcp.growth import CUBIC_BETA, RENO_BETA, CubicGrowth, Growth, RenoGrowth
from sim.world.tcp.path import Pipe

INITIAL_WINDOW: Final = 10.0  # RFC 6928
LEAST_WINDOW: Final = 2.0  # RFC 5681, equation 4
LEAST_VARIATION_S: Final = 0.2  # Linux: RTO = srtt + max(200 ms, 4 rttvar)
LONGEST_TIMEOUT_S: Final = 120.0  # Linux: TCP_RTO_MAX
SMOOTHING_LAG: Final = 7  # a mean with gain 1/8 (RFC 6298) lags a ramp by seven samples
FAST_CONVERGENCE: Final = (1 + CUBIC_BETA) / 2  # RFC 9438, 4.7
BETA: Final = {"reno": RENO_BETA, "cubic": CUBIC_BETA}
NOTHING: Final = 1e-6  # packets


class Waits(Protocol):
    """Luck: waits until the next loss."""

    def wait(self) -> float:
        """The next wait, exponential with mean 1."""


State = tuple[Any, ...]


@dataclass(slots=True)
class Sender:
    """What a connection remembers, and where its transfer stands."""

    congestion: str
    window: float = INITIAL_WINDOW
    threshold: float = math.inf
    w_max: float = 0.0  # CUBIC's, before its last loss
    epoch_window: float = 0.0  # where the present epoch of growth began
    epoch_s: float = -1.0  # how long ago; negative: a new epoch begins
    wait: float = -1.0  # until the next loss, in units of the hazard; negative: not drawn yet
    backoffs: int = 0

    connected: bool = False
    step: str = "handshake"
    time_s: float = 0.0
    next_s: float = 0.0  # when the next step is due
    unsent: float = 0.0
    backlog: float = 0.0  # packets at the bottleneck
    dead: float = 0.0  # those of them that will be lost after it
    acks: float = 0.0  # packets whose acknowledgements clock the next round; 0: a burst
    flight: float = 0.0  # what the round sends in which a loss is found
    unknown: float = 0.0  # dropped, and not known to be
    resent: float = 0.0  # retransmissions that a recovery begins with
    doubling: bool = True  # whether recovery begins with two packets for each acknowledgement
    overflow: bool = False  # whether the loss to be found is the queue's
    part: float = 1.0  # what is left of a detection or recovery
    lost: float = 0.0  # sent again since the transfer began

    def state(self) -> State:
        """All of it; `Sender(*state)` goes on from there."""
        return _STATE(self)

    def restore(self, state: State) -> None:
        """Be as it was then."""
        for name, value in zip(FIELDS, state, strict=True):
            setattr(self, name, value)

    def until_loss(self, pipe: Pipe, luck: Waits) -> float:
        """Whole packets that pass before the next one that looks lost."""
        if not pipe.hazard:
            return math.inf
        if self.wait < 0:
            self.wait = luck.wait()
        return float(math.floor(self.wait / pipe.hazard))

    def passed(self, packets: float, pipe: Pipe) -> None:
        """So many packets passed, and none was lost."""
        if pipe.hazard:
            self.wait = max(0.0, self.wait - packets * pipe.hazard)

    def losses(self, packets: float, pipe: Pipe, luck: Waits) -> float:
        """How many of the next packets look lost."""
        count = 0.0
        while (ahead := self.until_loss(pipe, luck)) < packets:
            packets -= ahead + 1
            count += 1
            self.wait = -1.0
        self.passed(packets, pipe)
        return min(count, count + packets)

    def enqueue(self, sent: float, look_lost: float, pipe: Pipe) -> None:
        """So many packets go to the bottleneck; those lost after it have to be sent again."""
        dead = look_lost * pipe.really_lost
        self.unsent -= sent - dead
        self.backlog += sent
        self.dead += dead
        self.lost += look_lost

    def drain(self, until_s: float, pipe: Pipe) -> None:
        """The bottleneck sends until then."""
        if self.backlog > 0:
            left = self.backlog_at(until_s, pipe)
            self.dead *= left / self.backlog
            self.backlog = left
        self.time_s = until_s

    def backlog_at(self, then_s: float, pipe: Pipe) -> float:
        """The packets that will be at the bottleneck when nothing more comes."""
        if not pipe.gap_s:
            return 0.0
        left = self.backlog - (then_s - self.time_s) / pipe.gap_s
        return left if left > 0.0 else 0.0

    def cut(self, window: float) -> None:
        """A loss was found at this window: a new threshold. Windows are whole packets."""
        window = max(1.0, float(math.floor(window + NOTHING)))
        self.threshold = max(LEAST_WINDOW, math.floor(window * BETA[self.congestion]))
        if self.congestion == "cubic":
            self.w_max = window if window >= self.w_max else window * FAST_CONVERGENCE
        self.epoch_s = -1.0

    def growth(self, pipe: Pipe) -> Growth:
        """How the window grows from here on."""
        if self.epoch_s < 0:
            self.epoch_window, self.epoch_s = self.window, 0.0
        if self.congestion == "reno":
            return RenoGrowth(self.window, pipe)
        return CubicGrowth(self.epoch_window, self.w_max, self.epoch_s, pipe)

    def round_s(self, pipe: Pipe) -> float:
        """A round trip with as much in the queue as the window puts there."""
        return max(pipe.round_s, self.window * pipe.gap_s)

    def smoothed_s(self, pipe: Pipe) -> float:
        """The smoothed round trip when what is at the bottleneck now has been acknowledged."""
        return pipe.round_s + max(0.0, self.backlog - SMOOTHING_LAG) * pipe.gap_s

    def timeout_s(self, pipe: Pipe) -> float:
        """The retransmission timeout, with its backoff."""
        return min(LONGEST_TIMEOUT_S, math.ldexp(self.smoothed_s(pipe) + LEAST_VARIATION_S, min(self.backoffs, 10)))


FIELDS: Final = tuple(field.name for field in fields(Sender))
_STATE: Final = attrgetter(*FIELDS)
