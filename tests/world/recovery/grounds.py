"""Small worlds to burn: madrid is written, lisbon keeps a copy, porto one of its own unless said otherwise."""

from __future__ import annotations

from sim.scenario import load_text
from sim.scenario.schema import Scenario


def ground(
    timeline: str,
    until: str = "4 h",
    workload: str = "{writes: 6 /s, locality: {uniform: true, over: 24 MiB}}",
    size: str = "64 MiB",
    granularity: str = "",
    link: str = "bandwidth: 20 Mbit/s, rtt: 10 ms, congestion: ideal",
    secondaries: str = "lisbon: {}",
    timeout: str = "5 min",
    save_volume: str = "{size: 60 MiB, on_full: suspend}",
    recovery: str = "",
    replication: str = "",
    sections: str = "",
    in_use: str = "",
    seed: int = 1,
    sites: str = "lisbon: {}",
) -> Scenario:
    """A scenario with a timeline of YAML entries, one a line."""
    entries = "".join(f"\n  - {line.strip()}" for line in timeline.strip().splitlines())
    text = f"""
version: 1
name: ground
run: {{until: {until}, seed: {seed}}}
sites: {{madrid: {{}}, {sites}, porto: {{}}}}
links:
  iberia: {{between: [madrid, lisbon], {link}}}
  coast: {{between: [lisbon, porto], {link}}}
  north: {{between: [madrid, porto], {link}}}
volumes:
  home: {{size: {size}, block: 4 KiB, {in_use}workload: {{w: {workload}}}}}
replication:
  mirror:
    volume: home
    primary: madrid
    initial_copy: done
    secondaries: {{{secondaries}}}
    timeout: {timeout}
    chunk: 64 KiB
    save_volume: {save_volume}
    {f"recovery: {{{recovery}}}" if recovery else ""}
    {replication}
{sections}
timeline:{entries}
"""
    return load_text(text, "ground.yaml")


BURNS = """
{at: 61 min, id: fire, kind: site-lost, site: madrid}
{at: fire + 20 min, kind: failover, to: lisbon}
{at: fire + 80 min, kind: site-back, site: madrid}
{at: fire + 81 min, kind: resync}
{when: in-sync, kind: failback}
"""
