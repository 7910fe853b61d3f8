"""Forwarders and many secondaries: what arrives where, when one fails, joins, leaves or moves (T6-T14; cases 15-27)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest

from sim.records import (
    BytesCarried,
    ChunksDiscarded,
    CopyBegan,
    CopyFinished,
    DeltaSetCut,
    MemberReachable,
    MemberUnreachable,
    Record,
    ReplicationMoved,
    RouteChanged,
    RouteStood,
    SaveVolumeChanged,
    SecondaryJoined,
    SecondaryLeft,
    SetForwarded,
    SetReceived,
    SetReplayed,
)
from sim.simulation import Run, simulate
from tests.world.trees import tree

R = TypeVar("R", bound=Record)
S = 1_000_000_000
MIN = 60 * S
CAUSES = ("delta_set", "retransmission")


def run(*args: object, **said: object) -> Run:
    return simulate(tree(*args, **said), checking="full")  # type: ignore[arg-type]


def facts(done: Run, kind: type[R], **like: object) -> list[R]:
    return list(_facts(done, kind, like))


def _facts(done: Run, kind: type[R], like: dict[str, object]) -> Iterator[R]:
    for fact in done.ledger:
        if isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in like.items()):
            yield fact


def shown(done: Run, secondary: str) -> int:
    """The newest set that a secondary replayed."""
    return max((fact.number for fact in facts(done, SetReplayed, secondary=secondary)), default=0)


def carried(done: Run, **like: object) -> int:
    return sum(fact.carried_bytes for fact in facts(done, BytesCarried, **like))


def settled(done: Run, *secondaries: str, sets: int = 1) -> None:
    """Every secondary shows all but the last sets that were cut."""
    last = len(facts(done, DeltaSetCut))
    for secondary in secondaries or ("leaf", "twig"):
        assert shown(done, secondary) >= last - sets, f"{secondary} lags"


def test_T10_sets_reach_all_leaves_through_a_forwarder_once_and_in_order() -> None:
    done = run()
    settled(done)
    for secondary in ("leaf", "twig"):
        assert [fact.number for fact in facts(done, SetReceived, secondary=secondary)] == list(range(1, 20))
    assert len(facts(done, SetForwarded, forwarder="hub")) == len(facts(done, SetReceived, secondary="leaf"))
    assert [(fact.member, fact.role, fact.feeder) for fact in facts(done, RouteStood)] == [
        ("hub", "forwarder", "near"), ("leaf", "secondary", "hub"), ("twig", "secondary", "hub"),
    ]  # fmt: skip


def test_T14_what_leaves_the_primary_is_the_sum_over_its_immediate_children() -> None:
    """A tree carries a set once over the trunk, a star carries it once for each secondary."""
    through, star = run(), run(hub="", secondaries="leaf: {via: trunk}, twig: {}")
    cut = sum(fact.payload_bytes for fact in facts(through, DeltaSetCut)[:-1])
    assert carried(through, source="near") == cut
    assert carried(star, source="near") == 2 * cut
    for link in ("to-leaf", "to-twig"):
        assert carried(through, link=link) == cut


def test_chunks_flow_on_without_waiting_for_the_set() -> None:
    """960 blocks a set take 3.9 s over each hop; store and forward would take twice that, less than 4.2 s are seen."""
    done = run()
    cut = facts(done, DeltaSetCut)[2]
    received = facts(done, SetReceived, secondary="leaf", number=cut.number)[0]
    hop_ns = cut.payload_bytes * 8 * 1000 // 8
    assert hop_ns > 3 * S, "this test is about sets that take a while"
    assert received.time_ns - cut.time_ns < 1.2 * hop_ns


def test_T13_a_slow_child_holds_back_its_siblings_only_when_the_buffer_is_full() -> None:
    slow = "bandwidth: 8 Mbit/s, rtt: 20 ms, congestion: ideal, back: {bandwidth: 8 Mbit/s}"
    text = "{at: 1 s, kind: link-slow, link: to-leaf, factor: 3 %, for: 20 min}"
    roomy = run(link=slow, timeline=text, until="16 min")
    assert shown(roomy, "leaf") < 9, "this test is about a child that is slow"
    assert shown(roomy, "twig") >= 14
    tight = run(link=slow, timeline=text, until="16 min", hub="forwarders: {hub: {save_volume: {size: 8 MiB}}}")
    assert shown(tight, "twig") < 9, "a full buffer holds the others back"
    full = max(fact.used_bytes for fact in facts(tight, SaveVolumeChanged, site="hub"))
    assert 7 * 2**20 < full <= 8 * 2**20


def test_T12_a_failed_forwarder_is_passed_by_and_gets_its_children_back() -> None:
    """Down for five minutes in mid-set: its parent serves its children meanwhile, and nothing is applied twice."""
    done = run(timeline="{at: 3 min 2 s, kind: reboot, site: hub, for: 5 min}", until="16 min")
    changes = [(fact.member, fact.feeder, fact.cause) for fact in facts(done, RouteChanged)]
    assert sorted(changes) == [
        ("leaf", "hub", "restored"), ("leaf", "near", "bypass"),
        ("twig", "hub", "restored"), ("twig", "near", "bypass"),
    ]  # fmt: skip
    assert shown(done, "leaf") >= 14
    during = [fact for fact in facts(done, SetReceived, secondary="leaf") if 4 * MIN < fact.time_ns < 8 * MIN]
    assert during, "it was served past the forwarder"
    assert facts(done, BytesCarried, link="past")
    assert not facts(done, CopyBegan)


@pytest.mark.parametrize("depth", [3])
def test_a_chain_of_forwarders_each_passed_by_in_turn(depth: int) -> None:
    done = run(
        hub="forwarders: {hub: {}, leaf: {via: hub}}",
        secondaries="twig: {via: [leaf, to-leaf, to-twig]}",
        timeline="{at: 2 min 1 s, kind: reboot, site: leaf, for: 2 min}, "
        "{at: 6 min 1 s, kind: reboot, site: hub, for: 2 min}",
        until="16 min",
    )
    by = {(fact.member, fact.feeder) for fact in facts(done, RouteChanged)}
    assert ("twig", "hub") in by
    assert ("leaf", "near") in by
    settled(done, "twig")


def test_T7_after_1_plus_N_attempts_the_member_is_marked_and_never_the_group() -> None:
    """Three attempts of ten seconds each, from the first set that could not go; the others do not notice (case 24)."""
    timeline = "{at: 2 min 30 s, kind: link-down, link: to-twig, for: 60 min}"
    done = run(retries=2, timeline=timeline, until="15 min")
    [marked] = facts(done, MemberUnreachable)
    first_cut = next(fact for fact in facts(done, DeltaSetCut) if fact.time_ns > 150 * S)
    assert (marked.member, marked.attempts) == ("twig", 3)
    assert marked.time_ns - marked.since_ns == 30 * S
    assert 0 < marked.since_ns - first_cut.time_ns < 2 * S
    calm = run(retries=2, until="15 min")
    assert [f.time_ns for f in facts(done, SetReplayed, secondary="leaf")] == [
        f.time_ns for f in facts(calm, SetReplayed, secondary="leaf")
    ]


def test_T6_when_the_fault_is_over_everything_arrives() -> None:
    timeline = "{at: 2 min 30 s, kind: link-down, link: to-twig, for: 8 min}"
    done = run(timeline=timeline, until="20 min")
    assert len(facts(done, MemberUnreachable)) == len(facts(done, MemberReachable)) == 1
    settled(done)
    assert not facts(done, CopyBegan)


def test_T9_no_acknowledged_chunk_is_sent_again() -> None:
    """A crash in mid-set: what is sent again is less than what was under way, and less than a chunk was in vain."""
    done = run(timeline="{at: 3 min 2 s, kind: reboot, site: twig, for: 5 s}", until="16 min")
    again = carried(done, link="to-twig", cause="retransmission")
    assert 0 < again <= 2 * 65_536 + 20_000
    assert carried(done, link="to-twig") == carried(done, link="to-leaf") + again


def test_T5_receipt_and_replay_are_acknowledged_separately_through_the_forwarder() -> None:
    done = run(secondaries="leaf: {via: hub, timeout: 5 min}, twig: {via: hub}")
    received = facts(done, SetReceived, secondary="leaf")
    replayed = facts(done, SetReplayed, secondary="leaf")
    assert len(received) > 3 * len(replayed) > 0
    held = max(fact.used_bytes for fact in facts(done, SaveVolumeChanged, site="near"))
    assert held > 3 * facts(done, DeltaSetCut)[3].payload_bytes, "the primary keeps what was received and not replayed"


def test_case_21_data_passes_and_acknowledgements_do_not() -> None:
    timeline = "{at: 3 min 1 s, kind: link-down, link: to-twig, from: twig, for: 4 min}"
    done = run(timeline=timeline, until="16 min", link="bandwidth: 8 Mbit/s, rtt: 20 ms, chunk_header: 0 B")
    assert [fact.member for fact in facts(done, MemberUnreachable)] == ["twig"]
    settled(done)


@pytest.mark.parametrize("kind", ["corrupt", "duplicate"])
def test_T2_T3_spoilt_and_doubled_chunks_are_counted_and_harmless(kind: str) -> None:
    done = run(timeline=f"{{at: 2 min, kind: link-{kind}, link: trunk, {kind}: 20 %, for: 10 min}}", until="16 min")
    thrown = facts(done, ChunksDiscarded, secondary="hub")
    causes = {"corrupt": {"corrupt"}, "duplicate": {"duplicate", "already_complete"}}[kind]
    assert {fact.cause for fact in thrown} <= causes
    assert sum(fact.chunks for fact in thrown) > 5, "this test is about chunks that are thrown away"
    settled(done)


def test_what_was_spoilt_before_a_forwarder_is_sent_again_and_counted_so_once() -> None:
    """Each copy that was fed by it handed the spoilt set over once more: later sets were taken for retransmissions."""
    near = "bandwidth: 80 Mbit/s, rtt: 0 ms, congestion: ideal"  # further down it is over before a word comes back
    far = "bandwidth: 8 Mbit/s, rtt: 400 ms, congestion: ideal, chunk_header: 0 B"
    said = {"until": "16 min 50 s", "link": far, "down": near}
    carried = []
    for trouble in ("", "{at: 2 min, kind: link-corrupt, link: trunk, corrupt: 20 %, for: 10 min}"):
        done = run(timeline=trouble, **said)
        trunk = facts(done, BytesCarried, link="trunk", source="near")
        carried.append({cause: sum(one.carried_bytes for one in trunk if one.cause == cause) for cause in CAUSES})
    assert carried[1]["retransmission"] > 10 * 2**16
    assert carried[0]["delta_set"] == carried[1]["delta_set"] > 0


def test_trouble_concerns_only_chunks_that_pass_while_it_lasts() -> None:
    """The last tenth of a set's time on the line spoils at most its last chunks, although a set lands as a whole."""
    cut = facts(run(), DeltaSetCut)[2]
    begins = cut.time_ns + 3 * S
    timeline = f"{{at: {begins} ns, kind: link-corrupt, link: trunk, corrupt: 100 %, for: 300 ms}}".replace(
        "100 %", "99.9 %"
    )
    done = run(timeline=timeline)
    thrown = sum(fact.chunks for fact in facts(done, ChunksDiscarded, secondary="hub", number=cut.number))
    assert 3 <= thrown <= 6, "300 ms are 4.6 chunks of 64 KiB at 8 Mbit/s"


