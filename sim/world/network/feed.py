"""What a forwarder has to send: what it holds, and what comes in while it sends.

a fed transfer never gets ahead of what has arrived, less one chunk until all of it has: whole chunks are sent
where its feed is broken off, nothing more comes in: whoever owns the fed transfer breaks it off too
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from sim.world.network.course import Course
from sim.world.network.merging import merge
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

    def knots(self, now_ns: int) -> tuple[list[int], list[int]]:
        """What can have been sent by when, from now on: instants and payload, straight between them."""
        instants, amounts = [now_ns], [self.payload_at(now_ns)]
        if self.is_all_there(now_ns):
            return instants, amounts
        withheld, held, upstream = self._withheld_bytes, self.held_bytes, self.upstream
        all_there_ns = upstream.arrives_ns if upstream.ends_ns is not None else None
        before_ns, before = now_ns, upstream.arrived_bytes(now_ns)
        for time_ns, arrived in upstream.arrived[bisect_right(upstream.arrived, now_ns, key=itemgetter(0)) :]:
            is_end = time_ns == all_there_ns
            if before <= withheld and (is_end or arrived > withheld):  # nothing more could be sent until then
                rises_ns = before_ns if is_end else _rises_ns(before_ns, before, time_ns, arrived, withheld)
                if rises_ns > now_ns:
                    instants.append(rises_ns)
                    amounts.append(held)
            if is_end:
                return [*instants, time_ns], [*amounts, held + upstream.size_bytes]
            if arrived > withheld:
                instants.append(time_ns)
                amounts.append(held + arrived - withheld)
            before_ns, before = time_ns, arrived
        return instants, amounts

    def supply(self, now_ns: int, payload_bytes: int, carried_size: int) -> tuple[list[int], list[int]]:
        """The same in carried bytes, for a transfer of so many; those who send the same on share the answer."""
        known = self.upstream.supplies
        key = (now_ns, self.held_bytes, self.chunk_bytes, payload_bytes, carried_size)
        if key not in known:
            instants, amounts = self.knots(now_ns)
            if payload_bytes:
                amounts = [min(carried_size, amount * carried_size // payload_bytes) for amount in amounts]
            else:
                amounts = [carried_size] * len(amounts)
            known[key] = instants, amounts
        return known[key]

    @property
    def _withheld_bytes(self) -> int:
        """A chunk, and what is lost where carried bytes are turned into payload and back."""
        upstream = self.upstream
        return self.chunk_bytes + upstream.size_bytes // max(1, upstream.carried_size) + 2


def _rises_ns(before_ns: int, before: int, time_ns: int, arrived: int, withheld: int) -> int:
    """When more than what is withheld has come in, straight between two knots; the first where only the second has."""
    rises_ns = before_ns - (before - withheld) * (time_ns - before_ns) // (arrived - before)
    return rises_ns if rises_ns < time_ns else before_ns


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

    def break_off(self, now_ns: int) -> None:
        """Nothing more is served, and the connection is gone."""
        self._cut(now_ns, self._own(now_ns))
        self._connection.close()

    def given_bytes(self, time_ns: int, carried_size: int) -> int:
        """What has come in to be sent by an instant."""
        return min(carried_size, self._carried(self._feed.payload_at(time_ns)))

    def _merge(self, now_ns: int, plan: Plan) -> None:
        own_ns = self._own(now_ns)
        self._cut(now_ns, own_ns)
        self._plan = plan
        supply = self._feed.supply(now_ns, self._payload_bytes, self._size)
        merged = merge((plan.times_ns, plan.payload_bytes), supply, now_ns, self.curve.payload_bytes[-1], own_ns)
        self.curve.times_ns += merged.times_ns[1:]
        self.curve.payload_bytes[-1:] = merged.served
        self.curve.resent_bytes += self._resent(merged.own_ns[1:])
        self._own_ns[-1:] = merged.own_ns
        self._starved = merged.starved
        whole = plan.end_ns is not None and not merged.starved
        self.curve.end_ns = self.curve.times_ns[-1] if whole else None

    def _resent(self, own_ns: list[int]) -> list[int]:
        """What the plan has sent again by these instants of the connection's own time."""
        plan = self._plan
        if not plan.resent_bytes[-1]:
            return [0] * len(own_ns)
        return plan.resent_at(own_ns)

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
