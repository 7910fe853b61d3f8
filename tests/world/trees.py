"""Small worlds with a forwarder: near -> hub -> leaf and twig, with a slow line past the hub."""

from __future__ import annotations

from sim.scenario import load_text
from sim.scenario.schema import Scenario


def tree(
    until: str = "20 min",
    workload: str = "{writes: 16 /s, arrivals: even, locality: sequential}",
    hub: str = "forwarders: {hub: {}}",
    secondaries: str = "leaf: {via: hub}, twig: {via: hub}",
    link: str = "bandwidth: 8 Mbit/s, rtt: 20 ms, congestion: ideal",
    down: str = "",
    past: str = "bandwidth: 2 Mbit/s, rtt: 40 ms, congestion: ideal",
    retries: int = 1,
    retry_after: str = "10 s",
    timeout: str = "1 min",
    replication: str = "",
    initial_copy: str = "done",
    timeline: str = "",
    sections: str = "",
    hub_site: str = "{}",
    save_volume: str = "{size: 60 MiB, on_full: suspend}",
    size: str = "64 MiB",
    seed: int = 1,
) -> Scenario:
    """A primary `near` that feeds `hub`, which feeds `leaf` and `twig`, unless said otherwise; links hub-* and past."""
    text = f"""
version: 1
name: tree
run: {{until: {until}, seed: {seed}}}
sites: {{near: {{}}, hub: {hub_site}, leaf: {{}}, twig: {{}}}}
links:
  trunk: {{between: [near, hub], {link}}}
  to-leaf: {{between: [hub, leaf], {down or link}}}
  to-twig: {{between: [hub, twig], {down or link}}}
  past: {{between: [near, leaf], {past}}}
volumes:
  vol: {{size: {size}, block: 4 KiB, workload: {{w: {workload}}}}}
replication:
  mirror:
    volume: vol
    primary: near
    initial_copy: {initial_copy}
    {hub}
    secondaries: {{{secondaries}}}
    timeout: {timeout}
    chunk: 64 KiB
    save_volume: {save_volume}
    retries: {retries}
    retry_after: {retry_after}
    {replication}
timeline: [{timeline}]
{sections}
"""
    return load_text(text, name="tree")
