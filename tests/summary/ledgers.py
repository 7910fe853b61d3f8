"""Ledgers built by hand: a test says only what it is about, in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

from sim import records
from sim.records import Record, ReplicationBegan
from sim.scenario.expect import parse_check
from sim.scenario.replication import Replication
from sim.summary.facts import Facts
from sim.summary.mirror import Mirror

S = 1_000_000_000
BLOCK = 8192


def ns(seconds: float) -> int:
    return round(seconds * S)


@dataclass(frozen=True)
class HandRun:
    """What `sim.simulation.Run` looks like from the summary's side."""

    ledger: tuple[Record, ...]
    scenario: Any = None
    seed: int = 1
    replication_index: int = 0
    digest: str = "0" * 32


@dataclass
class Story:
    """A ledger in the making: each method enters one fact at `at` seconds."""

    until: float = 100
    secondaries: tuple[str, ...] = ("lisbon",)
    timeout: float = 10
    generation: int = 1
    replication: str = "mirror"
    links: bool = True  # whether there is a link called wan, of 8 Mbit/s, with ends that nobody knows
    facts: list[Record] = field(default_factory=list)
    cut_ns: dict[int, int] = field(default_factory=lambda: {0: 0})
    looked_ns: int = -1

    def __post_init__(self) -> None:
        self.add(records.RunBegan, 0, scenario="hand", seed=1, replication_index=0, until_ns=ns(self.until))
        self.add(
            records.VolumeStood, 0, volume="home", site="madrid", n_blocks=1000, block_bytes=BLOCK, in_use_blocks=600
        )
        if self.links:
            self.add(records.LinkStood, 0, link="wan", bits_per_s=8_000_000, rtt_ns=0)
        self.began(self.replication, self.secondaries)

    def began(self, replication: str, secondaries: tuple[str, ...]) -> Self:
        policy = {"timeout_ns": ns(self.timeout), "high_water_mark_bytes": 0, "save_volume_bytes": 0}
        places = {"volume": "home", "primary": "madrid", "secondaries": secondaries}
        return self.add(ReplicationBegan, 0, replication=replication, **places, **policy)

    def add(self, fact: type[Record], at: float, **fields: Any) -> Self:
        own = {"replication": self.replication, "generation": self.generation}
        known = {name: value for name, value in own.items() if name in fact.__dataclass_fields__}
        self.facts.append(fact(time_ns=ns(at), **(known | fields)))
        return self

    def look(self, number: int, at: float, *, writes: int = 0, new: int = 0, growth: Any = None) -> Self:
        """A look at the open set; without `growth`, `new` blocks that no earlier set has, all touched at the end."""
        growth = ((new,),) if growth is None else growth
        blocks = growth[0][-1]
        since, self.looked_ns = self.looked_ns, ns(at)
        sizes = {"writes": writes, "written_bytes": writes * BLOCK, "distinct_blocks": blocks, "new_blocks": blocks}
        return self.add(records.WritesLooked, at, number=number, since_ns=since, growth=growth, **sizes)

    def cut(self, number: int, at: float, *, blocks: int = 0, cause: str = "timeout", late: float = 0) -> Self:
        self.cut_ns[number] = ns(at)
        sizes = {"blocks": blocks, "payload_bytes": blocks * BLOCK}
        return self.add(records.DeltaSetCut, at, number=number, cause=cause, late_ns=ns(late), **sizes)

    def received(self, number: int, at: float, *, to: str = "lisbon", blocks: int = 0) -> Self:
        boundary = {"number": number, "boundary_time_ns": self.cut_ns[number]}
        return self.add(records.SetReceived, at, secondary=to, blocks=blocks, **boundary)

    def begun(self, number: int, at: float, *, to: str = "lisbon", first: int | None = None) -> Self:
        return self.add(records.ReplayBegan, at, secondary=to, first_number=first or number, number=number, blocks=0)

    def replayed(self, number: int, at: float, *, to: str = "lisbon", sets: int = 1) -> Self:
        boundary = {"number": number, "boundary_time_ns": self.cut_ns[number]}
        return self.add(records.SetReplayed, at, secondary=to, sets=sets, blocks=0, **boundary)

    def copy_began(
        self, at: float, *, to: str = "lisbon", cause: str = "full_copy", why: str = "save_volume_full", stamp: int = 0,
        size: int = 0,
    ) -> Self:  # fmt: skip
        return self.add(records.CopyBegan, at, secondary=to, cause=cause, why=why, number=stamp, copy_bytes=size)

    def copied(self, stamp: int, at: float, *, to: str = "lisbon", cause: str = "full_copy") -> Self:
        boundary = {"number": stamp, "boundary_time_ns": self.cut_ns[stamp]}
        return self.add(records.CopyFinished, at, secondary=to, cause=cause, **boundary)

    def carried(
        self,
        carried_bytes: int,
        began: float,
        at: float,
        *,
        link: str = "wan",
        cause: str = "delta_set",
        way: tuple[str, str] = ("madrid", "lisbon"),
    ) -> Self:
        where = {"link": link, "source": way[0], "destination": way[1], "cause": cause}
        return self.add(records.BytesCarried, at, began_ns=ns(began), carried_bytes=carried_bytes, **where)

    def link(self, name: str, ends: tuple[str, str], *, rate: int = 8_000_000, **fields: Any) -> Self:
        """A link whose ends are known; `wan` in place of the one without."""
        self.facts = [fact for fact in self.facts if getattr(fact, "link", "") != name]
        return self.add(records.LinkStood, 0, link=name, bits_per_s=rate, rtt_ns=0, ends=ends, **fields)

    def route(self, member: str, feeder: str, *links: str, role: str = "secondary", site: str = "") -> Self:
        hop = {"feeder": feeder, "links": links, "role": role, "site": site or member}
        return self.add(records.RouteStood, 0, member=member, **hop)

    def route_now(self, at: float, member: str, feeder: str, *links: str) -> Self:
        """A route of a generation that began later."""
        hop = {"feeder": feeder, "links": links, "role": "secondary", "site": member}
        return self.add(records.RouteStood, at, member=member, **hop)

    def rerouted(self, at: float, member: str, feeder: str, *links: str, before: str, cause: str = "bypass") -> Self:
        change = {"feeder": feeder, "before": before, "links": links, "cause": cause}
        return self.add(records.RouteChanged, at, member=member, **change)

    def fault(
        self, began: float, ended: float | None, target: str, *, kind: str = "link-down", direction: str = "",
        name: str = "fault",
    ) -> Self:  # fmt: skip
        what = {"fault": name, "kind": kind, "target": target, "direction": direction}
        self.add(records.FaultBegan, began, detail="", hit=(), **what)
        if ended is not None:
            self.add(records.FaultEnded, ended, lasted_ns=ns(ended - began), **what)
        return self

    def down(self, began: float, ended: float, site: str) -> Self:
        self.add(records.NodeWentDown, began, site=site)
        return self.add(records.NodeCameUp, ended, site=site, down_ns=ns(ended - began))

    def unreachable(self, since: float, marked: float, again: float | None, member: str = "lisbon") -> Self:
        who = {"member": member, "feeder": "madrid"}
        self.add(records.MemberUnreachable, marked, attempts=6, since_ns=ns(since), **who)
        return (
            self if again is None else self.add(records.MemberReachable, again, unreachable_ns=ns(again - since), **who)
        )

    def forwarded(self, number: int, at: float, *, by: str = "hub", blocks: int = 0) -> Self:
        return self.add(records.SetForwarded, at, forwarder=by, number=number, blocks=blocks)

    def in_order(self) -> Self:
        """The facts sorted by time, for a test that enters them thing by thing."""
        self.facts.sort(key=lambda fact: fact.time_ns)
        return self

    def run(self, **fields: Any) -> HandRun:
        ended = records.RunEnded(time_ns=ns(self.until), finished=True)
        return HandRun(ledger=(*self.facts, ended), **fields)

    def read(self) -> Facts:
        return Facts(self.run().ledger)

    def mirror(self) -> Mirror:
        facts = self.read()
        return Mirror(facts, facts.of(ReplicationBegan)[0])


def said(initial_copy: str = "done", **secondaries: Any) -> Replication:
    """What a scenario says of the replication."""
    told = {"volume": "home", "primary": "madrid", "initial_copy": initial_copy, "save_volume": {"size": "1 GiB"}}
    return Replication.model_validate(told | {"secondaries": secondaries})


def scenario(*checks: str, timeline: Sequence[Any] = (), **replication: Replication) -> Any:
    """As much of a scenario as the summary reads."""
    return SimpleNamespace(expect=[parse_check(check) for check in checks], timeline=timeline, replication=replication)


def sawtooth(period: float, ship: float, cycles: int, **fields: Any) -> Story:
    """A cut every `period` seconds, replayed `ship` seconds after it and received half-way."""
    story = Story(until=period * cycles + ship, timeout=period, **fields)
    events = [(period * k, k, "cut") for k in range(1, cycles + 1)]
    events += [(period * k + ship / 2, k, "received") for k in range(1, cycles + 1)]
    events += [(period * k + ship, k, "replayed") for k in range(1, cycles + 1)]
    for at, number, act in sorted(events):
        getattr(story, act)(number, at)
    return story
