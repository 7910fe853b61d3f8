"""Volumes: size, what is in use, who writes, which snapshots are taken."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import (
    Model,
    Name,
    PositiveCount,
    PositiveDuration,
    PositiveSize,
    Share,
    Word,
)
from sim.scenario.workloads import Workload


class SnapshotSchedule(Model):
    """Snapshots at equal distances, the oldest deleted when there are more than `keep`."""

    every: PositiveDuration = Field(description="From one snapshot to the next.")
    keep: PositiveCount = Field(description="How many are kept.")


class SnapshotStore(Model):
    """Where before-images lie."""

    size: PositiveSize | None = Field(default=None, description="As large as the volume if absent.")
    on_full: Annotated[Literal["invalidate"], Word] = Field(
        default="invalidate", description="When it is full, the oldest snapshots are given up, and reported."
    )


class Volume(Model):
    """A volume of blocks and what happens to it."""

    size: PositiveSize = Field(description="A multiple of the block.")
    block: PositiveSize = Field(default=8192, description="Unit of change; a multiple of 512 bytes.")
    in_use: Share = Field(default=Fraction(1), description="How much is in use at the start (meta bit map).")
    granularity: PositiveCount = Field(default=1, description="Blocks per bit of the meta bit map (FIG 45).")
    workload: dict[Name, Workload] = Field(default={}, description="Who writes; any number of streams together.")
    snapshots: SnapshotSchedule | None = Field(default=None, description="A schedule of snapshots.")
    snapshot_store: SnapshotStore = Field(default=SnapshotStore(), description="Where before-images lie.")
