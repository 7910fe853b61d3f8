"""Every fault is a row in the events table, with what it hit (issue of the WAN, faults)."""

from __future__ import annotations

import json

from analysis.tables import events
from tests.summary.ledgers import HandRun, Story
from tests.world.faults.ground import Ground


def test_every_fault_is_a_row_with_what_it_hit():
    ground = Ground(
        """{at: 1 min, id: brown, kind: link-slow, link: wan, from: hub, factor: 10 %, for: 5 min}
           {at: 2 min, id: crash, kind: reboot, site: far, for: 1 min}""",
        "flaps: {kind: link-down, link: old, mtbf: 9 min, mttr: 1 min}",
        until="10 min",
        hit=lambda _place: ("mirror g1.7 to far",),
    )
    facts = (*Story().facts, *ground.run())
    table = events(HandRun(facts))
    rows = table[table["event"].isin(["fault_began", "fault_ended"])]
    assert list(rows["event"]) == [
        "fault_began",
        "fault_began",
        "fault_ended",
        "fault_ended",
        "fault_began",
        "fault_ended",
    ]
    assert list(rows["entity"]) == ["wan", "far", "far", "wan", "old", "old"]
    assert list(rows["cause"]) == ["link-slow", "reboot", "reboot", "link-slow", "link-down", "link-down"]
    first, last = (json.loads(rows["detail"].iloc[place]) for place in (0, 3))
    assert first == {
        "fault": "brown", "direction": "hub -> near", "detail": "10 % of the bandwidth", "hit": ["mirror g1.7 to far"],
    }  # fmt: skip
    assert last == {"fault": "brown", "direction": "hub -> near", "lasted_ns": 300 * 10**9}
