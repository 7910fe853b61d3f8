"""A run that is paused, or taken a step at a time, is the same run (M6)."""

from __future__ import annotations

import pytest

from sim.streams import Streams
from sim.world.build import build
from sim.world.ledger import Ledger
from tests.world.scenes import HOUR, MIN, scene

BUSY = "{writes: 50 /s, locality: {zipf: 1.1, over: 32 MiB}}"


def digest_in_steps(stops: list[int]) -> str:
    ledger = Ledger(lambda _fact: None)
    world = build(scene(workload=BUSY), ledger, Streams(1), "off", "ids")
    world.start()
    for stop in stops:
        world.clock.run(stop, lambda _time_ns: None)
    return ledger.digest()


@pytest.mark.parametrize("step", [MIN, 7 * MIN + 1, HOUR // 2])
def test_M6_pausing_changes_nothing(step: int) -> None:
    stops = [*range(step, HOUR, step), HOUR]
    assert len(stops) > 1
    assert digest_in_steps(stops) == digest_in_steps([HOUR])
