"""Corner cases 62-68 of CORRECTNESS.md section 3, each a regression test."""

import numpy as np
import pytest

from sim.engine.delta import delta
from sim.engine.snapshot_errors import SnapshotPinned
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.engine import proofs_snapshots as proofs
from tests.engine.oracle_snapshots import Twin, at, decode, encode, id_rows


def test_case_62_delete_in_mid_queue_with_needed_images_then_the_head():
    twin = Twin(3).run("w012 s w0 s w1 s w2 s")
    assert twin.queue.saved_blocks(2) == 1
    twin.run("d1").check().run("d0").check().run("d1").check()


def test_case_62_delete_the_tail_while_a_delta_to_it_runs():
    twin = Twin(3).run("w012 s w0 s w1")
    with delta(twin.queue, 1, 2) as answer:
        with pytest.raises(SnapshotPinned):
            twin.queue.delete(2)
        assert decode(answer.rows()) == [4]
    twin.run("d1").check()


def test_case_63_freed_then_in_use_again_between_snapshots():
    twin = Twin(3).run("w012 s f1 s w1 s").check()
    assert list(delta(twin.queue, 1, 3).addresses) == [1]


def test_case_63_freed_and_in_use_again_but_not_written():
    twin = Twin(3).run("w012 s f1 s a1 s").check()
    assert decode(delta(twin.queue, 2, 3).rows()) == [2]


def test_case_63_a_hole_between_two_lives_of_a_block():
    """The recipe of openzfs #4996: write, snapshot, free (a hole), snapshot, write zeros, snapshot."""
    twin = Twin(2).run("w01 s f1 s")
    twin.write([1], [0])
    twin.run("s").check()
    answer = delta(twin.queue, 2, 3)
    assert (list(answer.addresses), decode(answer.rows())) == ([1], [0])
    assert list(delta(twin.queue, 1, 2).addresses) == []


def test_case_64_a_half_used_pair():
    Twin(4, 2).run("w0 s w1 s f0 s w1 s f1 s a1 s w01 d1 d2").check()


@pytest.mark.parametrize(("n_blocks", "granularity"), [(3, 2), (5, 3), (1, 4), (7, 8)])
def test_case_64_a_volume_that_ends_inside_a_group(n_blocks, granularity):
    last = n_blocks - 1
    twin = Twin(n_blocks, granularity).run(f"w{last} s f{last} s a{last} s w{last} s w0 s").check()
    twin.run(f"d1 f0 r0 w{last} s").check()


def test_case_65_one_block():
    Twin(1).run("s w0 s w0 s f0 s a0 d1 r0 d0").check()


def test_case_65_E45_no_blocks():
    twin = Twin(0).run("s s r0 d0 s").check()
    assert list(delta(twin.queue, 2, 3).addresses) == []
    assert twin.queue.read(2, at()).shape == (0,)
    Twin(0, 2, meta_maps=False).run("s x2 w01 s").check()


def test_case_65_a_snapshot_of_a_volume_that_was_never_written():
    twin = Twin(3).run("s w012 s").check()
    assert twin.queue.store.used == 0
    assert list(twin.queue.blocks_in_use(1)) == []
    assert list(delta(twin.queue, 1, 2).addresses) == [0, 1, 2]


def test_case_66_two_snapshots_at_the_same_instant():
    twin = Twin(2).run("w01 s s").check()
    assert list(delta(twin.queue, 1, 2).addresses) == []
    twin.run("w0").check()
    assert [twin.queue.saved_blocks(s) for s in (1, 2)] == [0, 1]
    twin.run("d1").check()
    assert twin.queue.saved_blocks(1) == 1


def test_case_67_a_writer_and_a_reader_of_a_snapshot_race_on_one_block():
    proofs.writer_during_read()


def test_case_67_a_snapshot_is_created_between_test_bit_and_set_bit():
    proofs.snapshot_during_write()


def test_case_68_restore_from_the_oldest_while_younger_ones_exist():
    twin = Twin(4).run("w0123 s w01 s w12 f0 s w3 s r0").check()
    assert decode(twin.queue.volume.contents) == [1, 2, 3, 4]
    twin.run("r2").check().run("r1 w0 s r0").check()


def test_what_is_saved_and_sent_does_not_depend_on_how_writes_are_batched():
    rng = np.random.default_rng(7)
    touched = np.sort(rng.choice(200_000, 3_000, replace=False))
    queues = []
    for size in (3_000, 100, 7):
        queue = SnapshotQueue(Volume(id_rows(200_000)), SnapshotStore(id_rows(3_000)))
        queue.volume.allocate_range(0, 150_000)
        queue.create()
        for part in np.array_split(touched, -(-touched.size // size)):
            queue.write(part, encode(part + 1, queue.volume.contents))
        queue.create()
        queue.audit()
        queues.append(queue)
    expected = touched[touched < 150_000]
    for queue in queues:
        assert np.array_equal(queue.entry(1).block_map.items().blocks, expected)
        assert np.array_equal(delta(queue, 1, 2).addresses, touched)
        assert decode(queue.read(1, expected[:50])) == [0] * 50
