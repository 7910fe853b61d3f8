"""A ledger sorted by kind of fact, so that each metric walks only what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, cast

from sim.records import Record, RunBegan, RunEnded

Kind = TypeVar("Kind", bound=Record)


class Facts:
    """The facts of one run in ledger order, looked up by class."""

    __slots__ = ("_by_kind", "in_order", "until_ns")

    def __init__(self, ledger: Sequence[Record]) -> None:
        self.in_order = tuple(ledger)
        self._by_kind: dict[type[Record], list[Record]] = {}
        for fact in self.in_order:
            self._by_kind.setdefault(type(fact), []).append(fact)
        self.until_ns = self._end()

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """All facts of a kind, in order."""
        return cast("tuple[Kind, ...]", tuple(self._by_kind.get(kind, ())))

    def about(self, kind: type[Kind], **named: object) -> Iterator[Kind]:
        """The facts of a kind whose fields have these values, in order."""
        for fact in self.of(kind):
            if all(getattr(fact, name) == value for name, value in named.items()):
                yield fact

    def _end(self) -> int:
        ended, began = self.of(RunEnded), self.of(RunBegan)
        if ended:
            return ended[-1].time_ns
        return began[-1].until_ns if began else max((fact.time_ns for fact in self.in_order), default=0)
