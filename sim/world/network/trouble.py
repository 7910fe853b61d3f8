"""What can be wrong with one way over a link for a while, and what becomes of several troubles at once.

down wins, bandwidth takes the smallest factor, delays add
shares of what is lost, spoilt, doubled or late combine as 1 - prod(1 - p)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Trouble:
    """One thing that is wrong; two that look alike are still two."""

    down: bool = False
    factor: Fraction = Fraction(1)  # of the bandwidth
    extra_delay_ns: int = 0
    loss: float = 0.0  # share of packets
    corrupt: float = 0.0  # share of chunks
    duplicate: float = 0.0  # share of chunks
    reorder: float = 0.0  # share of packets


def either(shares: Iterable[float]) -> float:
    """The share that is hit by at least one of several independent dangers; exact where only one is there."""
    present = [share for share in shares if share > 0.0]
    if len(present) <= 1:
        return present[0] if present else 0.0
    spared = 1.0
    for share in present:
        spared *= 1.0 - share
    return 1.0 - spared
