"""Trouble on a link: on both directions of it or on one, from what the scenario says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from sim.scenario.trouble import Corrupting, Delaying, Duplicating, Lossy, OneWay, Reordering, Slow
from sim.scenario.units import format_duration, format_percent
from sim.world.network import Direction, Trouble


class Lines(Protocol):
    """The part of a `Network` that faults see."""

    @property
    def directions(self) -> Mapping[tuple[str, str, str], Direction]:
        """Every way over every link, by link, source and destination."""

    def add(self, direction: Direction, trouble: Trouble) -> None:
        """One more trouble; all that are there combine (SCENARIO.md, overlapping faults)."""

    def remove(self, direction: Direction, trouble: Trouble) -> None:
        """That one is over."""


@dataclass(frozen=True, slots=True, eq=False)
class OnLink:
    """The same trouble on some directions of one link."""

    lines: Lines
    hit: Callable[[Direction], Iterable[str]]
    target: str
    directions: tuple[Direction, ...]
    trouble: Trouble
    detail: str

    @property
    def direction(self) -> str:
        """Which way, if only one."""
        one_way = len(self.directions) == 1
        return f"{self.directions[0].source} -> {self.directions[0].destination}" if one_way else ""

    def on_its_way(self) -> Iterator[str]:
        """What crosses it."""
        return (what for direction in self.directions for what in self.hit(direction))

    def strike(self) -> None:
        """Combines with whatever is there."""
        for direction in self.directions:
            self.lines.add(direction, self.trouble)

    def mend(self) -> None:
        """Takes only its own trouble away."""
        for direction in self.directions:
            self.lines.remove(direction, self.trouble)


def trouble_of(said: OneWay) -> tuple[Trouble, str]:
    """What a scenario says that goes wrong on a link, and the same in words; down, where it says no more."""
    match said:
        case Slow():
            wrong, words = Trouble(factor=said.factor), f"{format_percent(said.factor)} of the bandwidth"
        case Delaying():
            wrong, words = Trouble(extra_delay_ns=said.extra), f"{format_duration(said.extra)} more delay"
        case Lossy():
            wrong, words = Trouble(loss=float(said.loss)), f"loss {format_percent(said.loss)}"
        case Corrupting():
            wrong, words = Trouble(corrupt=float(said.corrupt)), f"{format_percent(said.corrupt)} of chunks corrupt"
        case Duplicating():
            wrong, words = Trouble(duplicate=float(said.duplicate)), f"{format_percent(said.duplicate)} of chunks twice"
        case Reordering():
            wrong, words = Trouble(reorder=float(said.reorder)), f"{format_percent(said.reorder)} of packets reordered"
        case _:
            wrong, words = Trouble(down=True), "down"
    return wrong, words
