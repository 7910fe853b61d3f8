"""The snapshot delta beside `thin_delta` of thin-provisioning-tools, on the same change set.

A thin pool's metadata is written as XML, restored with `thin_restore`, and the two devices compared with `thin_delta`.
Runs where the tools are installed. Both are measured in processor time, thin_delta with its start and its output.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.engine.delta import delta
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.bench.rows import Row, at_least
from tests.bench.timing import interleaved, program, with_programs

Blocks = NDArray[np.int64]
TOOLS = ("thin_restore", "thin_delta")
SECTORS = 128  # of a data block: 64 KiB
TIMES = 100  # our delta is asked for in a row, so that the clock can tell
METADATA_BYTES = 64  # a mapped block and device, generously


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 6."""
    what = "`thin_delta` on the same change set"
    if not all(shutil.which(tool) for tool in TOOLS):
        return [Row(what, "not installed here", ">= 50 times the cost")]
    n_blocks = 2_000 if tiny else 1 << 20
    changed = np.flatnonzero(np.random.default_rng(1).random(n_blocks) < 0.01)
    queue = changed_queue(n_blocks, changed)
    with tempfile.TemporaryDirectory() as folder:
        pool = write_pool(Path(folder), n_blocks, changed)
        _must_agree(changed, pool, queue)
        acts = {"ours": lambda: [changes(queue) for _ in range(TIMES)], "theirs": program(thin_delta(pool))}
        taken = interleaved(acts, clock=with_programs)
    ours, theirs = taken["ours"] / TIMES, taken["theirs"]
    note = f": {theirs / n_blocks * 1e9:.0f} against {ours / n_blocks * 1e9:.2f} ns a mapped block"
    return [at_least(f"{what}, {n_blocks:,} blocks, 1 %", theirs / ours, 50, "{:.0f} times the cost", note)]


def _must_agree(changed: Blocks, pool: Path, queue: SnapshotQueue) -> None:
    for found in (differing(pool), changes(queue)):
        if not np.array_equal(found, changed):
            raise AssertionError("the change sets differ")


def changed_queue(n_blocks: int, changed: Blocks) -> SnapshotQueue:
    """Two snapshots of a full volume, and writes to `changed` between them."""
    volume = Volume(np.arange(1, n_blocks + 1, dtype=np.uint64))
    volume.allocate_range(0, n_blocks)
    queue = SnapshotQueue(volume, SnapshotStore(np.zeros(changed.size, dtype=np.uint64)))
    queue.create()
    queue.write(changed, changed.astype(np.uint64) + np.uint64(n_blocks + 1))
    queue.create()
    return queue


def changes(queue: SnapshotQueue) -> Blocks:
    """What changed from the first snapshot to the last."""
    return delta(queue, queue.snapshots[0], queue.snapshots[-1]).addresses


def write_pool(folder: Path, n_blocks: int, changed: Blocks) -> Path:
    """Metadata of a pool with two devices of `n_blocks` blocks: where `changed`, they are mapped differently."""
    source, pool = folder / "pool.xml", folder / "pool.bin"
    source.write_text("\n".join(_xml(n_blocks, changed)), encoding="ascii")
    with pool.open("wb") as file:
        file.truncate(max(16 << 20, 2 * n_blocks * METADATA_BYTES))
    subprocess.run(["thin_restore", "-i", source, "-o", pool], check=True, capture_output=True)
    return pool


def thin_delta(pool: Path) -> list[str]:
    """The command that compares the two devices."""
    return ["thin_delta", "--snap1", "1", "--snap2", "2", str(pool)]


def differing(pool: Path) -> Blocks:
    """The blocks that thin_delta says differ, increasing."""
    told = subprocess.run(thin_delta(pool), check=True, capture_output=True, text=True).stdout
    ranges = [
        np.arange(int(found.get("begin", 0)), int(found.get("begin", 0)) + int(found.get("length", 0)))
        for found in ElementTree.fromstring(told).iter("different")
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *ranges])


def _xml(n_blocks: int, changed: Blocks) -> Iterator[str]:
    total = n_blocks + changed.size
    yield (
        '<superblock uuid="" time="1" transaction="2" flags="0" version="2"'
        f' data_block_size="{SECTORS}" nr_data_blocks="{total}">'
    )
    yield f'<device dev_id="1" mapped_blocks="{n_blocks}" transaction="0" creation_time="0" snap_time="0">'
    yield f'<range_mapping origin_begin="0" data_begin="0" length="{n_blocks}" time="0"/>'
    yield "</device>"
    yield f'<device dev_id="2" mapped_blocks="{n_blocks}" transaction="1" creation_time="1" snap_time="1">'
    yield from _mappings(n_blocks, changed.tolist())
    yield "</device>"
    yield "</superblock>"


def _mappings(n_blocks: int, changed: list[int]) -> Iterator[str]:
    begin = 0
    for index, block in enumerate([*changed, n_blocks]):
        if block > begin:
            yield f'<range_mapping origin_begin="{begin}" data_begin="{begin}" length="{block - begin}" time="0"/>'
        if block < n_blocks:
            yield f'<single_mapping origin_block="{block}" data_block="{n_blocks + index}" time="1"/>'
        begin = block + 1
