"""How much users wrote, up to each boundary: what a failover loses is counted, not estimated (F4)."""

from __future__ import annotations

from typing import NamedTuple

from sim.engine.bitmap import Addresses, Bitmap
from sim.engine.identity import SetId


class Loss(NamedTuple):
    """Acknowledged writes that are in no boundary that survives; blocks are distinct."""

    writes: int
    written_bytes: int
    blocks: int
    sets: int  # that were cut


class Written:
    """Writes and their bytes so far, and as they stood at each cut that somebody may still go back to."""

    def __init__(self, begin: SetId) -> None:
        self._now = (0, 0)
        self._at: dict[SetId, tuple[int, int]] = {begin: self._now}

    def add(self, writes: int, written_bytes: int) -> None:
        """Users wrote."""
        self._now = self._now[0] + writes, self._now[1] + written_bytes

    def cut(self, boundary: SetId) -> None:
        """A set was closed."""
        self._at[boundary] = self._now

    def forget_before(self, boundary: SetId) -> None:
        """Nobody goes back further than this boundary."""
        for old in [known for known in self._at if known < boundary]:
            del self._at[old]

    def since(self, boundary: SetId) -> tuple[int, int]:
        """Writes and bytes after a boundary. Raises KeyError for one that was forgotten."""
        writes, written_bytes = self._at[boundary]
        return self._now[0] - writes, self._now[1] - written_bytes


class Doomed:
    """What users write at a source that was replaced and does not know it: it will be undone (F5, R14)."""

    def __init__(self, n_blocks: int) -> None:
        self.writes = self.written_bytes = 0
        self._blocks = Bitmap(n_blocks)

    def add(self, writes: int, written_bytes: int, addresses: Addresses) -> None:
        """Users wrote these distinct blocks, increasing."""
        self.writes += writes
        self.written_bytes += written_bytes
        self._blocks.add(addresses)

    @property
    def blocks(self) -> int:
        """How many distinct blocks."""
        return self._blocks.count()
