"""What a way does to the chunks that cross it: some arrive with flipped bits, some twice (T2, T3).

which chunks it hits is drawn by geometric skips, so that the cost follows the hits
bits are really flipped, in data, address, number or checksum, and the receiver's own checks have to find out
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from sim.engine.deltaset import ChunkRange, Header, SetShape
from sim.engine.identity import SetId
from sim.engine.receiver import Outcome, SetReceiver


class Dangers(Protocol):
    """What chunks have to fear on a way now: shares of them."""

    @property
    def corrupt_now(self) -> float:
        """Arrive with a flipped bit."""

    @property
    def duplicate_now(self) -> float:
        """Arrive twice."""


class Mischief:
    """Hands messages to a receiver as they come out of a way."""

    def __init__(self, luck: np.random.Generator, receiver: SetReceiver) -> None:
        self._luck, self._receiver = luck, receiver
        self.hits = 0  # messages that were spoilt or came twice

    def take(self, message: ChunkRange, way: Dangers) -> None:
        """Give a range of chunks to the receiver; those that were spoilt one by one."""
        if way.corrupt_now <= 0.0 and way.duplicate_now <= 0.0:  # by far the most frequent
            self._receiver.receive(message)
            return
        count = message.last_chunk - message.first_chunk
        spoilt = list(self._hit(way.corrupt_now, count))
        for first, last in _between(spoilt, count):
            self._receiver.receive(part_of(message, first, last))
        for at in spoilt:
            self._must_be_found(self._receiver.receive(self._spoil(part_of(message, at, at + 1))))
        for at in self._hit(way.duplicate_now, count):
            self._receiver.receive(part_of(message, at, at + 1))

    def take_header(self, header: Header, way: Dangers) -> None:
        """Give a header to the receiver."""
        if list(self._hit(way.corrupt_now, 1)):
            spoilt = replace(header, data_sum=header.data_sum ^ (1 << self._below(63)))
            self._must_be_found(self._receiver.receive_header(spoilt))
            return
        self._receiver.receive_header(header)
        for _ in self._hit(way.duplicate_now, 1):
            self._receiver.receive_header(header)

    def _hit(self, share: float, count: int) -> Iterator[int]:
        """Which of `count` are hit, each with probability `share`; no luck is used where there is no danger."""
        if share <= 0.0:
            return
        at = -1
        while True:
            skipped = 0 if share >= 1.0 else int(math.log(1.0 - self._luck.random()) / math.log1p(-share))
            at += 1 + skipped
            if at >= count:
                return
            self.hits += 1
            yield at

    def _spoil(self, message: ChunkRange) -> ChunkRange:
        """Flip one bit somewhere."""
        match self._below(4):
            case 0:
                rows = message.rows.copy()
                flat = rows.reshape(-1).view(np.uint8)
                flat[self._below(flat.size)] ^= np.uint8(1 << self._below(8))
                return replace(message, rows=rows)
            case 1:
                addresses = message.addresses.copy()
                addresses[self._below(addresses.size)] ^= np.int64(1 << self._below(40))
                return replace(message, addresses=addresses)
            case 2:
                number = message.id.number ^ (1 << self._below(16))
                return replace(message, id=SetId(message.id.generation, number))
            case _:
                return replace(message, checksum=message.checksum ^ (1 << self._below(64)))

    def _below(self, limit: int) -> int:
        return int(self._luck.random() * limit)

    def _must_be_found(self, outcome: Outcome) -> None:
        if outcome is Outcome.STORED:
            raise SpoiltButStored


class SpoiltButStored(Exception):
    """A receiver stored a message with a flipped bit: its checksums do not hold what they promise (T3)."""

    def __str__(self) -> str:
        return "a message with a flipped bit was stored"


def part_of(message: ChunkRange, first: int, last: int) -> ChunkRange:
    """Chunks [first, last) of a message, counted from its first; as they were sealed one by one."""
    if (first, last) == (0, message.last_chunk - message.first_chunk):
        return message
    shape = message.shape
    offset = message.first_chunk * shape.chunk_blocks
    begin, end = SetShape(*shape).span(message.first_chunk + first, message.first_chunk + last)
    blocks = slice(begin - offset, end - offset)
    return ChunkRange.sealed(
        message.id, shape, message.first_chunk + first, message.first_chunk + last,
        message.addresses[blocks], message.rows[blocks],
    )  # fmt: skip


def _between(holes: list[int], count: int) -> Iterator[tuple[int, int]]:
    """The runs of 0..count without the holes."""
    first = 0
    for hole in [*holes, count]:
        if hole > first:
            yield first, hole
        first = hole + 1
