"""One site of a recovery with the real engine, and the plain lists that say what is true (O1)."""

import numpy as np

from sim.engine.evidence import Evidence
from sim.engine.identity import START, SetId
from sim.engine.modlog import ModificationLog
from sim.engine.playback import Playback
from sim.engine.receiver import SetReceiver
from sim.engine.roles import Role, step
from sim.engine.savevolume import SaveVolume
from sim.engine.snapshots import SnapshotQueue
from sim.engine.source import Source
from sim.engine.store import SnapshotStore
from sim.engine.volume import Volume

N_BLOCKS = 2


class Site:
    """What a site has: on its disks, and in memory what of it is the source, the receiver, the playback."""

    def __init__(self, name, capacity, role, n_blocks):
        self.name, self.role, self.was, self.every = name, role, role, np.arange(n_blocks)
        self.volume = Volume(np.zeros(n_blocks, dtype=np.uint64))
        self.volume.write(np.array([0]), np.array([1], dtype=np.uint64))
        self.queue = SnapshotQueue(self.volume, SnapshotStore(np.zeros(64, dtype=np.uint64)))
        self.ring = SaveVolume(np.zeros(capacity, dtype=np.uint64))
        self.source = self.log = self.receiver = self.playback = None
        self.undo = self.protective = None
        self.volume_lost = self.log_lost = self.ring_lost = False

    @property
    def up(self):
        return self.role is not Role.LOST

    def step(self, name):
        self.role = step(self.role, name)

    def serve(self, stamp):
        """Be the source, at boundary `stamp`."""
        self.receiver = self.playback = None
        self.log = ModificationLog(self.volume.n_blocks, stamp)
        self.source = Source(self.volume, self.log, self.ring, self.queue, chunk_blocks=1)

    def listen(self, stamp, boundary):
        """Receive the sets after `stamp`; the volume is at `boundary`, None while it is raw."""
        self.source = None
        self.receiver = SetReceiver(self.ring, stamp)
        self.playback = Playback(self.volume, self.ring, boundary, self.queue)

    def empty_ring(self):
        """Its sets were read or are given up: there is room for those of the new generation."""
        for set_id in self.ring.held():
            if self.ring.is_complete(set_id):
                self.ring.release(set_id)
            else:
                self.ring.forget(set_id)

    def evidence(self):
        copy = self.playback
        position = begun = None
        if self.log is not None:
            position = self.log.stamp
        elif copy is not None and copy.readable:
            position, begun = copy.boundary, copy.view
        return Evidence(
            position=position,
            save_volume=None if self.ring_lost else self.ring,
            log=None if self.log_lost else self.log,
            was_source=self.log is not None,
            log_lost=self.log_lost,
            volume_lost=self.volume_lost,
            begun=begun,
            undo=self.undo,
        )

    def contents(self):
        return self.volume.contents.tolist()

    def holds(self, state):
        """Whether it holds these contents in these blocks, and no other is in use."""
        contents, used = state
        mine = self.contents()
        return self.used() == used and all(mine[block] == contents[block] for block in used)

    def used(self):
        return set(self.every[self.volume.in_use(self.every)].tolist())


class Truth:
    """The plain history: what each boundary held, what users wrote since, what was received and replayed."""

    def __init__(self, n_blocks):
        first = [1] + [0] * (n_blocks - 1)
        self.boundaries = {START: (first, {0})}
        self.live = {"a": (first, {0})}  # of whoever users write to
        self.stamp = {"a": START}
        self.writes = []  # (site, the boundary after which, block)
        self.received = self.replayed = START
        self.begun = None

    def write(self, site, block, value):
        contents, used = self.live[site]
        self.live[site] = ([value if at == block else old for at, old in enumerate(contents)], used | {block})
        self.writes.append((site, self.stamp[site], block))

    def free(self, site, block):
        contents, used = self.live[site]
        self.live[site] = (contents, used - {block})

    def cut(self, site):
        self.stamp[site] = self.stamp[site].next()
        self.boundaries[self.stamp[site]] = self.live[site]

    def begin(self, site, generation, boundary):
        """A generation begins at a boundary."""
        begin = SetId(generation, 0)
        self.boundaries[begin] = self.boundaries[boundary]
        self.live[site], self.stamp[site] = self.boundaries[boundary], begin
        self.received = self.replayed = begin
        self.begun = None

    def lost_blocks(self, site, generation, number):
        """Blocks of what was written at a site after a boundary (F4, and with split brain R14)."""
        return {
            block
            for where, after, block in self.writes
            if where == site and after.generation == generation and after.number >= number
        }
