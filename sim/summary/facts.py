"""A ledger sorted by kind of fact, so that each metric walks only what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, cast

from sim.records import Record, RunBegan, RunEnded

Kind = TypeVar("Kind", bound=Record)
Arm = tuple[str, str]  # a replication and one of its secondaries


class Facts:
    """The facts of one run in ledger order, looked up by class."""

    __slots__ = ("_among", "_by_arm", "_by_kind", "in_order", "until_ns")

    def __init__(self, ledger: Sequence[Record]) -> None:
        self.in_order = tuple(ledger)
        by_kind: dict[type[Record], list[Record]] = {}
        for fact in self.in_order:
            by_kind.setdefault(type(fact), []).append(fact)
        self._by_kind = {kind: tuple(facts) for kind, facts in by_kind.items()}
        self._by_arm: dict[Arm, list[Record]] | None = None
        self._among: dict[tuple[type[Record], ...], tuple[Record, ...]] = {}
        self.until_ns = self._end()

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """All facts of a kind, in order."""
        return cast("tuple[Kind, ...]", self._by_kind.get(kind, ()))

    def among(self, *kinds: type[Record]) -> tuple[Record, ...]:
        """All facts of these kinds, in order."""
        if kinds not in self._among:
            wanted = frozenset(kinds)
            there = wanted & self._by_kind.keys()
            self._among[kinds] = tuple(fact for fact in self.in_order if type(fact) in wanted) if there else ()
        return self._among[kinds]

    def about(self, kind: type[Kind], /, **named: object) -> Iterator[Kind]:
        """The facts of a kind whose fields have these values, in order."""
        for fact in self.of(kind):
            if all(getattr(fact, name) == value for name, value in named.items()):
                yield fact

    def of_arm(self, replication: str, secondary: str) -> Sequence[Record]:
        """All facts that name a replication and one of its secondaries, in order."""
        if self._by_arm is None:
            self._by_arm = {}
            named = [kind for kind in self._by_kind if {"replication", "secondary"} <= set(kind.__dataclass_fields__)]
            for fact in self.among(*named):
                arm = cast("Arm", (fact.replication, fact.secondary))  # type: ignore[attr-defined]
                self._by_arm.setdefault(arm, []).append(fact)
        return self._by_arm.get((replication, secondary), ())

    def _end(self) -> int:
        ended, began = self.of(RunEnded), self.of(RunBegan)
        if ended:
            return ended[-1].time_ns
        return began[-1].until_ns if began else max((fact.time_ns for fact in self.in_order), default=0)
