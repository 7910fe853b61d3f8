"""What went over the links, and why.

every byte has a cause, and the causes sum to the total
a transfer runs evenly from its begin to its end: a window takes its share of it
each direction of a link has the whole bandwidth: a link is as busy as the busier of its two
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from typing import TypeVar

from sim.records import BytesCarried, LinkStood
from sim.summary.curve import Curve
from sim.summary.facts import Facts
from sim.summary.windows import Windows

Key = TypeVar("Key", bound=Hashable)


def share(amount: int, start_ns: int, end_ns: int, windows: Windows) -> Fraction:
    """How much of what came evenly in (start, end] falls into the windows; what came in an instant falls in whole."""
    if start_ns >= end_ns:
        return Fraction(amount * windows.holds(end_ns))
    return Fraction(amount * windows.overlap_ns(start_ns, end_ns), end_ns - start_ns)


def carried(facts: Facts, windows: Windows, key: Callable[[BytesCarried], Key]) -> dict[Key, Fraction]:
    """Bytes that links carried in the windows, summed by `key`; each hop counts."""
    total: dict[Key, Fraction] = defaultdict(Fraction)
    for transfer in facts.of(BytesCarried):
        total[key(transfer)] += share(transfer.carried_bytes, transfer.began_ns, transfer.time_ns, windows)
    return dict(total)


def busier_direction(facts: Facts, link: LinkStood) -> list[BytesCarried]:
    """The transfers in that direction of a link that carried more."""
    ways: dict[tuple[str, str], list[BytesCarried]] = defaultdict(list)
    for transfer in facts.about(BytesCarried, link=link.link):
        ways[transfer.source, transfer.destination].append(transfer)
    return max(ways.values(), key=lambda way: sum(transfer.carried_bytes for transfer in way), default=[])


def rate(transfers: Iterable[BytesCarried], until_ns: int) -> Curve:
    """Bits a second over time: the mean rates of the transfers under way (those that took no time left out)."""
    changes: dict[int, int] = defaultdict(int)
    for transfer in transfers:
        took = transfer.time_ns - transfer.began_ns
        if took > 0:
            bits_per_s = transfer.carried_bytes * 8 * 10**9 // took
            changes[transfer.began_ns] += bits_per_s
            changes[transfer.time_ns] -= bits_per_s
    return running_total({0: 0} | dict(sorted(changes.items())), until_ns)


def running_total(changes: dict[int, int], until_ns: int) -> Curve:
    """The sum of all changes (time_ns to difference, in order of time) so far, over time."""
    level, steps = 0, []
    for time_ns, difference in changes.items():
        level += difference
        steps.append((time_ns, level))
    return Curve.steps(steps, until_ns)
