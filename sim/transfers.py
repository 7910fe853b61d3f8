"""How long one transfer takes on a link, and why: the same connections that the links of a world run.

without a seed the median over luck, from fixed and even draws, so that the answer is the same each time; with a seed,
one draw
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Final, Literal, get_args

from sim.streams import Streams
from sim.world.tcp import Congestion, Connection, PathView, Plan
from sim.world.tcp.path import PACKET_BYTES, PAYLOAD_BYTES

State = Literal["fresh", "warm", "idle"]

NS_PER_S: Final = 1_000_000_000
DRAWS: Final = 101  # an odd number, so that the median is one of them
PAUSE_NS: Final = 600 * NS_PER_S  # and twenty round trips: so many timeouts that no window is left
PAUSE_ROUNDS: Final = 20
EVEN: Final = (0.8191725134, 0.6710436067, 0.5497004779)  # powers of the root of x^4 = x + 1 (Roberts 2018: R3)
BEFORE: Final = {"fresh": 0, "warm": 1, "idle": 2}  # equal transfers on the same connection
LEAST_QUEUE_BYTES: Final = 30_000
ROUNDING_S: Final = 3e-9  # a plan is made of whole nanoseconds


@dataclass(frozen=True, slots=True)
class Conditions:
    """A transfer and the link that it goes over."""

    size_bytes: int
    bandwidth_bits_per_s: int
    rtt_seconds: float
    loss: float = 0.0
    queue_bdp: float = 1.0
    congestion: Congestion = "cubic"
    connection: State = "fresh"

    def __post_init__(self) -> None:
        """Raises ValueError with all that is wrong."""
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def path(self) -> PathView:
        """The link as a connection that has it for itself sees it."""
        rtt_ns = round(self.rtt_seconds * NS_PER_S)
        product = self.bandwidth_bits_per_s * rtt_ns // (8 * NS_PER_S)
        queue_bytes = max(LEAST_QUEUE_BYTES, int(product * self.queue_bdp))
        return PathView(int(self.bandwidth_bits_per_s), rtt_ns, float(self.loss), queue_bytes)

    def _faults(self) -> Iterator[str]:
        if isinstance(self.size_bytes, bool) or not isinstance(self.size_bytes, int) or self.size_bytes < 1:
            yield f"size_bytes must be a whole number of at least 1 byte (got {self.size_bytes!r})"
        if not _positive(self.bandwidth_bits_per_s) or self.bandwidth_bits_per_s < 1:
            yield f"bandwidth_bits_per_s must be at least 1 (got {self.bandwidth_bits_per_s!r})"
        if not _finite(self.rtt_seconds) or self.rtt_seconds < 0 or self.rtt_seconds > 3600:
            yield f"rtt_seconds must be between 0 and 3600 (got {self.rtt_seconds!r})"
        if not _finite(self.loss) or not 0 <= self.loss < 1:
            yield f"loss is a share, at least 0 and less than 1: 0.001 is 0.1 % (got {self.loss!r})"
        if not _positive(self.queue_bdp):
            yield f"queue_bdp must be more than 0 (got {self.queue_bdp!r})"
        if self.congestion not in get_args(Congestion):
            yield f"congestion is one of cubic, reno, ideal (got {self.congestion!r})"
        if self.connection not in get_args(State):
            yield f"connection is one of fresh, warm, idle (got {self.connection!r})"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer: its plan, counted from when it began, and when its last byte has arrived."""

    plan: Plan
    began_ns: int
    delay_ns: int

    @property
    def took_ns(self) -> int:
        """From its begin to the arrival of the last byte."""
        assert self.plan.end_ns is not None  # the path of a transfer by itself is never gone
        return self.plan.end_ns - self.began_ns + self.delay_ns

    @property
    def resent_bytes(self) -> int:
        """Payload that was sent again."""
        return self.plan.resent_bytes[-1]


def transfer(conditions: Conditions, seed: int) -> Transfer:
    """One transfer with the luck of a seed."""
    return _carried(conditions, Streams(seed).generator("transfer").random)


def transfers(conditions: Conditions, draws: int = DRAWS) -> list[Transfer]:
    """The same transfer with much luck, evenly spread; one where there is none to have."""
    return [_carried(conditions, _even(number)) for number in range(draws if conditions.loss > 0 else 1)]


