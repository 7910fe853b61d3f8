"""A connection that nothing limits, or only the receiver's window: no pipe to fill, and yet an end (swarm 19, 27)."""

from __future__ import annotations

import pytest

from sim.streams import Streams
from sim.world.tcp import Connection, PathView

SIZE = 40_000_000


@pytest.mark.parametrize("congestion", ["cubic", "reno"])
@pytest.mark.parametrize("window_bytes", [None, 100_000])
@pytest.mark.parametrize("rtt_ns", [0, 1, 20_000_000])
@pytest.mark.parametrize("loss", [0.0, 0.001, 0.05])
def test_an_unlimited_line_carries_everything(congestion, window_bytes, rtt_ns, loss):
    path = PathView(0, rtt_ns, loss=loss, window_bytes=window_bytes)
    connection = Connection(congestion, Streams(1).generator("sessions/there").random)
    begins_ns = 0
    for _ in range(3):  # after losses, and after rests
        plan = connection.begin(begins_ns, SIZE, path)
        assert plan.end_ns is not None
        assert plan.payload_bytes[-1] == SIZE
        assert plan.times_ns == sorted(plan.times_ns)
        assert bool(plan.resent_bytes[-1]) == bool(loss)
        begins_ns = plan.end_ns + 10_000_000_000
