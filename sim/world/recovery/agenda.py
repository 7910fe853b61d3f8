"""When each entry of the timeline happens: at its instant, after another, when people get to it, when something holds.

an entry that waits for a condition does not look before those that are written before it have happened
people need time: detect and decide stand between a disaster and what is ordered (`at: fire + operator`)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sim.records import Record
from sim.scenario.disasters import People
from sim.scenario.timeline import Spell, TimelineEntry
from sim.streams import Streams
from sim.world.chance import draw_ns
from sim.world.clock import Clock, Order
from sim.world.ledger import Ledger
from sim.world.recovery.conditions import CONDITIONS, STATES
from sim.world.recovery.succession import Succession

Act = Callable[[TimelineEntry, int, int | None], None]  # an entry, its place, when what it answers happened


@dataclass(slots=True)
class _Waiting:
    """An entry that waits for a condition."""

    place: int
    entry: TimelineEntry
    succession: Succession
    fired: bool = False


class Agenda:
    """Lets every entry happen once."""

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger,
        streams: Streams,
        people: People,
        successions: Mapping[str, Succession],
        act: Act,
        detected: Callable[[TimelineEntry, int], None],
    ) -> None:
        """`act` carries an entry out; `detected`: people know of what an entry answers, which happened then."""
        self._clock, self._ledger, self._streams, self._people = clock, ledger, streams, people
        self._successions, self._act, self._detected = successions, act, detected
        self._timeline: tuple[TimelineEntry, ...] = ()
        self._happened: list[int | None] = []
        self._waiting: list[_Waiting] = []

    def plan(self, timeline: Sequence[TimelineEntry]) -> None:
        """Arm every entry."""
        self._timeline, self._happened = tuple(timeline), [None] * len(timeline)
        watched = any(not entry.at.is_static for entry in timeline)
        for place, entry in enumerate(timeline):
            if entry.at.is_static and (watched or not isinstance(entry, Spell)):
                self._arm(place, int(entry.at))
            elif entry.when is not None:
                self._waiting.append(_Waiting(place, entry, self._of(entry)))
        if self._waiting:
            self._ledger.listeners.append(self._hear)

    def _arm(self, place: int, time_ns: int) -> None:
        entry = self._timeline[place]
        order = Order.DISASTER if isinstance(entry, Spell) or entry.kind == "site-lost" else Order.COMMAND
        order = Order.REPAIR if entry.kind == "site-back" else order
        self._clock.call_at(time_ns, order, lambda: self._happens(place))

    def _happens(self, place: int) -> None:
        entry = self._timeline[place]
        self._happened[place] = self._clock.now_ns
        self._act(entry, place, self._since(entry))
        for later, other in enumerate(self._timeline):
            if entry.id and other.at.after == entry.id and not other.at.is_static and other.when is None:
                self._arm_after(later, other)
        for waiting in self._waiting:
            if waiting.entry.when is not None and waiting.entry.when.word in STATES:
                self._look(waiting, None)

    def _since(self, entry: TimelineEntry) -> int | None:
        """When the entry happened that this one answers."""
        named = entry.at.since or entry.at.after
        at = next((place for place, other in enumerate(self._timeline) if named and other.id == named), None)
        return None if at is None else self._happened[at]

    def _arm_after(self, place: int, entry: TimelineEntry) -> None:
        now = self._clock.now_ns
        detect_ns = self._draw(entry, "detect") if "operator" in entry.at.people else 0
        decide_ns = self._draw(entry, "decide") if "operator" in entry.at.people else 0
        repair_ns = self._draw(entry, "repair") if "repair" in entry.at.people else 0
        if "operator" in entry.at.people:
            self._clock.call_at(now + detect_ns, Order.COMMAND, lambda: self._detected(entry, now))
        self._arm(place, now + int(entry.at) + detect_ns + decide_ns + repair_ns)

    def _draw(self, entry: TimelineEntry, what: str) -> int:
        said = getattr(self._people, what)
        if said is None:
            return 0
        place = self._timeline.index(entry)
        return draw_ns(said, self._streams.generator(f"operator/{entry.id or place}/{what}"))

    # -- conditions ---------------------------------------------------------------------------------------------------

    def _hear(self, fact: Record) -> None:
        for waiting in self._waiting:
            if not waiting.fired and fact_is_of(fact, waiting.succession):
                self._look(waiting, fact)

    def _look(self, waiting: _Waiting, fact: Record | None) -> None:
        when = waiting.entry.when
        if waiting.fired or when is None or any(self._happened[place] is None for place in range(waiting.place)):
            return
        if fact is None and when.word not in STATES:
            return
        if CONDITIONS[when.word](fact or Record(time_ns=self._clock.now_ns), waiting.succession):
            waiting.fired = True
            self._arm(waiting.place, self._clock.now_ns + when.delay)

    def _of(self, entry: TimelineEntry) -> Succession:
        name = getattr(entry, "replication", "") or next(iter(self._successions))
        return self._successions[name]


def fact_is_of(fact: Record, succession: Succession) -> bool:
    """Whether a fact speaks of a replication."""
    return getattr(fact, "replication", succession.name) == succession.name
