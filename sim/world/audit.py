"""At the end of a run: does every secondary hold what the primary held, and what do the disks hold?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.bitmap import Bitmap
from sim.engine.volume import PAGE_BLOCKS, Volume
from sim.world.ledger import Ledger
from sim.world.mirror import Arm, Mirror
from sim.world.primary import Primary

PAGES_AT_ONCE = 512


def audit_end(mirror: Mirror, ledger: Ledger, time_ns: int) -> None:
    """Compare each readable secondary in sync with the primary, block by block (O2). Raises ModelBroken.

    They may differ only in blocks that are not in use (block by block: a coarse meta map also counts neighbours), or
    that were written after the boundary that is served.
    """
    for arm in mirror.arms.values():
        if arm.secondary.playback.readable and mirror.primary.distribution.position(arm.secondary.name).in_sync:
            _compare(mirror.primary, arm, ledger, time_ns)


def hash_contents(volumes: Iterable[Volume], ledger: Ledger) -> None:
    """Let every block that was ever written, at every site, into the digest."""
    for volume in volumes:
        ledger.add_contents(volume.touched_pages().tobytes())
        for addresses in _written(volume):
            ledger.add_contents(volume.contents[addresses].tobytes())


def _compare(primary: Primary, arm: Arm, ledger: Ledger, time_ns: int) -> None:
    volume, later = primary.source.volume, _written_later(primary, arm)
    for addresses in _written(volume):
        here, there = volume.contents[addresses], arm.secondary.playback.read(addresses)
        differ = (here != there).reshape(addresses.size, -1).any(axis=1)
        suspects = addresses[differ]
        wrong = suspects[~later.test(suspects) & volume.allocated(suspects)]
        if wrong.size:
            what = (
                f"{arm.secondary.name} differs from the primary in {wrong.size} blocks that it replayed, say {wrong[0]}"
            )
            ledger.broken("SecondaryEqualsPrimary", what, time_ns)


def _written_later(primary: Primary, arm: Arm) -> Bitmap:
    """Blocks of sets after the boundary that the secondary shows (all kept for it), and those written since the cut."""
    later = Bitmap.of(primary.source.volume.n_blocks, primary.source.log.open_addresses())
    for number in range(arm.secondary.playback.view.number + 1, primary.last_cut.number + 1):
        later.set(primary.save_volume.stored(primary.last_cut._replace(number=number)).addresses)
    return later


def _written(volume: Volume) -> Iterator[NDArray[np.int64]]:
    return blocks_in(volume.touched_pages(), volume.n_blocks)


def blocks_in(pages: NDArray[np.int64], n_blocks: int) -> Iterator[NDArray[np.int64]]:
    """The addresses of all blocks in these pages of a volume, increasing, some pages at a time."""
    for start in range(0, pages.size, PAGES_AT_ONCE):
        some = pages[start : start + PAGES_AT_ONCE]
        addresses = (some[:, None] * PAGE_BLOCKS + np.arange(PAGE_BLOCKS)).reshape(-1)
        yield addresses[addresses < n_blocks]
