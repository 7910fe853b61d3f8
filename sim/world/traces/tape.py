"""The writes of a replay as a tape: read from the disk only as far as somebody looks, forgotten once taken.

what is held is what was looked at and not yet taken, and the rest of one block of the file
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from sim.world.traces.records import TraceChunk


class Tape:
    """Writes in order of time, from the first that was not taken."""

    def __init__(self, chunks: Iterator[TraceChunk]) -> None:
        """`chunks` may be endless. The first one is read at once, so that a wrong file is told at once."""
        self._chunks = chunks
        self._held: deque[TraceChunk] = deque()
        self._end_ns = 0
        self.finished_ns: int | None = None
        self._read()

    def peek(self, after_ns: int, to_ns: int) -> Iterator[TraceChunk]:
        """Writes in (after, to], which stay on the tape."""
        at = 0
        while at < len(self._held) or self._read():
            chunk = self._held[at]
            lo, hi = np.searchsorted(chunk.time_ns, (after_ns, to_ns), side="right")
            if lo < hi:
                yield chunk.rows(int(lo), int(hi))
            if chunk.end_ns > to_ns:
                return
            at += 1

    def pull(self, to_ns: int) -> Iterator[TraceChunk]:
        """Writes up to and at `to`, which leave the tape."""
        while self._held or self._read():
            chunk = self._held[0]
            hi = int(np.searchsorted(chunk.time_ns, to_ns, side="right"))
            if hi:
                yield chunk.rows(0, hi)
            if chunk.end_ns > to_ns:
                self._held[0] = chunk.rows(hi, len(chunk))
                return
            self._held.popleft()

    def drop(self, to_ns: int) -> None:
        """Forget the writes up to and at `to`."""
        for _ in self.pull(to_ns):
            pass

    def _read(self) -> bool:
        """One more chunk, if there is one."""
        chunk = next(self._chunks, None)
        if chunk is None:
            self.finished_ns = self._end_ns
            return False
        self._end_ns = chunk.end_ns
        self._held.append(chunk)
        return True
