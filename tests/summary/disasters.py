"""Ledgers of disasters built by hand: a primary burns, its secondary takes over, and the old one comes back.

times in seconds; the facts come in the order in which the world tells them
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from sim import records
from tests.summary.ledgers import BLOCK, Story, ns

MIB = 2**20


@dataclass
class Recovered(Story):
    """A story in which the source changes; `sets` are cut, received and replayed by `went_on`."""

    until: float = 1000
    phase_ends: float = 0
    recovery: int = 0
    last: int = 0  # the newest set that was cut

    def source(self, at: float, site: str, *secondaries: str) -> Self:
        """A new generation begins."""
        self.generation += 1
        self.cut_ns = {0: ns(at)}
        self.looked_ns = ns(at)
        places = {"volume": "home", "primary": site, "secondaries": secondaries}
        policy = {"timeout_ns": ns(self.timeout), "high_water_mark_bytes": 0, "save_volume_bytes": 0}
        return self.add(records.ReplicationBegan, at, **places, **policy)

    def lost(self, at: float, site: str = "madrid", *destroys: str, name: str = "fire") -> Self:
        return self.add(records.SiteLost, at, disaster=name, site=site, destroys=destroys)

    def back(self, at: float, site: str = "madrid", *, since: float, name: str = "fire") -> Self:
        return self.add(records.SiteBack, at, disaster=name, site=site, lost_ns=ns(at - since))

    def command(self, at: float, command: str, target: str = "", mode: str = "", name: str = "") -> Self:
        return self.add(records.CommandGiven, at, command=command, name=name or command, target=target, mode=mode)

    def done(self, at: float, command: str, effect: str = "done", name: str = "") -> Self:
        return self.add(records.CommandDone, at, command=command, name=name or command, effect=effect)

    def phase(self, name: str, until: float) -> Self:
        """The next phase of the recovery, which ends at `until`."""
        began, self.phase_ends = self.phase_ends, until
        return self.add(records.RecoveryPhase, until, recovery=self.recovery, phase=name, began_ns=ns(began))

    def role(self, at: float, site: str, role: str, mount: str) -> Self:
        return self.add(records.RoleChanged, at, site=site, role=role, mount=mount)

    def loss(self, at: float, kind: str = "failover", **counted: Any) -> Self:
        told: dict[str, Any] = {
            "site": "madrid",
            "number": 0,
            "writes": 0,
            "blocks": 0,
            "rpo_ns": 0,
            "sets": 0,
        } | counted
        sizes = {"lost_bytes": told["blocks"] * BLOCK, "written_bytes": told["writes"] * BLOCK}
        return self.add(records.LossCounted, at, recovery=self.recovery, kind=kind, **(sizes | told))

    def promoted(
        self, at: float, site: str, *, disaster: float, mode: str = "default", planned: bool = False
    ) -> Self:  # fmt: skip
        told = {"site": site, "secondary": site, "mode": mode, "disaster_ns": ns(disaster), "planned": planned}
        return self.add(records.Promoted, at, recovery=self.recovery, **told)

    def planned(self, at: float, way: str = "incremental", *, cause: str = "", away: float = 0, **blocks: int) -> Self:
        sizes = {f"{name}_bytes": blocks.get(name, 0) * BLOCK for name in ("undo", "copy", "merged", "full")}
        told = {"way": way, "cause": cause, "transfer": "full" if way == "full" else "merged", "number": 0, "sets": 2}
        who = {"site": "madrid", "member": "madrid", "time_away_ns": ns(away)}
        return self.add(records.ResyncPlanned, at, **told, **sizes, **who)

    def resynced(self, at: float, number: int, *, began: float, way: str = "incremental") -> Self:
        who = {"site": "madrid", "member": "madrid", "way": way}
        return self.add(records.ResyncFinished, at, number=number, began_ns=ns(began), **who)

    def copies(self, at: float, copies: int) -> Self:
        return self.add(records.CopiesChanged, at, copies=copies)


def small() -> Recovered:
    """A fire at 35, service from lisbon at 60, madrid back at 100, in step at 150, the source again at 205."""
    story = Recovered(until=260, timeout=10)
    story.add(records.CopiesChanged, 0, copies=2)
    story.looked_ns = 0
    story.look(1, 10, writes=10, new=10).cut(1, 10, blocks=10).received(1, 12).begun(1, 12).replayed(1, 14)
    story.look(2, 20, writes=10, new=10).cut(2, 20, blocks=10).received(2, 22).begun(2, 22).replayed(2, 24)
    story.look(3, 30, writes=10, new=10).cut(3, 30, blocks=10)
    story.look(4, 35, writes=5, new=5)
    story.lost(35).copies(35, 1)
    story.recovery, story.phase_ends = 1, 35
    failover(story)
    resync(story)
    return failback(story)


def failover(story: Recovered) -> None:
    """At 55 somebody decides; service is back at 60 without set 3 and what was written after it."""
    story.command(55, "failover", "lisbon", "default").phase("detect", 40).phase("decide", 55)
    story.phase("drain", 57)
    story.add(
        records.RestartPointTaken, 57, recovery=1, site="lisbon", number=2, boundary_time_ns=ns(20), snapshot=1
    )  # fmt: skip
    story.phase("snapshot", 58).loss(58, number=2, writes=15, blocks=15, rpo_ns=ns(15), sets=1)
    story.source(58, "lisbon").role(58, "lisbon", "primary", "read_write").role(58, "madrid", "lost", "none")
    story.add(records.SecondaryLeft, 58, secondary="madrid")
    story.promoted(60, "lisbon", disaster=35).phase("promote", 60).done(60, "failover", "lisbon serves")


def resync(story: Recovered) -> None:
    """Madrid undoes set 3 and what was open, and copies what lisbon wrote."""
    story.look(1, 80, writes=20, new=20).cut(1, 80, blocks=20)
    story.back(100, since=35).command(110, "resync", "madrid").phase("repair", 110)
    story.add(records.SecondaryJoined, 110, secondary="madrid")
    story.route_now(110, "madrid", "lisbon", "wan")
    story.planned(110, away=75, undo=15, copy=20, merged=30, full=600)
    story.add(records.UndoListStored, 111, site="madrid", blocks=15).role(111, "madrid", "resyncing", "raw")
    story.copy_began(111, to="madrid", cause="resync", why="incremental", stamp=1, size=30 * BLOCK)
    back = ("lisbon", "madrid")
    story.carried(15 * BLOCK, 111, 120, cause="undo", way=back).phase("undo", 120)
    story.look(2, 130, writes=20, new=20).cut(2, 130, blocks=20)
    story.carried(15 * BLOCK, 120, 140, cause="resync_delta", way=back).phase("copy", 140)
    story.copied(1, 140, to="madrid", cause="resync").resynced(140, 1, began=110)
    story.role(140, "madrid", "secondary", "read_only").copies(140, 2)
    story.received(2, 145, to="madrid").begun(2, 145, to="madrid").replayed(2, 150, to="madrid")


def failback(story: Recovered) -> Recovered:
    """Lisbon is read-only from 200 to 205, then madrid is the source again."""
    story.look(3, 200, writes=5, new=5).command(200, "failback", "madrid").phase("catch_up", 200)
    story.role(200, "lisbon", "primary", "read_only").cut(3, 200, blocks=5, cause="demand")
    story.received(3, 202, to="madrid").begun(3, 202, to="madrid").replayed(3, 203, to="madrid")
    story.source(204, "madrid", "lisbon").role(204, "lisbon", "secondary", "read_only")
    story.role(205, "madrid", "primary", "read_write").promoted(205, "madrid", disaster=200, planned=True)
    story.phase("fail_back", 205).done(205, "failback", "madrid serves")
    story.look(1, 230, writes=10, new=10).cut(1, 230, blocks=10)
    story.received(1, 235).begun(1, 235).replayed(1, 240)
    return story


def burns(*, full: bool = False) -> Recovered:
    """A day in which madrid burns at 5 h, is back at 11 h, and the source again at 13 h; as large as a real one."""
    story = Recovered(until=24 * HOUR, timeout=600, links=False)
    story.link("iberia", ("madrid", "lisbon"), rate=200_000_000).route("lisbon", "madrid", "iberia")
    story.copies(0, 2)
    story.looked_ns = 0
    _serve(story, 0, 5 * HOUR, "madrid", "lisbon")
    story.look(30, 5 * HOUR, writes=90_000, new=7_800)
    story.lost(5 * HOUR, "madrid", *(("save_volume",) if full else ())).copies(5 * HOUR, 1)
    story.role(5 * HOUR, "madrid", "lost", "none")
    story.recovery, story.phase_ends = 1, 5 * HOUR
    at = 5 * HOUR + 1500
    story.phase("detect", 5 * HOUR + 300).command(at, "failover", "lisbon", "default").phase("decide", at)
    story.phase("drain", at + 42)
    story.loss(at + 43.5, number=28, writes=172_430, blocks=15_400, rpo_ns=ns(1_200), sets=1)
    story.phase("snapshot", at + 43.5).source(at + 43.5, "lisbon")
    story.role(at + 60, "lisbon", "primary", "read_write").promoted(at + 60, "lisbon", disaster=5 * HOUR)
    story.phase("promote", at + 60).done(at + 60, "failover", "lisbon serves")
    _serve(story, at + 60, 11 * HOUR, "lisbon", "")
    _bring_back(story, full=full)
    _hand_over(story)
    return story


HOUR = 3600.0


def _serve(story: Recovered, since: float, until: float, source: str, to: str, first: int = 1) -> None:
    """A set every ten minutes: on its way for a while, then replayed."""
    number, at = first, since + 600
    while at < until:
        blocks = 7_000 + 500 * (number % 5)
        story.look(number, at, writes=80_000, new=blocks).cut(number, at, blocks=blocks)
        took = blocks * BLOCK * 8 / 150e6 + 5 * (number % 3)
        if to and at + took + 40 < until:
            story.carried(blocks * BLOCK, at + 5, at + 5 + took, link="iberia", way=(source, to))
            story.received(number, at + 5 + took, to=to, blocks=blocks).begun(number, at + 6 + took, to=to)
            story.replayed(number, at + 30 + took, to=to)
        number, at = number + 1, at + 600
    story.last = number - 1


def _bring_back(story: Recovered, *, full: bool) -> None:
    back, way = 11 * HOUR, ("lisbon", "madrid")
    story.back(back, since=5 * HOUR).role(back, "madrid", "demoted", "read_only")
    story.phase("repair", back + 240).add(records.SecondaryJoined, back + 240, secondary="madrid")
    story.route_now(back + 240, "madrid", "lisbon", "iberia")
    kind, cause = ("full", "save_volume_lost") if full else ("incremental", "")
    sizes = {"undo": 15_400, "copy": 190_000, "merged": 196_000, "full": 2_400_000}
    story.planned(back + 240, kind, cause=cause, away=6 * HOUR + 240, **sizes)
    story.role(back + 241, "madrid", "resyncing", "raw")
    story.copy_began(back + 241, to="madrid", cause="full_copy" if full else "resync", why=cause or "incremental")
    at = back + 241
    if full:
        ends = at + 3_000
        story.carried(2_400_000 * BLOCK, at, ends, link="iberia", cause="full_copy", way=way).phase("copy", ends)
    else:
        ends = at + 780
        story.carried(15_400 * BLOCK, at, at + 55, link="iberia", cause="undo", way=way).phase("undo", at + 55)
        story.carried(180_600 * BLOCK, at + 55, ends, link="iberia", cause="resync_delta", way=way).phase("copy", ends)
    story.copied(story.last, ends, to="madrid", cause="resync").resynced(ends, story.last, began=at, way=kind)
    story.role(ends, "madrid", "secondary", "read_only").copies(ends, 2)
    _serve(story, ends, 13 * HOUR, "lisbon", "madrid", story.last + 1)


def _hand_over(story: Recovered) -> None:
    at = 13 * HOUR
    story.command(at, "failback", "madrid").phase("catch_up", at).role(at, "lisbon", "primary", "read_only")
    story.source(at + 70, "madrid", "lisbon").role(at + 70, "lisbon", "secondary", "read_only")
    story.role(at + 75, "madrid", "primary", "read_write").promoted(at + 75, "madrid", disaster=at, planned=True)
    story.phase("fail_back", at + 75).done(at + 75, "failback", "madrid serves")
    _serve(story, at + 75, 24 * HOUR, "madrid", "lisbon")
