"""Applying delta sets with 8 KiB of payload a block, beside plain numpy on arrays of the same size.

Sets go the way that they go at a secondary: begin, integrate, finish. The rows of one alone lie in a row in the save
volume; those of a group must be gathered, which is what the plain way does: `np.take`, then a scatter.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.engine.deltaset import DeltaSet
from sim.engine.identity import START
from sim.engine.playback import Playback
from sim.engine.savevolume import SaveVolume
from sim.engine.volume import Volume
from tests.bench.rows import Row, at_least
from tests.bench.timing import interleaved

Payload = NDArray[np.uint8]
ROW_BYTES = 8192


def measure(tiny: bool = False) -> list[Row]:
    """Benchmark 7."""
    n_blocks, in_a_set = (256, 64) if tiny else (65_536, 16_384)
    return [_compared("one set", n_blocks, in_a_set, 1), _compared("a group of four sets", n_blocks, in_a_set, 4)]


def _compared(what: str, n_blocks: int, in_a_set: int, sets: int) -> Row:
    volume, ring, save_volume = stage(n_blocks, in_a_set, sets)
    addresses, slots = last_of_each(save_volume)
    contents, between = np.zeros_like(volume.contents), np.zeros((addresses.size, ROW_BYTES), dtype=np.uint8)
    acts = {
        "ours": partial(play_back, volume, save_volume),
        "plain": partial(gather_and_scatter, contents, addresses, ring, slots, between),
    }
    taken = interleaved(acts, rounds=5)
    if not np.array_equal(volume.contents, contents):
        raise AssertionError("the copies differ")
    ratio = taken["plain"] / taken["ours"]
    speed = f" the speed, {ROW_BYTES * addresses.size / taken['ours'] / 1e9:.1f} GB/s"
    return at_least(f"apply of {what}, 8 KiB payload, against gather and scatter", ratio, 0.5, "{:.2f}", speed)


def stage(n_blocks: int, in_a_set: int, sets: int) -> tuple[Volume, Payload, SaveVolume]:
    """A copy, and a save volume (its rows too) with complete sets for it; their blocks overlap."""
    luck = np.random.default_rng(1)
    volume = Volume(np.zeros((n_blocks, ROW_BYTES), dtype=np.uint8))
    volume.allocate_range(0, n_blocks)
    ring = np.zeros((in_a_set * sets, ROW_BYTES), dtype=np.uint8)
    save_volume = SaveVolume(ring)
    set_id = START
    for _ in range(sets):
        set_id = set_id.next()
        addresses = np.sort(luck.choice(n_blocks, in_a_set, replace=False))
        rows = luck.integers(0, 256, (in_a_set, ROW_BYTES), dtype=np.uint8)
        save_volume.append(DeltaSet(set_id, addresses, rows, n_blocks))
    return volume, ring, save_volume


def play_back(volume: Volume, save_volume: SaveVolume) -> None:
    """Integrate everything there is."""
    playback = Playback(volume, save_volume, START)
    playback.begin(playback.playable()[-1])
    playback.integrate()
    playback.finish()


def last_of_each(save_volume: SaveVolume) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct addresses, increasing, and the row of the save volume that holds the youngest value of each."""
    every = np.concatenate([save_volume.stored(set_id).addresses for set_id in save_volume.held()])
    addresses, from_the_end = np.unique(every[::-1], return_index=True)
    return addresses, every.size - 1 - from_the_end


def gather_and_scatter(
    contents: Payload, addresses: NDArray[np.int64], ring: Payload, slots: NDArray[np.int64], between: Payload
) -> None:
    """What a careful person would write with numpy, the array in between made once."""
    np.take(ring, slots, axis=0, out=between, mode="clip")
    contents[addresses] = between
