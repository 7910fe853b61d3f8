"""D1-D9 of CORRECTNESS.md 1.2, each by name."""

import pytest

from sim.engine.delta import delta
from sim.engine.snapshot_errors import BitMapsDoNotTell
from tests.engine import proofs_snapshots as proofs
from tests.engine.oracle_snapshots import Twin, at, decode, encode


def blocks(queue, older, younger, rule="fig40"):
    return list(delta(queue, older, younger, rule=rule).addresses)


def test_D1_applying_the_delta_to_the_older_gives_the_younger_on_every_block_in_use():
    Twin(4).run("w012 s w0 f1 s w3 a1 s w1 f0").check()


def test_D2_no_block_outside_use_of_the_younger():
    queue = Twin(2).run("w01 s w01 f1 s").queue
    assert blocks(queue, 1, 2) == [0]


def test_D3_what_is_sent_in_vain_is_a_rewrite_or_a_block_freed_and_put_in_use_again():
    twin = Twin(4).run("w0123 s")
    twin.write([0], [1])  # the same contents again
    twin.run("f1 s a1 s w2 s").check()
    sent, needed = set(blocks(twin.queue, 1, 4)), twin.naive.needed_delta(1, 4)
    assert (sent, needed) == ({0, 1, 2}, {2})


def test_D3_E4_the_lean_rule_does_not_send_what_was_freed_and_put_in_use_again():
    queue = Twin(2).run("w01 s f1 s a1 s").queue
    assert blocks(queue, 1, 3) == [1]
    assert blocks(queue, 1, 3, rule="fig40-lean") == []


def test_D4_contents_come_from_the_younger_snapshot_not_from_the_volume():
    queue = Twin(2).run("w01 s w0 s w01").queue
    assert decode(delta(queue, 1, 2).rows()) == [3]


def test_D5_blocks_come_in_strictly_increasing_order_each_once():
    twin = Twin(6).run("w012345 s w35 s w135 s w024 s")
    assert blocks(twin.queue, 1, 3) == [1, 3, 5]
    assert blocks(twin.queue, 1, 4) == [0, 1, 2, 3, 4, 5]


def test_D6_every_live_snapshot_from_the_older_to_before_the_younger_is_scanned_and_no_other():
    queue = Twin(6).run("w012345 s w0 s w1 s w2 s w3 s w4").queue
    assert blocks(queue, 2, 4) == [1, 2]
    queue.delete(3)
    assert blocks(queue, 2, 4) == [1, 2]
    assert blocks(queue, 1, 5) == [0, 1, 2, 3]


def test_D7_deltas_compose_along_any_chain_whatever_lies_in_unused_blocks():
    Twin(4, 2).run("w03 s f3 w1 s w3 f0 s a0 w2 s").check()


def test_D8_same_snapshot_backwards_or_absent():
    proofs.errors_of_delta()


def test_D9_both_ends_are_pinned_while_a_transfer_runs():
    proofs.pinned_while_sending()


@pytest.mark.parametrize("granularity", [1, 2])
def test_the_rule_of_FIG_34_is_for_queues_without_meta_maps(granularity):
    history = "w0 s w1 s f0 w2 s x6 w25 s"
    plain = Twin(4, granularity, meta_maps=False).run(history).check().queue
    assert blocks(plain, 1, 3, rule="fig34") == [1, 2] == blocks(plain, 1, 3)
    assert blocks(plain, 1, 4, rule="fig34") == [1, 2, 4, 5], "blocks that came with an extension count as changed"
    with pytest.raises(BitMapsDoNotTell, match="fig40"):
        delta(Twin().run("s s").queue, 1, 2, rule="fig34")


def test_E46_the_image_lies_with_snapshot_I_whatever_block_it_is_of():
    """Step 667 tests the bit map of snapshot (I), not of a "block (I)" (L2446)."""
    queue = Twin(4).run("w0123 s s w3 s").queue
    assert list(queue.entry(2).bits.indices()) == [3]
    assert blocks(queue, 1, 3) == [3]


def test_a_delta_is_read_in_pieces_or_at_once():
    queue = Twin(6).run("w012345 s w1345 s w0").queue
    answer = delta(queue, 1, 2)
    assert len(answer) == 4
    pieces = [(list(part), decode(rows)) for part, rows in answer.batches(3)]
    assert pieces == [([1, 3, 4], [7, 8, 9]), ([5], [10])]
    assert decode(answer.rows()) == [7, 8, 9, 10]
    assert list(delta(queue, 1, 1).batches(3)) == []
    queue.write(at(1), encode([99], queue.volume.contents))
    assert decode(answer.rows()) == [7, 8, 9, 10]
