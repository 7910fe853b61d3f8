"""The oracle notices when the engine under it is wrong: crimes against a running world (V1, C1, O1, O2)."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.blockindex import BlockIndex
from sim.engine.playback import Playback
from sim.engine.source import Source
from sim.engine.volume import Volume
from sim.streams import Streams
from sim.world.build import build
from sim.world.errors import ModelBroken
from sim.world.ledger import Ledger
from tests.world.scenes import run, scene

BUSY = "{writes: 300 /s, locality: {uniform: true, over: 8 MiB}}"


def busy(**options: str):
    return scene(**({"workload": BUSY, "timeout": "1 min", "until": "10 min", "disk": "{read: 2 MB/s}"} | options))


@pytest.mark.parametrize("checking", ["cheap", "full"])
def test_an_honest_engine_passes(checking: str) -> None:
    run(busy(), checking=checking)


@pytest.mark.parametrize("checking", ["cheap", "full"])
def test_C5_a_copy_out_that_forgets_copy_before_write_is_caught(checking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(self: Source, addresses, rows) -> int:
        new = self.log.record(addresses)
        self._target.write(addresses, rows)
        return new

    def nothing_early(self: Source, addresses, steps_at_write, steps: int) -> int:
        return 0  # the walk is made good at the end, after the writes

    honest = Source.finish_copy_out

    def finish(self: Source):
        self.copy_out(self.builder.remaining)
        return honest(self)

    monkeypatch.setattr(Source, "write", write)
    monkeypatch.setattr(Source, "copy_out_while", nothing_early)
    monkeypatch.setattr(Source, "finish_copy_out", finish)
    with pytest.raises(ModelBroken, match="ViewIsABoundary"):
        run(busy(), checking=checking)


@pytest.mark.parametrize("checking", ["cheap", "full"])
def test_C1_C3_a_set_that_loses_a_block_is_caught(checking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Source.write

    def write(self: Source, addresses, rows) -> int:
        new = honest(self, addresses, rows)
        if addresses.size > 100:
            self.log._open.clear(addresses[:1])
            self.log._open_count -= 1
        return new

    monkeypatch.setattr(Source, "write", write)
    with pytest.raises(ModelBroken):
        run(busy(), checking=checking)


def test_V5_oldest_value_wins_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = BlockIndex.__init__

    def backwards(self: BlockIndex, *args) -> None:
        honest(self, *[list(reversed(arg)) if isinstance(arg, list | tuple) else arg for arg in args])

    monkeypatch.setattr(BlockIndex, "__init__", backwards)
    with pytest.raises(ModelBroken, match="ViewIsABoundary"):
        run(busy(secondary="{timeout: 3 min}"))


def test_V4_disk_first_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Playback, "read", lambda self, addresses: self.volume.read(addresses))
    with pytest.raises(ModelBroken, match="ViewIsABoundary"):
        run(busy())


def test_a_secondary_that_rots_is_caught_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Playback.finish

    def rot(self: Playback):
        done = honest(self)
        self.volume.contents[-300:] = 99
        self.volume.allocate(np.arange(self.volume.n_blocks - 300, self.volume.n_blocks))
        return done

    monkeypatch.setattr(Playback, "finish", rot)
    with pytest.raises(ModelBroken, match="SecondaryEqualsPrimary"):
        run(busy(workload="{writes: 300 /s, locality: uniform}"), checking="cheap")


def test_V7_a_copy_that_misses_blocks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Volume.write

    def lossy(self: Volume, addresses, rows) -> None:
        honest(self, addresses, rows)
        if addresses.size == 4096:  # the one slice of this copy
            self.contents[addresses[7]] = 5

    monkeypatch.setattr(Volume, "write", lossy)
    with pytest.raises(ModelBroken):
        run(
            busy(
                initial_copy="run",
                volume="in_use: 25 %",
                workload="{writes: 1 /s, locality: {uniform: true, over: 1 MiB}}",
            )
        )


def test_checking_changes_nothing() -> None:
    digests = {run(busy(), checking=checking).digest for checking in ("off", "cheap", "full")}
    assert len(digests) == 1


@pytest.mark.parametrize("checking", ["cheap", "full"])
def test_the_oracle_forgets_what_every_secondary_is_past(checking: str) -> None:
    """It kept a golden copy of every boundary for ever: a week of full checking took gigabytes."""
    ledger = Ledger(lambda _fact: None)
    world = build(busy(until="30 min"), ledger, Streams(1), checking, "ids")
    world.start()
    world.clock.run(30 * 60 * 10**9, lambda _time_ns: None)
    oracle = world.mirrors["mirror"].primary.oracle
    assert world.mirrors["mirror"].primary.last_cut.number >= 30
    assert len(oracle._after_images) <= 3
    assert len(oracle._golden) <= 3
