"""All short histories of two sites through failover, resync and failback, crashes between any two steps included.

What must hold after each word is `Sites.check` and what stands beside its steps: F1-F3, F5, F6, F8, R1-R6, R9-R11, R13,
R14, B1-B3, B6, B7, V1, S1, C12. In normal runs every history of five words of the core is walked through, and every one
of three of all words, from the beginning and from the middle of recoveries.
"""

from collections import Counter

import numpy as np
import pytest

from sim.engine.evidence import FullCopyCause
from sim.engine.identity import SetId
from sim.engine.resync import plan
from sim.engine.roles import Mount, Role, mount_of
from tests.engine.recovery_search import search
from tests.engine.recovery_sites import Sites

CORE = ["w0", "w1", "W0", "c", "C", "s", "p", "x", "u", "fd", "un", "R", "k", "ff"]
STEPS = ["w0", "w1", "c", "s", "r", "x", "y", "u"]  # a resync, and a crash of either side between any two of its steps


def run(history, **options):
    return Sites(**options).run(history)


# -- searches -------------------------------------------------------------------------------------------------------


def test_F1_F2_F5_F6_F8_R1_R3_R5_R14_B1_B2_hold_after_every_history_of_five_words():
    reached = Counter()
    assert search(5, words=CORE, reached=reached) > 3_500
    assert reached["incremental"] > 100
    assert reached["nothing to undo"] > 50
    assert not [cause for cause in FullCopyCause if reached[cause]], "a full copy where nothing was lost"


def test_the_same_after_every_history_of_three_words_with_all_of_them():
    assert search(3) > 700


@pytest.mark.parametrize("transfer", ["merged", "literal", "min"])
@pytest.mark.parametrize("start", ["w0 fd", "w0 w1 c s w0 ud W1 w0"])
def test_R8_a_crash_of_either_side_between_any_two_steps_of_a_resync(start, transfer):
    assert search(3, start, STEPS, transfer=transfer) > 40


@pytest.mark.parametrize("start", ["w0 fd w0 r r r", "w01 fd w1 r r r r y u r"])
def test_R8_R9_from_the_middle_of_a_resync(start):
    assert search(3, start, [*STEPS, "R", "p"], protect="y" not in start) > 40


@pytest.mark.parametrize("start", ["w0 w1 c s p k w0", "w0 fd R", "fd w0 c x ff w1"])
def test_B6_B8_a_second_failover_and_a_failback_after_the_first(start):
    assert search(3, start, CORE) > 40


def test_F2_F8_R1_in_save_volumes_that_are_just_large_enough():
    """Sets are overwritten as soon as they may be: an undo list that needs one of them would be a full copy."""
    assert search(3, "w0 w1 c s", [*CORE, "fn", "ud", "b"], capacity=2) > 200


def test_R5_R12_a_full_copy_exactly_for_what_was_destroyed_and_it_ends_like_any_resync():
    reached = Counter()
    words = ["w0", "ev", "er", "el", "es", "u", "r", "y", "x", "R"]
    assert search(4, "w0 c w1 x fd", words, reached=reached, disasters=True) > 150
    assert {cause for cause in FullCopyCause if reached[cause]} == {
        FullCopyCause.VOLUME_LOST,
        FullCopyCause.SAVE_VOLUME_LOST,
        FullCopyCause.MODIFICATION_LOG_LOST,
        FullCopyCause.RESTART_SNAPSHOT_LOST,
    }


def test_R12_a_full_copy_that_is_cut_short_is_begun_again():
    sites = run("w0 c w1 x fd ev u w1 r r r y u R w0 c s p k", disasters=True)
    assert sites.reached[FullCopyCause.VOLUME_LOST] == sites.reached[FullCopyCause.NEVER_SEEDED] == 1


def test_R7_once_the_list_is_stored_neither_log_nor_save_volume_are_needed():
    run("w0 c w1 fd r y er el u R", disasters=True)
    run("w0 c w1 fd r r r y er el u w0 R", disasters=True)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("capacity", [2, 4])
