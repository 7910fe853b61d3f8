"""One history in the three row types, by the same lines of the engine: content ids, payload, a memory-mapped file."""

import numpy as np
import pytest

from sim.engine.delta import delta
from tests.engine.oracle_snapshots import Twin, decode, id_rows, mapped_rows, payload_rows

HISTORY = "w012345 s w034 f1 s w13 a5 f2 s x9 w68 w0 s w5 d1 s r0 w7 s b0 d0"


def told(twin):
    """Everything that a user can ask, as plain lists."""
    queue = twin.queue
    live = queue.snapshots
    pairs = [(older, younger) for older in live for younger in live if older < younger]
    deltas = [delta(queue, *pair) for pair in pairs]
    return {
        "volume": decode(queue.volume.contents),
        "in use": list(queue.volume.blocks_in_use()),
        "snapshots": [decode(queue.read(s, queue.blocks_in_use(s))) for s in live],
        "images": [list(queue.entry(s).block_map.items().blocks) for s in live],
        "places": [list(queue.entry(s).block_map.items().saves) for s in live],
        "deltas": [(list(each.addresses), decode(each.rows())) for each in deltas],
    }


@pytest.mark.parametrize("granularity", [1, 2])
def test_one_history_in_three_row_types_gives_the_same_block_lists(granularity, tmp_path):
    kinds = (id_rows, payload_rows, mapped_rows(tmp_path))
    ids, payload, mapped = (Twin(6, granularity, rows=rows).run(HISTORY).check() for rows in kinds)
    assert isinstance(mapped.queue.volume.contents, np.memmap)
    assert isinstance(mapped.queue.store.rows, np.memmap)
    assert told(ids) == told(payload) == told(mapped)
    assert len(told(ids)["deltas"]) == 6, "this is about a history that leaves snapshots and deltas"


def test_rows_longer_than_a_copying_batch_are_saved_whole(monkeypatch):
    monkeypatch.setattr("sim.engine.snapshots.COPY_BYTES", 40)
    monkeypatch.setattr("sim.engine.snapshots.READ_BLOCKS", 2)
    monkeypatch.setattr("sim.engine.snapshots.RESTORE_BLOCKS", 2)
    Twin(6, rows=payload_rows).run("w012345 s w01345 s w0235 r0").check()
