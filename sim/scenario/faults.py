"""Faults that come at random: each member of each has its own luck, streams "faults/<name>/<member>".

between two of one member lies a time drawn from mtbf; each lasts a time drawn from mttr; several at once combine
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from sim.scenario.distributions import Distribution
from sim.scenario.fields import Model, Name, Names, PositiveCount, Word
from sim.scenario.trouble import Corrupting, Delaying, Duplicating, Lossy, OneWay, Reordering, Slow


class RandomFault(Model):
    """What all random faults have."""

    mtbf: Distribution = Field(description="From the end of one to the begin of the next.")
    mttr: Distribution = Field(description="How long one lasts.")
    count: PositiveCount | None = Field(default=None, description="At most so many for each member; absent: no limit.")

    @property
    def members(self) -> tuple[str, ...]:
        """Whom it befalls, each for itself: links, sites or a group."""
        raise NotImplementedError


class RandomLinkFault(RandomFault):
    """Trouble of a link, or of several independent ones."""

    link: Name | None = Field(default=None, description="Which link,")
    links: Names = Field(default=(), description="or which links, each for itself.")

    @property
    def members(self) -> tuple[str, ...]:
        """The links."""
        return self.links if self.link is None else (self.link, *self.links)


class RandomLinkDown(RandomLinkFault, OneWay):
    """Nothing passes."""

    kind: Annotated[Literal["link-down"], Word]


class RandomLinkSlow(RandomLinkFault, Slow):
    """A brown-out: a part of the bandwidth is left."""

    kind: Annotated[Literal["link-slow"], Word]


class RandomLinkDelay(RandomLinkFault, Delaying):
    """A detour: everything arrives later."""

    kind: Annotated[Literal["link-delay"], Word]


class RandomLinkLossy(RandomLinkFault, Lossy):
    """Packets are lost, beside those that the link loses anyway."""

    kind: Annotated[Literal["link-lossy"], Word]


class RandomLinkCorrupt(RandomLinkFault, Corrupting):
    """Chunks arrive spoilt."""

    kind: Annotated[Literal["link-corrupt"], Word]


class RandomLinkDuplicate(RandomLinkFault, Duplicating):
    """Chunks arrive twice."""

    kind: Annotated[Literal["link-duplicate"], Word]


class RandomLinkReorder(RandomLinkFault, Reordering):
    """Packets overtake one another."""

    kind: Annotated[Literal["link-reorder"], Word]


class RandomReboot(RandomFault):
    """Data movers go down and restart from what is durable."""

    kind: Annotated[Literal["reboot"], Word]
    site: Name | None = Field(default=None, description="Which site,")
    sites: Names = Field(default=(), description="or which sites, each for itself.")
    data_mover: Name | None = Field(default=None, description="Which one of the site; absent: all of it.")

    @property
    def members(self) -> tuple[str, ...]:
        """The sites."""
        return self.sites if self.site is None else (self.site, *self.sites)


class RandomGroupDown(RandomFault):
    """Every site and link of a group goes down, and comes back, together."""

    kind: Annotated[Literal["group-down"], Word]
    group: Name = Field(description="Which group.")

    @property
    def members(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)


FAULT_KINDS: Final = (
    "link-down", "link-slow", "link-delay", "link-lossy", "link-corrupt", "link-duplicate", "link-reorder", "reboot",
    "group-down",
)  # fmt: skip


def _which(value: Any) -> str | None:
    if isinstance(value, RandomFault):
        return f"<{value.kind}>"  # type: ignore[attr-defined]
    kind = value.get("kind") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) and kind in FAULT_KINDS else None


AnyRandomFault = Annotated[
    Annotated[RandomLinkDown, Tag("<link-down>")]
    | Annotated[RandomLinkSlow, Tag("<link-slow>")]
    | Annotated[RandomLinkDelay, Tag("<link-delay>")]
    | Annotated[RandomLinkLossy, Tag("<link-lossy>")]
    | Annotated[RandomLinkCorrupt, Tag("<link-corrupt>")]
    | Annotated[RandomLinkDuplicate, Tag("<link-duplicate>")]
    | Annotated[RandomLinkReorder, Tag("<link-reorder>")]
    | Annotated[RandomReboot, Tag("<reboot>")]
    | Annotated[RandomGroupDown, Tag("<group-down>")],
    Discriminator(_which, custom_error_type="which", custom_error_message="fault"),
]
