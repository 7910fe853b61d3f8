"""What happens at a given time: one small disaster or one operator's command an entry.

`at` counts from the start of the run, or from another entry: `at: fire + 20 min`
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag
from pydantic_core import core_schema

from sim.scenario.distributions import Distribution
from sim.scenario.errors import BadValue
from sim.scenario.fields import Model, Name, Names, PositiveDuration, PositiveShare, PositiveSize, Word, refusal
from sim.scenario.scalars import described
from sim.scenario.trouble import (
    HALF,
    Corrupting,
    Delaying,
    Duplicating,
    Lossy,
    OneWay,
    Reordering,
    Slow,
)
from sim.scenario.units import format_duration, parse_duration

_AFTER: Final = re.compile(r"([^\W\d][\w-]*)\s*(?:\+\s*(.*))?", re.DOTALL)


class Instant(int):
    """Nanoseconds from the start; while loading, from the entry named `after`."""

    after: str

    def __new__(cls, time_ns: int, after: str = "") -> Instant:
        """An instant, or an offset to the entry `after`."""
        instant = super().__new__(cls, time_ns)
        instant.after = after
        return instant

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]
        return (int(self), self.after)


def parse_instant(text: str) -> Instant:
    """`2 h`, `fire` or `fire + 20 min`. Raises BadValue."""
    match = _AFTER.fullmatch(text.strip())
    if match is None:
        return Instant(parse_duration(text))
    if match[2] is None:
        return Instant(0, match[1])
    if "operator" in (match[1], match[2].strip()):
        raise BadValue("'operator' is not in this version yet", "write a duration")
    try:
        return Instant(parse_duration(match[2]), match[1])
    except BadValue as error:
        raise BadValue(error.message, error.hint, text.index(match[2], match.end(1)) + error.offset) from None


class _InstantField:
    @staticmethod
    def validate(value: Any) -> Instant:
        if isinstance(value, Instant):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return Instant(value)
        if not isinstance(value, str):
            raise refusal(f"expected a time, e.g. 2 h or fire + 20 min (got {described(value)})")
        try:
            return parse_instant(value)
        except BadValue as error:
            raise refusal(error.message, error.hint, error.offset) from None

    @staticmethod
    def write(value: Instant) -> str:
        if not value.after:
            return format_duration(value)
        return f"{value.after} + {format_duration(value)}" if value else value.after

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.no_info_plain_validator_function(self.validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "examples": ["2 h", "fire + 20 min"]}, {"const": 0}]}


class Entry(Model):
    """What all entries have."""

    at: Annotated[Instant, _InstantField()] = Field(description="From the start, or from another entry: fire + 20 min.")
    id: Name | None = Field(default=None, description="So that others can refer to it.")


class Command(Entry):
    """An entry that speaks to one replication; loading fills the only one in."""

    replication: Name = Field(default="", description="Which one; the only one if absent.")


class CutNow(Command):
    """Cut a delta set on demand (L1485)."""

    kind: Annotated[Literal["cut-now"], Word]


class SetPolicy(Command):
    """Change the triggers of the source, or of the playback at one secondary (L1487)."""

    kind: Annotated[Literal["set-policy"], Word]
    timeout: PositiveDuration | None = Field(default=None, description="The new timeout.")
    high_water_mark: PositiveSize | None = Field(default=None, description="The new high-water mark.")
    secondary: Name | None = Field(default=None, description="The playback of this one; absent: the source.")


class Stop(Command):
    """Stop replication; a replay in progress is finished."""

    kind: Annotated[Literal["stop"], Word]
    secondary: Name | None = Field(default=None, description="Only to this one; absent: to all.")


class Start(Command):
    """Start replication again from what is durable."""

    kind: Annotated[Literal["start"], Word]
    secondary: Name | None = Field(default=None, description="Only to this one; absent: to all.")


class Join(Command):
    """A secondary is added while everything runs; until then it is not there (FIG 11)."""

    kind: Annotated[Literal["join"], Word]
    secondary: Name = Field(description="Which of the declared secondaries.")


class Leave(Command):
    """A secondary is removed: nothing is kept for it any more."""

    kind: Annotated[Literal["leave"], Word]
    secondary: Name = Field(description="Which of the secondaries.")


class Move(Command):
    """A replication goes on on another data mover of a site (L1073-1095)."""

    kind: Annotated[Literal["move"], Word]
    site: Name = Field(description="Where.")
    data_mover: Name = Field(description="Which of the data movers of that site it goes on on.")


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
    share: PositiveShare = Field(default=HALF, description="How many of them.")
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


class TakeSnapshot(Entry):
    """Take a snapshot of a volume at its primary; loading fills the only volume in."""

    kind: Annotated[Literal["snapshot"], Word]
    volume: Name = Field(default="", description="Which one; the only one if absent.")


class DeleteSnapshot(Entry):
    """Delete a snapshot that another entry took."""

    kind: Annotated[Literal["delete-snapshot"], Word]
    snapshot: Name = Field(description="The id of the entry that took it.")


KINDS: Final = (
    "cut-now", "set-policy", "stop", "start", "join", "leave", "move", "reboot", "snapshot", "delete-snapshot",
    "link-down", "link-slow", "link-delay", "link-lossy", "link-corrupt", "link-duplicate", "link-reorder", "flap",
    "swizzle", "group-down",
)  # fmt: skip


def _which(value: Any) -> str | None:
    if isinstance(value, Entry):
        return f"<{value.kind}>"  # type: ignore[attr-defined]
    kind = value.get("kind") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) and kind in KINDS else None


TimelineEntry = Annotated[
    Annotated[CutNow, Tag("<cut-now>")]
    | Annotated[SetPolicy, Tag("<set-policy>")]
    | Annotated[Stop, Tag("<stop>")]
    | Annotated[Start, Tag("<start>")]
    | Annotated[Join, Tag("<join>")]
    | Annotated[Leave, Tag("<leave>")]
    | Annotated[Move, Tag("<move>")]
    | Annotated[Reboot, Tag("<reboot>")]
    | Annotated[TakeSnapshot, Tag("<snapshot>")]
    | Annotated[DeleteSnapshot, Tag("<delete-snapshot>")]
    | Annotated[LinkDown, Tag("<link-down>")]
    | Annotated[LinkSlow, Tag("<link-slow>")]
    | Annotated[LinkDelay, Tag("<link-delay>")]
    | Annotated[LinkLossy, Tag("<link-lossy>")]
    | Annotated[LinkCorrupt, Tag("<link-corrupt>")]
    | Annotated[LinkDuplicate, Tag("<link-duplicate>")]
    | Annotated[LinkReorder, Tag("<link-reorder>")]
    | Annotated[Flap, Tag("<flap>")]
    | Annotated[Swizzle, Tag("<swizzle>")]
    | Annotated[GroupDown, Tag("<group-down>")],
    Discriminator(_which, custom_error_type="which", custom_error_message="kind"),
]


def absolute_times(entries: tuple[Entry, ...] | list[Entry]) -> list[int]:
    """The time of every entry from the start of the run; references are followed. Cycles and gaps give -1."""
    by_id = {entry.id: index for index, entry in enumerate(entries) if entry.id}
    return [_absolute(index, entries, by_id) for index in range(len(entries))]


def _absolute(index: int, entries: tuple[Entry, ...] | list[Entry], by_id: dict[str, int]) -> int:
    total = 0
    for _ in range(len(entries)):
        at = entries[index].at
        total += int(at)
        if not at.after:
            return total
        if at.after not in by_id:
            return -1
        index = by_id[at.after]
    return -1
