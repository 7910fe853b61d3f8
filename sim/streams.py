"""Named random streams: luck belongs to a name, never to an order of creation (DESIGN.md decision 6).

adding a component changes nobody else's stream
same seed, replication, name and key: same draws, in any process
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np


class Streams:
    """All the luck of one run, handed out by name."""

    __slots__ = ("replication", "seed")

    def __init__(self, seed: int, replication: int = 0) -> None:
        self.seed = seed
        self.replication = replication

    def generator(self, name: str, *key: int) -> np.random.Generator:
        """A fresh generator for `name` (say "links/wan/faults"); integers in `key` name its windows and epochs."""
        return np.random.Generator(np.random.Philox(key=self._key(name), counter=_counter(key)))

    def _key(self, name: str) -> int:
        text = f"{self.seed}\x00{self.replication}\x00{name}"
        return int.from_bytes(sha256(text.encode()).digest()[:16], "little")


def _counter(key: tuple[int, ...]) -> list[int]:
    """Where in the stream of a name a (sub)window starts: 2**64 draws apart, so windows never overlap."""
    if len(key) > 3:
        raise ValueError(f"a stream takes at most three key integers, not {key}")
    return [0, *key, *([0] * (3 - len(key)))]
