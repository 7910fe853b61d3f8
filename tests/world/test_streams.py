"""Named streams are NumPy's Philox under a key that is the hash of the name; nothing asked before changes one."""

from hashlib import sha256

import numpy as np
import pytest

from sim.streams import Streams

KEYS = [(), (1,), (2**53 + 1, 7), (5, 2**62, 3)]


def by_numpy(seed, replication, name, key):
    """The same generator, the long way: Philox told its key as a number."""
    words = sha256(f"{seed}\x00{replication}\x00{name}".encode()).digest()[:16]
    counter = [0, *key, *[0] * (3 - len(key))]
    return np.random.Generator(np.random.Philox(key=int.from_bytes(words, "little"), counter=counter))


@pytest.mark.parametrize("key", KEYS)
def test_a_stream_is_philox_under_the_hash_of_its_name(key):
    found, expected = Streams(7, 2).generator("links/wan", *key), by_numpy(7, 2, "links/wan", key)
    assert found.random(5).tolist() == expected.random(5).tolist()
    assert found.integers(1 << 62, size=5).tolist() == expected.integers(1 << 62, size=5).tolist()


def test_a_name_asked_for_again_begins_anew_whatever_was_drawn_from_it():
    streams = Streams(1)
    first = streams.generator("a", 4).random(100)
    streams.generator("b", 4).random(3)
    streams.generator("a", 5).random(3)
    assert streams.generator("a", 4).random(100).tolist() == first.tolist()


def test_two_generators_of_one_name_do_not_draw_from_each_other():
    streams = Streams(1)
    one, other = streams.generator("a"), streams.generator("a")
    drawn = [one.random(), one.random()]
    assert [other.random(), other.random()] == drawn


def test_at_most_three_integers_name_a_window():
    with pytest.raises(ValueError, match="three key integers"):
        Streams(1).generator("a", 1, 2, 3, 4)
