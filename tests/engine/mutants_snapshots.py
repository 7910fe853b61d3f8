"""The mutants that CORRECTNESS.md names for S1-S17 and D1-D9 (1.1, 1.2), each a line of the engine changed.

A mutant names the proof that must catch it: `SEARCH` is the enumeration of all short histories.
"""

import inspect
import textwrap
from dataclasses import dataclass

from sim.engine import delta, roster, store, volume
from sim.engine.snapshots import SnapshotQueue
from tests.engine import proofs_snapshots as proofs

SEARCH = "search"


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in the source of `function` and becomes `new`; more edits as (function, old, new)."""

    name: str
    function: object
    old: str
    new: str
    proof: object = SEARCH
    granularities: tuple = (1, 2)
    also: tuple = ()

    def __str__(self):
        return self.name.replace(" ", "_")

    def apply(self, monkeypatch):
        for function, old, new in ((self.function, self.old, self.new), *self.also):
            monkeypatch.setattr(function, "__code__", _rewritten(function, old, new))


def _rewritten(function, old, new):
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{old!r} is not once in {function.__qualname__}"
    made = {}
    text = "from __future__ import annotations\n" + source.replace(old, new)
    exec(compile(text, inspect.getsourcefile(function), "exec"), dict(function.__globals__), made)
    return made[function.__name__].__code__


NONE = "np.zeros(blocks.size, dtype=np.bool_)"
ALL = "np.ones(blocks.size, dtype=np.bool_)"
RECORD = "self._entries[-1].record(blocks, saves)"
SAVE = "self._save(blocks)"
IN_USE = "in_use = entry.use.test(blocks)"
KEPT = "kept = self._needed(position - 1, blocks)"
SCANNED = "scanned = queue.entries(older, younger)[:-1]"
ANSWER = "intersection(target.n_blocks, [changed, wanted]).indices()"
BY_SNAPSHOT = (
    "np.concatenate([intersection(target.n_blocks, [union(target.n_blocks, [each.bits,"
    " difference(wanted, _always_in_use([each], target))]), wanted]).indices() for each in scanned])"
)
RECURSIVE = """
        if not asked.size:
            return
        held = self._entries[position].holds(asked)
        rows[held] = self.store.read(self._entries[position].block_map.lookup(asked[held]))
        left = rows[~held]
        if position + 1 < len(self._entries):
            self._read_into(left, position + 1, asked[~held])
        else:
            left[:] = self.volume.read(asked[~held])
        rows[~held] = left
        return
        place = np.arange(asked.size)"""

MUTANTS = [
    Mutant("S1 skip step 514", SnapshotQueue._save, "self.store.write(", "(lambda *_: None)("),
    Mutant("S1 free the save block early", SnapshotQueue._save, RECORD, f"{RECORD}; self.store.free(saves)"),
    Mutant("S2 write bypasses the snapped volume", SnapshotQueue.write_in_order, SAVE, "pass"),
    Mutant("S3 second write overwrites", SnapshotQueue._needed, "unsaved = ~entry.holds(blocks)", f"unsaved = {ALL}"),
    Mutant(
        "S4 swap 515 and 516",
        SnapshotQueue._save,
        RECORD,
        "self.late = (blocks, saves)",
        proofs.crash_at_every_step,
        also=(
            (
                SnapshotQueue.write_in_order,
                f"{SAVE}\n    self.volume.write(addresses, rows)",
                f"self.late = None\n    {SAVE}\n    self.volume.write(addresses, rows)\n"
                "    if self.late:\n        self._entries[-1].record(*self.late)",
            ),
        ),
    ),
    Mutant("S5 double allocation", store.SnapshotStore.allocate, "self._fresh += fresh", "pass"),
    Mutant(
        "S6 no lock between two writers",
        SnapshotQueue.write_in_order,
        SAVE,
        f"self.between(); {SAVE}",
        proofs.two_writers,
    ),
    Mutant(
        "S7 no re-check after the wait",
        SnapshotQueue._read_into,
        "if asked.size == rows.shape[0]:",
        "self.between()\n    if asked.size == rows.shape[0]:",
        proofs.writer_during_read,
    ),
    Mutant(
        "S8 recursion",
        SnapshotQueue._read_into,
        "\n    place = np.arange(asked.size)",
        RECURSIVE.replace(" " * 8, " " * 4),
        proofs.thousands_of_snapshots,
    ),
    Mutant("S8 wrong direction", SnapshotQueue._read_into, "[position:]", "[position::-1]"),
    Mutant("S9 test the tail only", SnapshotQueue._needed, "position -= 1", "position = -1"),
    Mutant("S9 test the meta map of production", SnapshotQueue._needed, IN_USE, "in_use = self.volume.in_use(blocks)"),
    Mutant("S10 always save", SnapshotQueue._needed, IN_USE, f"in_use = {ALL}"),
    Mutant("S11 drop without merge", SnapshotQueue._remove, KEPT, f"kept = {NONE}"),
    Mutant("S11 merge everything", SnapshotQueue._remove, KEPT, f"kept = {ALL} & (position > 0)"),
    Mutant(
        "S11 merge only what the neighbour needs itself",
        SnapshotQueue._remove,
        KEPT,
        f"{KEPT}; kept[kept] = self._entries[position - 1].use.test(blocks[kept])",
        proofs.image_for_an_older_one_than_the_neighbour,
    ),
    Mutant(
        "S12 alias to the live map",
        volume.Volume.freeze_use,
        "self._allocated.copy()",
        "self._allocated",
        granularities=(1,),
    ),
    Mutant(
        "S12 alias to the live coarse map",
        volume.Volume.freeze_use,
        "self.meta.copy()",
        "self.meta",
        granularities=(2,),
    ),
    Mutant(
        "S13 save by the fine map",
        volume.InUse.test,
        "self.meta.test(addresses if self.granularity == 1 else addresses // self.granularity)",
        "self.allocated.test(addresses)",
        granularities=(2,),
    ),
    Mutant(
        "S13 delta by the fine map",
        volume.InUse.blocks,
        "spread(self.meta, self.granularity, self.n_blocks)",
        "self.allocated",
        granularities=(2,),
    ),
    Mutant("S14 forget to free", SnapshotQueue._remove, "self.store.free(saves[~kept])", "pass"),
    Mutant(
        "S15 ignore that the store is full",
        SnapshotQueue._make_room,
        "if blocks.size <= self.store.free_blocks:",
        "blocks = blocks[: self.store.free_blocks]\n        if True:",
        proofs.fill_the_store,
    ),
    Mutant(
        "S6 snapshot between test and set",
        SnapshotQueue.write_in_order,
        SAVE,
        f"self.between(); {SAVE}",
        proofs.snapshot_during_write,
    ),
    Mutant(
        "S16 no copy before write in a restore",
        SnapshotQueue.restore,
        "self.write(batch",
        "self.volume.write(batch",
        proofs.restore_the_past,
    ),
    Mutant(
        "S16 forget the meta map",
        SnapshotQueue.restore,
        "self.volume.restore_use(entry.allocation)",
        "pass",
        proofs.restore_the_past,
    ),
    Mutant(
        "S17 index error",
        SnapshotQueue._needed,
        "inside = int(np.searchsorted(blocks, entry.n_blocks))",
        "inside = blocks.size",
        proofs.extend_between_snapshots,
    ),
    Mutant(
        "S17 absent page treated as in use",
        delta._always_in_use,
        "return spread(groups, target.use.granularity, asked[0].n_blocks)",
        "groups.set_range(asked[0].use.meta.n_bits, groups.n_bits)\n"
        "    return spread(groups, target.use.granularity, target.n_blocks)",
        proofs.extend_between_snapshots,
    ),
    Mutant(
        "S17 straddling group in use before it was there",
        delta._always_in_use,
        "asked[0].n_blocks",
        "target.n_blocks",
        proofs.extend_between_snapshots,
    ),
    Mutant(
        "D1 skip step 668", delta.delta, "difference(wanted, _always_in_use(asked, target))", "Bitmap(target.n_blocks)"
    ),
    Mutant(
        "D1 step 656 with the branches swapped (E3)",
        delta.delta,
        "_imaged(scanned, target)",
        "difference(wanted, _imaged(scanned, target))",
    ),
    Mutant("D2 skip step 655", delta.delta, ANSWER, "changed.indices()"),
    Mutant("D3 send all that is in use", delta.delta, ANSWER, "wanted.indices()"),
    Mutant(
        "D4 read the clone",
        delta.Delta.rows,
        "self.queue.read(self.younger, self.addresses)",
        "self.queue.volume.read(self.addresses)",
    ),
    Mutant("D5 loops swapped", delta.delta, ANSWER, BY_SNAPSHOT),
    Mutant("D6 include M", delta.delta, SCANNED, "scanned = queue.entries(older, younger)"),
    Mutant("D6 omit L", delta.delta, "_imaged(scanned, target)", "_imaged(scanned[1:], target)"),
    Mutant("D7 ask only M-1 what was in use", delta.delta, "else scanned[:1]", "else scanned[-1:]"),
    Mutant(
        "D8 backwards is empty",
        delta.delta,
        "raise OlderThanBase(older, younger)",
        "return Delta(queue, older, younger, np.zeros(0, dtype=np.int64))",
        proofs.errors_of_delta,
    ),
    Mutant(
        "D8 the next one for one that is not there",
        roster.Roster.position,
        "if place is not None:",
        "place = min(bisect_left(self.entries, snapshot, key=_number), self.tail)\n    if True:",
        proofs.errors_of_delta,
    ),
    Mutant(
        "D9 delete in mid-transfer",
        roster.Roster.check_unpinned,
        "if self._pins[snapshot]:",
        "if False:",
        proofs.pinned_while_sending,
    ),
]
