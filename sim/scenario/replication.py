"""Replication of a volume: who copies to whom, and when a delta set is cut.

defaults of timeout and high-water mark (L1318-1321): 600 s and 600 MB, as the product of the seed documents them
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.disasters import RecoveryPolicy
from sim.scenario.fields import Count, Flag, Model, Name, Names, PositiveDuration, PositiveSize, Word
from sim.scenario.volumes import SnapshotSchedule


class SaveVolume(Model):
    """The wrap-around buffer of delta sets at the primary."""

    size: PositiveSize = Field(description="Room for delta sets; headers live outside it.")
    on_full: Annotated[Literal["suspend", "drop"], Word] = Field(
        default="suspend", description="Let the writers wait, or mark the laggard for a full copy."
    )


class SecondarySaveVolume(Model):
    """The wrap-around buffer of received delta sets at a secondary or forwarder."""

    size: PositiveSize | None = Field(default=None, description="As large as the primary's if absent.")


class Secondary(Model):
    """A site that keeps a copy."""

    site: Name | None = Field(default=None, description="Its own name if absent; its feeder's for a local copy.")
    via: Names = Field(
        default=(),
        description="Who feeds it, if not the primary; then links or sites that are passed, in order.",
    )
    timeout: PositiveDuration | None = Field(default=None, description="Group received sets for this long.")
    high_water_mark: PositiveSize | None = Field(default=None, description="Or up to this many bytes, then replay.")
    save_volume: SecondarySaveVolume = Field(default=SecondarySaveVolume(), description="Room for received sets.")
    snapshots: SnapshotSchedule | None = Field(default=None, description="A schedule of snapshots of the copy.")


class Forwarder(Model):
    """A data mover that passes sets on and keeps no copy (FIG 16)."""

    site: Name | None = Field(default=None, description="Its own name if absent.")
    via: Names = Field(
        default=(),
        description="Who feeds it, if not the primary; then links or sites that are passed, in order.",
    )
    save_volume: SecondarySaveVolume = Field(default=SecondarySaveVolume(), description="Room for sets on their way.")


class Replication(Model):
    """One volume, its primary, its secondaries, and the policy between them."""

    volume: Name = Field(description="The volume that is replicated.")
    primary: Name = Field(description="The site where it is written.")
    initial_copy: Annotated[Literal["done", "run", "two-snapshots"], Word] = Field(
        description="How the secondaries begin: with a copy, copied under writes, or by two snapshots and a delta."
    )
    secondaries: dict[Name, Secondary] = Field(min_length=1, description="Who keeps a copy.")
    forwarders: dict[Name, Forwarder] = Field(default={}, description="Who passes sets on and keeps no copy.")
    timeout: PositiveDuration = Field(default=600 * 10**9, description="A set is cut after this long,")
    high_water_mark: PositiveSize = Field(
        default=600 * 10**6, description="or at this many bytes of changed blocks, whichever comes first."
    )
    chunk: PositiveSize = Field(default=2**20, description="A set travels in chunks of this size.")
    save_volume: SaveVolume = Field(description="Where cut sets wait until every secondary has replayed them.")
    retries: Count = Field(default=5, description="How often a transfer is tried again.")
    retry_after: PositiveDuration = Field(
        default=30 * 10**9, description="A session without progress for so long is closed, and tried again."
    )
    bypass: Flag = Field(default=True, description="Whether those below a failed member are served from above it.")
    poll: PositiveDuration | None = Field(
        default=None, description="Look for triggers at this interval; absent: at once."
    )
    empty_sets: Annotated[Literal["send", "skip"], Word] = Field(
        default="send", description="Whether an interval without writes makes a set."
    )
    recovery: RecoveryPolicy = Field(default=RecoveryPolicy(), description="How it gets back after a failover.")

    @property
    def members(self) -> dict[str, Secondary | Forwarder]:
        """All that are fed, by name: secondaries, then forwarders."""
        return {**self.secondaries, **self.forwarders}

    def site_of(self, member: str) -> str:
        """The site of a secondary or forwarder: its own name unless said otherwise."""
        return self.members[member].site or member
