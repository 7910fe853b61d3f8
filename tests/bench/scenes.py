"""The scenarios that are timed: one volume, one link, one secondary, and the defaults."""

from __future__ import annotations

from pathlib import Path

from sim.scenario import load_text
from sim.scenario.schema import Scenario

BLOCK = 8192
TIMEOUT_S = 600
DRAIN_S = 60  # after the last cut, so that its set arrives


def scene(
    workload: str, size: str, *, until: str, high_water_mark: str, save_volume: str, chunk: str = "1 MiB"
) -> Scenario:
    """A volume of `size` whose workload (YAML in flow style) is cut every ten minutes."""
    text = f"""
version: 1
name: bench
run: {{until: {until}, seed: 1}}
sites: {{here: {{}}, there: {{}}}}
links: {{line: {{between: [here, there], bandwidth: 10 Gbit/s, rtt: 10 ms, congestion: ideal}}}}
volumes: {{data: {{size: {size}, workload: {{users: {workload}}}}}}}
replication:
  mirror:
    volume: data
    primary: here
    secondaries: {{there: {{}}}}
    initial_copy: done
    timeout: {TIMEOUT_S} s
    high_water_mark: {high_water_mark}
    save_volume: {{size: {save_volume}, on_full: suspend}}
    chunk: {chunk}
"""
    return load_text(text, "bench.yaml", Path())


def uniform(blocks: int, writes_a_cut: int, cuts: int, chunk: str = "1 MiB") -> Scenario:
    """Writes spread evenly over `blocks` blocks, so many of them from cut to cut."""
    return scene(
        f"{{writes: {writes_a_cut / TIMEOUT_S} /s, locality: {{uniform: true, over: {blocks * BLOCK} B}}}}",
        f"{4 * blocks * BLOCK} B",
        until=f"{cuts * TIMEOUT_S + DRAIN_S} s",
        high_water_mark=f"{2 * blocks * BLOCK} B",  # never reached
        save_volume=f"{4 * blocks * BLOCK} B",
        chunk=chunk,
    )
