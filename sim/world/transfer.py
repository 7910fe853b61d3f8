"""A set, or what is missing of it, on its way over one hop: which chunks, in which order, how many have landed.

a chunk lands when all of it has arrived; what has landed is durable and is not sent again (T9)
chunks flow on through a forwarder without waiting for the set: a hop may be fed by the transfer that brings them
landing is arithmetic and happens when somebody needs to know: at the end, at a break, when a fed hop lands
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from sim.engine.deltaset import ChunkRange, Header, SetShape
from sim.engine.storedset import StoredSet
from sim.world.network import Flow

Chunks = tuple[int, int]  # chunks [first, last) of a set


class Offer(NamedTuple):
    """A set that can be passed on: all of it, or as it comes in by `incoming`."""

    stored: StoredSet
    incoming: Transfer | None


class Landing(Protocol):
    """Where chunks and headers land."""

    def take(self, message: ChunkRange) -> None:
        """A range of chunks has arrived."""

    def take_header(self, header: Header) -> None:
        """The header of a set has arrived."""


class Transfer:
    """One set over one hop."""

    def __init__(self, offer: Offer, chunks: list[Chunks], block_bytes: int, landing: Landing) -> None:
        self.stored, self.source = offer.stored, offer.incoming
        self.id = offer.stored.id
        self.chunks, self._landing, self._block_bytes = chunks, landing, block_bytes
        self.payload_bytes = self.missing_bytes(chunks)
        self.flow: Flow | None = None
        self.followers: list[Callable[[], None]] = []  # to be called when this breaks: they are fed by it
        self.hand_over: Callable[[], None] = lambda: None  # what its sender does when all has arrived
        self.landed_bytes = 0
        self.is_over = False  # everything has come in that will: what is spoilt is not passed on
        self._todo = deque(chunks)
        self._header_landed = False

    @property
    def n_chunks(self) -> int:
        """How many chunks travel."""
        return sum([last - first for first, last in self.chunks])

    @property
    def chunk_bytes(self) -> int:
        """Payload of a whole chunk."""
        return self.stored.shape.chunk_blocks * self._block_bytes

    def land(self, time_ns: int) -> None:
        """Put down what has arrived by now in whole chunks; further up first, so that what is passed on is there."""
        if self.source is not None:
            self.source.land(time_ns)
        if not self._todo:
            return
        assert self.flow is not None
        for first, last in self._arrived(self.flow.arrived_bytes(time_ns)):
            for begin, end in runs(self.stored, first, last):
                self._landing.take(self.stored.chunk_range(begin, end))

    def land_header(self) -> None:
        """The header comes last (L1295-1300), if whoever sends it has it; once."""
        if self.stored.header is not None and not self._header_landed:
            self._header_landed = True
            self._landing.take_header(self.stored.header)

    def missing_bytes(self, missing: list[Chunks]) -> int:
        """Payload of these chunks of the set."""
        return sum([self._size(first, last) for first, last in missing])

    def break_followers(self) -> None:
        """No more comes in: whoever is fed by this must know."""
        followers, self.followers = self.followers, []
        for follower in followers:
            follower()

    def _arrived(self, arrived_bytes: int) -> list[Chunks]:
        """What is to be put down now."""
        todo, arrived = self._todo, []
        if arrived_bytes >= self.payload_bytes:  # by far the most frequent
            arrived, self.landed_bytes = list(todo), self.payload_bytes
            todo.clear()
        while todo:
            first, last = todo[0]
            count = self._whole_chunks(first, last, arrived_bytes - self.landed_bytes)
            if not count:
                break
            self.landed_bytes += self._size(first, first + count)
            todo.popleft()
            if first + count < last:
                todo.appendleft((first + count, last))
            arrived.append((first, first + count))
        return arrived

    def _whole_chunks(self, first: int, last: int, size: int) -> int:
        """How many chunks from `first` on are whole in so many bytes; only a set's last chunk may be short."""
        return last - first if size >= self._size(first, last) else min(size // self.chunk_bytes, last - first)

    def _size(self, first: int, last: int) -> int:
        begin, end = self.stored.shape.span(first, last)
        return (end - begin) * self._block_bytes


def runs(stored: StoredSet, first: int, last: int) -> Iterator[Chunks]:
    """The runs of chunks within [first, last) that a set in a save volume holds."""
    have = stored.have[first:last]
    if stored.complete or have.all():
        yield first, last
        return
    edges = np.flatnonzero(np.diff(np.concatenate(([False], have, [False])).astype(np.int8))) + first
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def to_send(offer: Offer, missing: list[Chunks]) -> list[Chunks] | None:
    """The chunks to send of a set of which `missing` are wanted, in the order of their going; None: not yet.

    Of a set that is still coming in, first what is held, then the rest as it comes; where the destination has some of
    that rest already (it was fed by somebody else before), it is not sent before it is whole.
    """
    if offer.incoming is None:
        return missing
    coming, shape = offer.incoming.chunks, offer.stored.shape
    if missing == coming == [(0, shape.chunks)]:  # by far the most frequent
        return missing
    wanted, held = mask(missing, shape), offer.stored.have.copy()
    for first, last in coming:
        if not wanted[first:last].all():
            return None
        held[first:last] = False
    held &= wanted
    edges = np.flatnonzero(np.diff(np.concatenate(([False], held, [False])).astype(np.int8)))
    return [*zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True), *coming]


def mask(chunks: list[Chunks], shape: SetShape) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """True for each chunk in the ranges."""
    which = np.zeros(shape.chunks, dtype=np.bool_)
    for first, last in chunks:
        which[first:last] = True
    return which
