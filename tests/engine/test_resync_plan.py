"""Situations before a resync and what comes of them: all of R5, each cause of a full copy, cases 44-52."""

import re

import numpy as np
import pytest

from sim.engine.evidence import Evidence, FullCopyCause, UndoList, union_of
from sim.engine.identity import SetId
from sim.engine.modlog import ModificationLog
from sim.engine.resync import Leg, may_differ, plan
from tests.engine.oracle_replication import Pair, blocks
from tests.engine.situations import log_at, planned, read

SITUATIONS = {
    # -- a former source ahead of the restart point (R1)
    "R1 its sets, Open and Old": ("source 1.5 | own 1.4=01 1.5=2 | open 3 | restart 1.3", "undo 0123 of 1.4 1.5"),
    "R1 released sets are still there": ("source 1.5 | own 1.4=01r 1.5=2r | restart 1.3", "undo 012 of 1.4 1.5"),
    "R1 a block of several sets counts once": (
        "source 1.5 | own 1.4=01 1.5=12 | open 2 | restart 1.3", "undo 012 of 1.4 1.5"),
    "R1 sets before the restart point do not count": (
        "source 1.5 | own 1.3=789 1.4=0 1.5=1 | restart 1.3", "undo 01 of 1.4 1.5"),
    "case 46 open writes at the crash": ("source 1.3 | open 1 | restart 1.3", "undo 1"),
    "case 46 open writes and a set": ("source 1.4 | own 1.4=0 | open 1 | restart 1.3", "undo 01 of 1.4"),
    "case 47 the source wrote on after it was replaced": (
        "source 1.7 | own 1.4=0 1.5=1 1.6=2 1.7=3 | open 4 | restart 1.3", "undo 01234 of 1.4 1.5 1.6 1.7"),
    # -- nothing to undo is not "not found" (finding 2)
    "case 44 x=0: the restart point is the last cut": ("source 1.3 | own 1.3=01 | restart 1.3", "undo nothing"),
    "case 44 n=0: no set was ever cut": ("source 1.0 | restart 1.0", "undo nothing"),
    "case 44 n=0 and open writes": ("source 1.0 | open 5 | restart 1.0", "undo 5"),
    "R5 x=0 needs no save volume": ("source 1.3 | lost own | restart 1.3", "undo nothing"),
    "R5 x=0 and its sets long overwritten": ("source 1.3 | own 1.2=0o 1.3=1o | restart 1.3", "undo nothing"),
    "C8 sets without blocks": ("source 1.5 | own 1.4= 1.5= | restart 1.3", "undo nothing of 1.4 1.5"),
    # -- a set that was being copied out (L1355-1371)
    "R1 a set not copied out, listed in the mailbox": (
        "source 1.4 | own 1.4=012~ | old 12 | restart 1.3", "undo 012 of 1.4"),
    "R1 a set not copied out at all, nor listed": (
        "source 1.4 | own 1.4=012? | old 012 | restart 1.3", "undo 012 of 1.4"),
    "R1 one block, nor listed: its place looks like block 0": (
        "source 1.4 | own 1.4=5? | old 5 | restart 1.3", "undo 5 of 1.4"),
    "R5 Old says less than the mailbox lost": (
        "source 1.4 | own 1.4=012? | old 12 | restart 1.3", "full save_volume_corrupt"),
    "R5 a set half copied out is lost": (
        "source 1.4 | own 1.4=012~x | old 2 | restart 1.3", "full save_volume_partly_lost"),
    "R5 unless the other site has it": (
        "source 1.4 | own 1.4=012? | old 12 | theirs 1.4=012 | restart 1.3", "undo 012 of 1.4"),
    "R5 only the last set can be unfinished": (
        "source 1.5 | own 1.4=0~ 1.5=1 | restart 1.3", "full save_volume_corrupt"),
    # -- case 48: what disasters leave of a save volume (R5, E12)
    "case 48 the save volume is lost": ("source 1.5 | lost own | restart 1.3", "full save_volume_lost"),
    "case 48 another one is in its place": ("source 1.5 | own | restart 1.3", "full save_volume_lost"),
    "case 48 the first set is lost": ("source 1.5 | own 1.4=0x 1.5=1 | restart 1.3", "full save_volume_partly_lost"),
    "case 48 a hole: a later set is lost": (
        "source 1.6 | own 1.4=0 1.5=1x 1.6=2 | restart 1.3", "full save_volume_partly_lost"),
    "case 48 the last set is lost": ("source 1.5 | own 1.4=0 1.5=1x | restart 1.3", "full save_volume_partly_lost"),
    "case 48 a bit flipped in the first set": (
        "source 1.5 | own 1.4=0! 1.5=1 | restart 1.3", "full save_volume_corrupt"),
    "case 48 a bit flipped in the last set (E12)": (
        "source 1.5 | own 1.4=0 1.5=1! | restart 1.3", "full save_volume_corrupt"),
    "case 48 lost before the restart point does not matter": (
        "source 1.5 | own 1.3=9x 1.4=0 1.5=1 | restart 1.3", "undo 01 of 1.4 1.5"),
    "case 48 spoilt before the restart point does not matter": (
        "source 1.5 | own 1.3=9! 1.4=0 1.5=1 | restart 1.3", "undo 01 of 1.4 1.5"),
    "R5 overwritten": ("source 1.5 | own 1.4=0o 1.5=1 | restart 1.3", "full save_volume_overwritten"),
    "R5 what the other site has of them is as good": (
        "source 1.5 | own 1.4=0x 1.5=1! | theirs 1.4=0 1.5=1 | restart 1.3", "undo 01 of 1.4 1.5"),
    "R5 even where the own save volume is lost": (
        "source 1.5 | lost own | theirs 1.4=0 1.5=1 | open 7 | restart 1.3", "undo 017 of 1.4 1.5"),
    # -- the other evidence
    "R5 the modification log is lost": ("source 1.3 | lost log | restart 1.3", "full modification_log_lost"),
    "R5 the log and with it what it was at": ("source never | lost log | restart 1.3", "full modification_log_lost"),
    "R5 the volume is lost": ("source 1.3 | lost volume | restart 1.3", "full volume_lost"),
    "case 52 the restart snapshot is lost": ("source 1.3 | lost restart | restart 1.3", "full restart_snapshot_lost"),
    "R5 never seeded": ("copy never | restart 1.3", "full never_seeded"),
    "R5 a copy needs no modification log": ("copy 1.3 | lost log | restart 1.3", "undo nothing"),
    # -- the most fundamental cause is named
    "R5 volume before save volume": ("source 1.5 | lost volume own log restart | restart 1.3", "full volume_lost"),
    "R5 save volume before log": ("source 1.5 | lost own log restart | restart 1.3", "full save_volume_lost"),
    "R5 lost before overwritten before spoilt": (
        "source 1.6 | own 1.4=0o 1.5=1! 1.6=2x | restart 1.3", "full save_volume_partly_lost"),
    "R5 overwritten before spoilt": ("source 1.5 | own 1.4=0o 1.5=1! | restart 1.3", "full save_volume_overwritten"),
    "R5 log before snapshot": ("source 1.3 | lost log restart | restart 1.3", "full modification_log_lost"),
    "R5 snapshot before lineage": ("source 1.3 | lost restart | restart 4.3", "full restart_snapshot_lost"),
    # -- copies beside the promoted one (F9, E53)
    "F9 a copy at the restart point": ("copy 1.3 | restart 1.3", "undo nothing"),
    "F9 a copy that replayed more": ("copy 1.5 | own 1.4=0r 1.5=1r | restart 1.3", "undo 01 of 1.4 1.5"),
    "F9 a copy that replayed more and forgot": (
        "copy 1.5 | own 1.4=0o 1.5=1r | restart 1.3", "full save_volume_overwritten"),
    "F9 a copy that replayed less, and has the rest": (
        "copy 1.3 | own 1.4=0 1.5=1 | restart 1.5", "undo 01 of 1.4 1.5"),
    "F9 a copy that replayed less, from the promoted site": (
        "copy 1.3 | own 1.4=0 | theirs 1.4=0r 1.5=1r | restart 1.5", "undo 01 of 1.4 1.5"),
    "F9 a set that arrived in part is no evidence": (
        "copy 1.3 | own 1.4=0~ | theirs 1.4=01r | restart 1.4", "undo 01 of 1.4"),
    "F9 a copy behind, and the promoted site forgot": (
        "copy 1.3 | theirs 1.4=0o 1.5=1r | restart 1.5", "full save_volume_overwritten"),
    "F9 a copy behind, and nobody ever had the sets": ("copy 1.3 | restart 1.5", "full save_volume_overwritten"),
    "F9 a copy behind, and the other save volume is lost": (
        "copy 1.3 | lost theirs | restart 1.5", "full save_volume_lost"),
    "F9 a copy behind, and both are lost": ("copy 1.3 | lost own theirs | restart 1.5", "full save_volume_lost"),
    "F9 a copy behind, its own lost, the other forgot": (
        "copy 1.3 | lost own | theirs 1.4=0o | restart 1.4", "full save_volume_overwritten"),
    "F9 a group half played, beyond the restart point": (
        "copy 1.3 | begun 1.5 | own 1.4=0 1.5=1 | restart 1.3", "undo 01 of 1.4 1.5"),
    "F9 a group half played, across the restart point": (
        "copy 1.3 | begun 1.6 | own 1.4=0 1.5=1 1.6=2 | restart 1.4", "undo 012 of 1.4 1.5 1.6"),
    "F9 a group half played, short of the restart point": (
        "copy 1.3 | begun 1.4 | own 1.4=0 | theirs 1.5=1r | restart 1.5", "undo 01 of 1.4 1.5"),
    "case 35 half played and its set lost": (
        "copy 1.3 | begun 1.4 | own 1.4=0x | restart 1.3", "full save_volume_partly_lost"),
    # -- generations (finding 3)
    "finding 3 numbers recur": (
        "source 2.4 | own 2.3=0 2.4=1 1.4=9 | theirs 1.4=7 | restart 1.3", "full lineage"),
    "finding 3 numbers recur, and where they parted is known": (
        "source 2.2 | own 2.1=0 2.2=1 | theirs 1.4=7r | began 2=1.3 3=1.4 | restart 1.4", "undo 017 of 1.4 2.1 2.2"),
    "R5 lineage: nobody knows the generation": ("source 1.4 | own 1.4=0 | restart 3.2", "full lineage"),
    "E53 two failovers before it came back": (
        "source 1.5 | own 1.4=0 1.5=1 | theirs 2.1=2r 2.2=3r | began 2=1.3 3=2.2 | restart 2.2",
        "undo 0123 of 1.4 1.5 2.1 2.2"),
    "E53 the same, and the copy in between": (
        "source 2.3 | own 2.3=4 | open 5 | theirs 2.1=2r | began 2=1.3 3=2.2 | restart 2.2", "undo 45 of 2.3"),
    "E53 a copy that never heard of the generation in between": (
        "copy 1.2 | own 1.3=0 | theirs 1.3=0r 2.1=1r | began 2=1.3 | restart 2.1", "undo 01 of 1.3 2.1"),
    "E53 that generation is not known any more": (
        "copy 1.2 | own 1.3=0 | theirs 2.1=1o | began 2=1.3 | restart 2.1", "full save_volume_overwritten"),
    "F7 forced: the ended history goes on": (
        "source 2.2 | own 2.1=0 2.2=1 | theirs 1.4=2r 1.5=3r | began 2=1.3 3=1.5 | restart 1.5",
        "undo 0123 of 1.4 1.5 2.1 2.2"),
    # -- a resync that was not finished (R7, R8)
    "case 50 the undo list goes before its sources": (
        "source 1.5 | own 1.4=0o 1.5=1o | undo 1.3=012 | restart 1.3", "undo 012"),
    "R7 the list needs neither position nor log": (
        "source never | lost log own | undo 1.3=012 | restart 1.3", "undo 012"),
    "case 49 a list, and writes that were never cut": ("source 1.5 | open 1 | undo 1.3=01 | restart 1.3", "undo 01"),
    "case 51 another failover before it was finished": (
        "source 1.5 | undo 1.3=01 | theirs 2.1=2r | began 2=1.3 3=2.1 | restart 2.1", "undo 012 of 2.1"),
    "case 51 and what happened between is forgotten": (
        "source 1.5 | undo 1.3=01 | theirs 2.1=2o | began 2=1.3 3=2.1 | restart 2.1", "full save_volume_overwritten"),
    "R8 a list does not help a lost volume": (
        "source 1.5 | undo 1.3=01 | lost volume | restart 1.3", "full volume_lost"),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_R1_R5_F9_the_plan_of_a_situation(name):
    situation, expected = SITUATIONS[name]
    assert planned(situation) == expected


def test_R5_every_cause_is_reached():
    reached = {expected.split()[1] for _, expected in SITUATIONS.values() if expected.startswith("full")}
    assert reached == {cause.value for cause in FullCopyCause}


def test_every_corner_case_of_a_plan_is_named():
    named = {int(number) for name in SITUATIONS for number in re.findall(r"case (\d+)", name)}
    assert named >= {35, 44, 46, 47, 48, 49, 50, 51, 52}


@pytest.mark.parametrize("name", SITUATIONS)
def test_R5_a_plan_changes_nothing_and_says_the_same_again(name):
    arguments = read(SITUATIONS[name][0])
    first, again = plan(*arguments), plan(*arguments)
    assert (first.cause, first.sets, first.undo.tolist()) == (again.cause, again.sets, again.undo.tolist())


def test_R7_a_list_shares_nothing_with_what_it_was_made_of():
    """The save volume's mailbox, the maps and a shorter list may change: the list is durable by itself."""
    arguments = read("source 1.4 | own 1.4=01 | restart 1.3")
    found = plan(*arguments)
    arguments[0].save_volume.stored(SetId(1, 4)).addresses[:] = 9
    assert found.undo.tolist() == [0, 1]


def test_R7_a_list_covers_what_is_about_to_be_sent():
    """The source may be lost in mid-copy: whoever follows it does not know what this copy had got by then (case 51)."""
    stored = UndoList(SetId(1, 3), blocks(0, 5)).with_legs([Leg("undo", 1, blocks(0)), Leg("copy", 1, blocks(2, 7))])
    assert (stored.after, stored.addresses.tolist()) == (SetId(1, 3), [0, 2, 5, 7])


def test_union_of_lists_is_increasing_and_new():
    assert union_of([]).tolist() == union_of([blocks(), blocks()]).tolist() == []
    one = blocks(3, 70_000)
    assert union_of([blocks(), one]).tolist() == [3, 70_000]
    assert union_of([one]) is not one
    assert union_of([blocks(1, 5), blocks(0, 5, 90_000), blocks(2)]).tolist() == [0, 1, 2, 5, 90_000]


def test_R1_of_a_million_blocks():
    """Sets are united as bit maps: a large volume is no reason to loop over blocks."""
    log = ModificationLog(4_000_000, SetId(1, 3))
    log.record(np.arange(0, 4_000_000, 3))
    evidence = Evidence(SetId(1, 3), None, log, was_source=True, undo=UndoList(SetId(1, 3), np.arange(0, 4_000_000, 2)))
    found = plan(evidence, SetId(1, 3), True, None)
    assert found.undo.size == 2_000_000 + 666_667  # even, and odd multiples of three


# -- status ---------------------------------------------------------------------------------------------------------


def test_R13_status_counts_at_least_what_differs_and_nothing_only_when_equal():
    pair = Pair()
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary).tolist() == []
    pair.cut_and_copy(1, 2)
    pair.cut_and_copy(2, 3)
    pair.write(3, 4)
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary).tolist() == [1, 2, 3, 4]
    pair.ship(SetId(1, 1))
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary).tolist() == [1, 2, 3, 4], "not replayed yet"
    pair.play()
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary).tolist() == [2, 3, 4]
    pair.ship(SetId(1, 2))
    pair.play()
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary).tolist() == [3, 4]
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary, blocks(0, 3)).tolist() == [0, 3, 4]
    pair.cut()
    assert may_differ(pair.log, pair.save_volume, pair.playback.boundary).tolist() == [3, 4], "not copied out yet"


def test_R13_what_is_not_known_any_more_is_not_counted_as_equal():
    pair = Pair()
    pair.cut_and_copy(1)
    pair.save_volume.lose(SetId(1, 1))
    with pytest.raises(KeyError):
        may_differ(pair.log, pair.save_volume, pair.playback.boundary)


def test_the_notation_makes_what_it_says():
    log = log_at(SetId(1, 3), {"old": "12", "open": "2"})
    assert (log.stamp, log.old_addresses().tolist(), log.open_addresses().tolist()) == (SetId(1, 3), [1, 2], [2])
