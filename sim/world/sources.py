"""From what a scenario says about a workload to the source that answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from sim.engine.bitmap import Bitmap
from sim.scenario import workloads as schema
from sim.scenario.profile import load_profile
from sim.scenario.volumes import Volume
from sim.streams import Streams
from sim.world import rates
from sim.world.chance import draw_ns
from sim.world.churn import ChurnEpoch, churn
from sim.world.drawn import DrawnWrites, Epoch, Identity, Luck
from sim.world.poisson import PoissonEpoch
from sim.world.poisson_law import PoissonLaw
from sim.world.popularity import Popularity, hot_and_cold, uniform, zipf
from sim.world.rates import OperationalTime, Step, operational_time
from sim.world.region import Region
from sim.world.scatter import Scatter
from sim.world.sequential import EvenArrivals, PoissonArrivals, SequentialEpoch
from sim.world.source import WriteSource

NS = 10**9
ALWAYS: tuple[Step, ...] = ((0, Fraction(1)),)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a workload runs: its volume, the run's luck, the folder of its files, how often someone looks."""

    volume: Volume
    streams: Streams
    base_dir: Path
    typical_interval_ns: int

    def open(self, name: str, index: int, workload: schema.Workload) -> WriteSource:
        """The source of one workload; `index` (from 1) makes its content ids its own. Raises BadInput."""
        match workload:
            case schema.RandomWrites():
                return self._random(name, index, workload)
            case schema.Churn():
                return self._churn(name, index, workload)
            case schema.TraceReplay():
                return self._trace(name, index, workload)

    def _random(self, name: str, index: int, workload: schema.RandomWrites) -> WriteSource:
        write_bytes = workload.write_size or self.volume.block
        region = self._region(workload.start, workload.over, write_bytes)
        identity = Identity(name, index, write_bytes, float(workload.rewrite))
        time = self._time(name, workload)
        if isinstance(workload.locality, schema.Sequential):
            return DrawnWrites(identity, self.streams, region, time, lambda luck: _sequential(workload, region, luck))
        scatter = Scatter(region.slots, self.streams.generator(f"{name}/places"))
        spread = popularity_of(workload.locality, region.slots)
        law = PoissonLaw(spread, scatter, float(workload.writes / NS), self.typical_interval_ns)
        return DrawnWrites(identity, self.streams, region, time, lambda luck: PoissonEpoch(law, luck))

    def _churn(self, name: str, index: int, workload: schema.Churn) -> WriteSource:
        region = self._region(workload.start, workload.over, workload.extent)
        identity = Identity(name, index, region.extent_blocks * self.volume.block)
        law = churn(region.slots, float(workload.churn / NS), self.typical_interval_ns)
        in_use = Bitmap(region.slots)
        used_blocks = initially_in_use(self.volume) - region.first_block
        in_use.set_range(0, min(region.slots, max(0, -(-used_blocks // region.extent_blocks))))
        return DrawnWrites(
            identity, self.streams, region, operational_time(), lambda luck: ChurnEpoch(law, in_use, luck)
        )

    def _trace(self, name: str, index: int, workload: schema.TraceReplay) -> WriteSource:
        from sim.world.traces import open_trace_source

        n_blocks = self.volume.size // self.volume.block
        return open_trace_source(name, workload, self.base_dir, self.volume.block, n_blocks, index)

    def _region(self, start: int, over: int | None, write_bytes: int) -> Region:
        block = self.volume.block
        first, blocks = start // block, self.volume.size // block
        last = blocks if over is None else min(blocks, first + over // block)
        extent = -(-write_bytes // block)
        if last - first < extent:
            raise ValueError(f"a write of {extent} blocks does not fit in {last - first} blocks")
        return Region(first, (last - first) // extent, extent)

    def _time(self, name: str, workload: schema.RandomWrites) -> OperationalTime:
        steps, factors = iter(ALWAYS), [Fraction(1)]
        if workload.profile is not None:
            profile = load_profile(self.base_dir / workload.profile.file)
            factors = list(profile.factors(workload.writes))
            steps = rates.looped(list(zip(profile.times_ns, factors, strict=True)), workload.profile.loop)
        if workload.bursts is not None:
            steps = rates.product(steps, self._bursts(name, workload.bursts))
            factors += [factor * workload.bursts.factor for factor in factors]
        return operational_time(steps, factors)

    def _bursts(self, name: str, bursts: schema.Bursts) -> Iterator[Step]:
        quiet = self.streams.generator(f"{name}/bursts/every")
        loud = self.streams.generator(f"{name}/bursts/for")
        return rates.bursts(lambda: draw_ns(bursts.every, quiet), lambda: draw_ns(bursts.duration, loud), bursts.factor)


def initially_in_use(volume: Volume) -> int:
    """How many blocks are in use at the start: the first ones of the volume."""
    return int(volume.size // volume.block * volume.in_use)


def popularity_of(locality: schema.AnyLocality, slots: int) -> Popularity:
    """How writes of a locality spread over so many extents."""
    match locality:
        case schema.Zipf():
            return zipf(slots, locality.exponent)
        case schema.Hot():
            return hot_and_cold(slots, max(1, int(slots * locality.space)), float(locality.writes))
        case _:
            return uniform(slots)


def _sequential(workload: schema.RandomWrites, region: Region, luck: Luck) -> Epoch:
    if workload.arrivals == "even":
        return SequentialEpoch(EvenArrivals(workload.writes), region.slots)
    return SequentialEpoch(PoissonArrivals(workload.writes, luck), region.slots)