def test_a_secondary_joins_leaves_and_joins_again_while_everything_runs() -> None:
    timeline = (
        "{at: 3 min 1 s, kind: join, secondary: twig}, {at: 7 min 1 s, kind: leave, secondary: twig}, "
        "{at: 10 min 1 s, kind: join, secondary: twig}"
    )
    done = run(timeline=timeline)
    assert len(facts(done, SecondaryJoined)) == 2
    assert len(facts(done, SecondaryLeft)) == 2, "at the start it is not there"
    assert [fact.why for fact in facts(done, CopyBegan)] == ["joined", "joined"]
    assert len(facts(done, CopyFinished)) == 2
    assert not [fact for fact in facts(done, SetReplayed, secondary="twig") if 7 * MIN + S < fact.time_ns < 10 * MIN]
    settled(done)


def test_a_replication_moves_to_another_data_mover_of_its_site() -> None:
    """The first data mover dies after the move, and nobody notices."""
    text = (
        "{at: 3 min 2 s, kind: move, site: hub, data_mover: b}, "
        "{at: 5 min, kind: reboot, site: hub, data_mover: a, for: 9 min}"
    )
    done = run(timeline=text, hub_site="{data_movers: [a, b]}")
    [moved] = facts(done, ReplicationMoved)
    assert (moved.site, moved.data_mover) == ("hub", "b")
    assert not facts(done, MemberUnreachable)
    settled(done)


