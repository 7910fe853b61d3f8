"""Everything that decides: the real snapshot, delta and replication code. No clock, no dice, no disk, no SimPy.

Arrays of block addresses in, arrays out. Addresses are int64, strictly increasing; rows are `contents[addresses]` of
any row type: 8-byte content ids `(n,)` uint64, payload `(n, block_bytes)` uint8, or a memory-mapped file of either. The
same lines run on each.

    volume = Volume(np.zeros(1024, np.uint64))            production contents and meta bit map
    queue = SnapshotQueue(volume, SnapshotStore(np.zeros(1024, np.uint64)))
    older = queue.create()
    queue.write(np.array([3, 7]), np.array([30, 70], np.uint64))
    snapshot_delta(queue, older, queue.create()).addresses         array([3, 7])
"""

from sim.engine.bitmap import Bitmap
from sim.engine.blockmap import BlockMap
from sim.engine.copyout import CopyWalk
from sim.engine.delta import Delta
from sim.engine.delta import delta as snapshot_delta  # the module keeps its own name
from sim.engine.deltaset import ChunkRange, DeltaSet, Header, SetShape
from sim.engine.distribution import Distribution, FullPolicy, Room, StartSetGone, make_room
from sim.engine.identity import START, SetId
from sim.engine.modlog import ClosedSet, CopyOutUnfinished, ModificationLog
from sim.engine.playback import NotReadable, Playback
from sim.engine.receiver import Outcome, SetReceiver
from sim.engine.resync import Evidence, FullCopyCause, Leg, ResyncCosts, ResyncPlan, UndoList
from sim.engine.roles import Mount, NotAllowed, Role
from sim.engine.savevolume import Found, SaveVolume, SaveVolumeFull
from sim.engine.snapshot_errors import (
    DeletedSnapshot,
    InvalidatedSnapshot,
    OlderThanBase,
    SnapshotError,
    SnapshotPinned,
    SnapshotStoreFull,
    UnknownSnapshot,
)
from sim.engine.snapshots import SnapshotQueue, WriteOutcome
from sim.engine.source import Source
from sim.engine.store import SnapshotStore
from sim.engine.triggers import NextCut, Trigger, Triggers
from sim.engine.volume import InUse, Volume

__all__ = [
    "START", "Bitmap", "BlockMap", "ChunkRange", "ClosedSet", "CopyOutUnfinished", "CopyWalk", "DeletedSnapshot",
    "Delta", "DeltaSet", "Distribution", "Evidence", "Found", "FullCopyCause", "FullPolicy", "Header", "InUse",
    "InvalidatedSnapshot", "Leg", "ModificationLog", "Mount", "NextCut", "NotAllowed", "NotReadable", "OlderThanBase",
    "Outcome", "Playback", "ResyncCosts", "ResyncPlan", "Role", "Room", "SaveVolume", "SaveVolumeFull", "SetId",
    "SetReceiver", "SetShape", "SnapshotError", "SnapshotPinned", "SnapshotQueue", "SnapshotStore", "SnapshotStoreFull",
    "Source", "StartSetGone", "Trigger", "Triggers", "UndoList", "UnknownSnapshot", "Volume", "WriteOutcome",
    "make_room", "snapshot_delta",
]  # fmt: skip
