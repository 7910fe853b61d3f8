"""Receiving delta sets: complete or not, in any order of arrival, and idempotent (L1160-1172, L1295-1300; T1-T5).

a set is complete when its header and every chunk number are in, the counts match and both checksums match
duplicates change nothing, also after completion and after replay; what is corrupt is never stored and is missing still
nothing here is volatile: what is in lies in the save volume and its mailbox
"""

from __future__ import annotations

from collections import Counter
from enum import Enum, auto

import numpy as np

from sim.engine.bitmap import Mask
from sim.engine.deltaset import ChunkRange, ChunkSums, Header, SetShape
from sim.engine.identity import SetId
from sim.engine.savevolume import SaveVolume, SaveVolumeFull
from sim.engine.storedset import StoredSet


class Outcome(Enum):
    """What became of a message."""

    STORED = auto()
    DUPLICATE = auto()
    CORRUPT = auto()
    OLD_GENERATION = auto()
    NEW_GENERATION = auto()  # nobody told this receiver yet that the source changed; it will be asked again
    ALREADY_COMPLETE = auto()
    NO_ROOM = auto()  # the sender has to wait until something is replayed (V8)


class SetReceiver:
    """Takes the messages of one source into a save volume, from the set after boundary `stamp` on."""

    def __init__(self, save_volume: SaveVolume, stamp: SetId, *, tidy: bool = True) -> None:
        """`stamp`: the last boundary that the copy includes (E10). Also how a receiver comes back after a crash.

        Without `tidy` what an older generation left is kept until `follow`: the plan of a resync has to see it.
        """
        self._save_volume = save_volume
        self.discarded: Counter[Outcome] = Counter()
        self._stamp = self._received = stamp
        self._following = stamp.next()  # the set after the last that was received
        if tidy:
            self.follow(stamp)

    @property
    def received(self) -> SetId:
        """The newest boundary up to which every set is complete: what the acknowledgement of receipt says."""
        while self._save_volume.had(self._following):
            self._received, self._following = self._following, self._following.next()
        return self._received

    def follow(self, stamp: SetId) -> None:
        """Take sets after `stamp`, of its generation only; what an older generation left unfinished is given up."""
        self._stamp = self._received = stamp
        self._following = stamp.next()
        for set_id in self._save_volume.held():
            stored = self._save_volume.stored(set_id)
            if set_id.generation < stamp.generation and not stored.complete:
                self._save_volume.forget(set_id)
            elif not stored.complete:  # a crash may have come between the last chunk and this
                self._complete_or_reject(stored)

    def receive_header(self, header: Header) -> Outcome:
        """Take a set's header. Only `STORED` changes anything."""
        return self._count(self._take_header(header), 1)

    def receive(self, message: ChunkRange) -> Outcome:
        """Take a range of chunks; what is not here yet of it is stored. Only `STORED` changes anything."""
        return self._count(self._take_chunks(message), message.last_chunk - message.first_chunk)

    def complete(self, set_id: SetId) -> bool:
        """Whether a set is, or was, complete here."""
        return set_id.generation == self._stamp.generation and self._had(set_id)

    def has_header(self, set_id: SetId) -> bool:
        """Whether a set's header is, or was, here."""
        stored = self._save_volume.holding(set_id)
        return (stored is not None and stored.header is not None) or self.complete(set_id)

    def missing(self, set_id: SetId) -> list[tuple[int, int]]:
        """Ranges [first, last) of chunks to ask for. Raises KeyError for a set of which nothing has come yet."""
        if self.complete(set_id):
            return []
        return _runs(~self._save_volume.stored(set_id).have)

    def _take_header(self, header: Header) -> Outcome:
        if not header.intact():
            return Outcome.CORRUPT
        stored = self._place(header.id, header.shape)
        if isinstance(stored, Outcome):
            return stored
        if stored.header is not None:
            return Outcome.DUPLICATE if stored.header.header_sum == header.header_sum else Outcome.CORRUPT
        stored.header = header
        return self._complete_or_reject(stored)

    def _take_chunks(self, message: ChunkRange) -> Outcome:
        sums = message.verified_sums()
        if sums is None:
            return Outcome.CORRUPT
        stored = self._place(message.id, message.shape)
        if isinstance(stored, Outcome):
            return stored
        new = _runs(~stored.have[message.first_chunk : message.last_chunk])
        if not new:
            return Outcome.DUPLICATE
        for first, last in new:
            _store(stored, message, sums, first, last)
        return self._complete_or_reject(stored)

    def _place(self, set_id: SetId, shape: SetShape) -> StoredSet | Outcome:
        """The mailbox entry of a set that is still arriving, made on first sight; or why there is none."""
        if set_id.generation != self._stamp.generation:
            older = set_id.generation < self._stamp.generation
            return Outcome.OLD_GENERATION if older else Outcome.NEW_GENERATION
        if self._had(set_id):
            return Outcome.ALREADY_COMPLETE
        stored = self._save_volume.holding(set_id)
        if stored is None:
            return self._reserve(set_id, shape)
        return stored if stored.shape == shape else Outcome.CORRUPT

    def _reserve(self, set_id: SetId, shape: SetShape) -> StoredSet | Outcome:
        """Reserve; where there is no room, later sets give way, for they cannot be played before this one (V8)."""
        try:
            return self._save_volume.reserve(set_id, shape)
        except SaveVolumeFull:
            later = [held for held in self._save_volume.held() if held > set_id]
        gained = sum(self._save_volume.stored(held).blocks for held in later)
        if not later or self._save_volume.free_blocks + gained < shape.blocks:
            return Outcome.NO_ROOM
        self._save_volume.forget(later[-1])
        return self._reserve(set_id, shape)

    def _complete_or_reject(self, stored: StoredSet) -> Outcome:
        """Show the set if this was the last of it. Parts that contradict each other are all thrown away."""
        header = stored.header
        if header is None or np.count_nonzero(stored.have) < stored.have.size:
            return Outcome.STORED
        if header.data_sum != stored.data_sum:
            stored.start_over()
            return Outcome.CORRUPT
        stored.finish(header)
        return Outcome.STORED

    def _had(self, set_id: SetId) -> bool:
        """Complete now, replayed and released, or part of the copy to begin with (case 17)."""
        return set_id <= self._stamp or self._save_volume.had(set_id)

    def _count(self, outcome: Outcome, chunks: int) -> Outcome:
        if outcome is not Outcome.STORED:
            self.discarded[outcome] += max(chunks, 0)
        return outcome


def _runs(wanted: Mask) -> list[tuple[int, int]]:
    """The runs [first, last) of true places."""
    count = np.count_nonzero(wanted)
    if count in (0, wanted.size):  # by far the most frequent
        return [(0, wanted.size)] if count else []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], wanted, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _store(stored: StoredSet, message: ChunkRange, sums: ChunkSums, first: int, last: int) -> None:
    """Store chunks [first, last) of a message, counted from its first."""
    if last - first == sums.each.size:
        stored.put_chunks(message.first_chunk, message.addresses, message.rows, *sums)
        return
    begin, end = message.shape.span(message.first_chunk + first, message.first_chunk + last)
    offset = message.first_chunk * message.shape.chunk_blocks
    blocks = slice(begin - offset, end - offset)
    each = sums.each[first:last]
    stored.put_chunks(message.first_chunk + first, message.addresses[blocks], message.rows[blocks], each)
