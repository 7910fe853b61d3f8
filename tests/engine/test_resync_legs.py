"""What a resync sends: R3 and R6 for every way, at every granularity, with volumes that grew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.evidence import FullCopyCause
from sim.engine.identity import SetId
from sim.engine.resync import ResyncPlan, costs, legs
from sim.engine.snapshot_errors import DeletedSnapshot, OlderThanBase
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.engine.oracle_replication import blocks, empty_contents, rows_of

N_BLOCKS = 12
WAYS = ("merged", "literal", "min")
RESTART = SetId(1, 3)


class Promoted:
    """A source at its restart point, and a copy that was written to since: `undo` are the blocks."""

    def __init__(self, in_use, granularity=1, n_blocks=N_BLOCKS, row_type="content ids", folder=None):
        self.row_type = row_type
        self.volume = Volume(empty_contents(n_blocks, row_type, folder), granularity)
        self.copy = Volume(empty_contents(n_blocks, row_type, folder), granularity)
        self.queue = SnapshotQueue(self.volume, SnapshotStore(empty_contents(200, row_type, folder)))
        for volume in (self.volume, self.copy):
            volume.write(blocks(*in_use), rows_of(blocks(*in_use) + 1_000, row_type))
        self.restart = self.queue.create(RESTART)
        self.undo = set()
        self._value = 2_000

    def _rows(self, count):
        self._value += count
        return rows_of(np.arange(self._value - count, self._value), self.row_type)

    def branch(self, *addresses):
        """What the copy got and the source never did."""
        self.copy.write(blocks(*addresses), self._rows(len(addresses)))
        self.undo |= set(addresses)
        return self

    def write(self, *addresses):
        """What users wrote since the failover."""
        self.queue.write(blocks(*addresses), self._rows(len(addresses)))
        return self

    def free(self, *addresses):
        self.queue.free(blocks(*addresses))
        return self

    @property
    def plan(self):
        return ResyncPlan(None, blocks(*self.undo), ())

    def send(self, transfer, intermediate):
        """Everything a way sends; how many blocks of each leg."""
        sent = {}
        for leg in legs(self.plan, self.queue, self.restart, intermediate, transfer):
            assert (np.diff(leg.addresses) > 0).all()
            self.copy.write(leg.addresses, self.queue.read(leg.snapshot, leg.addresses))
            sent[leg.name] = int(leg.addresses.size)
        entry = self.queue.entry(intermediate)
        self.copy.restore_use(entry.allocation)
        return sent

    def check(self, intermediate):
        """R3: equal on every block in use, and the same blocks are in use."""
        entry = self.queue.entry(intermediate)
        every = np.arange(entry.n_blocks)
        assert self.copy.allocated(every).tolist() == entry.allocation.allocated.test(every).tolist()
        used = every[entry.allocation.allocated.test(every)]
        assert np.array_equal(self.copy.read(used), self.queue.read(intermediate, used))


some = st.sets(st.integers(0, N_BLOCKS - 1), max_size=N_BLOCKS)
SITUATION = st.tuples(some, some, some, some, some, st.sampled_from([1, 2, 3, 5]))


def situation(drawn):
    in_use, branch, first, freed, second, granularity = drawn
    promoted = Promoted(in_use, granularity).branch(*branch)
    promoted.write(*first).free(*freed)
    promoted.queue.create()  # a user's
    promoted.write(*second)
    return promoted, promoted.queue.create(SetId(2, 1))


@pytest.mark.parametrize("transfer", WAYS)
@given(drawn=SITUATION)
def test_R3_R6_every_way_ends_at_the_intermediate_point(transfer, drawn):
    promoted, intermediate = situation(drawn)
    expected = costs(promoted.plan, promoted.queue, promoted.restart, intermediate)
    sent = promoted.send(transfer, intermediate)
    promoted.check(intermediate)
    if transfer == "literal":
        assert sent == {"undo": expected.undo_blocks, "copy": expected.copy_blocks}
    else:
        assert sum(sent.values()) == expected.merged_blocks
        assert expected.merged_blocks <= expected.full_blocks, "R6: merged is never more than a full copy"
    assert expected.merged_blocks <= expected.literal_blocks


@settings(max_examples=50)
@given(drawn=SITUATION)
def test_R2_after_a_literal_undo_the_copy_is_the_restart_point(drawn):
    promoted, intermediate = situation(drawn)
    undo, _ = legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "literal")
    promoted.copy.write(undo.addresses, promoted.queue.read(undo.snapshot, undo.addresses))
    used = promoted.queue.entry(promoted.restart).allocation.allocated.indices()
    assert np.array_equal(promoted.copy.read(used), promoted.queue.read(promoted.restart, used))


@settings(max_examples=50)
@given(drawn=SITUATION)
def test_R6_a_merged_block_travels_once(drawn):
    promoted, intermediate = situation(drawn)
    undo, copy = legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "merged")
    assert not np.intersect1d(undo.addresses, copy.addresses).size
    assert undo.snapshot == copy.snapshot == intermediate


@pytest.mark.parametrize("row_type", ["payload", "memory map"])
@pytest.mark.parametrize("transfer", WAYS)
def test_R3_whatever_the_rows_are(transfer, row_type, tmp_path):
    promoted = Promoted(range(8), row_type=row_type, folder=tmp_path).branch(1, 2, 9).write(2, 3, 10).free(4)
    intermediate = promoted.queue.create()
    promoted.send(transfer, intermediate)
    promoted.check(intermediate)


def test_R6_literal_can_be_twice_a_full_copy_and_merged_never_more():
    """Both sides wrote everything: L1912-1951 to the letter sends each block twice; `min` then copies it all."""
    promoted = Promoted(range(N_BLOCKS)).branch(*range(N_BLOCKS)).write(*range(N_BLOCKS))
    intermediate = promoted.queue.create()
    counted = costs(promoted.plan, promoted.queue, promoted.restart, intermediate)
    assert (counted.undo_blocks, counted.copy_blocks) == (N_BLOCKS, N_BLOCKS)
    assert counted.literal_blocks == 2 * counted.full_blocks
    assert counted.merged_blocks == counted.full_blocks == N_BLOCKS
    assert [leg.name for leg in legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "min")] == ["full"]


def test_R6_min_goes_by_difference_while_that_sends_less():
    promoted = Promoted(range(N_BLOCKS)).branch(*range(N_BLOCKS - 1))
    intermediate = promoted.queue.create()
    names = [leg.name for leg in legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "min")]
    assert names == ["undo", "copy"]


def test_R6_what_is_in_both_counts_once_in_merged_and_twice_in_literal():
    promoted = Promoted(range(10)).branch(1, 2, 3).write(3, 4)
    intermediate = promoted.queue.create()
    counted = costs(promoted.plan, promoted.queue, promoted.restart, intermediate)
    assert (counted.undo_blocks, counted.copy_blocks, counted.merged_blocks, counted.full_blocks) == (3, 2, 4, 10)


def test_case_54_not_in_use_at_the_restart_point_and_in_use_at_the_intermediate_one():
    """The undo leg must not be asked for it, and the delta has to cover it; the copy's garbage would stay otherwise."""
    promoted = Promoted([0]).branch(5)
    promoted.queue.allocate(blocks(5))
    intermediate = promoted.queue.create()
    undo, copy = legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "literal")
    assert (undo.addresses.tolist(), copy.addresses.tolist()) == ([], [5])
    promoted.send("merged", intermediate)
    promoted.check(intermediate)


