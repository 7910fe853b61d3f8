"""What falls due when, with as few events as can be: one pending event for the earliest of all.

an appointment that was moved or dropped wakes nobody, unless its event is already on its way
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from sim.world.clock import Clock, Order


class Subject(Protocol):
    """Something with at most one appointment."""

    due_ns: int | None


S = TypeVar("S", bound=Subject)


class Agenda(Generic[S]):
    """Wakes `act` whenever something falls due."""

    def __init__(self, clock: Clock, order: Order, act: Callable[[], None]) -> None:
        self._clock, self._order, self._act = clock, order, act
        self._appointments: list[tuple[int, int, S]] = []
        self._count = 0
        self._events_ns: list[int] = []  # instants of the events on their way

    def plan(self, subject: S, time_ns: int | None) -> None:
        """Let a subject fall due at an instant and at no other; None: at none."""
        if time_ns == subject.due_ns:
            return
        subject.due_ns = time_ns
        if time_ns is not None:
            self._count += 1
            heappush(self._appointments, (time_ns, self._count, subject))

    def take_due(self) -> Iterator[S]:
        """Whoever is due by now, each once, the earliest first and then the first that was planned."""
        while (next_ns := self.next_ns()) is not None and next_ns <= self._clock.now_ns:
            _, _, subject = heappop(self._appointments)
            subject.due_ns = None
            yield subject

    def next_ns(self) -> int | None:
        """When somebody falls due next."""
        while self._appointments and self._appointments[0][2].due_ns != self._appointments[0][0]:
            heappop(self._appointments)
        return self._appointments[0][0] if self._appointments else None

    def wake_at(self, time_ns: int | None) -> None:
        """Make sure that `act` is called at or before an instant."""
        if time_ns is None or (self._events_ns and self._events_ns[0] <= time_ns):
            return
        heappush(self._events_ns, time_ns)
        self._clock.call_at(time_ns, self._order, self._wake)

    def _wake(self) -> None:
        heappop(self._events_ns)
        self._act()
