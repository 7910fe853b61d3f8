"""The primary crashes at each of its steps: C2, C13, S4 and corner cases 1 and 14."""

import pytest

from sim.engine.identity import SetId
from sim.engine.modlog import ModificationLog
from sim.engine.ring import Region
from sim.engine.savevolume import SaveVolume, StoredSet
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.engine.oracle_replication import Crash, Pair, blocks, rows_of, stored_blocks, values_in

G1, G2 = SetId(1, 1), SetId(1, 2)
STEPS = (
    (SaveVolume, "reserve"),
    (ModificationLog, "cut"),
    (ModificationLog, "record"),
    (ModificationLog, "copied"),
    (Region, "gather"),
    (Region, "scatter"),
    (StoredSet, "seal_all"),
    (StoredSet, "finish"),
    (Volume, "write"),
)


class Fuse:
    """Counts the durable steps of the engine and crashes before, or right after, the n-th."""

    def __init__(self, monkeypatch, at):
        self.at, self.count, self.blown = at, 0, None
        for owner, name in STEPS:
            monkeypatch.setattr(owner, name, self._guard(owner, name))

    def _guard(self, owner, name):
        whole = getattr(owner, name)

        def call(this, *args):
            self._step(f"before {name}")
            result = whole(this, *args)
            self._step(f"after {name}")
            return result

        return call

    def _step(self, where):
        self.count += 1
        if self.count == self.at:
            self.blown = where
            raise Crash(where)


# Cut, copy piece by piece, write to copied and waiting blocks, cut again.
HISTORY = (
    ("write", blocks(1, 2, 3, 4), rows_of([11, 12, 13, 14])),
    ("cut",),
    ("copy_out", 1),
    ("write", blocks(1, 3, 5), rows_of([21, 23, 25])),
    ("copy_out", 9),
    ("finish_copy_out",),
    ("write", blocks(5, 6), rows_of([35, 36])),
    ("cut",),
    ("copy_out_all",),
)
LAST = 44  # steps of the history


@pytest.mark.parametrize("at", range(1, LAST + 2))
def test_C13_after_a_crash_at_any_step_no_write_is_lost_and_boundaries_hold(at, monkeypatch):
    """What was acknowledged is in exactly one of Open, Old and a set (C2); the act that failed is tried again."""
    pair = Pair()
    fuse = Fuse(monkeypatch, at)
    for act, *arguments in HISTORY:
        try:
            getattr(pair.source, act)(*arguments)
        except Crash:
            pair.source.recover()
            pair.source.recover()  # and once more: twice in a row (case 14)
            if not has_happened(act, pair):
                getattr(pair.source, act)(*arguments)
    assert (fuse.blown is None) == (at > LAST), fuse.count
    assert stored_blocks(pair.save_volume, G1) == {1: 11, 2: 12, 3: 13, 4: 14}, fuse.blown
    assert stored_blocks(pair.save_volume, G2) == {1: 21, 3: 23, 5: 35, 6: 36}, fuse.blown
    assert pair.save_volume.stored(G1).verify()
    assert pair.save_volume.held() == (G1, G2)
    assert values_in(pair.volume.contents)[1:7] == [21, 12, 23, 14, 35, 36]


def has_happened(act, pair):
    """What a restarted primary sees of the act that was cut short: the tables swapped, the set in the mailbox."""
    if act == "cut":
        return pair.source.builder is not None
    if act in ("finish_copy_out", "copy_out_all"):
        return pair.source.builder is None
    return act == "copy_out" and pair.log.old_count == 0


def test_case_01_between_pause_and_swap_the_reservation_is_taken_back(monkeypatch):
    pair = Pair()
    pair.write(1, 2)
    with monkeypatch.context() as patch:
        patch.setattr(ModificationLog, "cut", lambda _: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            pair.source.cut()
    assert pair.save_volume.used_blocks == 2
    pair.source.recover()
    assert pair.save_volume.used_blocks == 0
    assert (pair.source.builder, pair.log.open_count) == (None, 2)
    pair.cut_and_copy()
    assert stored_blocks(pair.save_volume, G1) == pair.golden.sets[G1]


def test_case_01_between_swap_and_the_first_copied_block():
    pair = Pair()
    pair.write(1, 2)
    pair.cut()
    pair.source.recover()
    assert pair.source.builder.remaining == 2
    pair.write(2)
    pair.source.copy_out_all()
    assert stored_blocks(pair.save_volume, G1) == pair.golden.sets[G1]


def test_case_01_between_the_last_copied_block_and_the_mailbox():
    pair = Pair()
    pair.write(1, 2)
    pair.cut()
    pair.source.copy_out(2)
    assert not pair.save_volume.is_complete(G1)
    pair.source.recover()
    assert pair.source.builder.remaining == 0
    pair.source.finish_copy_out()
    assert stored_blocks(pair.save_volume, G1) == pair.golden.sets[G1]
    pair.ship(G1)


def test_case_01_after_the_mailbox_there_is_nothing_to_do():
    pair = Pair()
    pair.cut_and_copy(1, 2)
    pair.source.recover()
    assert pair.source.builder is None
    pair.cut_and_copy(3)


@pytest.mark.parametrize("copied", range(5))
def test_case_14_a_primary_reboots_with_open_not_empty_and_old_half_copied(copied):
    pair = Pair()
    pair.write(1, 2, 3, 4)
    pair.cut()
    pair.write(4, 9)
    pair.source.copy_out(copied)
    waiting = pair.source.old_addresses().tolist()
    for _ in range(2):
        pair.source.recover()
        assert pair.source.old_addresses().tolist() == waiting
    pair.write(2, 3)  # writes during recovery are logged (L1494)
    pair.source.copy_out_all()
    pair.cut_and_copy()
    for set_id in (G1, G2):
        assert stored_blocks(pair.save_volume, set_id) == pair.golden.sets[set_id]


def test_C13_use_that_changed_before_the_crash_still_travels():
    pair = Pair()
    pair.write(1, 2)
    pair.free(2)
    pair.allocate(7)
    pair.cut()
    pair.free(1)
    pair.source.recover()
    pair.source.copy_out_all()
    header = pair.save_volume.stored(G1).header
    assert (header.freed.tolist(), header.allocated.tolist()) == ([2], [7])
    pair.ship(G1)
    pair.play()
    pair.check_view()


@pytest.mark.parametrize("step", range(1, 12))
def test_S4_a_write_that_dies_half_way_harms_neither_set_nor_snapshot(step, monkeypatch):
    """Order: the delta set, Open, the snapshot, the volume. Wherever it dies, what was saved is what was there."""
    pair = Pair(snapshots=lambda volume: SnapshotQueue(volume, SnapshotStore(volume.contents.copy())))
    pair.write(1, 2, 3)
    snapshot = pair.snapshots.create()
    pair.cut()
    with monkeypatch.context() as patch:
        fuse = Fuse(patch, step)
        try:
            pair.source.write(blocks(2, 5), rows_of([92, 95]))
        except Crash:
            assert fuse.blown is not None
    assert (fuse.blown is None) == (step > 8), fuse.count
    changed = values_in(pair.volume.read(blocks(2))) != [2]
    assert not changed or not pair.source.in_old(blocks(2))[0], "C5"
    assert not changed or not pair.source.not_in_open(blocks(2))[0], "no block changes that a resync would not know of"
    pair.source.recover()
    pair.source.copy_out_all()
    assert stored_blocks(pair.save_volume, G1) == {1: 1, 2: 2, 3: 3}
    assert values_in(pair.snapshots.read(snapshot, blocks(1, 2, 3))) == [1, 2, 3]