def test_case_54_the_same_where_a_neighbour_in_its_group_was_in_use():
    """At granularity 2 block 5 counts as in use with block 4: no delta, so the undo has to cover it."""
    promoted = Promoted([4], granularity=2).branch(5)
    promoted.queue.allocate(blocks(5))
    intermediate = promoted.queue.create()
    undo, copy = legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "literal")
    assert (undo.addresses.tolist(), copy.addresses.tolist()) == ([5], [])
    promoted.send("literal", intermediate)
    promoted.check(intermediate)


@pytest.mark.parametrize("transfer", WAYS)
def test_case_57_the_volume_grew_on_the_promoted_site(transfer):
    promoted = Promoted(range(6), n_blocks=8).branch(2, 7)
    grown = np.zeros(12, dtype=np.uint64)
    grown[:8] = promoted.volume.contents
    promoted.queue.extend(grown)
    promoted.write(7, 10)
    intermediate = promoted.queue.create()
    larger = np.zeros(12, dtype=np.uint64)
    larger[:8] = promoted.copy.contents
    promoted.copy.extend(larger)
    promoted.send(transfer, intermediate)
    promoted.check(intermediate)


@pytest.mark.parametrize("transfer", WAYS)
def test_case_57_the_volume_had_grown_on_the_branch_that_ended(transfer):
    """Blocks beyond the source's end are nowhere to be read; they are not in use afterwards."""
    promoted = Promoted(range(6), n_blocks=8)
    larger = np.zeros(12, dtype=np.uint64)
    larger[:8] = promoted.copy.contents
    promoted.copy.extend(larger)
    promoted.branch(3, 7, 11)
    intermediate = promoted.queue.create()
    sent = promoted.send(transfer, intermediate)
    assert sum(sent.values()) == 1
    promoted.check(intermediate)
    assert not promoted.copy.allocated(blocks(7, 11)).any()


@pytest.mark.parametrize("transfer", WAYS)
@pytest.mark.parametrize("snapshot", [None, 1])
def test_R5_a_full_copy_is_one_leg_of_all_that_is_in_use(transfer, snapshot):
    promoted = Promoted([0, 3, 5]).write(7).free(0)
    intermediate = promoted.queue.create()
    full = ResyncPlan(FullCopyCause.VOLUME_LOST, blocks())
    (leg,) = legs(full, promoted.queue, snapshot, intermediate, transfer)
    assert (leg.name, leg.snapshot, leg.addresses.tolist()) == ("full", intermediate, [3, 5, 7])
    counted = costs(full, promoted.queue, snapshot, intermediate)
    assert (counted.undo_blocks, counted.copy_blocks, counted.merged_blocks, counted.full_blocks) == (0, 0, 0, 3)


def test_R11_a_snapshot_that_is_gone_is_an_error_and_no_partial_answer():
    promoted = Promoted([0]).branch(0)
    intermediate = promoted.queue.create()
    promoted.queue.delete(promoted.restart)
    for ask in (costs, lambda *arguments: legs(*arguments, "merged")):
        with pytest.raises(DeletedSnapshot):
            ask(promoted.plan, promoted.queue, promoted.restart, intermediate)
    later = promoted.queue.create()
    with pytest.raises(OlderThanBase):
        legs(promoted.plan, promoted.queue, later, intermediate, "merged")


def test_D9_R11_legs_leave_pinning_to_whoever_sends_them():
    promoted = Promoted([0]).branch(0)
    intermediate = promoted.queue.create()
    legs(promoted.plan, promoted.queue, promoted.restart, intermediate, "merged")
    promoted.queue.delete(promoted.restart)
    assert promoted.queue.snapshots == (intermediate,)
