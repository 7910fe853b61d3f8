"""Which entry of a timeline comes before which, and to which replication it speaks, as far as a file tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sim.scenario.distributions import least_ns
from sim.scenario.draft import Draft
from sim.scenario.fields import NotUnderstood
from sim.scenario.nodes import ListNode, node_at
from sim.scenario.timeline import Command, Entry, absolute_times, earliest_times
from sim.scenario.units import format_duration

IN_A_CIRCLE: Final = -1


class Moment(NamedTuple):
    """An entry, where it stands, and when it happens; -1 where only the run can tell."""

    time_ns: int
    place: int
    entry: Entry

    def told(self) -> str:
        """When, and where that stands."""
        when = f"at {format_duration(self.time_ns)}, " if self.time_ns >= 0 else ""
        return f"{when}timeline[{self.place}]"


def moments(draft: Draft) -> list[Moment]:
    """All entries, in the order that they are written in."""
    times_ns = absolute_times([entry for _, entry in draft.timeline])
    return [Moment(time_ns, *one) for time_ns, one in zip(times_ns, draft.timeline, strict=True)]


def in_order(draft: Draft) -> Iterator[Moment]:
    """The entries whose time is known, by time; those of one instant in the order that they are written in."""
    yield from sorted((one for one in moments(draft) if one.time_ns >= 0), key=lambda one: one[:2])


def earliest(draft: Draft) -> list[int]:
    """Before when no entry can happen, in nanoseconds; -1 where nobody can tell. Raises NotUnderstood."""
    people = draft.operator
    least = {"operator": least_ns(people.detect) + least_ns(people.decide), "repair": least_ns(people.repair)}
    return earliest_times([entry for _, entry in draft.timeline], least)


def roots(draft: Draft) -> dict[int, int]:
    """The entry that each is counted from in the end, by their places; itself where from none."""
    by_id = {entry.id: index for index, entry in draft.timeline if entry.id}
    entries = dict(draft.timeline)
    found: dict[int, int] = {}
    for index in entries:
        chain: dict[int, None] = {}
        here: int | None = index
        while here is not None and here not in found and here not in chain:
            chain[here] = None
            here = by_id.get(entries[here].at.after)
        root = next(reversed(chain), index) if here is None else found.get(here, IN_A_CIRCLE)
        found |= dict.fromkeys(chain, root)
    return found


def is_before(one: Moment, other: Moment) -> bool:
    """Whether one happens first: by time where both are known, else, as people write, from top to bottom."""
    if one.time_ns >= 0 and other.time_ns >= 0:
        return one[:2] < other[:2]
    return one.place < other.place or bool(one.entry.id and other.entry.at.after == one.entry.id)


class First:
    """Several moments, of which it is asked whether any comes before another one."""

    def __init__(self, found: Iterable[Moment]) -> None:
        """Of these."""
        every = list(found)
        self._static = min((one for one in every if one.time_ns >= 0), key=lambda one: one[:2], default=None)
        self._dynamic = min((one for one in every if one.time_ns < 0), key=lambda one: one.place, default=None)
        self._top = min(every, key=lambda one: one.place, default=None)
        self._ids = {one.entry.id for one in every if one.entry.id}

    def is_before(self, other: Moment) -> bool:
        """Whether any of them is."""
        ahead = (self._static, self._dynamic) if other.time_ns >= 0 else (self._top,)
        return any(one is not None and is_before(one, other) for one in ahead) or other.entry.at.after in self._ids

    @property
    def earliest(self) -> Moment | None:
        """The first of them, known ones first."""
        return self._static or self._dynamic


def replication_of(draft: Draft, entry: Command) -> str:
    """The replication that an entry speaks to; empty where nobody can tell."""
    known = draft.names("replication")
    return entry.replication or (known[0] if len(known) == 1 else "")


def whole_timeline(draft: Draft) -> list[Moment]:
    """All entries, where what is missing may be judged. Raises NotUnderstood where one of them is wrong in itself."""
    node = node_at(draft.root, ("timeline",))
    written = len(node.items) if isinstance(node, ListNode) else 0
    if written != len(draft.timeline) or any(type(entry) is Entry for _, entry in draft.timeline):
        raise NotUnderstood("timeline")
    return moments(draft)
