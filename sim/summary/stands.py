"""What a status is made of: plain values, times in nanoseconds since the start of the run."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from sim.summary.linkstate import LinkStatus, NodeStatus
from sim.summary.standing import SetName


@dataclass(frozen=True, slots=True)
class Policy:
    """When a set is cut, or sets are replayed; None where nothing is said, 0 for at once."""

    timeout_ns: int | None
    high_water_mark_bytes: int | None


@dataclass(frozen=True, slots=True)
class SaveVolume:
    """How full the save volumes of a site are; a capacity of 0 is not known."""

    used_bytes: int
    capacity_bytes: int


@dataclass(frozen=True, slots=True)
class CutSet:
    """A delta set at its source."""

    name: SetName
    created_ns: int
    copying_ns: int | None  # from the cut until it lay in the save volume; None while it does not
    blocks: int


@dataclass(frozen=True, slots=True)
class Replay:
    """A group of sets that a secondary integrated: when, for how long, how many blocks, how many sets."""

    ended_ns: int
    took_ns: int | None
    blocks: int
    sets: int


@dataclass(frozen=True, slots=True)
class Destination:
    """One secondary: `arrived` and `replays` by set, a replay under the oldest set of its group."""

    name: str
    site: str
    feeder: str
    way: tuple[str, ...]  # links from the primary
    state: str
    received: SetName | None
    replayed: SetName | None
    lag_ns: int | None
    backlog_sets: int
    backlog_bytes: int
    blocks_per_s: float | None  # of the last set that arrived
    mean_blocks_per_s: float | None  # of all
    cut_off: bool  # whether nothing can get there now
    eta_linear_ns: int | None  # until all that was cut has arrived, from when it can get there
    eta_drain_ns: int | None
    policy: Policy
    save_volume: SaveVolume | None
    outstanding: tuple[SetName, ...]
    arrived: dict[SetName, int]
    replays: dict[SetName, Replay]


@dataclass(frozen=True, slots=True)
class ReplicationStatus:
    """One replication."""

    name: str
    volume: str
    primary: str
    current: SetName  # the set that is being filled
    current_since_ns: int
    current_blocks: int
    current_looked_ns: int
    block_bytes: int
    policy: Policy
    save_volume: SaveVolume | None
    sets: tuple[CutSet, ...]  # newest first
    destinations: tuple[Destination, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at an instant."""

    time_ns: int
    replications: tuple[ReplicationStatus, ...]
    links: tuple[LinkStatus, ...]
    nodes: tuple[NodeStatus, ...]


def described(status: Status) -> dict[str, Any]:
    """A status for machines: names of sets as `g1.7`, times in seconds instead of nanoseconds."""
    found: dict[str, Any] = _plain(status)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, SetName):
        return str(value)
    if is_dataclass(value):
        return dict(_field(field.name, getattr(value, field.name)) for field in fields(value))
    if isinstance(value, dict):
        return {str(name): _plain(own) for name, own in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _field(name: str, value: Any) -> tuple[str, Any]:
    if name == "arrived":
        return "arrived_seconds", {str(of): time_ns / 10**9 for of, time_ns in value.items()}
    if not name.endswith("_ns"):
        return name, _plain(value)
    return f"{name.removesuffix('_ns')}_seconds", None if value is None else value / 10**9
