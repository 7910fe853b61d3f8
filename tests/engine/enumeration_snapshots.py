"""Bounded exhaustive search: every history up to a length, each state visited once.

Two blocks and up to four snapshots are enough: nearly every mutant of the facility dies within five steps.
"""

from tests.engine.oracle_snapshots import Twin

MOST_SNAPSHOTS = 4


def steps(twin):
    """What can be done next."""
    for block in range(len(twin.naive.contents)):
        yield from (f"w{block}", f"a{block}", f"f{block}")
    if len(twin.naive.shots) < MOST_SNAPSHOTS:
        yield "s"
    yield from (f"d{place}" for place in range(len(twin.naive.shots)))


def key(twin):
    """A state is the oracle's, and what the engine would do differently: where its images are, and how many."""
    bits = tuple(tuple(twin.queue.entry(s).bits.indices().tolist()) for s in twin.queue.snapshots)
    return twin.naive.key(), bits, twin.queue.store.used


def search(depth, granularity, n_blocks=2, start="", twin=Twin, **options):
    """Check each state within `depth` steps; how many there are. Raises AssertionError that names the history."""

    def reach(history):
        return twin(n_blocks, granularity, **options).run(history)

    frontier, seen = [start], {key(reach(start))}
    for _ in range(depth):
        following = []
        for history in frontier:
            for step in steps(reach(history)):
                longer = f"{history} {step}".strip()
                if _is_new(lambda longer=longer: reach(longer), longer, seen):
                    following.append(longer)
        frontier = following
    return len(seen)


def _is_new(reached, history, seen):
    """What a state is made of is compared on every way to it, the deltas once."""
    try:
        state = reached()
        state.check_books()
        state.check_snapshots()
        found = key(state)
        if found not in seen:
            state.check_volume()
            state.check_deltas()
    except Exception as error:
        raise AssertionError(f"after {history!r}: {error!r}") from error
    new = found not in seen
    seen.add(found)
    return new
