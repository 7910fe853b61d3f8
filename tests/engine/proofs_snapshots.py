"""Short proofs of what the enumeration does not reach: crashes, races, a full store, restores, growth, many snapshots.

Each is a function that raises where the facility is wrong. The tests call them by the names of the rules; the mutants
must make them raise.
"""

import numpy as np
import pytest

from sim.engine import delta as deltas
from sim.engine.bitmap import PAGE_BITS, Bitmap
from sim.engine.blockmap import BlockMap
from sim.engine.snapshot_errors import (
    BitMapsDoNotTell,
    DeletedSnapshot,
    InvalidatedSnapshot,
    OlderThanBase,
    SnapshotPinned,
    SnapshotStoreFull,
    UnknownSnapshot,
)
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.engine.oracle_snapshots import Twin, at, decode, encode, id_rows


class Crash(Exception):
    """The power fails."""


class Power:
    """Lasts for so many more steps: a row, a block map entry or a bit each."""

    def __init__(self):
        self.steps = np.inf

    def take(self, wanted):
        """How many of the wanted steps are still done."""
        done = int(min(wanted, self.steps))
        self.steps -= done
        return done


class FragileRows(np.ndarray):
    """An array that is written a row at a time, while the power lasts."""

    power = None

    def __setitem__(self, rows, values):
        if self.power is None:
            super().__setitem__(rows, values)
            return
        done = self.power.take(len(rows))
        super().__setitem__(rows[:done], values[:done])
        if done < len(rows):
            raise Crash


def fragile_rows(power):
    def rows(n_rows):
        array = id_rows(n_rows).view(FragileRows)
        array.power = power
        return array

    return rows


def make_fragile(monkeypatch, power):
    """Block map entries and bits are steps too."""
    insert, set_bits = BlockMap.insert, Bitmap.set

    def insert_while_power(self, blocks, saves):
        done = power.take(blocks.size)
        insert(self, blocks[:done], saves[:done])
        if done < blocks.size:
            raise Crash

    def set_while_power(self, addresses):
        done = power.take(addresses.size)
        set_bits(self, addresses[:done])
        if done < addresses.size:
            raise Crash

    monkeypatch.setattr(BlockMap, "insert", insert_while_power)
    monkeypatch.setattr(Bitmap, "set", set_while_power)


def crash_at_every_step(monkeypatch):
    """S4: the power fails after k steps of a write, k = 0, 1, ...; then S1 holds, and the write can be done again."""
    power = Power()
    with monkeypatch.context() as patched:
        make_fragile(patched, power)
        crashes = 0
        while _crash_after(power, crashes):
            crashes += 1
    assert crashes > 10, "this is about a write that is cut short"


def _crash_after(power, steps):
    twin = Twin(4, rows=fragile_rows(power)).run("w0123 s w01 s f2 s w0")
    values = [101, 102, 103, 104]
    power.steps = steps
    try:
        twin.queue.write(at(0, 1, 2, 3), encode(values, twin.queue.volume.contents))
        crashed = False
    except Crash:
        crashed = True
    power.steps = np.inf
    twin.queue.recover()
    twin.queue.audit()
    twin.check_snapshots()
    twin.queue.write(at(0, 1, 2, 3), encode(values, twin.queue.volume.contents))
    twin.naive.write([0, 1, 2, 3], values)
    twin.check()
    return crashed


def crash_in_a_restore(monkeypatch):
    """S16: a restore that was cut short is done again, and no snapshot noticed."""
    power = Power()
    with monkeypatch.context() as patched:
        make_fragile(patched, power)
        for steps in range(40):
            twin = Twin(4, rows=fragile_rows(power)).run("w0123 s w01 s f2 w3 s")
            power.steps = steps
            try:
                twin.queue.restore(1)
            except Crash:
                power.steps = np.inf
                twin.queue.recover()
                twin.check_snapshots()
                twin.queue.restore(1)
            power.steps = np.inf
            twin.naive.restore(1)
            twin.check()


