"""One way over a link: what it carries, loses and holds up now, by its spec, its troubles and its throttles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sim.world.clock import Clock
from sim.world.network.spec import DirectionSpec
from sim.world.network.throttle import Bucket, Passed
from sim.world.network.trouble import Trouble, either

if TYPE_CHECKING:
    from sim.world.network.flow import Flow
    from sim.world.network.way import Way

QUEUE_BYTES_MIN: Final = 30_000
NS_PER_S: Final = 1_000_000_000
BURST_BITS_PER_S: Final = 10**13  # of a throttle on an unlimited line: a nanosecond of it is less than a packet


class Direction:
    """One way over one link, from `source` to `destination` (sites)."""

    def __init__(self, clock: Clock, link: str, ends: tuple[str, str], spec: DirectionSpec, rtt_ns: int) -> None:
        self._clock, self.spec = clock, spec
        self.link, (self.source, self.destination) = link, ends
        self.bits_per_s, self.delay_ns, self.loss = spec.nominal_bits_per_s, spec.delay_ns, spec.loss
        self.queue_bdp = spec.queue_bdp
        bdp_bytes = self.bits_per_s * rtt_ns // (8 * NS_PER_S)
        self.queue_bytes = max(QUEUE_BYTES_MIN, int(bdp_bytes * spec.queue_bdp))
        self.troubles: list[Trouble] = []
        self.buckets = [Bucket(throttle) for throttle in spec.throttles]
        self._passed_bytes = 0  # by flows that are over
        self.is_steady = not self.buckets and spec.bandwidth is None and spec.factor is None  # by itself
        self.flows: dict[Flow, None] = {}  # under way over it, in the order they began
        self.acks: dict[Flow, None] = {}  # whose acknowledgements come back over it
        self.ways: dict[Way, None] = {}  # that lead over it, there or back
        self.due_ns: int | None = None
        self._capacity: int | None = None
        self.delay_now_ns = self.delay_ns  # one way, with what troubles add, without jitter
        self.up = True  # whether anything passes: not down, with some bandwidth, and not every packet lost
        self.look()

    @property
    def capacity(self) -> int | None:
        """Bits per second now: what is there of the bandwidth, and what throttles let through; None is unlimited."""
        return self._capacity if self.is_steady else self._throttled(self._line())

    def look(self) -> None:
        """Something has changed: what is there now of the bandwidth, and of the delay?"""
        self._capacity = self._throttled(self._line())
        self.delay_now_ns = self.delay_ns + sum(trouble.extra_delay_ns for trouble in self.troubles)
        self.up = self._capacity != 0 and not any(one.down for one in self.troubles) and self.loss_now < 1.0

    def _throttled(self, line: int | None) -> int | None:
        """What throttles let through of it."""
        if not self.buckets:
            return line
        limits = [bucket.limit(self._clock.now_ns) for bucket in self.buckets]
        return min(limit for limit in (BURST_BITS_PER_S if line is None else line, *limits) if limit is not None)

    def _line(self) -> int | None:
        """Bits per second that are there of the bandwidth."""
        spec, time_ns = self.spec, self._clock.now_ns
        if spec.bandwidth is None and spec.bits_per_s == 0:
            return 0 if any(trouble.factor == 0 for trouble in self.troubles) else None
        full = spec.bits_per_s if spec.bandwidth is None else spec.bandwidth.at(time_ns)
        if spec.factor is not None:
            full *= spec.factor.at(time_ns)
        return int(full * min((trouble.factor for trouble in self.troubles), default=1))

    @property
    def loss_now(self) -> float:
        """Share of packets that are lost now."""
        return either((self.loss, *(trouble.loss for trouble in self.troubles)))

    @property
    def corrupt_now(self) -> float:
        """Share of chunks that arrive with a flipped bit now."""
        return either((self.spec.corrupt, *(trouble.corrupt for trouble in self.troubles)))

    @property
    def duplicate_now(self) -> float:
        """Share of chunks that arrive twice now."""
        return either((self.spec.duplicate, *(trouble.duplicate for trouble in self.troubles)))

    @property
    def reorder_now(self) -> float:
        """Share of packets so late that they look lost now."""
        return either((self.spec.reorder, *(trouble.reorder for trouble in self.troubles)))

    # -- what changes by itself ---------------------------------------------------------------------------------------

    @property
    def can_dry_up(self) -> bool:
        """Whether its profiles leave it without any bandwidth at times."""
        profiles = (self.spec.bandwidth, self.spec.factor)
        return any(min(steps.values) == 0 for steps in profiles if steps is not None)

    def next_step_ns(self) -> int | None:
        """When its capacity changes next by itself, as things are."""
        return min((step for step in self._next_steps_ns() if step is not None), default=None)

    def _next_steps_ns(self) -> Iterator[int | None]:
        now = self._clock.now_ns
        for steps in (self.spec.bandwidth, self.spec.factor):
            if steps is not None:
                yield steps.next_ns(now)
        for bucket in self.buckets:
            yield bucket.next_ns(now)
            if bucket.is_open(now):
                yield bucket.dry_ns(self._passed(now, None))

    # -- what passes --------------------------------------------------------------------------------------------------

    def passed_bytes(self, time_ns: int) -> int:
        """Wire bytes that have passed by now or, as things are, will have: with headers of packets, each byte once."""
        return self._passed_bytes + sum(flow.passed_bytes_at(self, time_ns) for flow in self.flows)

    def follow(self) -> bool:
        """Bring its throttles up to date; whether more or less passes than before, which its ways are told."""
        now, before = self._clock.now_ns, self._capacity
        for bucket in self.buckets:
            ends = [(bucket.since_ns, self.passed_bytes(bucket.since_ns)), (now, self.passed_bytes(now))]
            bucket.follow(list(self._passed(bucket.since_ns, now)) if bucket.bursts else ends)
        self.look()
        if self._capacity == before:
            return False
        for way in list(self.ways):
            way.look()
        return True

    def leave(self, flow: Flow) -> None:
        """A flow is over."""
        if self.buckets:
            self.follow()
        self._passed_bytes += flow.passed_bytes_at(self, self._clock.now_ns)
        del self.flows[flow]

    def _passed(self, from_ns: int, until_ns: int | None) -> Iterator[Passed]:
        """What has passed by when, straight between, of the flows that are under way."""
        inside: dict[int, None] = {from_ns: None}
        for flow in self.flows:
            for time_ns in flow.course.curve.times_ns:
                if from_ns < time_ns and (until_ns is None or time_ns < until_ns):
                    inside[time_ns] = None
        if until_ns is not None:
            inside[until_ns] = None
        return ((time_ns, self.passed_bytes(time_ns)) for time_ns in sorted(inside))
