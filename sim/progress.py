"""How far a run has come: a bar on a terminal, heartbeat lines elsewhere. Always on stderr.

watching changes nothing: what is told here is only told, and the wall clock is read nowhere else
a line's interval grows, so that a night's log stays short
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Told = Callable[[int], None]
Words = Callable[[int], str]

FIRST_SECONDS = 2.0
GROWTH = 1.5
LONGEST_SECONDS = 300.0
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def spoken(seconds: float) -> str:
    """A duration in its two largest units, as SCENARIO.md writes them: `1 h 30 min`; below a second `0 s`."""
    left = int(seconds)
    words = []
    for unit, size in UNITS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}")
        if len(words) == 2:
            break
    return " ".join(words) or "0 s"


def simulated(total_ns: int) -> Words:
    """Words for a position in simulated time: `3 h of 24 h`."""
    return lambda done: f"{spoken(done / 1e9)} of {spoken(total_ns / 1e9)}"


def counted(total: int, noun: str) -> Words:
    """Words for a position in a count: `3 of 8 runs`."""
    return lambda done: f"{done} of {total} {noun}"


class Heartbeat:
    """Tells on a line of its own how far a run has come, at growing intervals."""

    def __init__(
        self, label: str, total: int, words: Words, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.label, self.total, self.words, self.stream, self.clock = label, max(total, 1), words, stream, clock
        self.began = clock()
        self.interval = FIRST_SECONDS
        self.due = self.began + self.interval

    def __call__(self, done: int) -> None:
        """Note the position `done`; print a line when one is due."""
        now = self.clock()
        if now < self.due or done >= self.total:
            return
        self.interval = min(self.interval * GROWTH, LONGEST_SECONDS)
        self.due = now + self.interval
        print(self.line(done, now - self.began), file=self.stream, flush=True)

    def line(self, done: int, elapsed: float) -> str:
        """What a line says: position, fraction, and the time left if the rest goes as the part before."""
        fraction = min(done / self.total, 1.0)
        left = f"about {spoken(elapsed * (1 - fraction) / fraction)} left" if fraction else "no end in sight yet"
        return f"{self.label}: {self.words(done)} ({fraction:.0%}), {spoken(elapsed)} elapsed, {left}"


@contextmanager
def told(label: str, total: int, words: Words, *, quiet: bool = False) -> Iterator[Told]:
    """Give a function to call with the position of a run out of `total`; `words` puts a position into words."""
    if quiet or sys.stderr is None:
        yield lambda done: None
    elif _is_terminal():
        with _bar(label, total, words) as tell:
            yield tell
    else:
        yield Heartbeat(label, total, words, sys.stderr)


def _is_terminal() -> bool:
    from rich.console import Console

    console = Console(stderr=True)
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def _bar(label: str, total: int, words: Words) -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[where]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as bar:
        task = bar.add_task(label, total=max(total, 1), where=words(0))
        yield lambda done: bar.update(task, completed=done, where=words(done))