def _first_chance(queue, act):
    """If a mutant opens the facility in the middle of a call, `act` comes in there; else when the result is called."""
    waiting = [act]

    def between():
        if waiting:
            waiting.pop()()

    queue.between = between
    return between


def two_writers():
    """S6: two writers of one block at once save one image, the oldest value."""
    twin = Twin().run("w0 s")
    after = _first_chance(twin.queue, lambda: twin.queue.write(at(0), encode([8], twin.queue.volume.contents)))
    twin.queue.write(at(0), encode([9], twin.queue.volume.contents))
    after()
    assert decode(twin.queue.read(1, at(0))) == [1], "the snapshot reads another value than the oldest"
    assert twin.queue.store.used == twin.queue.saved_blocks(1) == 1, "S3: more than one image"
    twin.queue.audit()


def writer_during_read():
    """S7: a writer comes while a snapshot is read."""
    twin = Twin().run("w0 s")
    after = _first_chance(twin.queue, lambda: twin.queue.write(at(0), encode([9], twin.queue.volume.contents)))
    for _ in range(2):
        assert decode(twin.queue.read(1, at(0))) == [1], "S7: the snapshot reads what was written after it"
        after()


def snapshot_during_write():
    """Case 67: a snapshot is created between the test of the bits and their setting: it is before or after the write.

    Block 0 has an image already and block 1 has none: a snapshot in between would hold the new block 0 and the old 1.
    """
    twin = Twin().run("w01 s w0")
    after = _first_chance(twin.queue, twin.queue.create)
    twin.queue.write(at(0, 1), encode([8, 9], twin.queue.volume.contents))
    after()
    assert decode(twin.queue.read(2, at(0, 1))) in ([3, 2], [8, 9]), "a snapshot of half a write"
    twin.queue.write(at(0, 1), encode([10, 11], twin.queue.volume.contents))
    assert decode(twin.queue.read(2, at(0, 1))) == [8, 9], "the engine creates it after the write"


def image_for_an_older_one_than_the_neighbour():
    """S11: the deleted one's neighbour has no use for the image, but reads of an older one pass through it."""
    for granularity in (1, 2):
        twin = Twin(2, granularity).run("w0 s f0 s s w0 d2")
        assert twin.queue.saved_blocks(2) == 1
        twin.check()


def thousands_of_snapshots():
    """S8, case 65: 5,000 snapshots; one block was written between all of them, one after the last, one never."""
    queue = SnapshotQueue(Volume(id_rows(3)), SnapshotStore(id_rows(6_000)))
    queue.write(at(0, 1, 2), encode([1, 2, 3], queue.volume.contents))
    for value in range(4, 5_003):
        queue.create()
        queue.write(at(1), encode([value], queue.volume.contents))
    queue.create()
    queue.write(at(0), encode([9], queue.volume.contents))
    assert decode(queue.read(1, at(0, 1, 2))) == [1, 2, 3]
    assert decode(queue.read(2_500, at(0, 1, 2))) == [1, 2_502, 3]
    assert list(deltas.delta(queue, 1, 5_000).addresses) == [1]
    queue.audit()
    for snapshot in range(2, 5_000):
        queue.delete(snapshot)
    assert decode(queue.read(1, at(0, 1, 2))) == [1, 2, 3]
    assert queue.store.used == 2


def fill_the_store():
    """S15: the store has exactly room, one block more, one block less than a write needs; both policies."""
    for policy in ("invalidate_oldest", "refuse"):
        for capacity in (1, 2, 3, 4, 5):
            _fill(capacity, policy)


def _fill(capacity, policy):
    twin = Twin(3, capacity=capacity, when_full=policy)
    for step in ("w012", "s", "w0", "s", "w01", "s"):
        _do_or_refuse(twin, step, policy)
        twin.check()
    before = twin.naive.live
    _do_or_refuse(twin, "w012", policy)
    twin.check()
    for gone in set(before) - set(twin.naive.live):
        with pytest.raises(InvalidatedSnapshot):
            twin.queue.read(gone, at(0))
    assert twin.queue.store.used <= capacity


