"""The append-only list of what became true, with the laws looking over its shoulder and a running digest.

facts come in order of time
the digest covers every fact in order, then the final contents; nothing of SimPy's own events
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter
from typing import NoReturn

from sim.records import Record
from sim.world.errors import ModelBroken

HEARD_AT_ONCE = 4096  # facts whose words are held in memory together


def _told(kind: type[Record]) -> Callable[[Record], str]:
    """What a kind of fact says, as the digest hears it: a tuple of its name and its values in order, written out."""
    names = [field.name for field in fields(kind)]
    form, values = f"({kind.__name__!r}, {', '.join(['%r'] * len(names))})", attrgetter(*names)
    if len(names) == 1:
        return lambda fact: form % (values(fact),)
    return lambda fact: form % values(fact)


class Ledger:
    """Facts, in the order in which they became true."""

    def __init__(self, observe: Callable[[Record], None] | None, seed: int = 0, replication_index: int = 0) -> None:
        """`observe` sees each fact and may raise; seed and replication tell how to repeat the run."""
        self.facts: list[Record] = []
        self._observe, self._luck = observe, (seed, replication_index)
        self.listeners: list[Callable[[Record], None]] = []  # who waits for something to become true
        self._hash = blake2b(digest_size=16)
        self._heard = 0  # how many facts are in the digest: facts do not change, so the rest can wait
        self._tellers: dict[type[Record], Callable[[Record], str]] = {}

    def append(self, fact: Record) -> None:
        """Enter a fact; the observer sees it at once."""
        self.facts.append(fact)
        if self._observe is not None:
            self._observe(fact)
        for listener in self.listeners:
            listener(fact)

    def broken(self, law: str, what: str, time_ns: int) -> NoReturn:
        """A check outside of the ledger found this simulator wrong. Raises ModelBroken."""
        raise ModelBroken(law, what, time_ns, *self._luck)

    def add_contents(self, data: bytes | memoryview) -> None:
        """Let final contents into the digest."""
        self._hear()
        self._hash.update(data)

    def digest(self) -> str:
        """32 hexadecimal digits over all that was entered."""
        self._hear()
        return self._hash.hexdigest()

    def _hear(self) -> None:
        """Let into the digest what it has not heard of yet."""
        tellers, facts = self._tellers, self.facts
        while self._heard < len(facts):
            news = facts[self._heard : self._heard + HEARD_AT_ONCE]
            for kind in {type(fact): None for fact in news}:
                if kind not in tellers:
                    tellers[kind] = _told(kind)
            self._hash.update("".join([tellers[type(fact)](fact) for fact in news]).encode())
            self._heard += len(news)
