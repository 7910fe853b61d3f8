"""What a forwarder has to send: what it holds, and what comes in while it sends.

a fed transfer never gets ahead of what has arrived, less one chunk until all of it has: whole chunks are sent
where its feed is broken off, nothing more comes in: whoever owns the fed transfer breaks it off too
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.world.network.course import Course
from sim.world.network.merging import Knot, Merge, Supply
from sim.world.tcp import PathView, Plan

if TYPE_CHECKING:
    from sim.world.network.flow import Flow
    from sim.world.network.session import Carrier


@dataclass(frozen=True, slots=True)
class Feed:
    """Payload bytes held at the start, then what arrives by `upstream`: less one chunk, until all of it is there."""

    upstream: Flow
    held_bytes: int
    chunk_bytes: int

    def payload_at(self, time_ns: int) -> int:
        """Payload that can have been sent by an instant."""
        if self.is_all_there(time_ns):
            return self.held_bytes + self.upstream.size_bytes
        return self.held_bytes + max(0, self.upstream.arrived_bytes(time_ns) - self._withheld_bytes)

    def is_all_there(self, time_ns: int) -> bool:
        """Whether everything has come in by an instant; of one still to come, whether it will have, as things are."""
        upstream = self.upstream
        return upstream.ends_ns is not None and upstream.arrives_ns <= time_ns

    def knots(self, now_ns: int) -> Iterator[tuple[int, int]]:
        """What can have been sent by when, from now on: instants and payload, straight between them."""
        before: tuple[int, int] | None = None
        for time_ns in self._bends_ns(now_ns):
            arrived = self.upstream.arrived_bytes(time_ns)
            if before is not None and before[1] < self._withheld_bytes < arrived:
                part = -(-(self._withheld_bytes - before[1]) * (time_ns - before[0]) // (arrived - before[1]))
                if before[0] + part < time_ns:
                    yield before[0] + part, self.held_bytes
            yield time_ns, self.payload_at(time_ns)
            before = time_ns, arrived

    def _bends_ns(self, now_ns: int) -> list[int]:
        """Instants from now on between which arrivals are straight; the last bytes come in a jump."""
        upstream = self.upstream
        bends = upstream.arrivals.bends_ns(upstream.course.curve.times_ns)
        if upstream.ends_ns is not None:
            bends = sorted(dict.fromkeys((*bends, upstream.arrives_ns - 1)))
        return [now_ns, *bends[bisect_right(bends, now_ns) :]]

    @property
    def _withheld_bytes(self) -> int:
        """A chunk, and what is lost where carried bytes are turned into payload and back."""
        upstream = self.upstream
        return self.chunk_bytes + upstream.size_bytes // max(1, upstream.carried_size) + 2


class FedCourse(Course):
    """The curve of a transfer that is fed."""

    __slots__ = ("_feed", "_own_ns", "_payload_bytes", "_plan", "_size", "_starved")

    def __init__(self, connection: Carrier, waited_ns: int, began_ns: int, feed: Feed, sizes: tuple[int, int]) -> None:
        super().__init__(connection, waited_ns, began_ns)
        self._feed, (self._payload_bytes, self._size) = feed, sizes
        self._plan = Plan([began_ns - waited_ns], [0], [0], None)
        self._own_ns = [began_ns - waited_ns]  # the connection's time at each knot of the curve
        self._starved = False

    @property
    def waited_ns(self) -> int:
        """How far the connection's time is behind at the end."""
        return self.curve.times_ns[-1] - self._own_ns[-1]

    def begin(self, now_ns: int, carried_bytes: int, view: PathView) -> None:
        """The transfer begins."""
        self._merge(now_ns, self._connection.begin(self._own(now_ns), carried_bytes, view))

    def go_on(self, now_ns: int, view: PathView) -> None:
        """It goes on, the path seen anew."""
        self._merge(now_ns, self._connection.go_on(self._own(now_ns), view))

    def stall(self, now_ns: int, window_passes: bool) -> None:
        """The path is gone."""
        self._merge(now_ns, self._connection.stall(self._own(now_ns), window_passes=window_passes))

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """When the connection tries again, once the path is back."""
        own_ns = self._own(returned_ns)
        return self._connection.wakes_ns(own_ns, reconnect_after_ns) + returned_ns - own_ns

    def feed_on(self, now_ns: int) -> None:
        """What is to come in has changed."""
        self._merge(now_ns, self._plan)

    def given_bytes(self, time_ns: int, carried_size: int) -> int:
        """What has come in to be sent by an instant."""
        return min(carried_size, self._carried(self._feed.payload_at(time_ns)))

    def _merge(self, now_ns: int, plan: Plan) -> None:
        own_ns = self._own(now_ns)
        self._cut(now_ns, own_ns)
        self._plan = plan
        knots = list(self._feed.knots(now_ns))
        amounts = [min(self._size, self._carried(payload_bytes)) for _, payload_bytes in knots]
        supply = Supply([time_ns for time_ns, _ in knots], amounts)
        merge = Merge(plan, supply, Knot(now_ns, self.curve.payload_bytes[-1], own_ns))
        for knot in merge.knots[1:]:
            self.curve.add(knot.time_ns, knot.served, plan.resent_by(knot.own_ns))
            self._own_ns.append(knot.own_ns)
        self._starved = merge.starved
        whole = plan.end_ns is not None and not merge.starved
        self.curve.end_ns = self.curve.times_ns[-1] if whole else None

    def _cut(self, now_ns: int, own_ns: int) -> None:
        keep = max(1, bisect_right(self.curve.times_ns, now_ns))
        self.curve.cut(now_ns)
        self._own_ns = [*self._own_ns[:keep], own_ns][: len(self.curve.times_ns)]
        self._own_ns[-1] = own_ns

    def _own(self, time_ns: int) -> int:
        """The connection's time: it runs with the world's once a plan is through, and stands still while starved."""
        times_ns = self.curve.times_ns
        after = bisect_right(times_ns, time_ns)
        since_ns, own_ns = times_ns[after - 1], self._own_ns[after - 1]
        if after == len(times_ns):
            return own_ns if self._starved else own_ns + time_ns - since_ns
        return own_ns + (self._own_ns[after] - own_ns) * (time_ns - since_ns) // (times_ns[after] - since_ns)

    def _carried(self, payload_bytes: int) -> int:
        return payload_bytes * self._size // self._payload_bytes if self._payload_bytes else self._size
