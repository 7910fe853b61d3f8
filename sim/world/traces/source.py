"""A block trace as a write source: the writes of a window by sorting its records (DESIGN.md decision 2).

the contents that a write leaves are named by the write's place in the replay: they do not depend on who looks when
nothing grows with the length of the trace: only with what was looked at, and with the distinct blocks of an epoch
"""

from __future__ import annotations

import numpy as np

from sim.world.source import Batch, FirstTouches
from sim.world.traces.blocks import BlockRange
from sim.world.traces.faults import told_of
from sim.world.traces.records import TraceChunk
from sim.world.traces.tape import Tape
from sim.world.traces.touched import Tally, Touched

BEFORE_THE_RUN_NS = -1
SERIAL_BITS = 48
SOURCES_MAX = 1 << (64 - SERIAL_BITS)
FIRST_GUESS_NS = 1_000_000_000


class Epoch:
    """What was written since the last take, as far as it has been read."""

    __slots__ = ("_blocks", "_tally", "serial", "writes", "written_bytes")

    def __init__(self, blocks: BlockRange, serial: int) -> None:
        """`serial`: the number of the next block that is written."""
        self._blocks = blocks
        self._tally = Tally()
        self.serial = serial
        self.writes = 0
        self.written_bytes = 0

    def add(self, writes: TraceChunk) -> None:
        """Later writes than all before."""
        for addresses, times in self._blocks.expand(writes):
            serials = np.arange(self.serial, self.serial + addresses.size)
            self._tally.add(addresses, times, serials)
            self.serial += addresses.size
        self.writes += len(writes)
        self.written_bytes += int(writes.length_bytes.sum())

    def touched(self) -> Touched:
        """Its distinct blocks."""
        return self._tally.result()


class TraceSource:
    """The writes of one trace to one volume (a `WriteSource`); times are workload time."""

    def __init__(self, name: str, tape: Tape, blocks: BlockRange, source_index: int) -> None:
        """`source_index`: which source of the run this is, 0 to 65535; it makes content ids unique."""
        if not 0 <= source_index < SOURCES_MAX:
            raise ValueError(f"source {source_index}: content ids have room for {SOURCES_MAX} sources")
        self.name = name
        self.finished_ns: int | None = None
        self._tape = tape
        self._blocks = blocks
        self._ids = np.uint64(source_index << SERIAL_BITS)
        self._start_ns = self._looked_ns = BEFORE_THE_RUN_NS
        self._ahead = Epoch(blocks, serial=1)
        self._serial = 1
        self._pace = (0, 0)  # distinct blocks, nanoseconds: of the last epoch that wrote

    def touches(self, to_ns: int) -> FirstTouches:
        """Look ahead: distinct blocks first written in (start, to]. Raises TraceError, ValueError before the start."""
        self._check(to_ns)
        with told_of(self.name):
            self._look(to_ns)
        touched = self._ahead.touched()
        if to_ns == self._looked_ns:
            return FirstTouches(touched.addresses, touched.first_ns)
        until = touched.first_ns <= to_ns
        return FirstTouches(touched.addresses[until], touched.first_ns[until])

    def take(self, to_ns: int) -> Batch:
        """Consume (start, to]. Raises TraceError, ValueError before the start."""
        self._check(to_ns)
        with told_of(self.name):
            epoch = self._taken(to_ns)
        touched = epoch.touched()
        batch = Batch(
            start_ns=self._start_ns,
            to_ns=to_ns,
            addresses=touched.addresses,
            first_ns=touched.first_ns,
            contents=touched.last_serial.astype(np.uint64) | self._ids,
            unchanged=None,
            freed=np.zeros(0, dtype=np.int64),
            writes=epoch.writes,
            written_bytes=epoch.written_bytes,
        )
        self._begin(to_ns, epoch.serial, len(touched))
        return batch

    def horizon_ns(self, blocks: int, limit_ns: int) -> int:
        """A guess, from the pace of this epoch or of the one before: a quarter more than the rule of three says."""
        distinct, span = len(self._ahead.touched()), self._looked_ns - self._start_ns
        if not distinct:
            distinct, span = self._pace
        wait = span * blocks * 5 // (distinct * 4) if distinct else FIRST_GUESS_NS
        further = self._looked_ns + max(1, self._looked_ns - self._start_ns)
        return min(max(self._start_ns + wait, further), limit_ns)

    def _look(self, to_ns: int) -> None:
        if to_ns > self._looked_ns:
            for writes in self._tape.peek(self._looked_ns, to_ns):
                self._ahead.add(writes)
            self._looked_ns = to_ns
            self.finished_ns = self._tape.finished_ns

    def _taken(self, to_ns: int) -> Epoch:
        """The epoch up to `to`: the one that was looked at, when one looked exactly so far."""
        if to_ns == self._looked_ns:
            self._tape.drop(to_ns)
            return self._ahead
        epoch = Epoch(self._blocks, self._serial)
        for writes in self._tape.pull(to_ns):
            epoch.add(writes)
        return epoch

    def _begin(self, start_ns: int, serial: int, distinct: int) -> None:
        if distinct:
            self._pace = (distinct, start_ns - self._start_ns)
        self._start_ns = self._looked_ns = start_ns
        self._serial = serial
        self._ahead = Epoch(self._blocks, serial)
        self.finished_ns = self._tape.finished_ns

    def _check(self, to_ns: int) -> None:
        if to_ns < self._start_ns:
            raise ValueError(f"{self.name}: {to_ns} ns is before {self._start_ns} ns, which has been taken")
