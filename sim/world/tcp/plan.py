"""One transfer as a piecewise-linear curve of integers.

knots are in order: instants strictly later each, bytes never fewer
between knots both curves are straight; an amount at an instant is rounded down to whole bytes
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(slots=True)
class Plan:
    """How much payload has left the bottleneck by each knot, and how much was sent again because it was lost."""

    times_ns: list[int]  # the first: when the transfer began
    payload_bytes: list[int]  # cumulative; the propagation delay is not in it
    resent_bytes: list[int]  # cumulative
    end_ns: int | None  # when the last byte has left; None: as things are, never

    def served_bytes(self, time_ns: int) -> int:
        """Payload bytes that have left the bottleneck at an instant."""
        return _between(self.times_ns, self.payload_bytes, time_ns)

    def resent_by(self, time_ns: int) -> int:
        """Payload bytes that were sent again until an instant."""
        return _between(self.times_ns, self.resent_bytes, time_ns)

    def resent_at(self, times_ns: list[int]) -> list[int]:
        """The same at each of these instants, which are in order."""
        knots_ns, resent = self.times_ns, self.resent_bytes
        last, after = len(knots_ns), bisect_right(resent, 0)  # the first knot with losses before it
        none = bisect_right(times_ns, knots_ns[after - 1]) if after else 0
        amounts = [0] * none
        for time_ns in times_ns[none:]:
            while after < last and knots_ns[after] <= time_ns:
                after += 1
            if after in (0, last):
                amounts.append(resent[-1] if after else 0)
                continue
            start_ns, amount = knots_ns[after - 1], resent[after - 1]
            grows = resent[after] - amount
            amounts.append(amount + grows * (time_ns - start_ns) // (knots_ns[after] - start_ns) if grows else amount)
        return amounts

    def cut(self, time_ns: int) -> None:
        """Forget what was planned after an instant, which becomes the last knot."""
        served, resent = self.served_bytes(time_ns), self.resent_by(time_ns)
        keep = max(1, bisect_right(self.times_ns, time_ns))
        for column in (self.times_ns, self.payload_bytes, self.resent_bytes):
            del column[keep:]
        self.add(time_ns, served, resent)
        self.end_ns = None

    def add(self, time_ns: int, payload_bytes: int, resent_bytes: int) -> None:
        """A further knot; one at the instant of the last takes its place."""
        if time_ns <= self.times_ns[-1]:
            self.payload_bytes[-1], self.resent_bytes[-1] = payload_bytes, resent_bytes
            return
        self.times_ns.append(time_ns)
        self.payload_bytes.append(payload_bytes)
        self.resent_bytes.append(resent_bytes)


def _between(times_ns: list[int], amounts: list[int], time_ns: int) -> int:
    """The amount at an instant on the straight line between the knots around it, rounded down."""
    after = bisect_right(times_ns, time_ns)
    if after == 0:
        return 0
    if after == len(times_ns):
        return amounts[-1]
    start, amount = times_ns[after - 1], amounts[after - 1]
    return amount + (amounts[after] - amount) * (time_ns - start) // (times_ns[after] - start)
