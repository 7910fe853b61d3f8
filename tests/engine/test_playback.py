"""Playback and the readable view: V1-V7, and what readers, crashes and groups do to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.identity import START, SetId
from sim.engine.playback import NotReadable, Playback
from sim.engine.savevolume import Found, SaveVolume
from sim.engine.snapshots import SnapshotQueue
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume
from tests.engine.oracle_replication import Crash, Pair, blocks, delta_set, empty_contents, ids, values_in

G1, G2, G3 = SetId(1, 1), SetId(1, 2), SetId(1, 3)


def shipped(*writes, **options):
    """A pair with one set for each tuple of addresses, all received, none played."""
    pair = Pair(**options)
    for addresses in writes:
        pair.ship(pair.cut_and_copy(*addresses))
    return pair


def by_hand(*sets, n_blocks=20, capacity=100, stamp=START, snapshots=False):
    """A playback over sets made by hand."""
    save_volume = SaveVolume(empty_contents(capacity))
    for each in sets:
        save_volume.append(each)
    volume = Volume(empty_contents(n_blocks))
    queue = SnapshotQueue(volume, SnapshotStore(empty_contents(capacity))) if snapshots else None
    return Playback(volume, save_volume, stamp, queue), queue


def test_V1_the_view_switches_at_once_and_is_a_boundary_at_every_block():
    pair = shipped((1, 2, 3, 9), (2, 4))
    pair.check_view()
    assert pair.playback.begin(G1) == 4
    assert (pair.playback.boundary, pair.playback.view) == (START, G1)
    for _ in range(4):
        pair.check_view()
        assert pair.playback.integrate(1) == 1
    pair.check_view()
    assert pair.playback.finish() == (G1,)
    assert (pair.playback.boundary, pair.playback.view) == (G1, G1)
    pair.check_view()
    pair.play()
    assert pair.playback.view == G2
    pair.check_view()


def test_V1_use_of_blocks_switches_with_the_view():
    pair = Pair()
    pair.write(1, 2, 3)
    pair.free(2, 3)
    pair.allocate(8)
    pair.ship(pair.cut_and_copy())
    pair.write(3)
    pair.free(1, 8)
    pair.ship(pair.cut_and_copy())
    for last in (G1, G2):
        pair.playback.begin(last)
        pair.check_view()
        while pair.playback.integrate(1):
            pair.check_view()
        pair.acknowledge(pair.playback.finish())
        pair.check_view()
    assert pair.seen()[1] == {3}


def test_V1_use_follows_at_coarse_granularity_too():
    pair = Pair(n_blocks=15, granularity=4)
    for number in range(3):
        pair.write(number, 6, 14)
        pair.free(6 if number == 1 else number)
        pair.allocate(10)
        pair.ship(pair.cut_and_copy())
        pair.playback.begin(SetId(1, number + 1))
        for _ in range(5):
            every = np.arange(15)
            assert np.array_equal(pair.playback.in_use(every), pair.volume.in_use(every))
            pair.playback.integrate(1)
        pair.acknowledge(pair.playback.finish())
        assert np.array_equal(pair.copy.in_use(every), pair.volume.in_use(every))


def test_V2_only_contiguous_complete_sets_become_visible():
    playback, _ = by_hand(delta_set(1, [1]), delta_set(3, [3]))
    assert playback.playable() == (G1,)
    with pytest.raises(ValueError, match=r"g1\.3 does not follow"):
        playback.begin(G3)
    with pytest.raises(ValueError, match=r"g1\.2 does not follow"):
        playback.begin(G2)
    assert playback.group(None, due=True) == G1


def test_V2_an_incomplete_set_is_never_read_or_applied():
    pair = shipped((1, 2))
    set_id = pair.cut_and_copy(1, 5)
    pair.receiver.receive(pair.save_volume.stored(set_id).chunk_range(0, 1))
    assert pair.playback.playable() == (G1,)
    pair.play()
    pair.check_view()
    assert pair.playback.view == G1


@pytest.mark.parametrize("step", range(1, 13))
@pytest.mark.parametrize("torn", [False, True])
def test_V3_a_crash_at_any_block_is_made_good(step, torn, monkeypatch):
    """The power fails at the n-th write; a torn one leaves garbage. Then playback goes on from what is durable."""
    pair = shipped((1, 2, 3), (2, 4, 5, 9), (9, 10))
    steps = iter(range(1, 1_000))
    whole = Volume.write

    def fragile(volume, addresses, rows):
        if next(steps) == step:
            if torn:
                volume.contents[addresses] = 0xDEAD
            raise Crash
        whole(volume, addresses, rows)

    monkeypatch.setattr(Volume, "write", fragile)
    crashed = False
    for last in (G2, G3):
        pair.playback.begin(last)
        while pair.playback.remaining:
            try:
                pair.playback.integrate(1)
            except Crash:
                crashed = True
                pair.playback.recover()
                assert pair.playback.view == last, "what readers saw they still see"
            pair.check_view()
        pair.acknowledge(pair.playback.finish())
        pair.check_view()
    assert crashed == (step <= 8)
    assert pair.playback.boundary == G3


def test_V3_done_again_from_the_beginning_it_is_the_same():
    pair = shipped((1, 2, 3), (2, 4))
    pair.playback.begin(G2)
    pair.playback.integrate(3)
    pair.playback._done = 0  # progress was not written down
    pair.playback.recover()
    pair.check_view()
    pair.playback.integrate()
    pair.playback.finish()
    pair.check_view()


@pytest.mark.parametrize("name", ["allocate", "free"])
def test_V3_a_crash_while_it_finishes(name, monkeypatch):
    pair = Pair()
    pair.write(1, 2)
    pair.free(2)
    pair.allocate(3)
    pair.ship(pair.cut_and_copy())
    pair.playback.begin(G1)
    pair.playback.integrate()
    with monkeypatch.context() as patch:
        patch.setattr(Volume, name, lambda *_: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            pair.playback.finish()
    pair.playback.recover()
    assert pair.playback.view == G1
    pair.check_view()
    assert pair.playback.finish() == (G1,)
    pair.check_view()


def test_V3_a_crash_between_the_boundary_and_the_end_of_the_group():
    pair = shipped((1, 2))
    pair.playback.begin(G1)
    pair.playback.integrate()
    pair.playback._boundary = G1
    pair.playback.recover()
    assert (pair.playback.remaining, pair.playback.boundary) == (0, G1)
    pair.check_view()
    assert pair.playback.finish() == ()


def test_V4_the_index_comes_before_the_disk_and_the_newest_set_first():
    playback, _ = by_hand(
        delta_set(1, [1, 2, 3], values=[11, 12, 13]),
        delta_set(2, [2, 3], values=[22, 23]),
        delta_set(3, [3], values=[33]),
    )
    playback.volume.write(blocks(1, 2, 3), ids(5, 6, 7))
    playback.begin(G3)
    for done in range(4):
        assert values_in(playback.read(blocks(0, 1, 2, 3))) == [0, 11, 22, 33], done
        playback.integrate(1)
    assert values_in(playback.volume.read(blocks(0, 1, 2, 3))) == [0, 11, 22, 33]


def test_V5_a_group_lands_on_a_boundary_and_writes_each_block_once(monkeypatch):
    written = []
    whole = Volume.write
    monkeypatch.setattr(Volume, "write", lambda v, a, r: (written.extend(a.tolist()), whole(v, a, r))[1])
    pair = shipped((1, 2, 3), (2, 4), (3, 4, 5))
    written.clear()
    assert pair.playback.begin(G3) == 5
    pair.check_view()
    pair.playback.integrate()
    assert pair.playback.finish() == (G1, G2, G3)
    assert written == [1, 2, 3, 4, 5]
    pair.check_view()


def clock(text):
    hours, minutes, seconds = map(int, text.split(":"))
    return 3_600 * hours + 60 * minutes + seconds


def test_V5_the_groups_of_the_printed_status_table():
    """L2175-2196: set numbers with their times of creation, playback every 20 min, on a clock one hour ahead (E51)."""
    created = {
        3: "18:02:39", 4: "18:12:39", 5: "18:22:39", 6: "18:32:40", 7: "18:42:40", 8: "18:52:40", 9: "19:11:56",
        10: "19:21:56", 11: "19:31:56", 12: "19:41:56", 13: "19:51:56", 14: "20:01:56", 15: "20:11:56",
    }  # fmt: skip
    played = ["19:07:23", "19:28:08", "19:48:09", "20:08:09", "20:28:28", "20:48:48", "21:08:48"]
    sizes = {3: 4} | dict.fromkeys(range(4, 16), 1)
    playback, _ = by_hand(stamp=G2)
    groups, coming = [], list(created)
    for due in played:
        while coming and clock(created[coming[0]]) <= clock(due) - 3_600:
            number = coming.pop(0)
            playback._save_volume.append(delta_set(number, range(sizes[number])))
        last = playback.group(high_water_blocks=1_000, due=True)
        playback.begin(last)
        playback.at_boundary()
        groups.append(last.number)
    assert groups == [3, 5, 7, 8, 10, 12, 14]
    assert coming == [15], "15 is outstanding (current_delta_set = 16)"


def test_V6_playback_starts_exactly_after_the_stamp_of_the_copy():
    pair = Pair()
    first = pair.cut_and_copy(1, 2)
    copy = pair.volume.contents.copy()  # the initial copy, made at the cut: boundary 1
    second = pair.cut_and_copy(2, 3)
    for set_id in (first, second):
        pair.far_save_volume.append(delta_set(set_id.number, [2], values=[90 + set_id.number]))
    pair.copy.contents[:] = copy
    pair.playback.start(pair.log.stamp._replace(number=1))
    assert pair.playback.playable() == (second,), "not set 1 again, and set 2 not skipped"


def test_V6_the_stamp_is_the_last_boundary_not_the_open_set():
    pair = Pair()
    assert pair.log.stamp == START
    pair.write(1)
    assert pair.log.stamp == START, "a copy made now is played on from set 1, which is open (E10)"
    pair.cut_and_copy()
    assert pair.log.stamp == G1


def test_V7_a_copy_is_not_readable_before_it_is_complete():
    playback, _ = by_hand(delta_set(2, [1]), stamp=None)
    assert not playback.readable
    assert playback.playable() == ()
    assert playback.group(None, due=True) is None
    for ask in (
        lambda: playback.boundary,
        lambda: playback.view,
        lambda: playback.read(blocks(1)),
        lambda: playback.begin(G2),
    ):
        with pytest.raises((NotReadable, ValueError)):
            ask()
    playback.start(G1)
    assert playback.readable
    assert playback.begin(G2) == 1
    playback.integrate()
    playback.finish()
    playback.stop_reading()
    with pytest.raises(NotReadable):
        playback.read(blocks(1))


def test_V7_an_initial_copy_concurrent_with_writes_ends_in_a_boundary():
    """Blocks are copied while they change, some before and some after; the sets after the stamp put all of it right."""
    pair = Pair()
    pair.cut_and_copy(0, 1, 2, 3, 4)
    stamp = pair.log.stamp
    pair.playback.stop_reading()
    for address in range(16):
        pair.copy.write(blocks(address), pair.volume.read(blocks(address)))
        if address in (2, 5):
            pair.write(address - 1, address, address + 1)
        if address == 4:
            last = pair.cut_and_copy()
    assert not pair.playback.readable
    last = pair.cut_and_copy()
    pair.playback.start(stamp)
    pair.receiver.follow(stamp)
    for number in range(stamp.number + 1, last.number + 1):
        pair.ship(SetId(1, number))
    pair.play()
    assert pair.playback.boundary == last
    assert pair.seen()[0] == pair.golden.boundaries[last][0]


def test_V8_playback_and_space_a_save_volume_of_one_set_is_enough():
    pair = Pair(n_blocks=16, capacity=4)
    for number in range(1, 9):
        pair.ship(pair.cut_and_copy(number, number + 1, number + 2, number + 3))
        pair.play()
        pair.check_view()
    assert pair.playback.boundary == SetId(1, 8)
    assert pair.save_volume.used_blocks == pair.far_save_volume.used_blocks == 0


def test_C8_a_heartbeat_moves_the_boundary_without_a_block():
    pair = shipped((1,), ())
    pair.play(G1)
    pair.play(G2)
    assert pair.playback.boundary == G2
    pair.check_view()


def test_E30_the_high_water_mark_of_a_destination_is_reached_by_equality():
    playback, _ = by_hand(delta_set(1, range(3)), delta_set(2, range(4)))
    assert playback.group(8, due=False) is None
    assert playback.group(7, due=False) == G2
    assert playback.group(None, due=False) is None
    assert playback.group(None, due=True) == G2


def test_finding_3_a_copy_follows_a_new_source_only_from_the_boundary_they_share():
    playback, _ = by_hand(delta_set(1, [1]), delta_set(1, [1], generation=2, values=[50]))
    playback.begin(G1)
    with pytest.raises(ValueError, match="cannot go on"):
        playback.follow(SetId(2, 0))
    playback.at_boundary()
    for wrong in (SetId(1, 0), SetId(2, 1)):
        with pytest.raises(ValueError, match="cannot go on"):
            playback.follow(wrong)
    playback.follow(SetId(2, 0))
    playback.begin(SetId(2, 1))
    playback.at_boundary()
    assert values_in(playback.read(blocks(1))) == [50]


def test_a_set_of_a_larger_volume_needs_a_larger_copy():
    playback, _ = by_hand(delta_set(1, [25], n_blocks=30), n_blocks=20)
    with pytest.raises(ValueError, match="20 blocks, fewer"):
        playback.begin(G1)
    playback.volume.extend(empty_contents(30))
    assert playback.begin(G1) == 1
    playback.at_boundary()
    assert values_in(playback.read(blocks(25))) == [1025]


def test_one_group_at_a_time_and_whole():
    playback, _ = by_hand(delta_set(1, [1, 2]), delta_set(2, [1]))
    playback.begin(G1)
    with pytest.raises(ValueError, match="being integrated"):
        playback.begin(G2)
    with pytest.raises(ValueError, match="being integrated"):
        playback.start(G2)
    with pytest.raises(ValueError, match="2 blocks are still"):
        playback.finish()
    assert playback.integrate(5) == 2
    assert playback.integrate() == 0


@pytest.mark.parametrize("done", [0, 1, 2, 3, 4])
def test_case_28_the_index_says_done_only_after_the_data(done):
    """The secondary reboots before the first block, in the middle and after the last; the block under way is torn."""
    pair = shipped((1, 2, 3, 4))
    pair.playback.begin(G1)
    pair.playback.integrate(done)
    if done < 4:
        pair.copy.contents[done + 1] = 0xDEAD
    pair.playback.recover()
    pair.check_view()
    assert pair.playback.remaining == 4 - done
    pair.playback.integrate()
    assert pair.playback.finish() == (G1,)
    pair.check_view()


def test_case_29_a_later_set_is_complete_before_an_earlier_one():
    pair = Pair()
    first, second = pair.cut_and_copy(1, 2), pair.cut_and_copy(2, 3)
    pair.ship(second)
    assert pair.playback.playable() == ()
    assert pair.receiver.received == START
    pair.check_view()
    pair.ship(first)
    assert pair.playback.playable() == (first, second)
    pair.play()
    pair.check_view()


def test_case_29_a_set_that_is_lost_for_ever_stops_the_view_where_it_was():
    pair = shipped((1, 2))
    pair.cut_and_copy(3)
    pair.ship(pair.cut_and_copy(4))
    pair.play()
    assert pair.playback.group(1, due=True) is None
    assert pair.playback.view == G1
    pair.check_view()


def test_case_30_a_group_of_a_hundred_sets_and_one_over_a_change_of_generation():
    rng = np.random.default_rng(3)
    pair = Pair(n_blocks=40, capacity=1_000)
    for _ in range(100):
        pair.ship(pair.cut_and_copy(*rng.choice(40, size=int(rng.integers(0, 9)), replace=False).tolist()))
    assert pair.playback.group(1, due=True) == SetId(1, 100), "mark and timeout together: one group"
    pair.far_save_volume.append(delta_set(1, [1], generation=2))
    assert pair.playback.group(None, due=True) == SetId(1, 100), "a group ends where a generation does"
    pair.playback.begin(SetId(1, 100))
    pair.check_view()
    pair.playback.at_boundary()
    pair.check_view()


def test_case_31_a_reader_holds_a_view_while_two_sets_pass():
    playback, queue = by_hand(delta_set(1, [1, 2]), delta_set(2, [2, 3]), delta_set(3, [1, 3]), snapshots=True)
    playback.begin(G1)
    playback.at_boundary()
    held = queue.create(playback.boundary)
    every = np.arange(20)
    before = values_in(queue.read(held, blocks(1, 2)))
    for last in (G2, G3):
        playback.begin(last)
        playback.integrate(1)
        assert values_in(queue.read(held, blocks(1, 2))) == before
        playback.at_boundary()
    assert values_in(queue.read(held, blocks(1, 2))) == before == [1001, 1002]
    assert values_in(playback.read(every))[1:4] == [3001, 2002, 3003]


def test_case_33_a_snapshot_during_integration_is_a_boundary():
    playback, queue = by_hand(delta_set(1, [1, 2, 3]), snapshots=True)
    playback.begin(G1)
    playback.integrate(1)
    assert playback.at_boundary() == (G1,)
    snapshot = queue.create(playback.boundary)
    assert values_in(queue.read(snapshot, blocks(1, 2, 3))) == [1001, 1002, 1003]
    assert playback.at_boundary() == ()


def test_nothing_is_freed_by_playback():
    pair = shipped((1, 2), (3,))
    pair.playback.begin(G2)
    assert pair.playback.at_boundary() == (G1, G2)
    assert pair.far_save_volume.held() == (G1, G2), "a forwarder may still have to send them on"
    pair.acknowledge((G1, G2))
    assert pair.far_save_volume.find(G1) is Found.RELEASED


@st.composite
def plays(draw):
    sizes = [sorted(draw(st.sets(st.integers(0, 19), max_size=8))) for _ in range(draw(st.integers(1, 6)))]
    return sizes, draw(st.lists(st.integers(1, 6), min_size=1))


@given(plays(), st.integers(5, 60))
def test_V5_any_grouping_in_any_ring_ends_in_the_same_contents(play, offset):
    """Union of a group, last value wins, also where the sets wrap round the end of the save volume."""
    sets, group_sizes = play
    playback, _ = by_hand(delta_set(1, range(offset % 20)), capacity=60)
    playback._save_volume.release(G1)
    playback.start(G1)
    naive = [0] * 20
    for number, addresses in enumerate(sets, start=2):
        playback._save_volume.append(delta_set(number, addresses))
    waiting = list(enumerate(sets, start=2))
    while waiting:
        size = group_sizes.pop(0) if group_sizes else len(waiting)
        group, waiting = waiting[:size], waiting[size:]
        playback.begin(SetId(1, group[-1][0]))
        for number, addresses in group:
            for address in addresses:
                naive[address] = 1000 * number + address
        assert playback.remaining == len({address for _, addresses in group for address in addresses})
        assert values_in(playback.read(np.arange(20))) == naive
        playback.integrate(2)
        assert values_in(playback.read(np.arange(20))) == naive
        playback.at_boundary()
        assert values_in(playback.volume.read(np.arange(20))) == naive


def test_a_group_of_addresses_too_large_for_the_short_cut():
    """Beyond 2^63 the key of address and position does not fit; the slow way gives the same."""
    from sim.engine.blockindex import _last_of_each

    near = np.array([5, 9, 5, 2, 9, 9])
    assert near[_last_of_each(near)].tolist() == [2, 5, 9]
    assert _last_of_each(near).tolist() == _last_of_each(near + (1 << 61)).tolist() == [3, 2, 5]
