"""What the metrics say of a run of the whole world, against the writes that its trace is known to hold.

What the ledger says of lost blocks is exact at the step instants of its looks.
"""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from sim.records import BytesCarried, LinkStood, WritesLooked
from sim.scenario import load_text
from sim.simulation import Run, simulate
from sim.summary import Story, summarise
from sim.summary.distribution import Distribution
from sim.summary.linkstate import links
from sim.summary.loss import step_instants

S = 10**9
BLOCK = 8192
UNTIL_S = 640
TIMEOUT_S = 64

SCENARIO = """
version: 1
name: known-writes
run: {{until: {until} s}}
sites: {{madrid: {{}}, lisbon: {{}}}}
links: {{wan: {{between: [madrid, lisbon], bandwidth: {rate}, rtt: 20 ms, congestion: ideal}}}}
volumes:
  home:
    size: 1 MiB
    workload:
      known:
        trace: known.csv
        format: csv
        columns: {{time: t, op: op, offset: o, length: n, time_unit: s}}
replication:
  mirror:
    volume: home
    primary: madrid
    initial_copy: {initial_copy}
    secondaries: {{lisbon: {{}}}}
    timeout: {timeout} s
    save_volume: {{size: 4 MiB}}
timeline: {timeline}
"""


def known_writes(seed: int) -> list[tuple[int, int]]:
    """(second, block): some blocks over and over, some once, and quiet times."""
    luck = random.Random(seed)
    busy = [second for second in range(1, UNTIL_S + 1) if second // 40 % 3]
    return [(0, 0), *sorted((luck.choice(busy), min(luck.randrange(24), luck.randrange(24))) for _ in range(400))]


def run_of(folder: Path, writes: list[tuple[int, int]], rate: str, **said: str) -> Run:
    rows = [f"{second},W,{block * BLOCK},{BLOCK}" for second, block in writes]
    (folder / "known.csv").write_text("\n".join(["t,op,o,n", *rows]) + "\n")
    fields = {"initial_copy": "done", "timeline": "[]"} | said
    text = SCENARIO.format(until=UNTIL_S, timeout=TIMEOUT_S, rate=rate, **fields)
    return simulate(load_text(text, base_dir=folder), checking="full")


SITUATIONS = {
    "a link that keeps up": ("400 kbit/s", {}),
    "a link that takes most of a period": ("20 kbit/s", {}),
    "a link that falls behind": ("12 kbit/s", {}),
    "replication stopped for a while": (
        "100 kbit/s", {"timeline": "[{at: 100 s, kind: stop}, {at: 330 s, kind: start}]"},
    ),
    "an initial copy": ("30 kbit/s", {"initial_copy": "run"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_distinct_lost_blocks_are_those_that_the_trace_wrote_after_the_boundary(name: str, tmp_path: Path) -> None:
    """At each step instant of each look, whichever boundary survives then: in a cut's window too, before a replay."""
    writes = known_writes(seed=len(name))
    rate, said = SITUATIONS[name]
    story = Story(run_of(tmp_path, writes, rate, **said))
    mirror = story.mirrors[0]
    steps = {int(step) for look in story.facts.of(WritesLooked) for step in step_instants(look)}
    compared = 0
    for mode in ("replayed", "default"):
        curve = mirror.lag_blocks("lisbon") if mode == "replayed" else mirror.exposure_blocks(mode)
        changes = mirror.generations[0].surviving(mode)
        for begin, _, first, _ in curve.segments():
            survives = [boundary for time_ns, boundary in changes if time_ns <= begin][-1]
            if begin in steps and survives is not None:
                assert first == lost(writes, mirror.generations[0].boundaries.times_ns[survives], begin), (
                    mode,
                    survives,
                    begin,
                )
                compared += survives > 0
    assert compared > 300, "this test is about boundaries that change"


def lost(writes: list[tuple[int, int]], boundary_ns: int, now_ns: int) -> int:
    """A write at the instant of a cut belongs to the set; the start is before any write."""
    after = boundary_ns if boundary_ns else -1
    return len({block for second, block in writes if after < second * S <= now_ns})


def test_what_users_wrote_is_what_the_trace_holds(tmp_path: Path) -> None:
    writes = known_writes(seed=1)
    summary = summarise(run_of(tmp_path, writes, "400 kbit/s"))
    assert summary["written_writes"] == len(writes)
    assert summary["written_bytes"] == len(writes) * BLOCK
    cuts = range(0, UNTIL_S + 1, TIMEOUT_S)
    sets = [{block for second, block in writes if (since or -1) < second <= cut} for since, cut in pairwise(cuts)]
    assert summary["delta_sets"] == len(sets)
    assert summary["delta_set_bytes"] == sum(map(len, sets)) * BLOCK


def test_no_more_blocks_are_lost_than_were_written_and_no_fewer_than_one_look_says(tmp_path: Path) -> None:
    mirror = Story(run_of(tmp_path, known_writes(seed=3), "12 kbit/s")).mirrors[0]
    worst = Distribution(mirror.lag_blocks("lisbon")).maximum()
    assert worst is not None
    assert 0 < worst <= 24


TREE = """
version: 1
name: tree
run: {until: 1000 s}
sites: {madrid: {}, hub: {}, lisbon: {}, porto: {}}
links:
  trunk: {between: [madrid, hub], bandwidth: 8 Mbit/s, rtt: 20 ms, congestion: ideal}
  west: {between: [hub, lisbon], bandwidth: 8 Mbit/s, rtt: 4 ms, congestion: ideal}
  south: {between: [porto, hub], bandwidth: 4 Mbit/s, rtt: 4 ms, congestion: ideal}
volumes:
  home: {size: 64 MiB, workload: {app: {writes: 5 /s}}}
replication:
  mirror:
    volume: home
    primary: madrid
    initial_copy: done
    forwarders: {hub: {}}
    secondaries: {lisbon: {via: hub}, porto: {via: hub}}
    timeout: 60 s
    save_volume: {size: 64 MiB}
timeline: [{at: 301 s, kind: link-down, link: trunk, for: 200 s}]
"""


def test_what_a_tree_carries_is_what_its_links_did_and_a_star_carries_the_first_hop_twice(tmp_path: Path) -> None:
    """Without headers, compression and loss; T8. The last set has arrived 40 s before the end."""
    run = simulate(load_text(TREE, base_dir=tmp_path), checking="full")
    summary = summarise(run)
    payload = summary["delta_set_bytes"]
    assert isinstance(payload, int) and payload > 0
    assert summary["tree_bytes.mirror"] == 3 * payload
    assert summary["star_bytes.mirror"] == 4 * payload
    assert summary["tree_primary_bytes.mirror"] == summary["star_primary_bytes.mirror"] / 2 == payload  # type: ignore[operator]
    assert summary["wan_bytes.delta_set"] == 3 * payload, "what was kept when a transfer broke is not sent again"
    assert summary["primary_bytes.mirror"] == payload + summary.get("link_bytes.trunk.retransmission", 0)  # type: ignore[operator]
    assert summary["link_down_seconds.trunk"] == 200.0
    assert 0 < summary["catch_up_seconds.porto"] < 60  # type: ignore[operator]
    read = Story(run)
    assert [row.spans for row in [read.phases["outage"]]] == [((301 * S, 501 * S),)]


def test_a_link_whose_bandwidth_follows_the_clock_is_not_told_as_unlimited(tmp_path: Path) -> None:
    """Its capacity is the highest that it is meant to have, each way for itself."""
    (tmp_path / "day.csv").write_text("time,bandwidth\n0,4 Mbit/s\n5 min,8 Mbit/s\n10 min,2 Mbit/s\n")
    profiled = TREE.replace(
        "between: [madrid, hub], bandwidth: 8 Mbit/s",
        "between: [madrid, hub], bandwidth_profile: {file: day.csv}, back: {bandwidth: 1 Mbit/s}",
    )
    read = Story(simulate(load_text(profiled, base_dir=tmp_path), checking="full"))
    stood = next(link for link in read.facts.of(LinkStood) if link.link == "trunk")
    assert (stood.bits_per_s, stood.back_bits_per_s) == (8_000_000, 1_000_000)
    assert {link.link: link.bits_per_s for link in links(read)}["trunk"] == 8_000_000
    summary = summarise(read)
    carried = sum(fact.carried_bytes for fact in read.facts.of(BytesCarried) if fact.link == "trunk")
    assert carried and summary["link_utilisation.trunk.mean"] == pytest.approx(carried * 8 / 1000 / 8_000_000)
    linear = [one.linear_ns for one in read.catching_ups(read.mirrors[0], "lisbon")[0].estimates]
    assert linear and all(linear), "what waits takes time"
