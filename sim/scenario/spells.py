"""Faults at a given time: what goes wrong with a link, a site or several, and for how long."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.distributions import Distribution
from sim.scenario.entries import Entry
from sim.scenario.fields import Name, Names, PositiveDuration, PositiveShare, Word
from sim.scenario.trouble import (
    Corrupting,
    Delaying,
    Duplicating,
    Lossy,
    OneWay,
    Reordering,
    Slow,
)


class Spell(Entry):
    """Trouble that lasts for a while."""

    duration: Distribution = Field(alias="for", description="How long it lasts.")


class Reboot(Spell):
    """A data mover goes down and restarts from what is durable (L1470-1495)."""

    kind: Annotated[Literal["reboot"], Word]
    site: Name = Field(description="Where.")
    data_mover: Name | None = Field(default=None, description="Which one; absent: all of the site.")


class GroupDown(Spell):
    """Every site and link of a group goes down, and comes back, together."""

    kind: Annotated[Literal["group-down"], Word]
    group: Name = Field(description="Which group.")


class Swizzle(Spell):
    """Some links or sites, drawn at random, stop one by one, and return one by one in another order."""

    kind: Annotated[Literal["swizzle"], Word]
    links: Names = Field(default=(), description="These links,")
    sites: Names = Field(default=(), description="or these sites.")
    share: PositiveShare = Field(default=Fraction(1, 2), description="How many of them.")
    every: PositiveDuration = Field(description="From one to the next.")


class LinkSpell(Spell):
    """Trouble of a link."""

    link: Name = Field(description="Which link.")


class LinkDown(LinkSpell, OneWay):
    """Nothing passes."""

    kind: Annotated[Literal["link-down"], Word]


class LinkSlow(LinkSpell, Slow):
    """A brown-out: a part of the bandwidth is left."""

    kind: Annotated[Literal["link-slow"], Word]


class LinkDelay(LinkSpell, Delaying):
    """A detour: everything arrives later."""

    kind: Annotated[Literal["link-delay"], Word]


class LinkLossy(LinkSpell, Lossy):
    """Packets are lost, beside those that the link loses anyway."""

    kind: Annotated[Literal["link-lossy"], Word]


class LinkCorrupt(LinkSpell, Corrupting):
    """Chunks arrive spoilt."""

    kind: Annotated[Literal["link-corrupt"], Word]


class LinkDuplicate(LinkSpell, Duplicating):
    """Chunks arrive twice."""

    kind: Annotated[Literal["link-duplicate"], Word]


class LinkReorder(LinkSpell, Reordering):
    """Packets overtake one another."""

    kind: Annotated[Literal["link-reorder"], Word]


class Flap(LinkSpell, OneWay):
    """Down, up, down, up: it begins with down, and at the end it is up."""

    kind: Annotated[Literal["flap"], Word]
    down: PositiveDuration = Field(description="How long it is down each time,")
    up: PositiveDuration = Field(description="and up.")
