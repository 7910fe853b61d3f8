"""Replication the obvious way, for comparison: one SimPy event a write, dictionaries and sets, nothing in bulk.

The same whole path as the simulator: draw, apply, copy before write, log, copy out, ship, replay, ledger. It is written
to be fast at what it does: names bound to locals, one event for a chunk copied out and one for a set on the link. It
has no laws, no checksums, no save volume of limited size and no blocks in use: what it leaves out costs it nothing.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.scenario.schema import RandomWrites, Scenario

NS_PER_S = 1_000_000_000
Writes = Iterable[tuple[int, int]]  # instant in nanoseconds, block
Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a scenario with one volume, one link and one secondary this model needs."""

    until_ns: int
    timeout_ns: int
    high_water_blocks: int
    chunk_blocks: int
    block_copy_ns: float  # from volume to save volume, or back
    block_send_ns: float
    delay_ns: int

    @classmethod
    def of(cls, scenario: Scenario) -> Rules:
        """The rules of a scenario."""
        (replication,) = scenario.replication.values()
        (volume,) = scenario.volumes.values()
        (link,) = scenario.links.values()
        disk = scenario.sites[replication.primary].disk
        return cls(
            until_ns=scenario.run.until,
            timeout_ns=replication.timeout,
            high_water_blocks=-(-replication.high_water_mark // volume.block),
            chunk_blocks=max(1, replication.chunk // volume.block),
            block_copy_ns=volume.block * NS_PER_S / min(disk.read, disk.write),
            block_send_ns=volume.block * 8 * NS_PER_S / link.bandwidth,
            delay_ns=link.rtt // 2,
        )


@dataclass
class NaiveRun:
    """What a run leaves: the facts, every delta set that was cut, and what both sides hold."""

    ledger: list[tuple[Any, ...]] = field(default_factory=list)
    sets: dict[int, dict[int, int]] = field(default_factory=dict)  # number -> block -> contents
    volume: dict[int, int] = field(default_factory=dict)
    copy: dict[int, int] = field(default_factory=dict)
    writes: int = 0


class Naive:
    """A primary and a secondary."""

    def __init__(self, rules: Rules, keep_sets: bool) -> None:
        self.env, self.rules, self.run = simpy.Environment(), rules, NaiveRun()
        self.open: set[int] = set()
        self.old: set[int] = set()
        self.building: dict[int, int] = {}
        self.saved = simpy.Store(self.env)  # sets on the primary that wait for the link
        self.received = simpy.Store(self.env)  # sets on the secondary that wait for playback
        self.full = self.env.event()
        self.number = self.cut_ns = 0
        self._keep_sets = keep_sets

    # -- users ---------------------------------------------------------------------------------------------------------

    def write(self, block: int) -> None:
        """Copy before write, log, write."""
        if block in self.old:
            self.old.discard(block)
            self.building[block] = self.run.volume[block]
        if block not in self.open:
            self.open.add(block)
            if len(self.open) == self.rules.high_water_blocks:
                self.full.succeed()
        self.run.writes += 1
        self.run.volume[block] = self.run.writes

    def listed(self, writes: Writes) -> Process:
        """Users whose writes are given."""
        for time_ns, block in writes:
            yield self.env.timeout(time_ns - self.env.now)
            self.write(block)

    def drawn(self, workload: RandomWrites, blocks: int, seed: int) -> Process:
        """Users who write at random times to random blocks."""
        luck = random.Random(seed)
        per_ns = float(workload.writes) / NS_PER_S
        timeout, write, gap, pick = self.env.timeout, self.write, luck.expovariate, luck.random
        while True:
            yield timeout(int(gap(per_ns)) + 1)
            write(int(pick() * blocks))

    # -- the primary ---------------------------------------------------------------------------------------------------

    def replicate(self) -> Process:
        """Cut at high water or timeout, and copy out."""
        while True:
            left_ns = self.cut_ns + self.rules.timeout_ns - self.env.now
            yield self.full | self.env.timeout(max(left_ns, 0))
            self.cut()
            yield from self.copy_out()
            self.saved.put((self.number, self.building))

    def cut(self) -> None:
        """Close a set."""
        self.number, self.cut_ns = self.number + 1, int(self.env.now)
        self.open, self.old, self.building = set(), self.open, {}
        self.full = self.env.event()
        self.run.ledger.append(("cut", self.env.now, self.number, len(self.old)))

    def copy_out(self) -> Process:
        """Copy what no write has copied yet, a chunk at a time, in the order of addresses."""
        blocks, step = sorted(self.old), self.rules.chunk_blocks
        old, building, volume = self.old, self.building, self.run.volume
        for first in range(0, len(blocks), step):
            chunk = blocks[first : first + step]
            yield self.env.timeout(int(len(chunk) * self.rules.block_copy_ns))
            for block in chunk:
                if block in old:
                    old.discard(block)
                    building[block] = volume[block]
        self.run.ledger.append(("copied out", self.env.now, self.number, len(blocks)))

    # -- the link and the secondary ------------------------------------------------------------------------------------

    def ship(self) -> Process:
        """One set after the other over the link."""
        while True:
            number, blocks = yield self.saved.get()
            yield self.env.timeout(int(len(blocks) * self.rules.block_send_ns))
            self.run.ledger.append(("sent", self.env.now, number, len(blocks)))
            yield self.env.timeout(self.rules.delay_ns)
            self.run.ledger.append(("received", self.env.now, number, len(blocks)))
            self.received.put((number, blocks))

    def play_back(self) -> Process:
        """One set after the other into the copy."""
        while True:
            number, blocks = yield self.received.get()
            yield self.env.timeout(int(len(blocks) * self.rules.block_copy_ns))
            for block, contents in blocks.items():
                self.run.copy[block] = contents
            self.run.ledger.append(("replayed", self.env.now, number, len(blocks)))
            if self._keep_sets:
                self.run.sets[number] = blocks


def simulate(scenario: Scenario, writes: Writes | None = None, keep_sets: bool = False) -> NaiveRun:
    """Run a scenario of one replication; `writes` stand in for its workload, which else must be uniform."""
    naive = Naive(Rules.of(scenario), keep_sets)
    users = _drawn(naive, scenario) if writes is None else naive.listed(writes)
    for process in (users, naive.replicate(), naive.ship(), naive.play_back()):
        naive.env.process(process)
    naive.env.run(until=naive.rules.until_ns + 1)
    return naive.run


def _drawn(naive: Naive, scenario: Scenario) -> Process:
    (volume,) = scenario.volumes.values()
    (workload,) = volume.workload.values()
    assert isinstance(workload, RandomWrites)
    return naive.drawn(workload, (workload.over or volume.size) // volume.block, scenario.run.seed)
