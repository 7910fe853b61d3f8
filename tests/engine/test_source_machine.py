"""Random histories of a primary and a secondary against full copies (O1): every set golden, every view a boundary."""

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.distribution import FullPolicy, make_room
from sim.engine.identity import START
from sim.engine.receiver import Outcome, SetReceiver
from sim.engine.savevolume import Found
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from tests.engine.oracle_replication import Pair, blocks, stored_blocks, values_in

N_BLOCKS, CAPACITY = 12, 20


def queue(volume):
    return SnapshotQueue(volume, SnapshotStore(np.zeros(500, dtype=np.uint64)))


class TwoSites:
    """Users write, sets are cut, copied, sent in pieces, received in any order and played; anything crashes.

    Each act takes some blocks and a number to choose with, does nothing where it makes no sense, and notes what it met.
    """

    def __init__(self, reached=None):
        self.pair = Pair(n_blocks=N_BLOCKS, capacity=CAPACITY, snapshots=queue)
        self.snapshots = {}
        self.acknowledged = START
        self.reached = Counter() if reached is None else reached

    # -- the primary

    def write(self, where, _):
        self.reached["write to a block that waits in Old"] += bool(self.pair.source.in_old(blocks(*where)).any())
        self.reached["write with snapshots alive"] += bool(self.snapshots)
        self.pair.write(*where)

    def write_the_same_again(self, where, _):
        where = sorted(where)
        self.pair.write(*where, values=values_in(self.pair.volume.read(blocks(*where))))

    def free(self, where, _):
        self.pair.free(*where)

    def allocate(self, where, _):
        self.pair.allocate(*where)

    def cut(self, *_):
        pair = self.pair
        if pair.source.builder is not None:
            return
        if not make_room(pair.save_volume, pair.distribution, pair.source.open_count, FullPolicy.SUSPEND).fits:
            self.reached["no room"] += 1
            return
        stored = pair.save_volume.stored(pair.cut())
        self.reached["set that wraps"] += stored.region.first_slot + stored.blocks > CAPACITY

    def copy_out(self, _, pick):
        builder = self.pair.source.builder
        if builder is None:
            return
        self.pair.source.copy_out(1 + pick % 4)
        if pick % 3 == 0:
            self.reached["primary crashes with Old half copied"] += 0 < builder.remaining < builder.blocks
            self.pair.source.recover()

    def copy_out_all(self, *_):
        if self.pair.source.builder is not None:
            self.pair.source.copy_out_all()

    # -- the way

    def send(self, _, pick):
        """Some range, or the header, of some set that is held; now and then spoilt on the way."""
        pair = self.pair
        whole = [set_id for set_id in pair.save_volume.held() if pair.save_volume.is_complete(set_id)]
        new = [set_id for set_id in whole if not pair.receiver.complete(set_id)]
        if not whole:
            return
        stored = pair.save_volume.stored((new or whole)[pick % len(new or whole)])
        if stored.shape.chunks == 0 or pick % 4 == 0:
            assert pair.receiver.receive_header(stored.header) is not Outcome.CORRUPT
            return
        first = pick % stored.shape.chunks
        message = stored.chunk_range(first, min(first + 1 + pick % 3, stored.shape.chunks))
        if pick % 10 == 1:
            message = replace(message, rows=message.rows + np.uint64(1))
        outcome = pair.receiver.receive(message)
        self.reached[outcome] += 1
        assert (outcome is Outcome.CORRUPT) == (pick % 10 == 1)

    def send_everything(self, *_):
        pair = self.pair
        for set_id in pair.save_volume.held():
            stored = pair.save_volume.stored(set_id)
            if stored.complete and pair.receiver.receive_header(stored.header) is not Outcome.NO_ROOM and stored.blocks:
                pair.receiver.receive(stored.chunk_range(0, stored.shape.chunks))
        if pair.receiver.received > START:
            pair.distribution.received("far", pair.receiver.received)

    # -- the secondary

    def begin_to_play(self, _, pick):
        if self.pair.playback.remaining:
            return
        self.finish()
        playable = self.pair.playback.playable()
        if playable:
            self.reached["group of several sets"] += pick % len(playable) > 0
            self.pair.playback.begin(playable[pick % len(playable)])

    def integrate(self, _, pick):
        self.pair.playback.integrate(1 + pick % 2)
        self.reached["view between two blocks"] += self.pair.playback.remaining > 0

    def finish(self, *_):
        replayed = self.pair.playback.at_boundary()
        if replayed:
            self.pair.acknowledge(replayed)
            self.acknowledged = replayed[-1]

    def the_secondary_crashes(self, *_):
        pair = self.pair
        view, received = pair.playback.view, pair.receiver.received
        self.reached["secondary crashes in mid-replay"] += pair.playback.remaining > 0
        pair.playback.recover()
        pair.receiver = SetReceiver(pair.far_save_volume, START)
        assert (pair.playback.view, pair.receiver.received) == (view, received)

    def take_a_snapshot(self, *_):
        if len(self.snapshots) < 3:
            self.snapshots[self.pair.snapshots.create()] = (list(self.pair.golden.contents), set(self.pair.golden.used))

    # -- what must hold after each act

    def check(self):
        self.C1_C2_every_write_is_in_open_or_in_a_golden_set()
        self.C11_C12_space_adds_up_and_no_set_is_freed_before_it_is_replayed()
        self.pair.check_view()  # V1
        for snapshot, (contents, used) in self.snapshots.items():  # S1
            where = blocks(*used)
            assert values_in(self.pair.snapshots.read(snapshot, where)) == [contents[address] for address in where]

    def C1_C2_every_write_is_in_open_or_in_a_golden_set(self):
        pair = self.pair
        assert pair.log.open_addresses().tolist() == sorted(pair.golden.written)
        assert pair.source.builder is not None or pair.log.old_count == 0
        for set_id in pair.save_volume.held():
            if pair.save_volume.is_complete(set_id):
                assert stored_blocks(pair.save_volume, set_id) == pair.golden.sets[set_id]

    def C11_C12_space_adds_up_and_no_set_is_freed_before_it_is_replayed(self):
        pair = self.pair
        for volume in (pair.save_volume, pair.far_save_volume):
            assert 0 <= volume.used_blocks <= CAPACITY
            assert volume.used_blocks + volume.free_blocks == CAPACITY
        for number in range(self.acknowledged.number + 1, pair.golden.stamp.number + 1):
            assert pair.save_volume.find(START._replace(number=number)) is Found.HELD

    def end_well(self):
        """T6 and V8, the engine's part: when faults stop, everything arrives."""
        self.copy_out_all()
        for _ in range(40):
            self.send_everything()
            self.finish()
            last = self.pair.playback.group(None, due=True)
            if last is not None:
                self.pair.playback.begin(last)
        assert self.pair.playback.boundary == self.pair.golden.stamp
        self.pair.check_view()
        assert self.pair.save_volume.used_blocks == self.pair.far_save_volume.used_blocks == 0


