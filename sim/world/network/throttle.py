"""A token bucket on one way over a link: bursts at the line's rate while there are tokens, then its own rate.

    what passes in any window w is at most burst + rate x w (NUMBERS.md 1.3)
    tokens come in at the rate up to the burst, also while nothing passes and while the throttle is not in force
    a bucket with less than a packet in it is empty: bursts smaller than that change nothing

Exact: tokens are integers (bits times nanoseconds per second), and the instant at which they are used up is foreseen
from the curves of the flows, once, however many chunks and packets pass until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from sim.world.network.spec import ThrottleSpec

NS_PER_S: Final = 1_000_000_000
PACKET_TOKENS: Final = 1_500 * 8 * NS_PER_S

Passed = tuple[int, int]  # so many bytes have passed by an instant


class Bucket:
    """One throttle, and its tokens at the instant up to which it was followed."""

    def __init__(self, spec: ThrottleSpec) -> None:
        self._spec = spec
        self._rate = spec.bits_per_s  # tokens a nanosecond
        self._most = spec.burst_bytes * 8 * NS_PER_S
        self._tokens = self._most
        self.since_ns = 0
        self.bursts = self._tokens > PACKET_TOKENS

    @property
    def tokens_bytes(self) -> int:
        """What may pass at once, in whole bytes."""
        return self._tokens // (8 * NS_PER_S)

    def limit(self, time_ns: int) -> int | None:
        """Bits per second that it lets through now; None: anything."""
        return None if self.bursts or not self._holds(time_ns) else self._rate

    def is_open(self, time_ns: int) -> bool:
        """Whether it is in force, and has tokens to be used up."""
        return self.bursts and self._holds(time_ns)

    def follow(self, passed: Sequence[Passed]) -> None:
        """Bring it up to date: what has passed since it was last followed, straight between, and first of all then."""
        for before, after in pairwise(passed):
            used = (after[1] - before[1]) * 8 * NS_PER_S if self._holds(before[0]) else 0
            self._tokens = min(self._most, self._tokens + (after[0] - before[0]) * self._rate - used)
        self.since_ns = passed[-1][0]
        self.bursts = self._tokens > PACKET_TOKENS

    def dry_ns(self, to_pass: Iterable[Passed]) -> int | None:
        """When its tokens will be used up, if what passes from now on is straight between these; None: not by then."""
        tokens, before = self._tokens, None
        for after in to_pass:
            if before is not None:
                lasts_ns = after[0] - before[0]
                used = (after[1] - before[1]) * 8 * NS_PER_S - lasts_ns * self._rate
                if used >= tokens > 0:
                    return max(before[0] + tokens * lasts_ns // used, self.since_ns + 1)
                tokens = min(self._most, tokens - used)
            before = after
        return None

    def next_ns(self, time_ns: int) -> int | None:
        """When it begins or ceases to be in force next."""
        spec = self._spec
        if time_ns < spec.from_ns:
            return spec.from_ns
        if spec.until_ns is None:
            return None
        start_ns = spec.from_ns + self._turn(time_ns)
        stop_ns = start_ns + spec.until_ns - spec.from_ns
        if time_ns < stop_ns:
            return stop_ns
        return None if spec.every_ns is None else start_ns + spec.every_ns

    def _holds(self, time_ns: int) -> bool:
        """Whether it is in force."""
        spec = self._spec
        if time_ns < spec.from_ns or spec.until_ns is None:
            return time_ns >= spec.from_ns
        return time_ns - self._turn(time_ns) < spec.until_ns

    def _turn(self, time_ns: int) -> int:
        """How much later than the first window the one begins that began last."""
        every_ns = self._spec.every_ns
        return 0 if every_ns is None else (time_ns - self._spec.from_ns) // every_ns * every_ns
