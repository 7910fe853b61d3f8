"""The digest hears every fact in order, whenever it gets round to it, and then the contents."""

from __future__ import annotations

from dataclasses import fields
from hashlib import blake2b

from sim.records import NodeCameUp, Record, RunBegan, RunEnded, WritesLooked
from sim.world.ledger import HEARD_AT_ONCE, Ledger


def _some(count: int) -> list[Record]:
    began = RunBegan(time_ns=0, scenario='it\'s "new" {0}\n', seed=7, replication_index=0, until_ns=count)
    looked = WritesLooked(
        time_ns=1,
        replication="größe",
        generation=1,
        number=1,
        since_ns=0,
        writes=3,
        written_bytes=4,
        distinct_blocks=2,
        new_blocks=1,
        growth=((1, 2), (3,)),
    )
    downs = [NodeCameUp(time_ns=2 + at, site=f"site{at}", down_ns=at) for at in range(count)]
    return [began, looked, *downs, RunEnded(time_ns=count + 2, finished=True)]


def _heard(facts: list[Record], contents: bytes) -> str:
    """Fact by fact."""
    digest = blake2b(digest_size=16)
    for fact in facts:
        values = [getattr(fact, field.name) for field in fields(fact)]
        digest.update(repr((type(fact).__name__, *values)).encode())
    digest.update(contents)
    return digest.hexdigest()


def test_the_digest_is_that_of_fact_by_fact_however_many_it_hears_at_once() -> None:
    for count in (0, 1, 2 * HEARD_AT_ONCE + 5):
        ledger = Ledger(None)
        for fact in _some(count):
            ledger.append(fact)
        ledger.add_contents(b"blocks")
        assert ledger.digest() == _heard(_some(count), b"blocks")


def test_a_digest_asked_for_in_between_is_of_what_there_is_and_changes_nothing() -> None:
    ledger, asked = Ledger(None), Ledger(None)
    for place, fact in enumerate(_some(9)):
        ledger.append(fact)
        asked.append(fact)
        assert asked.digest() == _heard(_some(9)[: place + 1], b"")
    assert asked.digest() == ledger.digest()


def test_the_observer_and_whoever_listens_hear_each_fact_at_once() -> None:
    seen: list[Record] = []
    heard: list[Record] = []
    ledger = Ledger(seen.append)
    ledger.listeners.append(heard.append)
    for fact in _some(3):
        ledger.append(fact)
        assert seen[-1] is heard[-1] is ledger.facts[-1] is fact
    assert len(seen) == len(heard) == 6
