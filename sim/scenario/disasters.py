"""Disasters, and what people do about them: lost sites, commands of recovery, and how long people take.

what each command means and when it is refused: DESIGN of recovery in ARCHITECTURE.md; sources L1744-2255
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sim.scenario.distributions import (
    Choice,
    Constant,
    Distribution,
    Exponential,
    Lognormal,
    UniformRange,
    Weibull,
    which_distribution,
)
from sim.scenario.entries import Command, Entry
from sim.scenario.fields import Duration, Flag, Model, Name, OneOrMore, PositiveDuration, Word

Destroyed = Annotated[Literal["volume", "save_volume", "save_volume_part", "snapshot_store", "modification_log"], Word]
Corrupted = Annotated[Literal["save_volume"], Word]


class Place(Entry):
    """One site, or all that a group holds."""

    site: Name | None = Field(default=None, description="Which site,")
    group: Name | None = Field(default=None, description="or which group: all of it at one instant.")


class SiteLoss(Place):
    """A disaster strikes a site, or all sites of a group; links of a group are cut with them."""

    kind: Annotated[Literal["site-lost"], Word]
    destroys: Annotated[tuple[Destroyed, ...], OneOrMore()] = Field(
        default=(), description="What is gone for good, even when the site is back."
    )
    corrupts: Annotated[tuple[Corrupted, ...], OneOrMore()] = Field(
        default=(), description="What looks whole afterwards, but has bits flipped."
    )
    duration: Distribution | None = Field(
        default=None, alias="for", description="How long until it is back by itself; absent: until site-back."
    )


class SiteReturn(Place):
    """A site that was lost is repaired and has power again; what was destroyed is empty."""

    kind: Annotated[Literal["site-back"], Word]


class Failover(Command):
    """A secondary takes over: its copy becomes the source of a new generation (FIG 21-23)."""

    kind: Annotated[Literal["failover"], Word]
    to: Name = Field(description="Which secondary.")
    mode: Annotated[Literal["default", "sync", "now"], Word] = Field(
        default="default",
        description="Replay what arrived in whole; all that was written (needs the primary); or nothing more.",
    )


class Resync(Command):
    """Copies that are off the history are brought back to it (FIG 28)."""

    kind: Annotated[Literal["resync"], Word]
    site: Name | None = Field(default=None, description="Only the copy there; absent: every one that needs it.")


class Failback(Command):
    """Users go back to the primary that the scenario began with (FIG 30)."""

    kind: Annotated[Literal["failback"], Word]


class Swap(Command):
    """A change of direction without a disaster; nothing is lost."""

    kind: Annotated[Literal["swap"], Word]
    to: Name = Field(description="A secondary, or the site that was the primary.")


class CopyDelta(Command):
    """Send a copy the blocks in which one snapshot of the source differs from an earlier one (L2257-2449)."""

    kind: Annotated[Literal["copy"], Word]
    secondary: Name = Field(description="To which secondary.")
    base: Name = Field(alias="from", description="The id of the entry that took the earlier snapshot,")
    snapshot: Name = Field(description="and of the one that took the later.")


class AskStatus(Command):
    """Ask how many blocks of a copy may differ from the source (L2129)."""

    kind: Annotated[Literal["status"], Word]
    site: Name | None = Field(default=None, description="Of the copy there; absent: of every one.")


class Wait(Constant):
    """Always the same, or no time at all."""

    value: Duration

    @model_validator(mode="before")
    @classmethod
    def _of_constant(cls, data: Any) -> Any:
        return {"value": data.value} if type(data) is Constant else data


HumanTime = Annotated[
    Annotated[Wait, Tag("<constant>")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Lognormal, Tag("lognormal")]
    | Annotated[UniformRange, Tag("uniform")]
    | Annotated[Weibull, Tag("weibull")]
    | Annotated[Choice, Tag("choice")],
    Discriminator(which_distribution, custom_error_type="which", custom_error_message="distribution"),
]

_AT_ONCE: Any = Wait(value=0)


class People(Model):
    """How long people take; `+ operator` in the timeline is detect and decide, `+ repair` is repair."""

    detect: HumanTime = Field(default=_AT_ONCE, description="From the disaster until somebody knows of it,")
    decide: HumanTime = Field(default=_AT_ONCE, description="until it is decided what to do,")
    repair: HumanTime = Field(default=_AT_ONCE, description="and until what broke is repaired or bought anew.")


class RecoveryPolicy(Model):
    """How a replication gets back after a failover."""

    transfer: Annotated[Literal["merged", "literal", "min"], Word] = Field(
        default="merged",
        description="Undo and copy, each block once; or one after the other; or whatever is least, even a full copy.",
    )
    protect: Flag = Field(default=False, description="Whether a copy is snapshotted before anything in it is undone.")
    full_copy: Annotated[Literal["two-snapshots", "one-snapshot"], Word] = Field(
        default="two-snapshots", description="Whether a full copy is followed by a delta before replay goes on."
    )
    converge_within: PositiveDuration = Field(
        default=3600 * 10**9, description="A failback, swap or sync failover that takes longer to converge gives up."
    )
    mount: Duration = Field(default=10 * 10**9, description="How long it takes to mount a volume for its users.")