def _do_or_refuse(twin, step, policy):
    free, live = twin.queue.store.free_blocks, twin.naive.live
    wanted = sum(twin.naive.needed(int(block)) for block in step[1:]) if step[0] == "w" else 0
    if wanted > free and policy == "refuse":
        contents = list(twin.naive.contents)
        with pytest.raises(SnapshotStoreFull) as refusal:
            twin.do(step)
        assert refusal.value.args == (wanted, free, ())
        assert decode(twin.queue.volume.contents) == contents
        assert twin.naive.live == live
    else:
        twin.do(step)
        assert (twin.naive.live != live) == (wanted > free or step == "s")


def restore_the_past():
    """S2, S16: production is restored from each snapshot, oldest, middle and youngest; the others notice nothing."""
    for granularity in (1, 2):
        for place in range(3):
            twin = Twin(4, granularity).run("w0123 s w01 f3 s w12 a3 s w0 f0")
            assert twin.naive.to_restore(place + 1), "this is about a restore that has something to do"
            twin.do(f"r{place}")
            twin.check().run("w02 s r0 r2").check()


def extend_between_snapshots():
    """S17: the volume grows between two snapshots; a group straddles the old end; the new blocks are written or not."""
    for granularity in (1, 2):
        for meta_maps in (True, False):
            for grown in ("x4 a3", "x4 w3", "x6 w5", "x6 a4 w3", "x9", "x4 w3 s x6 w35"):
                twin = Twin(3, granularity, meta_maps=meta_maps)
                twin.run(f"w012 s {grown} s").check().run("w03 s d1").check().run("r0 d0").check()
    _extend_by_pages()


def _extend_by_pages():
    twin = Twin(10).run("w3 s")
    contents = np.zeros(2 * PAGE_BITS + 5, dtype=np.uint64)
    contents[:10] = twin.queue.volume.contents
    twin.queue.extend(contents)
    new = at(12, PAGE_BITS + 1, 2 * PAGE_BITS + 4)
    twin.queue.volume.allocate(new[1:])
    assert twin.queue.write(new[:1], encode([7], contents)).saved_blocks == 0
    twin.queue.create()
    for rule in ("fig40", "fig40-lean"):
        answer = deltas.delta(twin.queue, 1, 2, rule=rule)
        assert list(answer.addresses) == list(new)
        assert decode(answer.rows()) == [7, 0, 0]
    with pytest.raises(IndexError):
        twin.queue.read(1, at(10))


def errors_of_delta():
    """D8: nothing from a snapshot to itself; errors, never part of an answer, for what is not there or backwards."""
    queue = Twin(2).run("w01 s w0 s w1 s d1").queue
    assert len(deltas.delta(queue, 1, 1)) == 0
    for older, younger, error in ((3, 1, OlderThanBase), (1, 2, DeletedSnapshot), (2, 3, DeletedSnapshot)):
        with pytest.raises(error):
            deltas.delta(queue, older, younger)
    for absent in (0, -1, 4):
        for pair in ((absent, 3), (1, absent), (absent, absent)):
            with pytest.raises(UnknownSnapshot):
                deltas.delta(queue, *pair)
    with pytest.raises(BitMapsDoNotTell):
        deltas.delta(queue, 1, 3, rule="fig34")


def pinned_while_sending():
    """D9: while a delta is being sent neither end can be deleted; the queue may be written to and the middle may go."""
    twin = Twin(3).run("w012 s w0 s w1 s w2 s")
    sent = []
    with deltas.delta(twin.queue, 1, 3) as answer:
        for blocks, rows in answer.batches(1):
            for end in (1, 3):
                with pytest.raises(SnapshotPinned):
                    twin.queue.delete(end)
            if twin.queue.is_live(2):
                twin.do("d1")
            twin.do("w012")
            sent += zip((int(b) for b in blocks), decode(rows), strict=True)
    assert sent == [(0, 4), (1, 5)]
    twin.run("d1 d0").check()