def test_F1_F2_F5_F6_F8_R1_R3_R5_R14_B1_B2_hold_after_every_history_of_seven_words(capacity):
    assert search(7, words=CORE, capacity=capacity) > 40_000


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_the_same_after_every_history_of_five_words_with_all_of_them():
    assert search(5) > 20_000


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("transfer", ["merged", "literal", "min"])
@pytest.mark.parametrize("protect", [False, True])
@pytest.mark.parametrize("start", ["w0 fd", "w0 w1 c s w0 ud W1 w0", "f0 c s w0 fn n w1"])
def test_R8_R9_R10_every_resync_of_seven_steps_and_crashes(start, transfer, protect):
    assert search(7, start, [*STEPS, "p", "f0", "n", "N"], transfer=transfer, protect=protect) > 2_000


# -- failover -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "restart"),
    [
        ("w0 c s w1 c s fd", "g1.2"),
        ("w0 c s w1 c fd", "g1.1"),  # cut, and never sent
        ("w0 c s p w1 c s fn", "g1.1"),  # case 36
        ("w0 c s w1 c s b fn", "g1.2"),  # case 35: the group that was begun is finished (E5)
        ("w0 c s w1 fs", "g1.2"),
        ("w0 h x fd", "g1.0"),
        ("fd", "g1.0"),  # case 44
    ],
)
def test_F1_F2_the_restart_point_of_each_mode(history, restart):
    assert str(run(history).restart[1]) == restart


@pytest.mark.parametrize("row", ["w0 c w1 fd", "w0 c s p w1 c w0 fn", "w01 c s w0 c w1 ud", "w0 c fd", "fd"])
def test_F4_R14_what_is_undone_is_what_was_lost(row):
    """To the block: counted from the users' writes on one side, from sets and maps on the other."""
    sites = run(row)
    _, stamp = sites.restart
    lost = sites.truth.lost_blocks("a", 1, stamp.number)
    assert set(sites.make_plan(sites.other).undo.tolist()) == lost


def test_F3_sync_needs_the_primary_and_loses_nothing():
    assert "fs" not in run("w0 x").possible()
    sites = run("w0 c w1 fs")
    assert sites.truth.lost_blocks("a", 1, 2) == set()
    assert sites.a.role is Role.DEMOTED


def test_F5_R14_split_brain_is_undone_to_the_last_block():
    """Case 42 and 47: what the old primary wrote and cut on is counted with what the failover lost."""
    sites = run("w0 c s p ud W1 C W0", n_blocks=3)
    assert sites.a.role is Role.STALE_PRIMARY
    assert sites.make_plan(sites.a).undo.tolist() == [0, 1]
    sites.run("R w2 c s p k")
    assert sites.source is sites.a


def test_F6_the_first_write_of_the_new_generation_is_tracked():
    sites = run("fd w0")
    assert sites.source.log.open_addresses().tolist() == [0]
    assert sites.source.log.stamp == SetId(2, 0)
    assert sites.source.queue.saved_blocks(sites.restart[0]) == 1


def test_case_45_the_promoted_site_restarts_before_its_first_write():
    run("w0 c s fd x u w1 c R k")


@pytest.mark.parametrize("history", ["fd R k", "x fd u R k", "w0 fd R k", "c s p fd R k"])
def test_case_44_nothing_to_undo_and_nothing_written_since(history):
    sites = run(history)
    assert sites.source is sites.a
    assert sites.plan is None


# -- resync ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transfer", ["merged", "literal", "min"])
def test_R2_R3_case_46_what_was_never_cut_is_undone(transfer):
    sites = run("w0 c w1 x fd u w2 R", n_blocks=4, transfer=transfer)
    assert sites.a.holds(sites.truth.live["b"])


