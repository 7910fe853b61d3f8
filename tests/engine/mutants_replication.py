"""The mutants that CORRECTNESS.md names for C1-C15, T1-T5 and V1-V8 (1.3-1.5), each a line of the engine changed.

A mutant names the test that must catch it.
"""

import inspect
import textwrap
from dataclasses import dataclass

from sim.engine import blockindex, checksum, deltaset
from sim.engine.builder import DeltaSetBuilder
from sim.engine.distribution import Distribution
from sim.engine.modlog import ModificationLog
from sim.engine.playback import Playback
from sim.engine.receiver import SetReceiver
from sim.engine.ring import Region
from sim.engine.savevolume import SaveVolume, StoredSet
from sim.engine.source import Source
from sim.engine.triggers import Triggers
from tests.engine import test_deltaset as deltaset_tests
from tests.engine import test_modlog as log_tests
from tests.engine import test_modlog_triggers as trigger_tests
from tests.engine import test_playback as playback_tests
from tests.engine import test_receiver as receiver_tests
from tests.engine import test_savevolume as ring_tests
from tests.engine import test_savevolume_disasters as disaster_tests
from tests.engine import test_savevolume_distribution as distribution_tests
from tests.engine import test_source as source_tests
from tests.engine import test_source_crashes as crash_tests


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in the source of `function` and becomes `new`; more edits as (function, old, new)."""

    name: str
    function: object
    old: str
    new: str
    proof: object
    also: tuple = ()

    def __str__(self):
        return self.name.replace(" ", "_")

    def apply(self, monkeypatch):
        edits = {}
        for function, old, new in ((self.function, self.old, self.new), *self.also):
            edits.setdefault(function, []).append((old, new))
        for function, changes in edits.items():
            monkeypatch.setattr(function, "__code__", _rewritten(function, changes))


def _rewritten(function, changes):
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in changes:
        assert source.count(old) == 1, f"{old!r} is not once in {function.__qualname__}"
        source = source.replace(old, new)
    made = {}
    text = "from __future__ import annotations\n" + source.replace("@property\n", "")
    exec(compile(text, inspect.getsourcefile(function), "exec"), dict(function.__globals__), made)
    return made[function.__name__].__code__


NOT_ALL_IN = "np.count_nonzero(stored.have) < stored.have.size"
NEVER = "if False:"

MUTANTS = (
    # -- the source
    Mutant("C1 copy after resume without copy-before-write", Source.write,
           "if self.log.old_count:", NEVER,
           source_tests.test_C1_a_set_is_what_was_written_since_the_cut_before_with_the_contents_of_its_boundary),
    Mutant("C2 the table swap loses a bit", ModificationLog.cut,
           "self._open, self._old = self._old, self._open",
           "self._open, self._old = self._old, self._open; self._old.clear(self._old.indices()[:1])",
           log_tests.test_C2_a_write_is_in_open_until_the_cut_and_in_old_until_it_is_copied),
    Mutant("C3 an append log", ModificationLog.record,
           "new = self._open.add(addresses)", "self._open.add(addresses); new = addresses >= 0",
           log_tests.test_C3_several_writes_to_a_block_count_once),
    Mutant("C4 no stall", ModificationLog.cut,
           "if self._old_count:", NEVER,
           log_tests.test_C4_no_cut_before_the_copy_of_the_last_set_is_complete),
    Mutant("C4 a cut before the mailbox shows the last set", Source.cut,
           "self.builder is not None or self.log.old_count", "self.log.old_count",
           source_tests.test_C4_a_cut_waits_for_the_copy_of_the_last_set),
    Mutant("C5 a block is copied again after it changed", DeltaSetBuilder.take_ranks,
           "if not self._pending[ranks].all():", NEVER,
           source_tests.test_C5_a_block_that_was_copied_is_never_copied_again),
    Mutant("C5 the block itself is not cleared in Old", Source._copied,
           "self.log.copied(addresses)", "self.log.copied(addresses[1:])",
           source_tests.test_C5_the_old_contents_move_before_a_block_changes_and_only_then),
    Mutant("C6 the mark must be exceeded", Triggers.touches_left,
           "min(limits) - open_blocks", "min(limits) + 1 - open_blocks",
           trigger_tests.test_C6_whichever_trigger_comes_first_cuts_at_its_exact_instant),
    Mutant("C6 the timeout is armed again by whoever looks", Triggers.next_cut,
           "armed_at + self.timeout", "now + self.timeout",
           trigger_tests.test_C6_whichever_trigger_comes_first_cuts_at_its_exact_instant),
    Mutant("C6 both at once are told as two causes", Triggers.next_cut,
           "full_at <= at", "full_at < at",
           trigger_tests.test_case_02_the_mark_and_the_timeout_in_one_instant_are_one_cut),
    Mutant("C7 a cut in the past", Triggers.next_cut,
           "max(min(due), now)", "min(due)",
           trigger_tests.test_C6_a_trigger_can_be_changed_while_it_runs),
    Mutant("C7 the poll grid is that of the clock", Triggers._polled,
           "armed_at + -(-(at - armed_at) // self.poll) * self.poll", "-(-at // self.poll) * self.poll",
           trigger_tests.test_C6_a_poll_rounds_up_to_its_grid_which_begins_when_the_triggers_were_armed),
    Mutant("C8 an empty set never becomes complete", SetReceiver._complete_or_reject,
           NOT_ALL_IN, "not np.count_nonzero(stored.have)",
           receiver_tests.test_C8_a_set_without_blocks_is_complete_with_its_header),
    Mutant("C9 names are used again", ModificationLog.new_generation,
           "self._stamp.generation + 1", "self._stamp.generation",
           log_tests.test_C9_numbers_go_up_by_one_and_a_new_source_is_a_new_generation),
    Mutant("C10 the ring runs over its own head", SaveVolume.reserve,
           "shape.blocks > self.free_blocks", "shape.blocks > self.capacity_blocks",
           ring_tests.test_C10_a_set_never_overwrites_what_is_held),
    Mutant("C10 a set that fits exactly is refused", SaveVolume.reserve,
           "shape.blocks > self.free_blocks", "shape.blocks >= self.free_blocks",
           ring_tests.test_case_08_capacity_minus_one_exactly_and_plus_one),
    Mutant("C11 off by one at the wrap", Region._parts,
           "self._ring.shape[0] - start, 0", "self._ring.shape[0] - start - 1, 0",
           ring_tests.test_C11_the_wrap_is_exactly_at_capacity),
    Mutant("C11 off by one where nothing wraps yet", Region.__init__,
           "before_end if before_end < blocks", "before_end + 1 if before_end < blocks",
           ring_tests.test_C11_the_wrap_is_exactly_at_capacity),
    Mutant("C11 off by one in a slot", Region.slots_of,
           "slots >= self._ring.shape[0]", "slots > self._ring.shape[0]",
           ring_tests.test_C11_the_wrap_is_exactly_at_capacity),
    Mutant("C11 full looks empty", SaveVolume.used_blocks.fget,
           "self._head - self._tail", "(self._head - self._tail) % self.capacity_blocks",
           ring_tests.test_C11_full_and_empty_differ),
    Mutant("C11 an overwritten set passes for intact", SaveVolume._forget_overwritten,
           "self._past[0].start < self._head", "self._past[0].start + self._past[0].blocks < self._head",
           ring_tests.test_finding_2_held_released_overwritten_and_never_existed_are_four_things),
    Mutant("C12 free on the first acknowledgement", Distribution.settle,
           "min(waiting)", "max(waiting)",
           distribution_tests.test_C12_a_set_is_freed_when_the_last_in_sync_has_replayed_it),
    Mutant("C12 free on receipt", Distribution.settle,
           "position.replayed for", "position.received for",
           distribution_tests.test_finding_4_receipt_frees_nothing),
    Mutant("C12 everybody is dropped", Distribution.laggards,
           "self._positions[name].replayed < behind", "True",
           distribution_tests.test_C12_only_those_who_hold_the_oldest_sets_are_dropped),
    Mutant("C12 nobody in sync and nothing is freed", Distribution.settle,
           "max(self._save_volume.held(), default=START)", "START",
           distribution_tests.test_case_11_without_anybody_in_sync_sets_are_freed_at_once),
    Mutant("C13 a volatile bit map", ModificationLog.reboot,
           "self._open_count, self._old_count =",
           "self._open.clear_all(); self._old.clear_all(); self._open_count, self._old_count =",
           log_tests.test_C13_a_reboot_gives_the_same_cut),
    Mutant("C13 a reboot forgets the copy-out", Source.recover,
           "self.builder = self._resumed()", "pass",
           crash_tests.test_case_14_a_primary_reboots_with_open_not_empty_and_old_half_copied),
    Mutant("C13 a reboot keeps a reservation that was never cut", Source.recover,
           "if self.save_volume.find(never_cut) is Found.HELD:", NEVER,
           crash_tests.test_case_01_between_pause_and_swap_the_reservation_is_taken_back),
    Mutant("C14 users wait for the copy", Source.cut,
           "return self.builder", "self.copy_out(self.builder.remaining); return self.builder",
           source_tests.test_C14_a_cut_is_one_step_that_copies_nothing),
    Mutant("C15 a further cut skips a number", ModificationLog.cut,
           "self._stamp.next(), self.n_blocks", "self._stamp.next().next(), self.n_blocks",
           source_tests.test_C15_a_cut_on_demand_commutes_with_the_others),
    Mutant("S4 the volume changes before Open says so", Source.write,
           "new = self.log.record(addresses)", "self._target.write(addresses, rows); new = self.log.record(addresses)",
           crash_tests.test_S4_a_write_that_dies_half_way_harms_neither_set_nor_snapshot),
    # -- transport
    Mutant("T1 the header must come last", SetReceiver._take_header,
           "stored.header = header", "if not stored.have.all(): return Outcome.CORRUPT\n    stored.header = header",
           receiver_tests.test_case_15_headers_in_odd_ways),
    Mutant("T1 blocks are counted, duplicates included", SetReceiver._take_chunks,
           "        return Outcome.DUPLICATE",
           "        self.discarded['twice'] += 1\n        return self._complete_or_reject(stored)",
           receiver_tests.test_T1_chunks_are_identities_not_a_count,
           also=((SetReceiver._complete_or_reject, NOT_ALL_IN,
                  "self.discarded['twice'] + int(stored.have.sum()) < stored.have.size"),
                 (SetReceiver._complete_or_reject, "header.data_sum != stored.data_sum", "False"))),
    Mutant("T1 the checksum over all data is not looked at", SetReceiver._complete_or_reject,
           "if header.data_sum != stored.data_sum:", NEVER,
           receiver_tests.test_T1_a_header_that_contradicts_the_chunks_completes_nothing),
    Mutant("T2 a duplicate after replay makes the set again", SaveVolume.had,
           "self._is_known(set_id) and set_id not in self._lost", "False",
           receiver_tests.test_case_17_a_duplicate_after_the_set_was_replayed_and_freed_does_not_make_it_again),
    Mutant("T2 a duplicate is progress", SetReceiver._take_chunks,
           "        return Outcome.DUPLICATE", "        return Outcome.STORED",
           receiver_tests.test_T2_repeats_and_corrupt_copies_change_nothing_in_every_order),
    Mutant("T3 a checksum over the data only", deltaset.range_seal,
           "seal(*set_id, *shape, first_chunk, last_chunk, data_sum)", "seal(data_sum)",
           deltaset_tests.test_T3_any_flipped_bit_of_what_a_chunk_says_of_itself_is_caught),
    Mutant("T3 addresses are not in the checksum", checksum._mixed,
           "mixed += addresses.view(np.uint64) * _ADDRESS", "pass",
           deltaset_tests.test_T3_any_flipped_bit_of_data_or_addresses_is_caught),
    Mutant("T3 sums of words instead of a mix", checksum._mixed,
           "_finish(mixed)", "mixed",
           deltaset_tests.test_T3_addresses_or_rows_swapped_between_blocks_are_caught),
    Mutant("T3 a header without its name in the checksum", deltaset.Header.expected_sum,
           "seal(*self.id, ", "seal(",
           deltaset_tests.test_T3_a_chunk_of_one_set_does_not_pass_for_a_chunk_of_another),
    Mutant("T3 a corrupt chunk reserves its set", SetReceiver._take_chunks,
           "if sums is None:", "if sums is None and isinstance(self._place(message.id, message.shape), StoredSet):",
           receiver_tests.test_T3_a_corrupt_chunk_is_missing_still_and_reserves_nothing),
    Mutant("T3 what was sealed is not read again", StoredSet._read,
           "self._read_back is None or self._read_back[0] != changes", "self._read_back is None",
           disaster_tests.test_T3_what_was_spoilt_after_it_was_copied_out_is_caught_when_it_is_sent),
    Mutant("T4 the generation is not looked at", SetReceiver._place,
           "if set_id.generation != self._stamp.generation:", NEVER,
           receiver_tests.test_T4_an_older_generation_is_discarded_and_counted),
    Mutant("T5 marked before it is stored", StoredSet.put_chunks,
           "self.region.put(first, rows)", "self.have[chunks] = True; self.region.put(first, rows)",
           receiver_tests.test_T5_what_is_acknowledged_survives_a_crash_at_any_step),
    Mutant("T5 receipt is not of everything up to it", SetReceiver.received.fget,
           "while self._save_volume.had(self._following):",
           "while self._received < (newest := max(self._save_volume.held())) and self._save_volume.had(newest):\n"
           "        self._following = newest",
           receiver_tests.test_T5_received_means_everything_up_to_it),
    # -- playback
    Mutant("V1 apply without index", Playback.read,
           "if self._index is not None:", NEVER,
           playback_tests.test_V1_the_view_switches_at_once_and_is_a_boundary_at_every_block),
    Mutant("V1 use switches when it is written", Playback._allocated,
           "if self._index is not None:", NEVER,
           playback_tests.test_V1_use_of_blocks_switches_with_the_view),
    Mutant("V2 replay any complete set", Playback.playable,
           "self._save_volume.complete_after(self.view)",
           "tuple(filter(self._save_volume.is_complete, self._save_volume.held()))",
           playback_tests.test_V2_only_contiguous_complete_sets_become_visible),
    Mutant("V2 a set that is not complete is played", SaveVolume.complete_after,
           "stored.complete and ", "",
           playback_tests.test_V2_an_incomplete_set_is_never_read_or_applied),
    Mutant("V3 progress before data", Playback.integrate,
           "self._write(index.addresses[self._done : stop], index.rows(self._done, stop))",
           "at = slice(self._done, stop); self._done = stop;"
           " self._write(index.addresses[at], index.rows(at.start, stop))",
           playback_tests.test_V3_a_crash_at_any_block_is_made_good),
    Mutant("V4 disk first", Playback.read,
           "rows[found] = newer", "rows[found] = [new if old == 0 else old for old, new in zip(rows[found], newer)]",
           playback_tests.test_V4_the_index_comes_before_the_disk_and_the_newest_set_first,),
    Mutant("V4 oldest first", blockindex._last_of_each,
           "keys[_ends(keys >> bits)]", "keys[np.flatnonzero(np.diff(keys >> bits, prepend=-1))]",
           playback_tests.test_V4_the_index_comes_before_the_disk_and_the_newest_set_first),
    Mutant("V5 order reversed", blockindex.BlockIndex.__init__,
           "every = np.concatenate(", "sets = sets[::-1]; every = np.concatenate(",
           playback_tests.test_V5_a_group_lands_on_a_boundary_and_writes_each_block_once),
    Mutant("V6 off by one", Playback.start,
           "self._boundary = stamp", "self._boundary = stamp.next()",
           playback_tests.test_V6_playback_starts_exactly_after_the_stamp_of_the_copy),
    Mutant("V6 the stamp is the open set", ModificationLog.stamp.fget,
           "return self._stamp", "return self._stamp.next()",
           playback_tests.test_V6_the_stamp_is_the_last_boundary_not_the_open_set),
    Mutant("V7 a half copy can be read", Playback.stop_reading,
           "= None, (), None, 0", "= self._boundary, (), None, 0",
           playback_tests.test_V7_a_copy_is_not_readable_before_it_is_complete),
    Mutant("V8 later sets keep an earlier one out for ever", SetReceiver._reserve,
           "if not later or", "if True or",
           receiver_tests.test_V8_later_sets_that_came_first_give_way_so_that_nothing_locks),
    Mutant("V8 no room is an error", SetReceiver._reserve,
           "return Outcome.NO_ROOM", "raise SaveVolumeFull(0, 0, 0)",
           receiver_tests.test_V8_without_room_the_sender_waits_and_nothing_is_lost),
)  # fmt: skip
