"""Bounded exhaustive search over histories of two sites: breadth first, every way checked, each state visited once."""

import pickle
import zlib

from tests.engine.recovery_sites import Sites


class Found(AssertionError):
    """A history after which something does not hold: none is shorter."""

    def __init__(self, history, error):
        super().__init__(history, error)
        self.history, self.error = history, error

    def __str__(self):
        return f"after {self.history!r}: {self.error!r}"


def search(depth, start="", words=None, sites=Sites, reached=None, **options):
    """Every history of at most `depth` words after `start`; how many states there are. Raises Found.

    `words`: only these, all when None; `reached`: a Counter of what the histories met.
    """
    first = _reach(lambda: sites(**options), start)
    seen, frontier = {first.key()}, [_node(start, first, words)]
    for left in reversed(range(depth)):
        following = []
        for history, possible, state in frontier:
            for word in possible:
                longer = f"{history} {word}".strip()
                after, key = _step(state, word, longer)
                if reached is not None:
                    reached.update(after.reached)
                if key not in seen:
                    seen.add(key)
                    if left:
                        following.append(_node(longer, after, words))
        frontier = following
    return len(seen)


def _node(history, state, words):
    """What is needed to go on from a state."""
    possible = [word for word in state.possible() if words is None or word in words]
    return history, possible, zlib.compress(pickle.dumps(state, protocol=5), 1)  # bit maps are pages of zeros


def _reach(make, start):
    """The state to begin with."""
    made = make()
    done = []
    for word in start.split():
        done.append(word)
        try:
            made.do(word)
            made.check()
        except Exception as error:
            raise Found(" ".join(done), error) from error
    return made


def _step(state, word, history):
    after = pickle.loads(zlib.decompress(state))
    after.reached.clear()
    try:
        after.do(word)
        after.check()
        return after, after.key()
    except Exception as error:
        raise Found(history, error) from error
