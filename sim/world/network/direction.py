"""One way over a link: what it carries, loses and holds up now, by its spec, its troubles and its throttles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sim.world.clock import Clock
from sim.world.network.spec import DirectionSpec
from sim.world.network.trouble import Trouble, either

if TYPE_CHECKING:
    from sim.world.network.flow import Flow
    from sim.world.network.way import Way

QUEUE_BYTES_MIN: Final = 30_000
NS_PER_S: Final = 1_000_000_000


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
        self.flows: dict[Flow, None] = {}  # under way over it, in the order they began
        self.acks: dict[Flow, None] = {}  # whose acknowledgements come back over it
        self.ways: dict[Way, None] = {}  # that lead over it, there or back
        self.due_ns: int | None = None

    @property
    def up(self) -> bool:
        """Whether anything passes now: not down, and with some bandwidth and not every packet lost."""
        return not any(trouble.down for trouble in self.troubles) and self.capacity != 0 and self.loss_now < 1.0

    @property
    def capacity(self) -> int | None:
        """Bits per second now; None is unlimited."""
        time_ns = self._clock.now_ns
        spec = self.spec
        if spec.bandwidth is None and spec.bits_per_s == 0:
            return 0 if any(trouble.factor == 0 for trouble in self.troubles) else None
        full = spec.bits_per_s if spec.bandwidth is None else spec.bandwidth.at(time_ns)
        if spec.factor is not None:
            full *= spec.factor.at(time_ns)
        return int(full * min((trouble.factor for trouble in self.troubles), default=1))

    @property
    def delay_now_ns(self) -> int:
        """One way, with what troubles add, without jitter."""
        return self.delay_ns + sum(trouble.extra_delay_ns for trouble in self.troubles)

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

    def next_step_ns(self) -> int | None:
        """When its capacity changes next by itself."""
        now = self._clock.now_ns
        return min((step for step in self._next_steps_ns(now) if step is not None), default=None)

    def _next_steps_ns(self, now_ns: int) -> Iterator[int | None]:
        for steps in (self.spec.bandwidth, self.spec.factor):
            if steps is not None:
                yield steps.next_ns(now_ns)

    @property
    def can_dry_up(self) -> bool:
        """Whether its profiles leave it without any bandwidth at times."""
        profiles = (self.spec.bandwidth, self.spec.factor)
        return any(min(steps.values) == 0 for steps in profiles if steps is not None)
