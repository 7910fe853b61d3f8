"""What all drawn (not traced) workloads share: operational time, epochs, content ids, rewrites.

an epoch lasts from one take to the next; it is drawn from its own streams, named by the instant it began
so two runs that looked at the same instant go on with the same luck, whatever happened before

An epoch speaks of slots and operational nanoseconds since it began (sim/world/region.py, rates.py); here they become
addresses and workload time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.streams import Streams
from sim.world.rates import OperationalTime
from sim.world.region import Region
from sim.world.source import Batch, ContentIds, FirstTouches, Mask

Longs = NDArray[np.int64]
SERIAL_BITS = 48
MOST_DRAWN = 2.0**60
NOTHING: Longs = np.zeros(0, dtype=np.int64)


class Luck(Protocol):
    """Streams of one source and epoch."""

    def __call__(self, purpose: str, window: int = 0) -> np.random.Generator:
        """The stream of a purpose ("popular", "cold" ...) and window, from its beginning."""
        ...


class Epoch(Protocol):
    """What is drawn between two takes; `ops` counts operational nanoseconds since its beginning."""

    def touched(self, ops: int) -> tuple[Longs, Longs]:
        """Slots first written in (0, ops], increasing, and when; may be asked for any `ops`, again and again."""
        ...

    def writes(self, ops: int) -> int:
        """How many writes (0, ops] has, given what `touched(ops)` says."""
        ...

    def freed(self, ops: int) -> Longs:
        """Slots that were freed in (0, ops] and are not in use then, increasing."""
        ...

    def following(self, ops: int, luck: Luck) -> Epoch:
        """The epoch that begins when this one ends at `ops`."""
        ...

    def ops_until(self, slots: int) -> int:
        """A guess: by when `slots` distinct slots have been touched."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a source is: its stream name ("volumes/home/workload/office"), its index and the bytes of a write."""

    name: str
    index: int
    write_bytes: int
    rewrite: float = 0.0


class DrawnWrites:
    """A write source whose writes are drawn an epoch at a time."""

    finished_ns: int | None = None

    def __init__(
        self,
        identity: Identity,
        streams: Streams,
        region: Region,
        time: OperationalTime,
        first_epoch: Callable[[Luck], Epoch],
    ) -> None:
        self.name = identity.name
        self.region = region
        self._identity = identity
        self._streams = streams
        self._time = time
        self._start_ns = -1
        self._serial = 0
        self._looked: tuple[int, FirstTouches] | None = None
        self._epoch = first_epoch(self._luck)

    def touches(self, to_ns: int) -> FirstTouches:
        """Distinct blocks first written since the last take, up to to_ns."""
        if self._looked is None or self._looked[0] != to_ns:
            self._looked = to_ns, self._look(to_ns)
        return self._looked[1]

    def take(self, to_ns: int) -> Batch:
        """Consume everything up to to_ns; the next epoch begins there."""
        touches, ops = self.touches(to_ns), self._ops(to_ns)
        writes, freed = self._epoch.writes(ops), self._epoch.freed(ops)
        batch = Batch(
            start_ns=self._start_ns,
            to_ns=to_ns,
            addresses=touches.addresses,
            first_ns=touches.first_ns,
            contents=self._new_contents(touches.addresses.size),
            unchanged=self._unchanged(touches.addresses.size),
            freed=self.region.addresses(freed),
            writes=writes,
            written_bytes=writes * self._identity.write_bytes,
        )
        self._go_on(to_ns, ops)
        return batch

    def horizon_ns(self, blocks: int, limit_ns: int) -> int:
        """A guess, at most limit_ns: by when so many distinct blocks have been touched since the last take."""
        ops = self._epoch.ops_until(-(-blocks // self.region.extent_blocks))
        return self._time.reach(self._start_ns, ops, limit_ns)

    def _look(self, to_ns: int) -> FirstTouches:
        slots, ops = self._epoch.touched(self._ops(to_ns))
        first_ns = self._time.instants(self._start_ns, to_ns, ops)
        return FirstTouches(self.region.addresses(slots), self.region.per_block(first_ns))

    def _ops(self, to_ns: int) -> int:
        if to_ns < self._start_ns:
            raise ValueError(f"{self.name}: {to_ns} ns lies before {self._start_ns} ns, which was taken already")
        return self._time.passed(self._start_ns, to_ns)

    def _go_on(self, to_ns: int, ops: int) -> None:
        self._start_ns, self._looked = to_ns, None
        self._epoch = self._epoch.following(ops, self._luck)
        self._time.forget(max(to_ns, 0))

    def _luck(self, purpose: str, window: int = 0) -> np.random.Generator:
        return self._streams.generator(f"{self.name}/{purpose}", self._start_ns + 1, window)

    def _new_contents(self, blocks: int) -> ContentIds:
        first = (self._identity.index << SERIAL_BITS) + self._serial + 1
        self._serial += blocks
        return np.arange(first, first + blocks, dtype=np.uint64)

    def _unchanged(self, blocks: int) -> Mask | None:
        if not self._identity.rewrite:
            return None
        return self._luck("rewrite").random(blocks) < self._identity.rewrite


def draws_within(luck: np.random.Generator, how_many: int, ops: int, begin: int = 0) -> Longs:
    """Whole operational nanoseconds in (begin, begin + ops], uniform.

    In place, here and in its neighbours: on fresh memory the first touch of a page costs more than the arithmetic.
    """
    draws = luck.random(how_many)
    draws *= ops
    instants = draws.astype(np.int64)
    instants += begin + 1
    return instants


def poisson(luck: np.random.Generator, mean: float) -> int:
    """A Poisson number; the mean itself where numpy draws none that great (a relative error of 1e-9)."""
    return int(luck.poisson(mean)) if mean < MOST_DRAWN else int(mean)


def with_margin(expected: float) -> int:
    """A little more than expected, so that a look that far finds what it seeks (three standard deviations)."""
    return math.ceil(1.01 * expected + 3.0 * math.sqrt(expected)) + 1
