"""S1-S17 of CORRECTNESS.md 1.1, each by name; the proofs that are longer than a test live in proofs_snapshots.py."""

import numpy as np
import pytest

from sim.engine.identity import SetId
from sim.engine.snapshot_errors import (
    DeletedSnapshot,
    InvalidatedSnapshot,
    QueueBroken,
    SnapshotError,
    SnapshotPinned,
    SnapshotStoreFull,
    UnknownSnapshot,
)
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.engine import proofs_snapshots as proofs
from tests.engine.oracle_snapshots import Twin, at, decode, encode, id_rows


def test_FIG_25_the_example_of_the_seed():
    """L1826-1850: blocks a..h, writes to a and b after a snapshot (NUMBERS.md 2; the seed's "a1 and a2" is a slip)."""

    def letters(number, blocks):
        return np.array([ord(letter) * 256 + number for letter in blocks], dtype=np.uint64)

    queue = SnapshotQueue(Volume(id_rows(8)), SnapshotStore(id_rows(4)))
    queue.write(np.arange(8), letters(0, "abcdefgh"))
    snapshot = queue.create()
    queue.write(at(0, 1), letters(1, "ab"))
    assert list(queue.volume.contents) == [*letters(1, "ab"), *letters(0, "cdefgh")]
    assert list(queue.store.rows[: queue.store.used]) == list(letters(0, "ab"))
    assert list(queue.read(snapshot, np.arange(8))) == list(letters(0, "abcdefgh"))


def test_S1_every_snapshot_reads_what_was_there_when_it_was_made():
    Twin(3).run("w012 s w0 s w01 s w012 s").check()


def test_S2_other_snapshots_deletions_and_restores_change_no_snapshot():
    proofs.restore_the_past()


def test_S3_only_the_first_write_after_a_snapshot_saves_and_the_first_old_value_wins():
    twin = Twin().run("w0 s")
    assert [twin.queue.write(at(0), encode([v], twin.queue.volume.contents)).saved_blocks for v in (5, 6, 7)] == [
        1,
        0,
        0,
    ]
    assert decode(twin.queue.read(1, at(0))) == [1]


def test_S4_a_write_cut_short_after_any_step_harms_no_snapshot(monkeypatch):
    proofs.crash_at_every_step(monkeypatch)


def test_S5_bits_and_block_map_say_the_same_and_no_place_is_used_twice():
    twin = Twin(4, capacity=6).run("w0123 s w01 s w2 d0 s w0123")
    twin.queue.audit()
    entry = twin.queue.entry(3)
    entry.block_map.remove(at(0))
    with pytest.raises(QueueBroken, match="snapshot 3 differ"):
        twin.queue.audit()


def test_S5_a_place_used_twice_is_noticed():
    twin = Twin(2).run("w01 s w01")
    blocks, saves = twin.queue.entry(1).block_map.items()
    saves[:] = 0
    with pytest.raises(QueueBroken, match="share a place"):
        twin.queue.audit()
    assert list(blocks) == [0, 1]


def test_S6_two_writers_of_a_block_save_one_image_the_oldest():
    proofs.two_writers()


def test_S7_a_read_of_a_snapshot_never_sees_a_write_that_came_after_it():
    proofs.writer_during_read()


def test_S8_case_65_five_thousand_snapshots_are_read_without_recursion():
    proofs.thousands_of_snapshots()


def test_S9_before_image_saved_only_when_some_snapshot_needs_it():
    """The walk of FIG 41: the tail has no use for the block, the one before has."""
    twin = Twin().run("w0 s f0 s")
    outcome = twin.queue.write(at(0), encode([9], twin.queue.volume.contents))
    assert outcome.saved_blocks == twin.queue.saved_blocks(2) == 1
    assert decode(twin.queue.read(1, at(0))) == [1]


def test_S9_E44_an_empty_queue_saves_nothing():
    twin = Twin().run("w01 s d0")
    assert twin.queue.write(at(0, 1), encode([5, 6], twin.queue.volume.contents)) == (0, ())


def test_S10_a_write_to_a_block_that_no_snapshot_uses_saves_nothing():
    twin = Twin(2).run("w0 s s s")
    assert twin.queue.write(at(0, 1), encode([5, 6], twin.queue.volume.contents)).saved_blocks == 1


