"""Fail at k: whatever happens at whichever message, the copies end as if nothing had (T12, T5, cases 15-20, 28).

A golden run sends three sets of eight chunks through a forwarder; when each message arrives is read off its flows: 48
chunks, 3 headers (they come with the last chunk) and the acknowledgements. Then, once for each message, a data mover
crashes, a line drops what it carries, doubles it, spoils it or holds it up: for that message alone, and for a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from sim.records import ChunksDiscarded, DeltaSetCut, FaultBegan, MemberUnreachable, Record, SetReceived, SetReplayed
from sim.scenario.schema import Scenario
from sim.streams import Streams
from sim.world.build import World, build
from sim.world.ledger import Ledger
from sim.world.network import Flow, Network
from tests.world.trees import tree

S = 1_000_000_000
CHUNK = 65_536
LAST_SET_NS = 3 * 60 * S
UNTIL_NS = 8 * 60 * S


@dataclass(frozen=True)
class Message:
    """One message of the golden run: over which link it comes, and when it has arrived."""

    link: str
    what: str
    arrives_ns: int


def world(timeline: str = "") -> Scenario:
    """Eight chunks of sixteen blocks a minute, over lines that take half a second for each chunk."""
    return tree(
        workload="{writes: 128 /min, arrivals: even, locality: sequential}",
        link="bandwidth: 1048576 bit/s, rtt: 20 ms, congestion: ideal",
        past="bandwidth: 2097152 bit/s, rtt: 40 ms, congestion: ideal",
        secondaries="leaf: {via: hub}",
        retries=1, retry_after="10 s", until=f"{UNTIL_NS} ns", timeline=timeline,
    )  # fmt: skip


def lived(scenario: Scenario) -> tuple[list[Record], World]:
    """The facts of a run, and the world it leaves behind."""
    ledger = Ledger(lambda _fact: None)
    left = build(scenario, ledger, Streams(1), "full", "ids")
    left.start()
    left.clock.run(UNTIL_NS, lambda _time_ns: None)
    return ledger.facts, left


@cache
def golden() -> tuple[tuple[Message, ...], int, bytes]:
    """The messages of the first three sets, the last set that the leaf shows, and what it holds then."""
    flows: list[Flow] = []
    begin = Network.begin
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "begin", lambda *args, **said: flows.append(begin(*args, **said)) or flows[-1])
        facts, left = lived(world())
    messages = [
        Message(flow.directions[0].link, f"chunk {at}", arrival_ns(flow, (at + 1) * CHUNK))
        for flow in flows
        if flow.began_ns <= LAST_SET_NS + 30 * S
        for at in range(flow.size_bytes // CHUNK)
    ]
    acks = [fact for fact in facts if isinstance(fact, SetReceived | SetReplayed) and fact.number <= 3]
    messages += [Message("to-leaf", type(fact).__name__, fact.time_ns) for fact in acks]
    return tuple(messages), *ending(facts, left)


def ending(facts: list[Record], left: World) -> tuple[int, bytes]:
    shown = max(fact.number for fact in facts if isinstance(fact, SetReplayed))
    volume = left.mirrors["mirror"].arms["leaf"].secondary.playback.volume
    return shown, volume.contents.tobytes()


def arrival_ns(flow: Flow, size: int) -> int:
    """The first instant at which so much has arrived."""
    low, high = flow.began_ns, flow.arrives_ns
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if flow.arrived_bytes(middle) >= size else (middle + 1, high)
    return low


FAULTS = {
    "crash of the forwarder": "{{at: {at} ns, kind: reboot, site: hub, for: {lasts} ns}}",
    "crash of the leaf": "{{at: {at} ns, kind: reboot, site: leaf, for: {lasts} ns}}",
    "crash of the primary": "{{at: {at} ns, kind: reboot, site: near, for: {lasts} ns}}",
    "drop": "{{at: {at} ns, kind: link-down, link: {link}, for: {lasts} ns}}",
    "drop of acknowledgements": "{{at: {at} ns, kind: link-down, link: {link}, from: {far}, for: {lasts} ns}}",
    "duplicate": "{{at: {at} ns, kind: link-duplicate, link: {link}, duplicate: 100 %, for: {lasts} ns}}",
    "corruption": "{{at: {at} ns, kind: link-corrupt, link: {link}, corrupt: 99.99 %, for: {lasts} ns}}",
    "delay": "{{at: {at} ns, kind: link-delay, link: {link}, extra: 3 s, for: {lasts} ns}}",
}


def test_the_golden_run_has_the_messages_that_this_is_about() -> None:
    messages, shown, _ = golden()
    assert sum(message.what.startswith("chunk") for message in messages) == 48
    assert sum(message.what.startswith("Set") for message in messages) == 6
    assert {message.link for message in messages} == {"trunk", "to-leaf"}
    assert shown == 7


@pytest.mark.parametrize("persistently", [False, True], ids=["once", "for a minute"])
@pytest.mark.parametrize("fault", FAULTS)
def test_T12_whatever_fails_at_whichever_message_the_copy_ends_as_if_nothing_had(
    fault: str, persistently: bool
) -> None:
    messages, shown, contents = golden()
    met = marked = 0
    for message in messages:
        far = "leaf" if message.link == "to-leaf" else "hub"
        at, lasts = message.arrives_ns - 1_000, 60 * S if persistently else 2_000
        text = FAULTS[fault].format(at=at, lasts=lasts, link=message.link, far=far)
        facts, left = lived(world(text))
        met += any(isinstance(fact, FaultBegan) and fact.hit for fact in facts)
        marked += any(isinstance(fact, MemberUnreachable) for fact in facts)
        if (
            fault == "crash of the primary"
        ):  # its users wait meanwhile, so what is cut differs; that it all arrives does not
            assert_everything_arrived(facts)
        else:
            assert ending(facts, left) == (shown, contents), f"{message} and {text}"
        if fault in ("duplicate", "corruption") and message.what.startswith("chunk"):
            assert any(isinstance(fact, ChunksDiscarded) for fact in facts), f"{message} was not hit by {text}"
    assert met > len(messages) // 2, "this test is about messages that were on their way"
    if persistently and fault == "crash of the forwarder":
        assert marked > len(messages) // 2


def assert_everything_arrived(facts: list[Record]) -> None:
    cut = max(fact.number for fact in facts if isinstance(fact, DeltaSetCut))
    assert max(fact.number for fact in facts if isinstance(fact, SetReplayed)) >= cut - 1


def test_golden_contents_are_not_empty() -> None:
    assert np.frombuffer(golden()[2], dtype=np.uint64).any()
