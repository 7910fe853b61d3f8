"""How a copy that is off its source's history is brought back: which blocks may differ, or why all must be copied.

R1  undo = the blocks of every set after the restart point, and Old, and Open: what was never cut counts (finding 1, E9)
R5  by difference exactly when all of that is known; a set that never was is not one that is lost (finding 2, E11)
a copy behind the restart point lacks sets instead, and one of another generation both: the list is the same (F9, E53)

What a list says is where a copy may differ from the restart point. What those blocks hold comes from snapshots of the
source (R4), in one of the ways of `resync_legs`. FIG 28, L1906-2010.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sim.engine.bitmap import Addresses, Bitmap, increase
from sim.engine.deltaset import NO_BLOCKS
from sim.engine.evidence import Evidence, FullCopyCause, UndoList, union_of
from sim.engine.identity import SetId
from sim.engine.lineage import Parting, UnknownLineage, parting
from sim.engine.modlog import ModificationLog
from sim.engine.resync_legs import Leg, ResyncCosts, Transfer, costs, legs
from sim.engine.savevolume import Found, SaveVolume
from sim.engine.storedset import StoredSet

__all__ = [
    "Evidence", "FullCopyCause", "Leg", "ResyncCosts", "ResyncPlan", "Transfer", "UndoList", "costs", "legs", "plan",
]  # fmt: skip

_HERE: Final = (Found.HELD, Found.RELEASED)
_GONE: Final = {
    Found.LOST: FullCopyCause.SAVE_VOLUME_PARTLY_LOST,
    Found.OVERWRITTEN: FullCopyCause.SAVE_VOLUME_OVERWRITTEN,
}


@dataclass(frozen=True, slots=True, eq=False)
class ResyncPlan:
    """By difference: the blocks to undo or catch up with, increasing, and the sets they are from; or why not."""

    cause: FullCopyCause | None
    undo: Addresses = field(repr=False)
    sets: tuple[SetId, ...] = ()

    @property
    def incremental(self) -> bool:
        """Whether it goes by difference."""
        return self.cause is None


def plan(
    evidence: Evidence,
    restart: SetId,
    restart_snapshot_is_live: bool,
    source_sets: SaveVolume | None,
    began_at: Mapping[int, SetId] | None = None,
) -> ResyncPlan:
    """Where a copy may differ from boundary `restart` of the source, or why that cannot be known; changes nothing.

    `source_sets`: the source's own save volume, in which sets may lie that the copy never had, None when it is gone.
    `began_at`: the boundary at which each later generation began, for copies of another generation than `restart`.
    """
    search = _Search(evidence, restart, source_sets, began_at or {})
    causes = sorted(search.causes(restart_snapshot_is_live), key=list(FullCopyCause).index)
    if causes:
        return ResyncPlan(causes[0], NO_BLOCKS)
    return ResyncPlan(None, union_of([*search.found, *_unfinished(evidence)]), search.sets)


class _Search:
    """The blocks of every set that is needed, as far as they can be found."""

    def __init__(
        self, evidence: Evidence, restart: SetId, source_sets: SaveVolume | None, began_at: Mapping[int, SetId]
    ) -> None:
        self._evidence, self._restart, self._began_at = evidence, restart, began_at
        self._own, self._source = evidence.save_volume, source_sets
        self.sets: tuple[SetId, ...] = ()
        self.found: list[Addresses] = []

    def causes(self, restart_snapshot_is_live: bool) -> Iterator[FullCopyCause]:
        """Everything that stands in the way."""
        evidence = self._evidence
        if evidence.volume_lost:
            yield FullCopyCause.VOLUME_LOST
        log_lost = evidence.was_source and (evidence.log_lost or evidence.log is None) and evidence.undo is None
        if log_lost:
            yield FullCopyCause.MODIFICATION_LOG_LOST
        if not restart_snapshot_is_live:
            yield FullCopyCause.RESTART_SNAPSHOT_LOST
        try:
            needed = self._needed()
        except UnknownLineage:
            yield FullCopyCause.LINEAGE
        else:
            if needed is None and not log_lost:
                yield FullCopyCause.NEVER_SEEDED
            elif needed is not None:
                yield from self._collect(needed)

    def _needed(self) -> Parting | None:
        """The sets of the way to the restart point: from where an undo list starts, if there is one. None: nowhere."""
        evidence = self._evidence
        if evidence.undo is not None:
            return parting(evidence.undo.after, self._restart, self._began_at)
        if evidence.position is None:
            return None
        return parting(evidence.position, self._restart, self._began_at, evidence.begun)

    def _collect(self, needed: Parting) -> Iterator[FullCopyCause]:
        self.sets = tuple(sorted({*needed.own, *needed.others}))
        own = frozenset(needed.own)
        for set_id in self.sets:
            addresses = self._blocks_of(set_id)
            if addresses is None:
                yield self._why_missing(set_id, is_own=set_id in own)
            else:
                self.found.append(addresses)

    def _blocks_of(self, set_id: SetId) -> Addresses | None:
        for ring in (self._own, self._source):
            if ring is not None and ring.find(set_id) in _HERE:
                stored = ring.stored(set_id)
                if stored.complete and ring.intact(set_id):
                    return stored.addresses
                if not stored.complete and ring is self._own and self._evidence.log is not None:
                    listed = _being_copied_out(stored, self._evidence.log)
                    if listed is not None:
                        return listed
        return None

    def _why_missing(self, set_id: SetId, is_own: bool) -> FullCopyCause:
        """What became of a set that is needed and that nobody has: what undoes a copy's own only itself should have."""
        if is_own and self._own is None:
            return FullCopyCause.SAVE_VOLUME_LOST
        for ring in (self._own,) if is_own else (self._own, self._source):
            found = None if ring is None else ring.find(set_id)
            if found in _GONE:
                return _GONE[found]
            if ring is not None and found in _HERE and (ring.is_complete(set_id) or self._evidence.was_source):
                return FullCopyCause.SAVE_VOLUME_CORRUPT
        never_here = is_own or self._source is None  # in a save volume that is new since
        return FullCopyCause.SAVE_VOLUME_LOST if never_here else FullCopyCause.SAVE_VOLUME_OVERWRITTEN


