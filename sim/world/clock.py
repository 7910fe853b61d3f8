"""An integer-nanosecond clock over SimPy, and the order of things that fall in one instant.

time never decreases and is never a float (M1)
disaster < repair < write < command < cut < network < playback < metrics, whatever was scheduled first
an event exactly at the end of the run happens (SimPy alone would skip it)
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, TypeAlias, TypeVar

import simpy
from simpy.events import PENDING, Event

from sim.world.errors import Livelock

T = TypeVar("T")
Wait: TypeAlias = Generator[Event, Any, T]  # a part of a process that waits, and then answers
Process: TypeAlias = Wait[None]
Stop: TypeAlias = Callable[[], None]

EVENTS_AT_ONE_INSTANT = 100_000


class Order(IntEnum):
    """Who comes first within an instant. SimPy's own events (a process that starts or ends) come before all."""

    DISASTER = 10
    REPAIR = 20
    WRITE = 30
    COMMAND = 40
    CUT = 50
    NETWORK = 60
    PLAYBACK = 70
    METRICS = 80


class Clock:
    """What time it is, and who wakes when.

    SimPy's own heap also takes what is just to be done, without an event around it: that is most of what happens.
    """

    def __init__(self) -> None:
        self._environment = environment = simpy.Environment(initial_time=0)
        self._heap: list[tuple[int, int, int, Event | Callable[[], None]]] = environment._queue  # type: ignore[assignment]
        self._numbers = environment._eid  # of whatever comes in one instant and order, the earlier is first
        self.now_ns = 0  # the current instant in nanoseconds since the start of the run
        self.events_handled = 0

    def at(self, time_ns: int, order: Order) -> Event:
        """An event that fires at exactly `time_ns`, in its order within that instant.

        Raises TypeError for a time that is no integer (a NaN would corrupt the heap silently), ValueError for the past.
        """
        self._must_come(time_ns)
        event = Event(self._environment)
        self._trigger(event, time_ns, order)
        return event

    def call_at(self, time_ns: int, order: Order, action: Callable[[], None]) -> None:
        """Run `action` at exactly `time_ns`: one event, no process. Raises as `at`."""
        if type(time_ns) is not int or time_ns < self.now_ns:
            self._must_come(time_ns)
        heappush(self._heap, (time_ns, order, next(self._numbers), action))

    def event(self) -> Event:
        """An event that somebody will fire."""
        return Event(self._environment)

    def fire(self, event: Event, order: Order) -> None:
        """Let whoever waits for `event` go on at this instant; a second time does nothing."""
        if event._value is PENDING:
            self._trigger(event, self.now_ns, order)

    def either(self, *events: Event) -> Event:
        """An event that fires with the first of these."""
        return self._environment.any_of(events)

    def both(self, *events: Event) -> Event:
        """An event that fires once all of these have."""
        return self._environment.all_of(events)

    def start(self, process: Process) -> Stop:
        """Let a process run from this instant on; answers how to stop it for ever (not for itself to call)."""
        self._environment.process(process)
        return process.close

    def run(self, until_ns: int, tick: Callable[[int], None] | None = None) -> None:
        """Handle every event up to `until_ns`, inclusive; `tick` is told the time after each. Raises Livelock."""
        environment, heap, instant, here = self._environment, self._heap, -1, 0
        while heap and heap[0][0] <= until_ns:
            now, _, _, what = heappop(heap)
            self.now_ns = environment._now = now
            if isinstance(what, Event):
                self._handle(what)
            else:
                what()
            self.events_handled += 1
            here = here + 1 if now == instant else 0
            instant = now
            if here > EVENTS_AT_ONE_INSTANT:
                raise Livelock(instant, here)
            if tick is not None:
                tick(instant)

    def _handle(self, event: Event) -> None:
        """What SimPy does with an event; but what a process raises is not rebuilt from its arguments: that may fail."""
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(event)
        if not event._ok:
            raise event._value

    def _trigger(self, event: Event, time_ns: int, order: Order) -> None:
        """What SimPy's `succeed` does, at an instant of choice."""
        event._ok, event._value = True, None
        heappush(self._heap, (time_ns, order, next(self._numbers), event))

    def _must_come(self, time_ns: int) -> None:
        if type(time_ns) is not int:
            raise TypeError(f"time must be an integer number of nanoseconds, not {time_ns!r}")
        if time_ns < self.now_ns:
            raise ValueError(f"{time_ns} ns is in the past; it is {self.now_ns} ns")


class Signal:
    """Something changed: whoever waits looks again at the state that he waits for."""

    def __init__(self, clock: Clock, order: Order) -> None:
        self._clock, self._order = clock, order
        self._waiting: Event | None = None
        self._wakes: list[Signal] = []
        self._calls: list[Callable[[], None]] = []

    def wakes(self, other: Signal) -> None:
        """Let `other` fire whenever this one does, so that a process need wait for one signal only."""
        if other not in self._wakes:
            self._wakes.append(other)

    def sleeps(self, other: Signal) -> None:
        """Take back `wakes`."""
        self._wakes = [one for one in self._wakes if one is not other]

    def calls(self, action: Callable[[], None]) -> Stop:
        """Let `action` be done at once whenever this fires, for whoever must not miss it while he waits elsewhere.

        Answers how to take that back.
        """
        self._calls = [*self._calls, action]
        return lambda: self._forget(action)

    def _forget(self, action: Callable[[], None]) -> None:
        self._calls = [one for one in self._calls if one is not action]

    def wait(self) -> Event:
        """An event that fires with the next `fire`."""
        if self._waiting is None:
            self._waiting = self._clock.event()
        return self._waiting

    def fire(self) -> None:
        """Wake everybody who waits now."""
        waiting = self._waiting
        if waiting is not None:
            self._clock.fire(waiting, self._order)
            self._waiting = None
        for action in self._calls:
            action()
        for other in self._wakes:
            other.fire()