@pytest.mark.parametrize("transfer", ["merged", "literal"])
def test_R4_what_is_sent_is_what_the_snapshots_hold_whatever_users_write_meanwhile(transfer):
    sites = run("w0 c s p w1 fd w0 r r", transfer=transfer)
    snapshots = [what[0] for word, what in sites.todo if word == "send"]
    assert set(snapshots) <= {sites.restart[0], sites.intermediate}
    assert snapshots, "this test is about something to send"
    while sites.a.role is Role.RESYNCING:
        sites.run("w01 r")
    assert sites.a.holds(sites.truth.boundaries[SetId(2, 1)])
    assert sites.a.contents()[0] != sites.b.contents()[0]


def test_case_49_begun_again_with_a_newer_intermediate_point():
    """ABA: a block sent before the crash has changed again since."""
    sites = run("w0 fd w0 r r r y u w0 r r")
    assert [what for word, what in sites.todo if word == "send"] == [(sites.intermediate, 0)]
    sites.run("R w1 c s p")


def test_case_50_new_sets_overwrite_what_the_undo_list_came_from():
    sites = run("w01 c ud r r r w0 c s", capacity=2)
    assert sites.a.ring.find(SetId(1, 1)).name == "OVERWRITTEN"
    before = sites.a.undo.addresses.tolist()
    sites.run("y u")
    assert sites.make_plan(sites.a).undo.tolist() == before == [0, 1]
    sites.run("R")


def test_case_51_the_source_dies_in_mid_resync_and_what_is_raw_is_not_promoted():
    sites = run("w0 fd w1 r r x")
    assert sites.a.role is Role.RESYNCING
    assert not {"fd", "fn", "ff"} & set(sites.possible()), "F7"
    sites.run("u R k")


def test_case_52_the_restart_snapshot_is_gone():
    sites = run("w0 fd w1")
    sites.source.queue.delete(sites.restart[0])
    assert sites.make_plan(sites.a).cause is FullCopyCause.RESTART_SNAPSHOT_LOST


@pytest.mark.parametrize("deleted", ["", "N", "N N"])
def test_case_53_user_snapshots_between_restart_and_intermediate_point(deleted):
    """K > 1 (E8), and users delete what is theirs: its before-images go to the restart snapshot."""
    sites = run(f"w0 fd w1 n w0 w2 n w3 {deleted} R", n_blocks=5)
    assert sites.a.holds(sites.truth.live["b"])


@pytest.mark.parametrize("transfer", ["merged", "literal"])
@pytest.mark.parametrize(
    "history",
    [
        "w0 c w1 fd w0 w1 R",  # in U and in C
        "w0 fd f0 R",  # freed after the restart point
        "f0 c s p w0 fd w0 R",  # not in use at the restart point, in use at the intermediate one
        "f0 c s p fd w0 R",
        "w1 fd R w1 c s p",  # written only on the branch that ended: not in use anywhere
        "w0 fd f0 w0 R",
    ],
)
def test_case_54_a_block_is_undone_and_changed_freed_and_used_again(history, transfer):
    sites = run(history, transfer=transfer)
    assert sites.a.holds(sites.truth.boundaries[sites.a.playback.view])


@pytest.mark.parametrize("history", ["w0123 c s p w01 fd R", "w0123 c s p w01 fd w0123 R"])
def test_case_55_the_secondary_changed_nothing_and_everything(history):
    run(history, n_blocks=4)


def test_R9_sets_since_the_intermediate_point_wait_and_lose_nothing():
    sites = run("w0 fd w0 r r w1 c s w0 c s", n_blocks=2, capacity=8)
    assert sites.a.receiver.received == SetId(2, 3)
    assert not sites.a.playback.readable
    assert sites.a.playback.playable() == (), "none early"
    sites.run("R")
    assert sites.a.playback.view == SetId(2, 1)
    sites.run("p")
    assert sites.a.playback.view == SetId(2, 3)
    assert sites.a.holds(sites.truth.live["b"])


