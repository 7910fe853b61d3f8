"""Random long histories of small volumes against the naive oracle, in three row types at once (hypothesis)."""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.engine.oracle_snapshots import Twin, id_rows, mapped_rows, payload_rows

MOST_SNAPSHOTS = 6
MOST_BLOCKS = 9


class Histories(RuleBasedStateMachine):
    """The same steps on content ids, on payload rows and on a memory-mapped file."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.twins = []

    @initialize(
        n_blocks=st.integers(1, 7),
        granularity=st.integers(1, 3),
        capacity=st.sampled_from([2, 4, 60]),
        meta_maps=st.booleans(),
    )
    def begin(self, n_blocks, granularity, capacity, meta_maps):
        kinds = (id_rows, payload_rows, mapped_rows(Path(self.folder.name)))
        self.twins = [Twin(n_blocks, granularity, capacity, rows, meta_maps=meta_maps) for rows in kinds]

    def teardown(self):
        self.twins = []
        self.folder.cleanup()

    @property
    def naive(self):
        return self.twins[0].naive

    def all(self, step):
        for twin in self.twins:
            twin.do(step)

    def block(self, data):
        return data.draw(st.integers(0, len(self.naive.contents) - 1), "block")

    def blocks(self, data):
        chosen = data.draw(st.sets(st.integers(0, len(self.naive.contents) - 1)), "blocks")
        return "".join(map(str, sorted(chosen)))

    def place(self, data):
        return data.draw(st.integers(0, len(self.naive.shots) - 1), "place")

    @rule(data=st.data())
    def write(self, data):
        self.all("w" + self.blocks(data))

    @rule(data=st.data())
    def write_old_contents_again(self, data):
        block = self.block(data)
        values = [self.naive.contents[self.block(data)]]
        for twin in self.twins:
            twin.write([block], values)

    @rule(data=st.data())
    def free(self, data):
        self.all("f" + self.blocks(data))

    @rule(data=st.data())
    def allocate(self, data):
        self.all("a" + self.blocks(data))

    @precondition(lambda self: len(self.naive.shots) < MOST_SNAPSHOTS)
    @rule()
    def create(self):
        self.all("s")
        self.twins[0].check_deltas()

    @precondition(lambda self: self.naive.shots)
    @rule(data=st.data())
    def delete(self, data):
        self.all(f"d{self.place(data)}")
        self.twins[0].check_deltas()

    @precondition(lambda self: self.naive.shots)
    @rule(data=st.data())
    def restore(self, data):
        self.all(f"r{self.place(data)}")
        self.twins[0].check_deltas()

    @precondition(lambda self: self.naive.shots)
    @rule(data=st.data())
    def drop_bitmap(self, data):
        self.all(f"b{self.place(data)}")

    @precondition(lambda self: len(self.naive.contents) < MOST_BLOCKS)
    @rule(data=st.data())
    def extend(self, data):
        self.all(f"x{data.draw(st.integers(len(self.naive.contents), MOST_BLOCKS), 'blocks')}")

    @rule()
    def crash(self):
        for twin in self.twins:
            twin.queue.recover()

    @invariant()
    def nothing_is_wrong(self):
        for twin in self.twins:
            twin.check_volume()
            twin.check_books()
            twin.check_snapshots()

    @precondition(lambda self: len(self.naive.shots) > 1)
    @rule()
    def deltas(self):
        for twin in self.twins:
            twin.check_deltas()


class TestHistories(Histories.TestCase):
    settings = settings(stateful_step_count=40, max_examples=min(800, settings.default.max_examples))
