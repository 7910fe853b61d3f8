"""All that writes to one volume: its sources as one, and the exact instant of a high-water crossing.

touches of several sources merge by address, the earliest first touch counts
a block written by several sources holds what the last source by name wrote; freed and written: it is free at the end
a look ahead consumes nothing: take(t) after kth_new_touch(...) sees the very touches that were counted
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.scenario.volumes import Volume
from sim.streams import Streams
from sim.world.earliest import by_address, earliest, joined, run_starts
from sim.world.source import Addresses, Batch, FirstTouches, Mask, WriteSource
from sim.world.sources import Setting

IsNew = Callable[[Addresses], Mask]


ANOTHER_SIDE = 1 << 8  # more sources than one volume has: what two sides of a split write differs in content


def build(
    volume_name: str, volume: Volume, streams: Streams, base_dir: Path, typical_interval_ns: int, side: int = 0
) -> VolumeWrites:
    """The writes of a volume as its scenario says; files are looked for from base_dir.

    `typical_interval_ns`: about how long from one look to the next; it decides what is fast, not what comes out.
    `side`: above 0 they are users with other luck, who go on at a primary that does not know that it was replaced.
    """
    setting = Setting(volume, streams, base_dir, typical_interval_ns)
    named = sorted(volume.workload.items())
    users = f"volumes/{volume_name}/workload" + (f"/side {side}" if side else "")
    return VolumeWrites(
        [
            setting.open(f"{users}/{name}", index, workload)
            for index, (name, workload) in enumerate(named, start=1 + side * ANOTHER_SIDE)
        ]
    )


class VolumeWrites:
    """Several write sources as one."""

    def __init__(self, sources: Sequence[WriteSource]) -> None:
        self.sources = tuple(sources)
        self._start_ns = -1
        self._looked: tuple[int, FirstTouches] | None = None

    @property
    def finished_ns(self) -> int | None:
        """Workload time after which nothing comes; None: it never ends."""
        ends = [source.finished_ns for source in self.sources]
        return None if None in ends else max((end for end in ends if end is not None), default=0)

    def touches(self, to_ns: int) -> FirstTouches:
        """Distinct blocks first written since the last take, up to to_ns; consumes nothing."""
        if len(self.sources) == 1:
            return self.sources[0].touches(to_ns)
        if self._looked is None or self._looked[0] != to_ns:
            self._looked = to_ns, _first_of_all([source.touches(to_ns) for source in self.sources])
        return self._looked[1]

    def take(self, to_ns: int) -> Batch:
        """Consume everything up to to_ns."""
        batches = [source.take(to_ns) for source in self.sources]
        start_ns, self._start_ns, self._looked = self._start_ns, to_ns, None
        return batches[0] if len(batches) == 1 else _merged(start_ns, to_ns, batches)

    def horizon_ns(self, blocks: int, limit_ns: int) -> int:
        """A guess, at most limit_ns: by when so many distinct blocks have been touched; sources add up their speeds."""
        spans = [max(1, source.horizon_ns(blocks, limit_ns) - self._start_ns) for source in self.sources]
        if not spans:
            return limit_ns
        together = spans[0]
        for span in spans[1:]:
            together = together * span // (together + span)
        return min(limit_ns, self._start_ns + together + 1)

    def kth_new_touch(self, k: int, is_new: IsNew, limit_ns: int) -> int | None:
        """When the k-th block (from 1) that `is_new` is first touched; None if that is later than limit_ns.

        `is_new` maps addresses (int64, increasing) to a bool mask: not in the Open bit map, say.
        """
        wanted, to_ns = k, self._start_ns
        while to_ns < limit_ns:
            to_ns = min(limit_ns, max(self.horizon_ns(wanted, limit_ns), _further(self._start_ns, to_ns)))
            touches = self.touches(to_ns)
            if touches.addresses.size < k:
                wanted = k + k // 20
                continue
            new = touches.first_ns[is_new(touches.addresses)]
            if new.size >= k:
                return int(np.partition(new, k - 1)[k - 1])
            wanted = _more(k, new.size, touches.addresses.size)
        return None


def _further(start_ns: int, seen_to_ns: int) -> int:
    """At least a quarter further than the last look, so that looking comes to an end."""
    return seen_to_ns + (seen_to_ns - start_ns) // 4 + 1


def _more(k: int, new: int, distinct: int) -> int:
    """How many distinct blocks it may take for k new ones, when `distinct` held only `new`: a twentieth to spare."""
    return distinct + k - new + (distinct * (k - new) // new if new else distinct) + distinct // 20


def _first_of_all(parts: Sequence[FirstTouches]) -> FirstTouches:
    addresses, first_ns = earliest(joined([p.addresses for p in parts]), joined([p.first_ns for p in parts]))
    return FirstTouches(addresses, first_ns)


def _merged(start_ns: int, to_ns: int, batches: Sequence[Batch]) -> Batch:
    ordered, index = by_address(joined([batch.addresses for batch in batches]))
    firsts = np.flatnonzero(run_starts(ordered))
    winner = index[np.append(firsts[1:], ordered.size)[: firsts.size] - 1]  # the last of each run: the later source
    first_ns = joined([batch.first_ns for batch in batches])[index]
    return Batch(
        start_ns=start_ns,
        to_ns=to_ns,
        addresses=ordered[firsts],
        first_ns=np.minimum.reduceat(first_ns, firsts) if firsts.size else first_ns,
        contents=np.concatenate([np.zeros(0, np.uint64), *(batch.contents for batch in batches)])[winner],
        unchanged=_unchanged(batches, winner),
        freed=np.unique(joined([batch.freed for batch in batches])),
        writes=sum(batch.writes for batch in batches),
        written_bytes=sum(batch.written_bytes for batch in batches),
    )


def _unchanged(batches: Sequence[Batch], winner: NDArray[np.int64]) -> Mask | None:
    if all(batch.unchanged is None for batch in batches):
        return None
    masks = [np.zeros(b.addresses.size, np.bool_) if b.unchanged is None else b.unchanged for b in batches]
    return np.concatenate(masks)[winner]