PRIMARY = ("write", "write", "write_the_same_again", "free", "allocate", "cut", "copy_out", "copy_out", "copy_out_all")
SECONDARY = ("begin_to_play", "integrate", "integrate", "finish", "the_secondary_crashes", "take_a_snapshot")
ACTS = (*PRIMARY, "send", "send", "send", "send_everything", *SECONDARY)
MET = (
    "write to a block that waits in Old",
    "write with snapshots alive",
    "set that wraps",
    "no room",
    "group of several sets",
    "view between two blocks",
    "primary crashes with Old half copied",
    "secondary crashes in mid-replay",
    Outcome.STORED,
    Outcome.DUPLICATE,
    Outcome.CORRUPT,
    Outcome.ALREADY_COMPLETE,
)


def live_through(history, reached=None):
    sites = TwoSites(reached)
    for act, where, pick in history:
        getattr(sites, act)(where, pick)
        sites.check()
    sites.end_well()


some_blocks = st.sets(st.integers(0, N_BLOCKS - 1), min_size=1, max_size=5)


@given(st.lists(st.tuples(st.sampled_from(ACTS), some_blocks, st.integers(0, 59)), max_size=60))
def test_any_history_of_two_sites_under_crashes_is_golden(history):
    live_through(history)


def test_long_histories_meet_everything_and_are_golden():
    rng, reached = np.random.default_rng(8), Counter()
    for _ in range(60):
        acts = rng.choice(ACTS, size=120)
        where = [rng.choice(N_BLOCKS, size=int(rng.integers(1, 6)), replace=False).tolist() for _ in acts]
        live_through(zip(acts, where, rng.integers(0, 60, acts.size).tolist(), strict=True), reached)
    assert all(reached[what] >= 10 for what in MET), f"the histories are too tame: {reached}"
