"""Named random streams: luck belongs to a name, never to an order of creation (DESIGN.md decision 6).

adding a component changes nobody else's stream
same seed, replication, name and key: same draws, in any process
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray


class _Key(ISeedSequence):
    """A key of 128 bits, taken as it is.

    Told only the key, NumPy gathers entropy from the system for every generator and throws it away: four fifths of the
    time that making one takes.
    """

    __slots__ = ("_words",)

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The key's two words, which is what Philox asks for; it copies them."""
        assert n_words == self._words.size and dtype is np.uint64
        return self._words


class Streams:
    """All the luck of one run, handed out by name."""

    __slots__ = ("_keys", "replication", "seed")

    def __init__(self, seed: int, replication: int = 0) -> None:
        self.seed = seed
        self.replication = replication
        self._keys: dict[str, _Key] = {}  # of every name asked for so far

    def generator(self, name: str, *key: int) -> np.random.Generator:
        """A fresh generator for `name` (say "links/wan/faults"); integers in `key` name its windows and epochs."""
        words = self._key(name)  # NumPy takes any ISeedSequence; its stubs know only one
        return np.random.Generator(np.random.Philox(words, counter=_counter(key)))  # type: ignore[arg-type]

    def _key(self, name: str) -> _Key:
        known = self._keys.get(name)
        if known is None:
            text = f"{self.seed}\x00{self.replication}\x00{name}"
            known = self._keys[name] = _Key(np.frombuffer(sha256(text.encode()).digest()[:16], dtype="<u8"))
        return known


def _counter(key: tuple[int, ...]) -> NDArray[np.uint64]:
    """Where in the stream of a name a (sub)window starts: 2**64 draws apart, so windows never overlap."""
    if len(key) > 3:
        raise ValueError(f"a stream takes at most three key integers, not {key}")
    return np.array((0, *key, *(0,) * (3 - len(key))), dtype=np.uint64)
