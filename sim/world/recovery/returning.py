"""A copy that is off the history comes back: what is undone, what is copied, and what the ledger hears (FIG 28, 29).

the undo list is durable before the save volume takes a set of the new generation (R7)
before-images come from the restart point, or are what the intermediate point holds: never from the live copy (R4)
from the first undone block to the intermediate point the copy is raw (R10)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.identity import SetId
from sim.engine.resync import FullCopyCause, Leg, ResyncPlan, UndoList, costs, legs, plan
from sim.engine.roles import Role
from sim.engine.snapshots import SnapshotQueue
from sim.records import ResyncFinished, ResyncPlanned, UndoListStored
from sim.world.audit import blocks_in
from sim.world.holding import Holding
from sim.world.primary import Primary

if TYPE_CHECKING:
    from sim.world.recovery.succession import RestartPoint, Succession

NOTHING: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


class Return:
    """The way back of one copy, for whoever carries it out (`Copier`)."""

    def __init__(self, succession: Succession, held: Holding, why: str = "") -> None:
        """`why`: what a disaster took from a copy that was on the history, so that it needs a whole copy."""
        self._succession, self._held, self._why = succession, held, why
        self._policy = succession.policy
        self.two_snapshots = self._policy.full_copy == "two-snapshots"
        self._began_ns = succession.now_ns
        self._way = "incremental"

    def plan(self) -> ResyncPlan:
        """What has to be undone, read from its disks now; the list is durable from then on (R1, R7, E12)."""
        held, restart = self._held, self._succession.restart
        self._began_ns, self._way = self._succession.now_ns, "incremental"
        self._mark("repair")
        found = self._found(restart)
        if found.incremental and restart is not None:
            held.undo = UndoList(restart.stamp, found.undo)
            self._succession.enter(UndoListStored, site=held.site, blocks=int(found.undo.size))
            if self._policy.protect and held.protective is None:
                held.protective = held.snapshots.take("protective")
        self._free_save_volume()
        self._succession.becomes(held, Role.RESYNCING)
        return found

    def first(self, found: ResyncPlan) -> tuple[Leg, ...]:
        """The literal undo (step 532): before-images from the restart point."""
        restart = self._succession.restart
        if self._policy.transfer != "literal" or restart is None:
            return ()
        used = self._queue.in_use(restart.snapshot, found.undo)
        return (Leg("undo", restart.snapshot, found.undo[used]),)

    def then(self, found: ResyncPlan, intermediate: int, stamp: SetId) -> tuple[Leg, ...]:
        """What is sent of the intermediate point; the ledger hears what each way would have cost."""
        restart = self._succession.restart
        assert restart is not None  # without one there is nothing to compare with
        snapshot = restart.snapshot
        transfer = self._policy.transfer
        chosen = legs(found, self._queue, snapshot, intermediate, transfer)
        costing = costs(found, self._queue, snapshot, intermediate)
        whole = any(leg.name == "full" for leg in chosen)
        self._lengthen_list(chosen)
        self._way, cause = ("full", "cheaper") if whole else ("incremental", "")
        blocks = (costing.undo_blocks, costing.copy_blocks, costing.merged_blocks, costing.full_blocks)
        self._tell_plan(cause, "full" if whole else "literal" if transfer == "literal" else "merged", found, blocks)
        return tuple(leg for leg in chosen if transfer != "literal" or leg.name != "undo")

    def wholly(self, why: str) -> None:
        """It takes a whole copy (step 536): until that is complete what is there is no boundary, nor near one."""
        self._way = "full"
        self._held.position = self._held.undo = None
        whole = self._succession.source.volume.freeze_use().blocks().count()
        self._tell_plan(why, "full", None, (0, 0, 0, whole))

    def carried(self, leg: Leg) -> None:
        """A part of it is there."""
        self._mark("undo" if leg.name == "undo" else "copy")

    def finished(self, stamp: SetId, snapshot: int) -> None:
        """It is on the history again, at the boundary of this snapshot (step 535)."""
        held, succession = self._held, self._succession
        self._mark("copy")
        self._must_equal(stamp, snapshot)
        succession.enter(
            ResyncFinished,
            site=held.site,
            member=held.name,
            way=self._way,
            generation=stamp.generation,
            number=stamp.number,
            began_ns=self._began_ns,
        )
        if held.protective is not None:
            held.snapshots.delete(held.protective, "recovered")
            held.protective = None
        held.joined(stamp)
        succession.came_back(held)

    def _found(self, restart: RestartPoint | None) -> ResyncPlan:
        if self._why:
            return ResyncPlan(FullCopyCause(self._why), NOTHING)
        if restart is None:  # the source itself lost track
            return ResyncPlan(FullCopyCause(self._succession.why_anew or "restart_snapshot_lost"), NOTHING)
        source = self._succession.source
        evidence, began_at = self._held.evidence(), self._succession.began_at
        return plan(evidence, restart.stamp, self._restart_is_live, source.save_volume, began_at)

    def _lengthen_list(self, chosen: tuple[Leg, ...]) -> None:
        """What is about to be sent may be there or not when this is interrupted for good: it is in the list too."""
        short = self._held.undo
        assert short is not None  # it was stored with the plan
        self._held.undo = longer = short.with_legs(chosen)
        if longer.addresses.size > short.addresses.size:
            self._succession.enter(UndoListStored, site=self._held.site, blocks=int(longer.addresses.size))

    # -- how ----------------------------------------------------------------------------------------------------------

    @property
    def _queue(self) -> SnapshotQueue:
        return self._succession.source.snapshots.queue

    @property
    def _restart_is_live(self) -> bool:
        restart = self._succession.restart
        return restart is not None and restart.snapshot in self._queue.snapshots

    def _free_save_volume(self) -> None:
        """Its sets have been read: there is room for those of the new generation."""
        self._held.free_save_volume()
        inbox = self._succession.arm(self._held).member.inbox
        if inbox is not None:
            inbox.tell_save_volume()

    def _mark(self, phase: str) -> None:
        recovery = self._succession.recovery
        if recovery is not None and recovery.promoted and recovery.old_primary == self._held.name:
            recovery.mark(phase)

    def _tell_plan(
        self, cause: str, transfer: str, found: ResyncPlan | None, blocks: tuple[int, int, int, int]
    ) -> None:
        succession, held = self._succession, self._held
        restart, block_bytes = succession.restart, succession.mirror.primary.block_bytes
        undo, copy, merged, full = (count * block_bytes for count in blocks)
        succession.enter(
            ResyncPlanned,
            site=held.site,
            member=held.name,
            way=self._way,
            cause=cause,
            transfer=transfer,
            generation=0 if restart is None else restart.stamp.generation,
            number=0 if restart is None else restart.stamp.number,
            sets=0 if found is None else len(found.sets),
            undo_bytes=undo,
            copy_bytes=copy,
            merged_bytes=merged,
            full_bytes=full,
            time_away_ns=succession.now_ns - held.left_ns,
        )

    def _must_equal(self, stamp: SetId, snapshot: int) -> None:
        """R2, R3: what was brought back equals the intermediate point on every block in use there."""
        primary = self._succession.mirror.primary
        if primary.oracle.checking == "off":
            return
        if wrong := differing_blocks(primary, self._held, snapshot):
            what = f"{self._held.name} differs from {stamp} in {wrong} blocks after its resync"
            primary.ledger.broken("ResyncEqualsIntermediate", what, self._succession.now_ns)


def differing_blocks(primary: Primary, held: Holding, snapshot: int) -> int:
    """In how many blocks in use there, block by block, a copy differs from a snapshot of the source."""
    queue, mine, found = primary.snapshots.queue, held.volume, 0
    used = queue.entry(snapshot).allocation.allocated
    pages = np.union1d(primary.source.volume.touched_pages(), mine.touched_pages())
    for inside in blocks_in(pages, mine.n_blocks):
        blocks = inside[used.test(inside)]
        if blocks.size:
            here, there = mine.contents[blocks], queue.read(snapshot, blocks)
            found += int((here != there).reshape(blocks.size, -1).any(axis=1).sum())
    return found
