"""A snapshot delta over 64 bit maps of 2^27 blocks (a tebibyte of 8 KiB blocks), 1 % of them dirty each.

The union is compared with OR-ing the very same packed words with numpy, whole arrays or a cache-sized run at a time,
whichever is faster. The whole delta is addresses and contents; the youngest snapshot's contents come from the volume.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Bitmap
from sim.engine.bitmap_algebra import union
from sim.engine.delta import delta
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.bench.rows import Row, at_most
from tests.bench.timing import interleaved

Words = NDArray[np.uint64]
RUN_WORDS = 1 << 15
BATCH_BLOCKS = 1 << 20


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 5."""
    n_blocks, n_maps = (1 << 17, 4) if tiny else (1 << 27, 64)
    queue = dirty_queue(n_blocks, n_maps, n_blocks // 100)
    first, last = queue.snapshots[0], queue.snapshots[-1]
    maps = [queue.entry(number).bits for number in queue.snapshots[:-1]]
    packed = [one.page_words(0, one.n_pages).reshape(-1) for one in maps]
    union(n_blocks, maps[:2])
    taken = interleaved(
        {
            "union": partial(union, n_blocks, maps),
            "or, whole": partial(_or_whole, packed),
            "or, runs": partial(_or_runs, packed),
            "delta": partial(delta, queue, first, last),
            "with contents": partial(_with_contents, queue, first, last),
        }
    )
    _must_agree(union(n_blocks, maps), _or_runs(packed))
    return _rows(taken, n_blocks, n_maps, len(delta(queue, first, last)))


def _rows(taken: dict[str, float], n_blocks: int, n_maps: int, returned: int) -> list[Row]:
    plain = min(taken["or, whole"], taken["or, runs"])
    allowed = 2e-9 * n_blocks + 25e-9 * returned
    maps = f"{n_maps} bit maps of 2^{n_blocks.bit_length() - 1} blocks"
    per_map = plain / n_blocks / n_maps * 1e9
    budget = f"{allowed:.2f} s (2 ns a block scanned, 25 ns a block returned)"
    alone, whole = taken["delta"], taken["with contents"]
    share = f"{returned / n_blocks:.1%} of the blocks returned"
    return [
        at_most(
            f"union of {maps} against numpy's OR of the same words",
            taken["union"] / plain, 4, "{:.2f} times", f": {taken['union']:.2f} s; OR {per_map:.4f} ns a block and map",
        ),
        Row(
            f"delta over {maps}, addresses and contents",
            f"{whole:.2f} s ({alone:.2f} s without contents; {share})", f"<= {budget}", whole <= allowed,
        ),
    ]  # fmt: skip


def dirty_queue(n_blocks: int, n_maps: int, dirty: int, seed: int = 1) -> SnapshotQueue:
    """A queue of n_maps + 1 snapshots; in each but the last, the bits of `dirty` random blocks are set.

    Only what a delta reads is made: the bits, not the before-images behind them.
    """
    volume = Volume(np.arange(1, n_blocks + 1, dtype=np.uint64))
    volume.allocate_range(0, n_blocks)
    queue = SnapshotQueue(volume, SnapshotStore(np.zeros(1, dtype=np.uint64)))
    luck = np.random.default_rng(seed)
    for _ in range(n_maps):
        entry = queue.entry(queue.create())
        entry.bits.set(np.sort(luck.integers(0, n_blocks, dirty)))
    queue.create()
    return queue


def _or_whole(packed: list[Words]) -> Words:
    out = packed[0].copy()
    for words in packed[1:]:
        np.bitwise_or(out, words, out=out)
    return out


def _or_runs(packed: list[Words]) -> Words:
    out = packed[0].copy()
    for first in range(0, out.size, RUN_WORDS):
        run = out[first : first + RUN_WORDS]
        for words in packed[1:]:
            np.bitwise_or(run, words[first : first + RUN_WORDS], out=run)
    return out


def _with_contents(queue: SnapshotQueue, older: int, younger: int) -> int:
    return sum(rows.shape[0] for _, rows in delta(queue, older, younger).batches(BATCH_BLOCKS))


def _must_agree(ours: Bitmap, theirs: Words) -> None:
    if not np.array_equal(ours.page_words(0, ours.n_pages).reshape(-1), theirs):
        raise AssertionError("the union differs from the OR of the words")