def _being_copied_out(stored: StoredSet, log: ModificationLog) -> Addresses | None:
    """The blocks of the last set that a source cut and had not finished: its mailbox has them, or else Old has all.

    None when what is there contradicts itself.
    """
    if stored.id != log.stamp:
        return None
    listed, waiting = stored.addresses, log.old_addresses()
    increasing = increase(listed) and (listed.size == 0 or listed[0] >= 0)
    inside = listed.size == 0 or listed[-1] < log.n_blocks
    if increasing and inside and bool(Bitmap.of(log.n_blocks, listed).test(waiting).all()):
        return listed
    return waiting if waiting.size == stored.blocks else None


def _unfinished(evidence: Evidence) -> list[Addresses]:
    """What no set says: the list of a resync that did not come to its end, Open and Old."""
    lists = [] if evidence.undo is None else [evidence.undo.addresses]
    if evidence.log is not None:
        lists += [evidence.log.old_addresses(), evidence.log.open_addresses()]
    return lists


def may_differ(log: ModificationLog, save_volume: SaveVolume, since: SetId, *remaining: Addresses) -> Addresses:
    """Where a copy at boundary `since` may differ from its source now, increasing: what status counts (R13, L2129).

    `log`, `save_volume`: the source's; `since`: of its generation; `remaining`: what a resync has still to send.
    Raises KeyError when a set since then is not in the save volume any more.
    """
    numbers = range(since.number + 1, log.stamp.number + 1)
    sets = [save_volume.stored(SetId(log.stamp.generation, number)).addresses for number in numbers]
    return union_of([*sets, log.open_addresses(), *remaining])