def test_S10_without_meta_maps_every_first_write_saves():
    twin = Twin(2, meta_maps=False).run("s")
    assert twin.queue.write(at(0, 1), encode([5, 6], twin.queue.volume.contents)).saved_blocks == 2
    twin.naive.write([0, 1], [5, 6])
    twin.check()


def test_S11_images_move_to_the_older_neighbour_where_an_older_snapshot_reads_them():
    twin = Twin(3).run("w012 s w0 s w01 s w2")
    assert [twin.queue.saved_blocks(s) for s in (1, 2, 3)] == [1, 2, 1]
    twin.run("d1").check()
    assert [twin.queue.saved_blocks(s) for s in (1, 3)] == [2, 1]  # of two images, block 1's was needed
    twin.run("d0").check()
    assert twin.queue.store.used == 1


def test_S11_an_image_is_kept_for_an_older_snapshot_than_the_neighbour():
    """Read by the letter ("where k-1 has none and needs it") the image is lost: it takes seven steps to see."""
    proofs.image_for_an_older_one_than_the_neighbour()


def test_S12_the_meta_map_of_a_snapshot_is_frozen():
    for granularity in (1, 2):
        Twin(4, granularity).run("w01 s f0 a3 s f1 w2 s a0").check()


def test_S13_a_group_counts_when_one_block_of_it_is_in_use():
    """`w0 s alloc1 s` at g = 2 is wrong where fine and coarse are mixed."""
    twin = Twin(2, 2).run("w0 s a1 s").check()
    assert list(twin.queue.blocks_in_use(1)) == [0, 1] == list(twin.queue.volume.blocks_in_use())
    assert twin.queue.write(at(1), encode([9], twin.queue.volume.contents)).saved_blocks == 1
    assert list(twin.queue.in_use(1, at(0, 1))) == [True, True]


def test_S14_all_places_come_back_when_all_snapshots_are_deleted():
    for order in ("d0 d0 d0 d0", "d3 d2 d1 d0", "d1 d1 d1 d0", "d2 d1 d1 d0"):
        twin = Twin(4, capacity=9).run("w0123 s w01 s w12 f0 s w0 s w0123")
        assert twin.queue.store.used == twin.naive.images > 0
        for step in order.split():
            twin.run(step).check()
        assert twin.queue.store.used == 0
        assert twin.queue.store.free_blocks == 9


def test_S15_a_full_store_refuses_or_gives_up_the_oldest_and_says_so():
    proofs.fill_the_store()


def test_S15_snapshots_are_given_up_one_by_one_oldest_first_until_the_images_fit():
    twin = Twin(3, capacity=3).run("w012 s w0 s w1 s w2 s")
    outcome = twin.queue.write(at(0), encode([9], twin.queue.volume.contents))
    assert outcome == (1, (1,))
    assert twin.queue.snapshots == (2, 3, 4)
    with pytest.raises(InvalidatedSnapshot, match="snapshot 1 was invalidated"):
        twin.queue.read(1, at(0))
    outcome = twin.queue.write(at(0, 1, 2), encode([9, 9, 9], twin.queue.volume.contents))
    assert outcome == (2, (2, 3))
    assert decode(twin.queue.read(4, at(0, 1, 2))) == twin.naive.shots[4].contents


def test_S15_a_write_larger_than_the_whole_store_gives_up_all_snapshots():
    twin = Twin(3, capacity=2).run("w012 s s")
    assert twin.queue.write(at(0, 1, 2), encode([7, 8, 9], twin.queue.volume.contents)) == (0, (1, 2))
    assert len(twin.queue) == twin.queue.store.used == 0


def test_S15_pinned_snapshots_are_not_given_up():
    twin = Twin(2, capacity=1).run("w01 s w0 s s")
    twin.queue.pin(1)
    twin.queue.pin(3)
    with pytest.raises(SnapshotStoreFull) as refusal:
        twin.queue.write(at(0, 1), encode([8, 9], twin.queue.volume.contents))
    assert refusal.value.args == (2, 0, (2,))
    assert decode(twin.queue.volume.contents) == twin.naive.contents
    twin.queue.unpin(1)
    assert twin.queue.write(at(0), encode([8], twin.queue.volume.contents)) == (1, (1,))


