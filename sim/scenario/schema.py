"""The scenario: one frozen model is the source of checking, defaults, help texts and editor completion.

times are integer nanoseconds, sizes bytes, bandwidths bits per second (0: unlimited), rates and shares exact fractions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, PrivateAttr
from pydantic_core import core_schema

from sim.scenario.disasters import (
    AskStatus,
    CopyDelta,
    Failback,
    Failover,
    People,
    RecoveryPolicy,
    Resync,
    SiteLoss,
    SiteReturn,
    Swap,
)
from sim.scenario.distributions import (
    Choice,
    Constant,
    Distribution,
    Exponential,
    Lognormal,
    UniformRange,
    Weibull,
)
from sim.scenario.errors import BadValue
from sim.scenario.expect import Check, parse_check
from sim.scenario.faults import (
    AnyRandomFault,
    RandomFault,
    RandomGroupDown,
    RandomLinkCorrupt,
    RandomLinkDelay,
    RandomLinkDown,
    RandomLinkDuplicate,
    RandomLinkFault,
    RandomLinkLossy,
    RandomLinkReorder,
    RandomLinkSlow,
    RandomReboot,
)
from sim.scenario.fields import (
    Count,
    DiskRate,
    Model,
    Name,
    Names,
    PositiveDuration,
    Replications,
    SomeNames,
    Text,
    flag,
    refusal,
)
from sim.scenario.links import BandwidthFactor, BandwidthProfile, Congestion, Link, LinkDirection, Throttle, WayBack
from sim.scenario.numbers import parse_count
from sim.scenario.replication import Forwarder, Replication, SaveVolume, Secondary, SecondarySaveVolume
from sim.scenario.scalars import described
from sim.scenario.timeline import (
    Condition,
    CutNow,
    DeleteSnapshot,
    Entry,
    Flap,
    GroupDown,
    Instant,
    Join,
    Leave,
    LinkCorrupt,
    LinkDelay,
    LinkDown,
    LinkDuplicate,
    LinkLossy,
    LinkReorder,
    LinkSlow,
    LinkSpell,
    Move,
    Reboot,
    SetPolicy,
    Spell,
    Start,
    Stop,
    Swizzle,
    TakeSnapshot,
    TimelineEntry,
)
from sim.scenario.trouble import OneWay
from sim.scenario.volumes import SnapshotSchedule, SnapshotStore, Volume
from sim.scenario.workloads import (
    AnyLocality,
    Bursts,
    Churn,
    Columns,
    Hot,
    Locality,
    Profile,
    RandomWrites,
    Sequential,
    TraceReplay,
    Uniform,
    Workload,
    Zipf,
)

__all__ = [
    "AnyLocality", "AnyRandomFault", "AskStatus", "BandwidthFactor", "BandwidthProfile", "Bursts", "Check", "Choice",
    "Churn", "Columns", "Condition", "Congestion", "Constant", "CopyDelta", "CutNow", "DeleteSnapshot", "Disk",
    "Distribution", "Entry", "Exponential", "Failback", "Failover", "Flap", "Forwarder", "GroupDown", "Hot", "Instant",
    "Join", "Leave", "Link", "LinkCorrupt", "LinkDelay", "LinkDirection", "LinkDown", "LinkDuplicate", "LinkLossy",
    "LinkReorder", "LinkSlow", "LinkSpell", "Locality", "Lognormal", "Move", "OneWay", "People", "Profile",
    "RandomFault", "RandomGroupDown", "RandomLinkCorrupt", "RandomLinkDelay", "RandomLinkDown", "RandomLinkDuplicate",
    "RandomLinkFault", "RandomLinkLossy", "RandomLinkReorder", "RandomLinkSlow", "RandomReboot", "RandomWrites",
    "Reboot", "RecoveryPolicy", "Replication", "Resync", "RunOptions", "SaveVolume", "Scenario", "Secondary",
    "SecondarySaveVolume", "Sequential", "SetPolicy", "Site", "SiteLoss", "SiteReturn", "SnapshotSchedule",
    "SnapshotStore", "Spell", "Start", "Stop", "Swap", "Swizzle", "TakeSnapshot", "Throttle", "TimelineEntry",
    "TraceReplay", "Uniform", "UniformRange", "Volume", "WayBack", "Weibull", "Workload", "Zipf",
]  # fmt: skip


class RunOptions(Model):
    """How long, and with whose luck."""

    until: PositiveDuration = Field(description="The last instant of the run; what happens exactly then still happens.")
    seed: Count = Field(default=0, description="Another seed is other luck.")
    replications: Replications = Field(default=1, description="How many runs with different luck.")


class Disk(Model):
    """A server with a rate; 400 and 300 MB/s are a small RAID group."""

    read: DiskRate = Field(default=400 * 10**6, description="Bytes read per second.")
    write: DiskRate = Field(default=300 * 10**6, description="Bytes written per second.")


class Site(Model):
    """A place with data movers and a disk."""

    disk: Disk = Field(default=Disk(), description="Its disk.")
    data_movers: Names = Field(
        default=(), description="Their names; absent: one, called as the site. Everything begins on the first."
    )


class _Version:
    @staticmethod
    def validate(value: Any) -> int:
        try:
            version = parse_count(value) if isinstance(value, str) else value
        except BadValue as error:
            raise refusal(error.message, error.hint, error.offset) from None
        if version != 1 or isinstance(version, bool):
            raise refusal(f"this georep reads version 1 (got {described(value)})", "write version: 1")
        return 1

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"const": 1}


class _CheckField:
    """A check as text, or as `{check: text, soft: true}`."""

    def validate(self, value: Any) -> Check:
        if isinstance(value, Check):
            return value
        if not isinstance(value, Mapping):
            return self._parse(value, ())
        for key in value:
            if key not in {"check", "soft"}:
                raise refusal(f"unknown key '{key}'", "a check has the keys check and soft", below=(key,))
        if "check" not in value:
            raise refusal("key 'check' is missing")
        return replace(self._parse(value["check"], ("check",)), soft=self._soft(value.get("soft", False)))

    @staticmethod
    def _parse(value: Any, below: tuple[str, ...]) -> Check:
        if not isinstance(value, str):
            raise refusal(f"expected a check as text (got {described(value)})", below=below)
        try:
            return parse_check(str(value))
        except BadValue as error:
            raise refusal(error.message, error.hint, error.offset, below) from None

    @staticmethod
    def _soft(value: Any) -> bool:
        try:
            return bool(flag(value))
        except Exception as error:
            raise refusal(str(error), below=("soft",)) from None

    @staticmethod
    def write(check: Check) -> Any:
        return {"check": check.text, "soft": True} if check.soft else check.text

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.no_info_plain_validator_function(self.validate, serialization=writer)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {"type": "string", "examples": ["p99(lag{to=lisbon}) < 15 min during steady", "count(full_copy) == 0"]}
        soft = {
            "type": "object",
            "properties": {"check": text, "soft": {"type": "boolean", "description": "Warn only."}},
            "required": ["check"],
            "additionalProperties": False,
        }
        return {"anyOf": [text, soft]}


class Scenario(Model):
    """Everything a user says about one simulated world."""

    version: Annotated[int, _Version()] = Field(description="The version of this format: 1.")
    name: Name = Field(description="Names the folder of results.")
    description: Text = Field(default="", description="The question this scenario answers.")
    tags: tuple[Name, ...] = Field(default=(), description="To choose scenarios by.")
    run: RunOptions = Field(description="How long, and with whose luck.")
    sites: dict[Name, Site] = Field(min_length=1, description="Places, by name.")
    links: dict[Name, Link] = Field(default={}, description="Lines between sites, by name.")
    volumes: dict[Name, Volume] = Field(min_length=1, description="Volumes, by name.")
    replication: dict[Name, Replication] = Field(default={}, description="Who copies what to whom, by name.")
    groups: dict[Name, SomeNames] = Field(default={}, description="Sites and links that fail together, by name.")
    operator: People = Field(default=People(), description="How long people take to notice, to decide and to repair.")
    timeline: tuple[TimelineEntry, ...] = Field(default=(), description="What happens when.")
    faults: dict[Name, AnyRandomFault] = Field(default={}, description="What goes wrong at random, by name.")
    expect: tuple[Annotated[Check, _CheckField()], ...] = Field(default=(), description="What must hold.")

    _source: str = PrivateAttr(default="<python>")
    _base_dir: Path = PrivateAttr(default=Path())
    _written: dict[str, str] = PrivateAttr(default_factory=dict)  # path -> where a user wrote it
    _notes: tuple[str, ...] = PrivateAttr(default=())

    @property
    def source(self) -> str:
        """The file it came from, as it was named; `<stdin>` or `<python>` where there is none."""
        return self._source

    def data_movers(self, site: str) -> tuple[str, ...]:
        """The data movers of a site; everything begins on the first."""
        return self.sites[site].data_movers or (site,)

    @property
    def base_dir(self) -> Path:
        """The folder that `trace:` and `file:` are relative to."""
        return self._base_dir

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not wrong, but may not be what somebody meant; each on one line."""
        return self._notes

    def origins(self) -> dict[str, str]:
        """Where each value came from, by its path: `default`, `FILE:LINE`, `FILE:LINE (extends)` or `--set`."""
        from sim.scenario.resolve import origins

        return origins(self.resolved(), self._written)

    def resolved(self) -> dict[str, Any]:
        """The whole scenario with all defaults, as plain data with units written; as a file it loads to the same."""
        return self.model_dump(mode="json", by_alias=True)
