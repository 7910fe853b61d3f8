"""Small scenarios for the tests of the world: a test sets what it is about, the rest is default."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, TypeVar

from sim.records import Record
from sim.scenario import load_text
from sim.scenario.schema import Scenario
from sim.simulation import Run, simulate
from sim.streams import Streams
from sim.world.build import World, build
from sim.world.ledger import Ledger

R = TypeVar("R", bound=Record)
S = 1_000_000_000
MIN = 60 * S
HOUR = 3600 * S


SECOND_VOLUME = "  more: {size: 16 MiB, workload: {w: {writes: 9 /s}}}\n"
SECOND_REPLICATION = """  early:
    {volume: more, primary: far, initial_copy: done, secondaries: {near: {}}, save_volume: {size: 16 MiB}}
"""


def scene(
    until: str = "1 h",
    workload: str = "{writes: 5 /s, locality: {uniform: true, over: 32 MiB}}",
    size: str = "64 MiB",
    block: str = "4 KiB",
    volume: str = "",
    bandwidth: str = "20 Mbit/s",
    rtt: str = "20 ms",
    link: str = "congestion: ideal",
    disk: str = "{read: 100 MB/s, write: 80 MB/s}",
    far_disk: str = "",
    replication: str = "",
    secondary: str = "{}",
    secondaries: str = "",
    initial_copy: str = "done",
    timeout: str = "5 min",
    high_water_mark: str = "16 MiB",
    save_volume: str = "{size: 60 MiB, on_full: suspend}",
    timeline: str = "",
    seed: int = 1,
    second: bool = False,
) -> Scenario:
    """One volume, one primary `near`, one secondary `far`, unless said otherwise. YAML pieces in flow style."""
    text = f"""
version: 1
name: scene
run: {{until: {until}, seed: {seed}}}
sites: {{near: {{disk: {disk}}}, far: {{disk: {far_disk or disk}}}, other: {{disk: {disk}}}}}
links:
  line: {{between: [near, far], bandwidth: {bandwidth}, rtt: {rtt}, {link}}}
  line2: {{between: [near, other], bandwidth: {bandwidth}, rtt: {rtt}, {link}}}
volumes:
  vol: {{size: {size}, block: {block}, workload: {{w: {workload}}}{", " + volume if volume else ""}}}
{SECOND_VOLUME if second else ""}replication:
{SECOND_REPLICATION if second else ""}  mirror:
    volume: vol
    primary: near
    initial_copy: {initial_copy}
    secondaries: {secondaries or f"{{far: {secondary}}}"}
    timeout: {timeout}
    high_water_mark: {high_water_mark}
    save_volume: {save_volume}
    chunk: 64 KiB
{"".join(f"    {line}" + chr(10) for line in replication.splitlines())}
timeline:{"" if timeline else " []"}
{"".join(f"  - {line.strip()}" + chr(10) for line in timeline.strip().splitlines())}
"""
    return load_text(text, "scene.yaml")


def run(scenario: Scenario, **options: Any) -> Run:
    """The scenario under full checking: every view is compared with a golden copy, every law watches."""
    return simulate(scenario, **({"checking": "full"} | options))


def standing(scenario: Scenario) -> World:
    """The world at the end of a run, to look at its volumes."""
    world = build(scenario, Ledger(lambda _fact: None), Streams(scenario.run.seed), "off", "ids")
    world.start()
    world.clock.run(scenario.run.until, lambda _time_ns: None)
    return world


def facts(run: Run, kind: type[R], **where: object) -> list[R]:
    """Facts of one kind, in order, with these values."""
    found = (fact for fact in run.ledger if isinstance(fact, kind))
    return [fact for fact in found if all(getattr(fact, name) == value for name, value in where.items())]


def happened(run: Run, kind: type[Record], **where: object) -> bool:
    """Whether there is such a fact: what a test is about must have happened."""
    return bool(facts(run, kind, **where))


def gaps(times: list[int]) -> Iterator[int]:
    """Differences of neighbours."""
    return (later - earlier for earlier, later in itertools.pairwise(times))
