"""Errors that are ours, not the user's: this simulator is wrong. Facts go by position, words are made in `__str__`."""

from __future__ import annotations


class ModelBroken(Exception):
    """A law does not hold, so the simulator is wrong; carries what is needed to repeat it."""

    def __init__(self, law: str, what: str, time_ns: int, seed: int, replication_index: int) -> None:
        super().__init__(law, what, time_ns, seed, replication_index)
        self.law, self.what, self.time_ns, self.seed, self.replication_index = (
            law,
            what,
            time_ns,
            seed,
            replication_index,
        )

    def __str__(self) -> str:
        where = f"at {self.time_ns} ns, seed {self.seed}, replication {self.replication_index}"
        return f"law {self.law} broken {where}: {self.what}"


class Livelock(Exception):
    """Too many events at one instant: the clock does not move any more."""

    def __init__(self, time_ns: int, events: int) -> None:
        super().__init__(time_ns, events)
        self.time_ns, self.events = time_ns, events

    def __str__(self) -> str:
        return f"{self.events} events at {self.time_ns} ns and no end: a livelock in the simulator"
