"""What a way does to chunks, and that the receiver's own checks find all of it (T2, T3)."""

from dataclasses import dataclass

import numpy as np
import pytest

from sim.engine import DeltaSet, SaveVolume, SetId, SetReceiver
from sim.engine.identity import START
from sim.engine.receiver import Outcome
from sim.world.mischief import Mischief, part_of

BLOCKS, CHUNK = 400, 4


@dataclass(frozen=True)
class Danger:
    corrupt_now: float = 0.0
    duplicate_now: float = 0.0


def delta_set(number=1):
    rng = np.random.default_rng(number)
    addresses = np.sort(rng.choice(10_000, BLOCKS, replace=False)).astype(np.int64)
    rows = rng.integers(0, 2**63, BLOCKS, dtype=np.uint64)
    return DeltaSet(SetId(1, number), addresses, rows, 10_000, CHUNK)


def receiver():
    return SetReceiver(SaveVolume(np.zeros(2_000, dtype=np.uint64)), START)


def generator(seed=1):
    return np.random.Generator(np.random.Philox(key=seed))


@pytest.mark.parametrize("seed", range(8))
def test_T3_every_spoilt_chunk_is_found_and_asked_for_again(seed):
    """Bits flip in rows, addresses, numbers and checksums: none is stored, each is missing still."""
    sent, there = delta_set(), receiver()
    mischief = Mischief(generator(seed), there)
    mischief.take(sent.chunk_range(0, 100), Danger(corrupt_now=0.2))
    assert 8 < mischief.hits < 35, "this test is about chunks that were hit"
    assert there.discarded[Outcome.CORRUPT] == mischief.hits
    missing = there.missing(sent.id)
    assert sum(last - first for first, last in missing) == mischief.hits
    for first, last in missing:
        mischief.take(sent.chunk_range(first, last), Danger())
    mischief.take_header(sent.header(), Danger())
    assert there.complete(sent.id)


def test_T3_a_spoilt_header_is_found():
    sent, there = delta_set(), receiver()
    mischief = Mischief(generator(), there)
    mischief.take(sent.chunk_range(0, 100), Danger())
    mischief.take_header(sent.header(), Danger(corrupt_now=1.0))
    assert there.discarded[Outcome.CORRUPT] == 1
    assert not there.complete(sent.id)
    mischief.take_header(sent.header(), Danger())
    assert there.complete(sent.id)


def test_T2_duplicates_change_nothing():
    sent, there = delta_set(), receiver()
    mischief = Mischief(generator(), there)
    mischief.take(sent.chunk_range(0, 100), Danger(duplicate_now=1.0))
    assert there.discarded[Outcome.DUPLICATE] == 100
    mischief.take_header(sent.header(), Danger(duplicate_now=1.0))
    assert there.complete(sent.id)
    assert there.discarded[Outcome.ALREADY_COMPLETE] == 1


def test_hits_are_as_many_as_they_should_be():
    """Binomial: 100,000 chunks at 1 %, five standard deviations."""
    mischief = Mischief(generator(), receiver())
    hits = sum(len(list(mischief._hit(0.01, 10_000))) for _ in range(10))
    assert abs(hits - 1_000) < 5 * (100_000 * 0.01 * 0.99) ** 0.5


def test_no_luck_is_used_where_there_is_no_danger():
    luck = generator()
    Mischief(luck, receiver()).take(delta_set().chunk_range(0, 100), Danger())
    assert luck.random() == generator().random()


def test_a_part_of_a_message_is_sealed_for_itself():
    whole = delta_set().chunk_range(10, 50)
    part = part_of(whole, 5, 7)
    assert (part.first_chunk, part.last_chunk) == (15, 17)
    assert part.verified_sums() is not None
    assert np.array_equal(part.addresses, whole.addresses[20:28])