def test_S16_production_becomes_the_snapshot_and_the_others_stay():
    proofs.restore_the_past()


def test_S16_a_restore_cut_short_is_done_again(monkeypatch):
    proofs.crash_in_a_restore(monkeypatch)


def test_S16_a_restore_that_does_not_fit_changes_nothing():
    twin = Twin(3, capacity=4, when_full="refuse").run("w012 s w01 s w2 s")
    before = list(twin.naive.contents)
    with pytest.raises(SnapshotStoreFull):
        twin.queue.restore(1)
    assert decode(twin.queue.volume.contents) == before
    twin.check()


def test_S16_a_restore_never_gives_up_the_snapshot_that_it_restores():
    twin = Twin(3, capacity=4).run("w012 s w01 s w2 s")
    outcome = twin.queue.restore(1)
    assert outcome.invalidated == (2, 3)
    assert decode(twin.queue.volume.contents) == twin.naive.shots[1].contents


def test_S17_a_volume_that_grew_between_two_snapshots():
    proofs.extend_between_snapshots()


def test_a_dropped_bit_map_is_built_again_from_the_block_map():
    twin = Twin(4).run("w0123 s w01 s w2 b0 b1").check()
    twin.run("b0 b1 w0123 b1 d0").check()


def test_snapshots_are_numbered_upwards_and_never_again_and_found_by_their_stamp():
    queue = Twin().queue
    assert [queue.create(SetId(1, 7)), queue.create(), queue.create(SetId(1, 7))] == [1, 2, 3]
    assert queue.find(SetId(1, 7)) == queue.youngest == 3
    queue.delete(3)
    assert queue.create() == 4
    assert queue.find(SetId(1, 7)) == 1
    assert queue.find(SetId(2, 7)) is None
    assert (queue.stamp(1), queue.stamp(2)) == (SetId(1, 7), None)
    assert queue.snapshots == (1, 2, 4)
    assert [queue.is_live(s) for s in range(6)] == [False, True, True, False, True, False]


@pytest.mark.parametrize(
    ("snapshot", "error", "words"),
    [
        (0, UnknownSnapshot, "there never was a snapshot 0"),
        (9, UnknownSnapshot, "there never was a snapshot 9"),
        (1, DeletedSnapshot, "snapshot 1 was deleted"),
    ],
)
def test_a_snapshot_that_is_not_there_is_an_error_everywhere(snapshot, error, words):
    queue = Twin().run("w0 s s s d0").queue
    for use in (
        queue.delete,
        queue.restore,
        queue.pin,
        queue.entry,
        queue.stamp,
        queue.drop_bitmap,
        queue.blocks_in_use,
    ):
        with pytest.raises(error, match=words) as refusal:
            use(snapshot)
        assert isinstance(refusal.value, SnapshotError)
    with pytest.raises(error):
        queue.read(snapshot, at(0))


def test_what_cannot_be_written_changes_nothing():
    twin = Twin(3).run("w012 s")
    for addresses in (at(3), at(-1), at(1, 5)):
        with pytest.raises(IndexError):
            twin.queue.write(addresses, encode([9] * addresses.size, twin.queue.volume.contents))
    for addresses in (at(1, 1), at(2, 0)):
        with pytest.raises(ValueError, match="strictly increasing"):
            twin.queue.write(addresses, encode([9, 9], twin.queue.volume.contents))
    twin.check()
    assert twin.queue.write(at(), encode([], twin.queue.volume.contents)) == (0, ())


def test_pins_are_counted():
    queue = Twin().run("w0 s").queue
    queue.pin(1)
    with queue.pinned(1), pytest.raises(SnapshotPinned, match="snapshot 1 is pinned"):
        queue.delete(1)
    with pytest.raises(SnapshotPinned):
        queue.delete(1)
    queue.unpin(1)
    with pytest.raises(ValueError, match="not pinned"):
        queue.unpin(1)
    queue.delete(1)


def test_S17_only_the_oldest_snapshot_asked_says_what_the_volume_was():
    """The delta counts blocks beyond the older snapshot's end, not beyond that of the last one before the younger."""
    Twin(3, 2).run("w012 s x4 a3 s w0 s").check()
