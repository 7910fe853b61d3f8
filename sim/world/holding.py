"""What one replication has on the disks of one site: durable, whoever is the source, whatever generation it is.

Data movers, sessions and processes come and go with each generation; these arrays, maps and lists stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.engine.identity import SetId
from sim.engine.modlog import ModificationLog
from sim.engine.resync import Evidence, UndoList
from sim.engine.roles import Role
from sim.engine.savevolume import SaveVolume
from sim.engine.volume import PAGE_BLOCKS, Volume
from sim.world.node import Seat
from sim.world.snapshotwatch import SnapshotWatch

SPOILT = "save_volume_corrupt"


@dataclass(slots=True, eq=False)
class Holding:
    """A copy of the volume at a site with its snapshots and its save volume, and what is known of its history.

    `name`: a secondary's own, of the declared primary its site's. `position` and what follows speak of the time since
    it is off the source's history: the boundary that the volume was last at, the group of sets whose integration had
    begun, Open and Old of a former source.
    """

    name: str
    seat: Seat
    volume: Volume
    snapshots: SnapshotWatch
    save_volume: SaveVolume
    role: Role = Role.SECONDARY
    generation: int = 1
    position: SetId | None = None
    begun: SetId | None = None
    log: ModificationLog | None = None
    played_from: SaveVolume | None = None  # where the sets lie that it played back, if not in its own save volume
    undo: UndoList | None = None
    left_ns: int = 0
    volume_lost: bool = False
    log_lost: bool = False
    protective: int | None = None  # a snapshot from before an undo
    out: bool = False  # operators do not want it in the replication: it has not joined yet, or has left
    lost: list[str] = field(default_factory=list)  # what disasters destroyed since the last copy

    @property
    def site(self) -> str:
        """Where."""
        return self.seat.site

    def evidence(self) -> Evidence:
        """What is found on its disks now, for the plan of its resync (E12)."""
        return Evidence(
            position=self.position,
            save_volume=None if "save_volume" in self.lost else self.played_from or self.save_volume,
            log=self.log,
            was_source=self.log is not None or self.log_lost,
            log_lost=self.log_lost,
            volume_lost=self.volume_lost,
            begun=self.begun,
            undo=self.undo,
        )

    def destroy(self, parts: Iterable[str]) -> None:
        """A disaster took these parts: their contents are gone from the arrays."""
        for part in parts:
            match part:
                case "volume":
                    self._lose_volume()
                case "save_volume" | "save_volume_part":
                    self._lose_sets(everything=part == "save_volume")
                case "snapshot_store":
                    self._lose_snapshots()
                case "modification_log":
                    self.log_lost = True

    def corrupt(self, parts: Iterable[str]) -> None:
        """A disaster flipped bits in what these parts hold, where there are checksums that can tell."""
        ring = self.save_volume
        known = ring.held() if "save_volume" in parts else ()
        spoilt = [set_id for set_id in known if ring.is_complete(set_id) and ring.flip_bits(set_id)]
        if spoilt:
            self.lost.append(SPOILT)

    @property
    def why_anew(self) -> str:
        """What a restart finds wrong with a copy that is on the history: it goes on only from a whole copy."""
        if self.volume_lost:
            return "volume_lost"
        return SPOILT if set(self.lost) == {SPOILT} else "save_volume_lost" if self.lost else ""

    def _lose_volume(self) -> None:
        self.volume_lost = True
        self._lose_snapshots()
        pages = self.volume.touched_pages()
        for page in pages.tolist():
            self.volume.contents[page * PAGE_BLOCKS : (page + 1) * PAGE_BLOCKS] = 0

    def _lose_snapshots(self) -> None:
        queue = self.snapshots.queue
        for snapshot in queue.snapshots:
            self.snapshots.delete(snapshot, "destroyed")

    def _lose_sets(self, everything: bool) -> None:
        ring = self.save_volume
        known = ring.kept() if everything else ring.held()
        for set_id in known if everything else known[: max(1, len(known) // 2)]:
            ring.lose(set_id)
        self.lost.append("save_volume" if everything else "save_volume_part")

    def free_save_volume(self) -> None:
        """Nothing in its save volume is needed any more: whole sets are let go, what is not whole never will be."""
        empty(self.save_volume)

    def joined(self, position: SetId) -> None:
        """It is on the source's history again, at this boundary: evidence of other times is of no use any more."""
        self.position, self.generation = position, position.generation
        self.begun = self.log = self.undo = self.played_from = None
        self.volume_lost = self.log_lost = False
        self.lost.clear()


def empty(save_volume: SaveVolume) -> None:
    """A new generation begins: nobody needs the sets of the one before; what is not whole never will be."""
    for set_id in save_volume.held():
        if save_volume.is_complete(set_id):
            save_volume.release(set_id)
        else:
            save_volume.forget(set_id)