def test_local_replication_at_a_forwarder_shares_its_save_volume() -> None:
    """FIG 18: a copy beside the forwarder reads the sets where they lie; they are kept until it has replayed them."""
    done = run(secondaries="leaf: {via: hub}, beside: {site: hub, via: hub, timeout: 5 min}")
    settled(done, "leaf")
    assert shown(done, "beside") > 10
    held = max(fact.used_bytes for fact in facts(done, SaveVolumeChanged, site="hub"))
    assert held > 3 * facts(done, DeltaSetCut)[3].payload_bytes
    assert carried(done, link="trunk") == carried(done, link="to-leaf")


def test_copies_travel_through_forwarders_while_sets_flow() -> None:
    done = run(initial_copy="run", size="16 MiB", until="30 min")
    assert len(facts(done, CopyFinished)) == 2
    assert carried(done, link="trunk", cause="initial_copy") > 0
    settled(done)


def test_one_away_too_long_gets_a_full_copy_with_its_cause() -> None:
    timeline = "{at: 2 min 30 s, kind: link-down, link: to-twig, for: 7 min}"
    done = run(timeline=timeline, until="30 min", save_volume="{size: 20 MiB, on_full: drop}")
    [copy] = facts(done, CopyBegan)
    assert (copy.secondary, copy.cause, copy.why) == ("twig", "full_copy", "save_volume_full")
    settled(done)