def _carried(conditions: Conditions, draw: Callable[[], float]) -> Transfer:
    """One transfer, after what its connection carried before: a warm one another, an idle one a fresh and a warm."""
    connection, path = Connection(conditions.congestion, draw), conditions.path
    began_ns = 0
    for _ in range(BEFORE[conditions.connection]):
        before = connection.begin(began_ns, conditions.size_bytes, path)
        assert before.end_ns is not None  # the path of a transfer by itself is never gone
        began_ns = before.end_ns + path.rtt_ns
    if conditions.connection == "idle":
        began_ns += PAUSE_NS + PAUSE_ROUNDS * path.rtt_ns
    return Transfer(connection.begin(began_ns, conditions.size_bytes, path), began_ns, path.rtt_ns // 2)


def _even(number: int) -> Callable[[], float]:
    """Luck whose first draws cover all there is evenly over the numbers; the later ones are as they come."""
    first = iter([(0.5 + (number + 1) * step) % 1.0 for step in EVEN])
    later = Streams(number).generator("transfer").random
    return lambda: next(first, None) or later()


def transfer_time(
    *,
    size_bytes: int,
    bandwidth_bits_per_s: int,
    rtt_seconds: float,
    loss: float = 0.0,
    queue_bdp: float = 1.0,
    congestion: Congestion = "cubic",
    connection: State = "fresh",
    seed: int | None = None,
) -> float:
    """Seconds from the begin of a transfer (fresh: of its connection) until its last byte has arrived.

    The median over luck; with a `seed` one draw. `warm` is straight after an equal transfer on the same connection,
    `idle` after two and a pause longer than any retransmission timeout. Raises ValueError with all that is wrong.
    """
    conditions = Conditions(
        size_bytes, bandwidth_bits_per_s, rtt_seconds, loss, queue_bdp, congestion, connection
    )  # fmt: skip
    if seed is not None:
        return transfer(conditions, seed).took_ns / NS_PER_S
    return median(one.took_ns for one in transfers(conditions)) / NS_PER_S


@dataclass(frozen=True, slots=True)
class Explained:
    """What a transfer takes, and what of it for what, in seconds; the parts are those of the transfer at the median."""

    seconds: float
    p10_seconds: float
    p90_seconds: float
    handshake_seconds: float
    slow_start_seconds: float  # waiting for windows to open, before anything is lost
    loss_seconds: float  # waiting after losses, and sending again
    sending_seconds: float  # at the full rate of the line
    propagation_seconds: float
    ideal_seconds: float  # what the line alone would take
    resent_bytes: int
    mean_bits_per_s: float
    limited_by: str  # pipe | slow start | loss | round trip: the largest of the parts

    @property
    def waiting_seconds(self) -> float:
        """All waiting for windows, and what is sent again."""
        return self.slow_start_seconds + self.loss_seconds

    @property
    def slowdown(self) -> float:
        """How many times as long as on the line alone, of which a nanosecond is the least."""
        return self.seconds / max(self.ideal_seconds, 1 / NS_PER_S)


def explained(conditions: Conditions, seed: int | None = None) -> tuple[Explained, Transfer]:
    """What a transfer takes and why, and the one that stands for it: the median of many, or with a `seed` that draw."""
    drawn = transfers(conditions) if seed is None else [transfer(conditions, seed)]
    every = sorted(drawn, key=lambda one: one.took_ns)
    chosen = every[len(every) // 2]
    seconds = [one.took_ns / NS_PER_S for one in every]
    ends = quantiles(seconds, n=10) if len(seconds) > 1 else [seconds[0]] * 9
    took, rtt = chosen.took_ns / NS_PER_S, conditions.rtt_seconds
    packets = 1.0 if conditions.congestion == "ideal" else PACKET_BYTES / PAYLOAD_BYTES
    rate = conditions.bandwidth_bits_per_s / (8 * packets)  # of payload bytes
    sending = conditions.size_bytes / rate
    handshake = rtt if conditions.connection == "fresh" and conditions.congestion != "ideal" else 0.0
    waiting = took - handshake - sending - rtt / 2
    waiting = waiting if waiting > ROUNDING_S else 0.0
    slow_start = min(waiting, max(0.0, _before_losses(conditions, chosen, rate) - handshake))
    return Explained(
        seconds=took,
        p10_seconds=ends[0],
        p90_seconds=ends[-1],
        handshake_seconds=handshake,
        slow_start_seconds=slow_start,
        loss_seconds=waiting - slow_start,
        sending_seconds=sending,
        propagation_seconds=rtt / 2,
        ideal_seconds=sending + rtt / 2,
        resent_bytes=int(chosen.resent_bytes),
        mean_bits_per_s=conditions.size_bytes * 8 / max(took, 1 / NS_PER_S),
        limited_by=_limit(handshake + rtt / 2, slow_start, waiting - slow_start, sending),
    ), chosen


def _before_losses(conditions: Conditions, chosen: Transfer, bytes_per_s: float) -> float:
    """Seconds in which nothing was sent before anything was lost; all of them where nothing ever was."""
    if conditions.connection == "warm" and conditions.loss > 0:
        return 0.0  # its windows are what the losses of the transfer before have left of them
    resent = chosen.plan.resent_bytes
    first = next((at for at in range(1, len(resent)) if resent[at] > 0), None)
    if first is None:
        return math.inf
    passed = (chosen.plan.times_ns[first - 1] - chosen.began_ns) / NS_PER_S
    return passed - chosen.plan.payload_bytes[first - 1] / bytes_per_s


def _limit(distance: float, slow_start: float, loss: float, sending: float) -> str:
    """The largest part."""
    parts = {"pipe": sending, "slow start": slow_start, "loss": loss, "round trip": distance}
    return max(parts, key=lambda name: parts[name])


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _positive(value: object) -> bool:
    return _finite(value) and value > 0  # type: ignore[operator]
