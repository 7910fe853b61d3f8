"""The file that `georep init` writes: a small scenario with a comment on every line that matters."""

from __future__ import annotations

from typing import Final

FIRST: Final = """\
# yaml-language-server: $schema=./scenario.schema.json
# A first scenario. Check it with `georep resolve`, run it with `georep run`.
version: 1
name: first
description: How far behind is the copy in Lisbon when Madrid writes 300 blocks a second?

run: {until: 4 h, seed: 1}           # another seed is other luck

sites:
  madrid: {}                         # a disk of 400 MB/s read, 300 MB/s write, unless you say otherwise
  lisbon: {}

links:
  iberia: {between: [madrid, lisbon], bandwidth: 200 Mbit/s, rtt: 12 ms}
  # TCP on it is cubic, unless you say congestion: reno, or ideal for a plain rate; real lines lose: loss: 0.01 %

volumes:
  home:
    size: 64 GiB
    block: 8 KiB
    in_use: 60 %
    workload:
      office:
        writes: 300 /s
        locality: {zipf: 1.1, over: 8 GiB}     # or: uniform, sequential, {hot: {space: 10 %, writes: 90 %}}

replication:
  home-mirror:
    volume: home
    primary: madrid
    initial_copy: done               # or: run - copy while writes go on
    secondaries:
      lisbon: {}
    timeout: 10 min                  # a delta set is cut after this long,
    high_water_mark: 600 MiB         # or when this much has changed, whichever comes first
    save_volume: {size: 20 GiB, on_full: suspend}

timeline:
  - {at: 1 h, id: on-demand, kind: cut-now}

expect:
  - p99(lag{to=lisbon}) < 15 min
  - count(full_copy) == 0
"""
