"""Naive models of the replication engine and a pair of sites to run both on: lists and dictionaries, block by block."""

from itertools import count

import numpy as np

from sim.engine.deltaset import DeltaSet
from sim.engine.distribution import Distribution
from sim.engine.identity import START, SetId
from sim.engine.modlog import ModificationLog
from sim.engine.playback import Playback
from sim.engine.receiver import Outcome, SetReceiver
from sim.engine.savevolume import SaveVolume
from sim.engine.source import Source
from sim.engine.volume import Volume

ROW_TYPES = ("content ids", "payload", "memory map")
PAYLOAD_BYTES = 24


class Crash(Exception):
    """The power fails."""


def blocks(*addresses):
    """Addresses as the engine takes them."""
    return np.array(sorted(addresses), dtype=np.int64)


def ids(*values):
    """Rows of content ids."""
    return np.array(values, dtype=np.uint64)


def rows_of(values, row_type="content ids"):
    """Rows that stand for these values in any row type."""
    values = np.asarray(values, dtype=np.uint64)
    if row_type == "content ids":
        return values
    words = values[:, None] * np.arange(1, PAYLOAD_BYTES // 8 + 1, dtype=np.uint64)
    return np.ascontiguousarray(words).view(np.uint8).reshape(values.size, PAYLOAD_BYTES)


def values_in(rows):
    """The values that rows stand for."""
    words = rows.dtype.itemsize * int(np.prod(rows.shape[1:], dtype=int)) // 8
    return np.ascontiguousarray(rows).reshape(-1).view(np.uint64)[::words].tolist()


def empty_contents(n_blocks, row_type="content ids", folder=None):
    """An array of zero rows; a memory map lies in `folder`."""
    if row_type == "content ids":
        return np.zeros(n_blocks, dtype=np.uint64)
    if row_type == "payload":
        return np.zeros((n_blocks, PAYLOAD_BYTES), dtype=np.uint8)
    name = next(folder / f"{number}.img" for number in count() if not (folder / f"{number}.img").exists())
    return np.memmap(name, dtype=np.uint8, mode="w+", shape=(n_blocks, PAYLOAD_BYTES))


class Golden:
    """O1: the true history of a volume, every boundary in full."""

    def __init__(self, n_blocks, stamp=START):
        self.contents = [0] * n_blocks
        self.used = set()
        self.written = set()
        self.stamp = stamp
        self.boundaries = {}
        self.sets = {}
        self._close(stamp)

    def write(self, addresses, values):
        for address, value in zip(addresses, values, strict=True):
            self.contents[address] = value
            self.used.add(address)
            self.written.add(address)

    def free(self, addresses):
        self.used -= set(addresses)

    def allocate(self, addresses):
        self.used |= set(addresses)

    def cut(self):
        self._close(self.stamp.next())
        return self.stamp

    def _close(self, stamp):
        self.stamp = stamp
        self.boundaries[stamp] = (list(self.contents), set(self.used))
        self.sets[stamp] = {address: self.contents[address] for address in sorted(self.written)}
        self.written = set()


class Pair:
    """A primary and a secondary, with the true history beside them."""

    def __init__(
        self,
        n_blocks=16,
        capacity=64,
        chunk_blocks=2,
        row_type="content ids",
        folder=None,
        snapshots=None,
        granularity=1,
    ):
        def make(rows):
            return empty_contents(rows, row_type, folder)

        self.row_type = row_type
        self.volume, self.copy = Volume(make(n_blocks), granularity), Volume(make(n_blocks), granularity)
        self.log = ModificationLog(n_blocks)
        self.save_volume, self.far_save_volume = SaveVolume(make(capacity)), SaveVolume(make(capacity))
        self.snapshots = None if snapshots is None else snapshots(self.volume)
        self.source = Source(self.volume, self.log, self.save_volume, self.snapshots, chunk_blocks)
        self.distribution = Distribution(self.save_volume, ["far"])
        self.receiver = SetReceiver(self.far_save_volume, START)
        self.playback = Playback(self.copy, self.far_save_volume, START)
        self.golden = Golden(n_blocks)
        self._values = count(1)

    def write(self, *addresses, values=None):
        """Write new values, or these, to the blocks."""
        addresses = sorted(addresses)
        values = [next(self._values) for _ in addresses] if values is None else values
        self.source.write(blocks(*addresses), rows_of(values, self.row_type))
        self.golden.write(addresses, values)

    def free(self, *addresses):
        self.source.free(blocks(*addresses))
        self.golden.free(addresses)

    def allocate(self, *addresses):
        self.source.allocate(blocks(*addresses))
        self.golden.allocate(addresses)

    def cut(self):
        """Cut, and leave the copy-out to be done."""
        builder = self.source.cut()
        assert self.golden.cut() == builder.id
        return builder.id

    def cut_and_copy(self, *addresses):
        """Write, cut, and copy all out."""
        if addresses:
            self.write(*addresses)
        set_id = self.cut()
        self.source.copy_out_all()
        return set_id

    def messages(self, set_id, chunks=1):
        """A set as ranges of so many chunks, and its header."""
        stored = self.save_volume.stored(set_id)
        last = stored.shape.chunks
        return [stored.chunk_range(first, min(first + chunks, last)) for first in range(0, last, chunks)], stored.header

    def ship(self, set_id, chunks=1_000):
        """Send a whole set."""
        ranges, header = self.messages(set_id, chunks)
        for message in ranges:
            assert self.receiver.receive(message) is Outcome.STORED
        assert self.receiver.receive_header(header) is Outcome.STORED
        assert self.receiver.complete(set_id)
        self.distribution.received("far", self.receiver.received)

    def play(self, last=None):
        """Integrate everything that can be played, or up to `last`, acknowledge and free."""
        last = last or self.playback.group(None, due=True)
        self.playback.begin(last)
        self.playback.integrate()
        self.acknowledge(self.playback.finish())

    def acknowledge(self, replayed):
        self.far_save_volume.release_through(replayed[-1])
        self.distribution.replayed("far", replayed[-1])

    def seen(self):
        """What a reader of the secondary sees: all contents, and the blocks in use."""
        every = np.arange(self.copy.n_blocks)
        used = set(np.flatnonzero(self.playback.in_use(every)).tolist())
        return values_in(self.playback.read(every)), used

    def check_view(self):
        """V1: the view is the boundary that it says it is."""
        assert self.seen() == self.golden.boundaries[self.playback.view]


def delta_set(number, addresses, values=None, generation=1, chunk_blocks=2, n_blocks=20, **lists):
    """A delta set by hand."""
    addresses = blocks(*addresses)
    values = addresses + 1000 * number if values is None else values
    rows = np.asarray(values, dtype=np.uint64)
    return DeltaSet(SetId(generation, number), addresses, rows, n_blocks, chunk_blocks, **lists)


def stored_blocks(save_volume, set_id):
    """What a save volume holds of a set, as a dictionary."""
    addresses, rows = save_volume.read(set_id)
    return dict(zip(addresses.tolist(), values_in(rows), strict=True))


def naive_walk(n_blocks, writes, until):
    """The copy-out one step at a time: which writes copied early, and which ranks wait after `until` steps.

    `writes`: (rank, steps completed at the write) in order of time.
    """
    waiting, owed, done, early = list(range(n_blocks)), 0, 0, []

    def advance(steps):
        nonlocal owed, done
        while done < steps:
            if owed:
                owed -= 1
            elif waiting:
                waiting.pop(0)
            done += 1

    for rank, steps in writes:
        advance(steps)
        early.append(rank in waiting)
        if early[-1]:
            waiting.remove(rank)
            owed += 1
    advance(until)
    return early, waiting


class NaiveRing:
    """A save volume cell by cell: each cell knows who wrote it last."""

    def __init__(self, capacity):
        self.cells = [None] * capacity
        self.head = 0
        self.live = []  # ids, oldest first
        self.cells_of = {}
        self.released = set()
        self.known = set()

    @property
    def used(self):
        return sum(len(self.cells_of[set_id]) for set_id in self.live)

    def reserve(self, set_id, n_blocks):
        if n_blocks > len(self.cells) - self.used:
            return False
        mine = [(self.head + offset) % len(self.cells) for offset in range(n_blocks)]
        self.head = (self.head + n_blocks) % len(self.cells)
        for place, cell in enumerate(mine):
            self.cells[cell] = (set_id, place)
        self.cells_of[set_id] = mine
        self.live.append(set_id)
        self.known.add(set_id)
        return True

    def release(self, set_id):
        self.released.add(set_id)
        while self.live and self.live[0] in self.released:
            self.live.pop(0)

    def intact(self, set_id):
        return all(self.cells[cell] == (set_id, place) for place, cell in enumerate(self.cells_of[set_id]))
