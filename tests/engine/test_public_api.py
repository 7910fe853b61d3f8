"""The engine's front door: what it names is there, documented, and does what its docstring says."""

from __future__ import annotations

import numpy as np

import sim.engine
from sim.engine import SnapshotQueue, SnapshotStore, Volume, snapshot_delta


def test_every_name_is_there_and_documented() -> None:
    for name in sim.engine.__all__:
        thing = getattr(sim.engine, name)
        assert thing.__doc__ or name == "START"


def test_the_example_of_the_docstring() -> None:
    volume = Volume(np.zeros(1024, np.uint64))
    queue = SnapshotQueue(volume, SnapshotStore(np.zeros(1024, np.uint64)))
    volume.allocate_range(0, 1024)
    older = queue.create()
    queue.write(np.array([3, 7]), np.array([30, 70], np.uint64))
    younger = queue.create()
    changes = snapshot_delta(queue, older, younger)
    assert changes.addresses.tolist() == [3, 7]
    assert changes.rows().tolist() == [30, 70]
    assert queue.read(older, np.array([3, 7])).tolist() == [0, 0]
