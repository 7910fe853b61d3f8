"""All faults of a scenario: those of the timeline at their instants, those at random by their own luck.

adding a fault, or a member of one, changes nobody else's luck: streams "timeline/ID" and "faults/NAME/MEMBER"
an entry without an id is called by its kind and its place in the timeline, from 1, and has the luck of that place
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from sim.scenario.faults import AnyRandomFault, RandomGroupDown, RandomReboot
from sim.scenario.schema import Scenario
from sim.scenario.timeline import (
    Flap,
    GroupDown,
    Instant,
    LinkCorrupt,
    LinkDelay,
    LinkDown,
    LinkDuplicate,
    LinkLossy,
    LinkReorder,
    LinkSlow,
    Reboot,
    Spell,
    Swizzle,
)
from sim.streams import Streams
from sim.world.chance import draw_ns
from sim.world.clock import Clock
from sim.world.faults.aim import Aim
from sim.world.faults.fault import Fate, Fault, Harm
from sim.world.faults.onlink import Lines
from sim.world.faults.outages import Outages, Replication
from sim.world.faults.spells import Spells, flapping, once, renewals, swizzled
from sim.world.ledger import Ledger
from sim.world.network import Direction
from sim.world.node import Node

LinkFault: TypeAlias = LinkDown | LinkSlow | LinkDelay | LinkLossy | LinkCorrupt | LinkDuplicate | LinkReorder
DeclaredFault: TypeAlias = LinkFault | Flap | Swizzle | Reboot | GroupDown


class Faults:
    """Lets everything go wrong that a scenario says."""

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger,
        streams: Streams,
        lines: Lines,
        nodes: Iterable[Node],
        hit: Callable[[Direction | Node], Iterable[str]],
        replications: Mapping[str, Replication],
        groups: Mapping[str, Sequence[str]],
    ) -> None:
        """`lines`: the network; `hit` says what is on its way over a direction, or at a data mover, at this instant."""
        self._clock, self._streams = clock, streams
        self.fate = Fate(clock, ledger)
        self.aim = Aim(lines, tuple(nodes), Outages(clock, ledger, replications), hit, groups)

    def plan(self, scenario: Scenario) -> None:
        """Let all of them wait for their time: one event each."""
        for place, entry in enumerate(scenario.timeline, 1):
            if isinstance(entry, Spell) and entry.at.is_static:
                for fault, spells in self._declared(entry, place):
                    self.fate.will_have(fault, spells)
        for name in sorted(scenario.faults):
            for fault, spells in self._random(name, scenario.faults[name]):
                self.fate.will_have(fault, spells)

    def begin_now(self, entry: DeclaredFault, place: int) -> None:
        """An entry whose time nobody knew before: it happens now."""
        now = self._clock.now_ns
        for fault, spells in self._declared(entry.model_copy(update={"at": Instant(now)}), place):
            self.fate.will_have(fault, spells)

    def _declared(self, entry: DeclaredFault, place: int) -> Iterator[tuple[Fault, Spells]]:
        stream = f"timeline/{entry.id or place}"
        begin_ns, lasts_ns = int(entry.at), draw_ns(entry.duration, self._streams.generator(stream))
        for harms, spells in self._courses(entry, stream, begin_ns, lasts_ns):
            yield Fault(entry.id or f"{entry.kind} {place}", entry.kind, harms), spells

    def _courses(
        self, entry: DeclaredFault, stream: str, begin_ns: int, lasts_ns: int
    ) -> Iterator[tuple[tuple[Harm, ...], Spells]]:
        """What happens to what, and when."""
        aim = self.aim
        match entry:
            case Swizzle():
                find: Callable[[str], tuple[Harm, ...]] = aim.link if entry.links else aim.site
                luck = self._streams.generator(stream, 1)
                drawn = swizzled(sorted(entry.links or entry.sites), entry.share, begin_ns, lasts_ns, entry.every, luck)
                yield from ((find(name), iter([spell])) for name, spell in drawn.items())
            case Flap():
                yield aim.link(entry.link, entry), flapping(begin_ns, begin_ns + lasts_ns, entry.down, entry.up)
            case Reboot():
                yield aim.site(entry.site, entry.data_mover), once(begin_ns, lasts_ns)
            case GroupDown():
                yield aim.group(entry.group), once(begin_ns, lasts_ns)
            case _:
                yield aim.link(entry.link, entry), once(begin_ns, lasts_ns)

    def _random(self, name: str, said: AnyRandomFault) -> Iterator[tuple[Fault, Spells]]:
        for member in said.members:
            stream = f"faults/{name}/{member}"
            ups, downs = self._streams.generator(stream), self._streams.generator(stream, 1)
            spells = islice(renewals(said.mtbf, said.mttr, ups, downs), said.count)
            yield Fault(name, said.kind, _befalls(self.aim, said, member)), spells


def _befalls(aim: Aim, said: AnyRandomFault, member: str) -> tuple[Harm, ...]:
    match said:
        case RandomReboot():
            return aim.site(member, said.data_mover)
        case RandomGroupDown():
            return aim.group(member)
    return aim.link(member, said)
