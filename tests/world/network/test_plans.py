"""Plans of TCP transfers: few knots, and the past stays as it was."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.world.tcp import Congestion, Connection, PathView, Plan, planner
from sim.world.tcp.path import PAYLOAD_BYTES
from sim.world.tcp.planner import Planner

MS = 10**6
paths = st.builds(
    PathView,
    st.sampled_from((64_000, 10**6, 10**8, 333_333_333)),
    st.integers(0, 300 * MS),
    st.sampled_from((0.0, 0.0, 1e-4, 1e-2)),
    st.sampled_from((0, 30_000, 2 * 10**6)),
    st.sampled_from((None, 65_536)),
)
sizes = st.integers(1, 3 * 10**7)
controls = st.sampled_from(("cubic", "reno"))


def planned(congestion: Congestion, size: int, path: PathView) -> Plan:
    return Connection(congestion, random.Random(7).random).begin(0, size, path)


def with_all_knots(congestion: Congestion, size: int, path: PathView) -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Planner, "_is_busy", lambda *_: False)
        patch.setattr(planner, "cycle_of", lambda *_: None)
        return planned(congestion, size, path)


def instants(end_ns: int) -> list[int]:
    return [end_ns * part // 97 for part in range(98)]


@given(controls, sizes, paths)
def test_a_knot_that_is_left_out_moves_the_curve_by_a_packet_and_what_is_lost_at_once(
    congestion: Congestion, size: int, path: PathView
) -> None:
    few, all_ = planned(congestion, size, path), with_all_knots(congestion, size, path)
    assert len(few.times_ns) <= len(all_.times_ns)
    assert few.resent_bytes[-1] == all_.resent_bytes[-1]
    assert few.end_ns is not None
    assert all_.end_ns is not None
    assert abs(few.end_ns - all_.end_ns) <= 10**9 * 8 // path.bits_per_s + 1  # what a byte takes
    lost = max(later - earlier for earlier, later in pairwise(few.resent_bytes))
    for instant in (*instants(few.end_ns), *all_.times_ns):
        assert abs(few.served_bytes(instant) - all_.served_bytes(instant)) <= PAYLOAD_BYTES + lost


def test_a_full_pipe_needs_few_knots_although_its_queue_overflows() -> None:
    transfer = 10**8, PathView(10**8, 13 * MS, 0.0, 160_000)
    few, all_ = planned("cubic", *transfer), with_all_knots("cubic", *transfer)
    assert few.resent_bytes[-1] >= 3 * PAYLOAD_BYTES  # so many epochs
    assert len(few.times_ns) <= len(all_.times_ns) - 2 * few.resent_bytes[-1] // PAYLOAD_BYTES


steady = st.builds(
    PathView,
    st.sampled_from((10**6, 10**8, 333_333_333)),
    st.integers(1, 200 * MS),
    queue_bytes=st.sampled_from((30_000, 160_000, 2 * 10**6)),
    window_bytes=st.sampled_from((None, 10**8)),
    loss=st.just(0.0),
)


def seen_anew(congestion: Congestion, size: int, path: PathView, percent: int) -> tuple[Plan, Plan]:
    """A plan, and what becomes of it when its path is looked at again on the way, and nothing is different."""
    connection = Connection(congestion, random.Random(7).random)
    plan = connection.begin(0, size, path)
    assert plan.end_ns is not None
    before = Plan(list(plan.times_ns), list(plan.payload_bytes), list(plan.resent_bytes), plan.end_ns)
    return before, connection.go_on(max(1, plan.end_ns * percent // 100), path)


@given(controls, st.integers(10**6, 10**8), steady, st.integers(1, 99))
def test_many_epochs_at_once_are_the_same_as_one_after_the_other(
    congestion: Congestion, size: int, path: PathView, percent: int
) -> None:
    at_once, again_at_once = seen_anew(congestion, size, path, percent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "cycle_of", lambda *_: None)
        patch.setattr(planner, "BLOCK", 10**6)  # nor blocks of losses
        singly, again_singly = seen_anew(congestion, size, path, percent)
    byte_ns = 10**9 * 8 // path.bits_per_s + 1
    for one, other in ((at_once, singly), (again_at_once, again_singly)):
        assert one.end_ns is not None
        assert other.end_ns is not None
        exact = one is at_once  # the other has been cut within a line that leaves out bends of a packet
        assert abs(one.end_ns - other.end_ns) <= (2 if exact else PAYLOAD_BYTES) * byte_ns
        assert one.resent_bytes[-1] == other.resent_bytes[-1]
        for instant in instants(one.end_ns):
            assert abs(one.served_bytes(instant) - other.served_bytes(instant)) <= 2 * PAYLOAD_BYTES
            assert abs(one.resent_by(instant) - other.resent_by(instant)) <= 2 * PAYLOAD_BYTES


def test_a_long_transfer_takes_a_few_steps_whatever_its_size() -> None:
    path = PathView(10**8, 13 * MS, 0.0, 160_000)
    short, long = planned("cubic", 10**8, path), planned("cubic", 10**13, path)
    assert long.resent_bytes[-1] > 10**5 * PAYLOAD_BYTES
    assert len(long.times_ns) == len(short.times_ns)


@given(controls, sizes, paths, paths, st.integers(1, 99))
def test_what_has_been_sent_stays_sent_when_the_path_changes(
    congestion: Congestion, size: int, path: PathView, later: PathView, percent: int
) -> None:
    connection = Connection(congestion, random.Random(7).random)
    plan = connection.begin(0, size, path)
    assert plan.end_ns is not None
    now_ns = plan.end_ns * percent // 100
    assume(0 < now_ns < plan.end_ns)
    past = [plan.served_bytes(instant) for instant in instants(now_ns)]
    anew = connection.go_on(now_ns, later)
    for instant, sent in zip(instants(now_ns), past, strict=True):  # a cut is in whole bytes
        assert sent - 1 <= anew.served_bytes(instant) <= sent
