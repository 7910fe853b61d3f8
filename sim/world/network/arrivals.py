"""When bytes that have left the last link arrive, although the delay changes: they never overtake (T8).

what leaves at t under delay d arrives at max(t + d, the last arrival of whatever left before)
"""

from __future__ import annotations


class Arrivals:
    """The delays in force while one transfer lasts."""

    __slots__ = ("_delays_ns", "_earliest_ns", "_since_ns")

    def __init__(self, since_ns: int, delay_ns: int, earliest_ns: int) -> None:
        """`earliest_ns`: nothing arrives before what the same connection carried before."""
        self._since_ns, self._delays_ns, self._earliest_ns = [since_ns], [delay_ns], [earliest_ns]

    @property
    def delay_ns(self) -> int:
        """The delay in force now."""
        return self._delays_ns[-1]

    def change(self, now_ns: int, delay_ns: int) -> None:
        """What leaves after `now_ns` takes `delay_ns`; what has left by then keeps its own."""
        if delay_ns == self._delays_ns[-1]:
            return
        earliest_ns = max(self._earliest_ns[-1], now_ns + self._delays_ns[-1])
        if now_ns == self._since_ns[-1]:
            earliest_ns = self._earliest_ns[-1]
            for column in (self._since_ns, self._delays_ns, self._earliest_ns):
                column.pop()
        self._since_ns.append(now_ns)
        self._delays_ns.append(delay_ns)
        self._earliest_ns.append(earliest_ns)

    def arrives_ns(self, left_ns: int) -> int:
        """When what left at an instant arrives."""
        index = self._index(left_ns)
        return max(self._earliest_ns[index], left_ns + self._delays_ns[index])

    def left_by_ns(self, time_ns: int) -> int:
        """The last instant of leaving that has arrived by `time_ns`; before the beginning where nothing has."""
        for index in range(len(self._since_ns) - 1, -1, -1):
            if self._earliest_ns[index] <= time_ns and self._since_ns[index] < time_ns - self._delays_ns[index]:
                last_ns = time_ns - self._delays_ns[index]
                return last_ns if index + 1 == len(self._since_ns) else min(last_ns, self._since_ns[index + 1])
        first_ns, arrived = self._since_ns[0], self.arrives_ns(self._since_ns[0]) <= time_ns
        return first_ns if arrived else first_ns - 1

    def bends_ns(self, left_ns: list[int], last_ns: int | None) -> list[int]:
        """Instants between which arrivals are straight, where what leaves is straight between `left_ns`; in order.

        Also the instant before the last byte, which leaves at `last_ns`, arrives: it may set something free.
        """
        bends: dict[int, None] = {} if last_ns is None else {self.arrives_ns(last_ns) - 1: None}
        for index, (since_ns, delay_ns) in enumerate(zip(self._since_ns, self._delays_ns, strict=True)):
            earliest_ns = self._earliest_ns[index]
            bends.update(dict.fromkeys((earliest_ns - 1, earliest_ns, since_ns + delay_ns)))
            if index + 1 < len(self._since_ns):
                until_ns = self._since_ns[index + 1]
                bends[until_ns + delay_ns] = None
                bends.update(dict.fromkeys(one + delay_ns for one in left_ns if since_ns <= one <= until_ns))
            else:
                bends.update(dict.fromkeys(one + delay_ns for one in left_ns if since_ns <= one))
        return sorted(one for one in bends if one >= 0)

    def _index(self, left_ns: int) -> int:
        """Under which delay something left; at the instant of a change, under the old one."""
        index = len(self._since_ns) - 1
        while index > 0 and self._since_ns[index] >= left_ns:
            index -= 1
        return index
