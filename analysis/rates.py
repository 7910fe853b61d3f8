"""The rate of one transfer over its time, in bins of equal length, and what each bin was spent on.

the areas of all bins together are the payload
a bin is `full` where the line is busy over the round trip around it: bursts of slow start are not
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from sim.transfers import Conditions, Transfer
from sim.world.tcp.path import NS_PER_S, PACKET_BYTES, PAYLOAD_BYTES

Phase = Literal["handshake", "opening", "losses", "full", "propagation"]

BUSY: Final = 0.97  # of the line


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of a transfer, from its begin on."""

    begin_s: float
    end_s: float
    bits_per_s: float  # payload that leaves the bottleneck
    phase: Phase


def payload_bits_per_s(conditions: Conditions) -> float:
    """What the line carries of payload at most."""
    share = 1.0 if conditions.congestion == "ideal" else PAYLOAD_BYTES / PACKET_BYTES
    return conditions.bandwidth_bits_per_s * share


def bins(conditions: Conditions, shown: Transfer, count: int) -> list[Bin]:
    """`count` bins from the begin to the arrival of the last byte, fewer where nanoseconds are too few."""
    count = max(1, min(count, shown.took_ns))
    edges = [shown.took_ns * at // count for at in range(count + 1)]
    return [_bin(conditions, shown, begin, end) for begin, end in pairwise(edges)]


def _bin(conditions: Conditions, shown: Transfer, begin_ns: int, end_ns: int) -> Bin:
    plan, zero_ns = shown.plan, shown.began_ns
    served = plan.served_bytes(zero_ns + end_ns) - plan.served_bytes(zero_ns + begin_ns)
    rate = served * 8 * NS_PER_S / max(1, end_ns - begin_ns)
    return Bin(begin_ns / NS_PER_S, end_ns / NS_PER_S, rate, _phase(conditions, shown, begin_ns, end_ns))


def _phase(conditions: Conditions, shown: Transfer, begin_ns: int, end_ns: int) -> Phase:
    middle_ns, sent_ns = (begin_ns + end_ns) // 2, shown.took_ns - shown.delay_ns
    if middle_ns >= sent_ns and shown.delay_ns:
        return "propagation"
    fresh = conditions.connection == "fresh" and conditions.congestion != "ideal"
    if fresh and middle_ns < conditions.path.rtt_ns:
        return "handshake"
    if _busy(conditions, shown, middle_ns, max(conditions.path.rtt_ns, end_ns - begin_ns)):
        return "full"
    after_losses = conditions.connection == "warm" and conditions.loss > 0  # of the transfer before
    return "losses" if after_losses or shown.plan.resent_by(shown.began_ns + end_ns) else "opening"


def _busy(conditions: Conditions, shown: Transfer, middle_ns: int, around_ns: int) -> bool:
    sent_ns = shown.took_ns - shown.delay_ns
    begin, end = max(0, middle_ns - around_ns // 2), min(sent_ns, middle_ns + (around_ns + 1) // 2)
    served = shown.plan.served_bytes(shown.began_ns + end) - shown.plan.served_bytes(shown.began_ns + begin)
    return served * 8 * NS_PER_S >= BUSY * payload_bits_per_s(conditions) * max(1, end - begin)