def test_case_22_a_line_that_flaps_each_second_carries_everything_in_the_end() -> None:
    """Up for a second and down for a second, five minutes long: half of the rate is left, and nobody is marked."""
    flap = "{at: 2 min, kind: flap, link: trunk, down: 1 s, up: 1 s, for: 5 min}"
    done = run(timeline=flap, until="16 min")
    assert not facts(done, MemberUnreachable), "an attempt of ten seconds sees it up"
    during = [fact for fact in facts(done, SetForwarded) if 2 * MIN < fact.time_ns < 7 * MIN]
    assert len(during) >= 4
    settled(done)


def test_case_23_a_secondary_leaves_in_mid_set_and_joins_in_mid_set() -> None:
    timeline = "{at: 3 min 2 s, kind: leave, secondary: twig}, {at: 5 min 2 s, kind: join, secondary: twig}"
    done = run(timeline=timeline, until="16 min")
    assert facts(done, SecondaryLeft)[0].time_ns == 182 * S
    assert [fact.why for fact in facts(done, CopyBegan)] == ["joined"]
    numbers = [fact.number for fact in facts(done, SetReceived, secondary="leaf")]
    assert numbers == list(range(1, len(numbers) + 1)), "the others do not notice"
    settled(done)


def test_case_32_a_copy_slower_than_the_ring_can_hold_waits_or_is_made_anew() -> None:
    """The sets that its start needs are kept at the primary until it has them: writers wait, nothing is lost."""
    slow = "bandwidth: 600 kbit/s, rtt: 20 ms, congestion: ideal"
    done = run(
        initial_copy="run", size="16 MiB", link=slow, save_volume="{size: 12 MiB, on_full: suspend}", until="40 min"
    )
    assert shown(done, "leaf") > 0
    assert len(facts(done, CopyFinished)) == 2


def test_case_25_what_is_delivered_past_a_forwarder_is_not_delivered_again_by_it() -> None:
    """Back in mid-set, the forwarder gets its children back: each set is taken in once (law SetsArriveOnce watches)."""
    done = run(timeline="{at: 3 min 2 s, kind: reboot, site: hub, for: 58 s}", until="16 min")
    assert {fact.cause for fact in facts(done, RouteChanged)} == {"bypass", "restored"}
    for secondary in ("leaf", "twig"):
        numbers = [fact.number for fact in facts(done, SetReceived, secondary=secondary)]
        assert numbers == sorted(set(numbers))
    settled(done)