def test_R10_a_protective_snapshot_is_a_consistent_copy_until_the_new_one_is():
    sites = run("w0 c s p w1 c w0 fd", protect=True)
    before = sites.a.contents()
    sites.run("w01 r r r r")
    assert sites.a.contents() != before, "this test is about a copy in between"
    held = sites.a.queue.read(sites.a.protective, np.array([0, 1]))
    assert held.tolist() == before
    sites.run("y u r")
    assert sites.a.queue.read(sites.a.protective, np.array([0, 1])).tolist() == before
    sites.run("R")
    assert sites.a.protective is None
    assert sites.a.queue.snapshots == ()


def test_R11_B7_both_snapshots_live_until_the_end_and_then_are_gone():
    sites = run("w0 fd w1 r r")
    assert len(sites.b.queue.snapshots) == 2
    sites.run("r r")
    assert len(sites.b.queue.snapshots) == 2
    assert sites.todo, "this test is about the last step"
    sites.run("r")
    assert sites.b.queue.snapshots == ()
    assert sites.b.queue.store.used == 0


def test_R13_status_counts_what_differs_and_nothing_at_the_switch():
    sites = run("w0 fd w1 R")
    sites.run("w0 c s p k")  # `check` compares at each word


# -- failback and roles -----------------------------------------------------------------------------------------------


def test_B1_B3_everything_written_since_the_failover_is_at_the_site_that_is_back():
    sites = run("w0 c w1 fd w01 c w0 R w1 k")
    assert sites.source is sites.a
    assert sites.generation == 3
    assert sites.other.playback.boundary == SetId(3, 0)


@pytest.mark.parametrize("step", ["_close", "do_s", "_replay", "at_the_switch"])
def test_B5_a_failback_that_fails_leaves_one_who_can_write_and_can_be_given_again(step, monkeypatch):
    sites = run("w0 fd w1 R w0 c w1")
    with monkeypatch.context() as patch:
        patch.setattr(sites, step, lambda *_: pytest.fail("the way breaks"))
        with pytest.raises(pytest.fail.Exception):
            sites.run("k")
    assert mount_of(sites.b.role) is mount_of(sites.a.role) is Mount.READ_ONLY, "nobody can write in between (case 58)"
    sites.b.step("reinstate")
    sites.run("w0")
    assert [site.name for site in (sites.a, sites.b) if mount_of(site.role) is Mount.READ_WRITE] == ["b"]
    sites.run("k w1")
    assert sites.source is sites.a


def test_B6_two_swaps_restore_the_roles_and_lose_nothing():
    sites = run("w0 k w1 k")
    assert (sites.a.role, sites.b.role) == (Role.PRIMARY, Role.SECONDARY)
    assert sites.b.holds(sites.truth.live["a"])
    run("k k k k")  # case 61: with no writes at all


def test_B8_twenty_cycles():
    """failover, split brain, resync, failback, again and again; case 61 has a thousand in the soak."""
    sites = Sites(capacity=8)
    for _ in range(20):
        sites.run("w0 c s w1 ud W0 C W1 w1 R w0 c s k")
    assert sites.generation == 41
    assert sites.a.queue.snapshots == sites.b.queue.snapshots == ()


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_case_61_a_thousand_cycles():
    sites = Sites(capacity=8)
    for _ in range(1_000):
        sites.run("w0 c s w1 ud W0 C W1 w1 R w0 c s k")
    assert sites.generation == 2_001


def test_F9_E53_a_third_copy_follows_two_failovers():
    """It never took part in the generation in between; what it lacks lies in the save volume of whoever has it."""
    sites = run("w0 c s p w1 c s p ud w0 c w1 c", capacity=8)
    stale = plan(sites.a.evidence(), SetId(2, 2), True, sites.b.ring, {2: SetId(1, 2)})
    assert (stale.undo.tolist(), [str(each) for each in stale.sets]) == ([0, 1], ["g2.1", "g2.2"])
