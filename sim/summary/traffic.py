"""What went over the links, and why.

every byte has a cause, and the causes sum to the total
a transfer runs evenly from its begin to its end, except while nothing passes the link: a window takes its share of it
each direction of a link has the whole bandwidth: a link is as busy as the busier of its two
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from sim.records import BytesCarried, LinkStood
from sim.summary.curve import Curve
from sim.summary.facts import Facts
from sim.summary.faults import Cuts
from sim.summary.windows import Span, Windows

Key = TypeVar("Key", bound=Hashable)
Way = tuple[str, str]  # from a site to a site

RETRANSMISSION = "retransmission"


def share(amount: int, start_ns: int, end_ns: int, windows: Windows) -> Fraction:
    """How much of what came evenly in (start, end] falls into the windows; what came in an instant falls in whole."""
    if start_ns >= end_ns:
        return Fraction(amount * windows.holds(end_ns))
    return Fraction(amount * windows.overlap_ns(start_ns, end_ns), end_ns - start_ns)


class Traffic:
    """All transfers of a run, link by link."""

    def __init__(self, facts: Facts) -> None:
        self.until_ns = facts.until_ns
        self._transfers = facts.of(BytesCarried)
        self._cuts = Cuts(facts)
        self._loads: dict[tuple[str, Way], Curve] = {}
        self._closed: dict[tuple[str, str, str], Windows] = {}

    def carried(
        self,
        windows: Windows,
        key: Callable[[BytesCarried], Key],
        only: Callable[[BytesCarried], bool] = lambda _transfer: True,
    ) -> dict[Key, Fraction]:
        """Bytes that links carried in the windows, summed by `key`; each hop counts."""
        whole: dict[Key, int] = defaultdict(int)
        parts: dict[Key, Fraction] = defaultdict(Fraction)
        every = windows == Windows.whole(self.until_ns)
        for transfer in self._transfers:
            if not only(transfer):
                continue
            if every:
                whole[key(transfer)] += transfer.carried_bytes
            else:
                parts[key(transfer)] += self._within(transfer, windows)
        return {name: whole[name] + parts[name] for name in (*whole, *parts)}

    def by_direction(self, link: str) -> dict[Way, list[BytesCarried]]:
        """The transfers over a link, each direction for itself."""
        return self._by_link.get(link, {})

    @cached_property
    def _by_link(self) -> dict[str, dict[Way, list[BytesCarried]]]:
        links: dict[str, dict[Way, list[BytesCarried]]] = {}
        for transfer in self._transfers:
            ways = links.setdefault(transfer.link, {})
            ways.setdefault((transfer.source, transfer.destination), []).append(transfer)
        return links

    def load(self, link: str, way: Way) -> Curve:
        """Bits a second over time in one direction of a link."""
        if (link, way) not in self._loads:
            self._loads[link, way] = self.rate(self.by_direction(link).get(way, ()))
        return self._loads[link, way]

    def rate(self, transfers: Iterable[BytesCarried]) -> Curve:
        """Bits a second over time: the mean rates of the transfers under way (those that took no time left out)."""
        changes: dict[int, int] = defaultdict(int)
        for transfer in transfers:
            spans = self.moving(transfer)
            took = sum(end - begin for begin, end in spans)
            bits_per_s = transfer.carried_bytes * 8 * 10**9 // took if took else 0
            for begin, end in spans:
                changes[begin] += bits_per_s
                changes[end] -= bits_per_s
        return running_total({0: 0} | dict(sorted(changes.items())), self.until_ns)

    def moving(self, transfer: BytesCarried) -> list[Span]:
        """When a transfer was under way and its link could carry it; all the time where a link could not at any."""
        span = (transfer.began_ns, transfer.time_ns)
        if span[0] >= span[1]:
            return []
        closed = self._closed_to(transfer)
        return list(closed.gaps_in(*span)) or [span]

    def _within(self, transfer: BytesCarried, windows: Windows) -> Fraction:
        spans = self.moving(transfer)
        if not spans:
            return share(transfer.carried_bytes, transfer.began_ns, transfer.time_ns, windows)
        took = sum(end - begin for begin, end in spans)
        return Fraction(transfer.carried_bytes * sum(windows.overlap_ns(*span) for span in spans), took)

    def _closed_to(self, transfer: BytesCarried) -> Windows:
        way = (transfer.link, transfer.source, transfer.destination)
        if way not in self._closed:
            self._closed[way] = self._cuts.of_direction(*way)
        return self._closed[way]


def capacity(link: LinkStood, way: Way) -> int:
    """Bits a second in one direction of a link; 0 for unlimited."""
    back = link.back_bits_per_s is not None and way[0] == link.ends[1]
    return link.back_bits_per_s or 0 if back else link.bits_per_s


def busier(link: LinkStood, ways: dict[Way, list[BytesCarried]]) -> Way:
    """The direction of a link that was used more, for its capacity; from its first end where nothing was carried."""
    limited = {way: carried for way, carried in ways.items() if capacity(link, way)}
    return max(limited, key=lambda way: Fraction(_sum(ways[way]), capacity(link, way)), default=link.ends)


def running_total(changes: dict[int, int], until_ns: int) -> Curve:
    """The sum of all changes (time_ns to difference, in order of time) so far, over time."""
    level, steps = 0, []
    for time_ns, difference in changes.items():
        level += difference
        steps.append((time_ns, level))
    return Curve.steps(steps, until_ns)


def _sum(transfers: Iterable[BytesCarried]) -> int:
    return sum(transfer.carried_bytes for transfer in transfers)
