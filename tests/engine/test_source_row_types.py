"""One history in three row types by the same lines: the block lists are identical, the contents stand for the same."""

import ast
from pathlib import Path

import numpy as np
import pytest

import sim.engine
from sim.engine.identity import SetId
from tests.engine.oracle_replication import PAYLOAD_BYTES, ROW_TYPES, Pair, blocks, rows_of, values_in

ENGINE = Path(sim.engine.__file__).parent
MODULES = (
    "blockindex",
    "builder",
    "checksum",
    "deltaset",
    "playback",
    "receiver",
    "ring",
    "savevolume",
    "source",
    "storedset",
)


def run(row_type, folder):
    """Random writes, frees and cuts with a copy-out in pieces, a small ring that wraps, and grouped playback."""
    rng = np.random.default_rng(11)
    pair = Pair(n_blocks=60, capacity=90, chunk_blocks=3, row_type=row_type, folder=folder)
    lists = []
    for number in range(1, 16):
        for _ in range(4):
            pair.write(*rng.choice(60, size=int(rng.integers(1, 9)), replace=False).tolist())
        pair.free(*rng.choice(60, size=2, replace=False).tolist())
        set_id = pair.cut()
        pair.source.copy_out(3)
        pair.write(*rng.choice(60, size=5, replace=False).tolist())
        pair.source.copy_out_all()
        pair.ship(set_id, chunks=2)
        lists.append(pair.save_volume.read(set_id)[0].tolist())
        if number % 2 == 0:
            pair.playback.begin(set_id)
            pair.playback.integrate(5)
            pair.check_view()
            pair.acknowledge(pair.playback.at_boundary())
        pair.check_view()
    return pair, lists


def test_one_history_in_three_row_types_has_the_same_block_lists(tmp_path):
    runs = [run(row_type, tmp_path) for row_type in ROW_TYPES]
    assert len(runs) == 3
    (first, lists), *others = runs
    assert sum(map(len, lists)) > 90, "the ring has wrapped"
    for pair, same in others:
        assert same == lists
        assert pair.seen() == first.seen()
        assert pair.golden.boundaries == first.golden.boundaries
        assert values_in(pair.volume.contents) == values_in(first.volume.contents)


@pytest.mark.parametrize("row_type", ROW_TYPES)
def test_a_flipped_bit_in_the_save_volume_is_caught_in_every_row_type(row_type, tmp_path):
    pair = Pair(row_type=row_type, folder=tmp_path)
    set_id = pair.cut_and_copy(1, 2, 3)
    message = pair.save_volume.stored(set_id).chunk_range(0, 2)
    assert message.verified_sums() is not None
    assert pair.save_volume.flip_bits(set_id, 1)
    assert message.verified_sums() is None, "the message is a view of the save volume: no copy was made"
    assert not pair.save_volume.stored(set_id).verify()


def test_every_byte_of_a_payload_arrives(tmp_path):
    pair = Pair(row_type="memory map", folder=tmp_path)
    rows = np.random.default_rng(2).integers(0, 256, (4, PAYLOAD_BYTES), dtype=np.uint8)
    pair.source.write(blocks(0, 5, 6, 15), rows)
    pair.golden.cut()
    pair.source.cut()
    pair.source.copy_out_all()
    pair.ship(SetId(1, 1))
    pair.play()
    assert np.array_equal(pair.playback.read(blocks(0, 5, 6, 15)), rows)
    assert np.array_equal(pair.copy.contents, pair.volume.contents)


def test_rows_of_a_value_differ_between_values():
    assert len({bytes(row) for row in rows_of(range(50), "payload")}) == 50


def test_the_engine_has_no_branch_on_the_row_type():
    """No `if` and no conditional expression of the engine looks at a dtype, a number of axes or a memory map."""
    looked_at = 0
    for name in [
        "builder",
        "playback",
        "blockindex",
        "receiver",
        "ring",
        "savevolume",
        "source",
        "deltaset",
        "checksum",
    ]:
        for node in ast.walk(ast.parse((ENGINE / f"{name}.py").read_text())):
            if isinstance(node, ast.If | ast.IfExp):
                looked_at += 1
                words = ast.unparse(node.test)
                assert not any(word in words for word in ("dtype", "ndim", "memmap", "isinstance(rows")), (name, words)
    assert looked_at > 20
