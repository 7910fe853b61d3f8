"""The ground of a random wide-area world: members in a tree of routes, sites, and lines of every kind between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.swarm.draw import Dice, S

PRIMARY = "near"
MAX_DEPTH = 5
PACKET = 1448 * 8  # bits of payload


@dataclass(slots=True)
class Member:
    """One that is fed: a secondary, or a pure forwarder; `local`: at its feeder's own site."""

    name: str
    feeder: str | None
    site: str
    depth: int
    forwards: bool = False
    local: bool = False
    via: tuple[str, ...] = ()


class Ground:
    """Draws members, sites and links; `bytes_per_s` is what users write, more or less."""

    def __init__(self, dice: Dice, bytes_per_s: float, active_ns: int) -> None:
        self._dice, self._speed, self._active = dice, max(bytes_per_s, 500.0), active_ns
        self.files: dict[str, str] = {}
        self.members: dict[str, Member] = {}
        self.links: dict[str, dict[str, Any]] = {}
        self.slowest_bytes_per_s = 1e9  # at which anything can travel for long
        self.longest_rtt = 0
        self._routes()
        self.sites = {name: self._site(name) for name in dict.fromkeys([PRIMARY, *self._places()])}

    def _places(self) -> list[str]:
        return [member.site for member in self.members.values()]

    # -- who feeds whom -----------------------------------------------------------------------------------------------

    def _routes(self) -> None:
        dice = self._dice
        how_many = dice.of(1, 2, 2, 3, 3, 4, 5, 6, 7)
        deep = dice.chance(0.4)
        for index in range(1, how_many + 1):
            self._add_member(f"s{index}", deep)
        self._add_local_copies()
        self._decide_who_forwards()
        self._lay_lines()
        for member in self.members.values():
            if not member.local:
                member.via = self._via(member)

    def _add_member(self, name: str, deep: bool) -> None:
        feeders = [one.name for one in self.members.values() if one.depth < MAX_DEPTH]
        feeder = self._dice.of(None, *feeders) if not deep or not feeders else feeders[-1]
        depth = 1 if feeder is None else self.members[feeder].depth + 1
        site = name if self._dice.chance(0.8) else f"at-{name}"
        self.members[name] = Member(name, feeder, site, depth)

    def _add_local_copies(self) -> None:
        for member in list(self.members.values()):
            if self._dice.chance(0.2):
                name = f"copy-{member.name}"
                self.members[name] = Member(name, member.name, member.site, member.depth + 1, local=True)
        if self._dice.chance(0.15):
            self.members["copy"] = Member("copy", None, PRIMARY, 1, local=True)

    def _decide_who_forwards(self) -> None:
        for member in self.members.values():
            feeds = any(one.feeder == member.name for one in self.members.values())
            member.forwards = not member.local and self._dice.chance(0.6 if feeds else 0.05)
        if all(member.forwards for member in self.members.values()):
            list(self.members.values())[-1].forwards = False

    # -- lines --------------------------------------------------------------------------------------------------------

    def _lay_lines(self) -> None:
        """Every site is joined to one before it, most often to its feeder's; then there are some lines more."""
        dice, before = self._dice, [PRIMARY]
        for member in self.members.values():
            if not member.local:
                feeder = PRIMARY if member.feeder is None else self.members[member.feeder].site
                self._lay(feeder if dice.chance(0.8) else dice.of(*before), member.site)
                before.append(member.site)
        for _ in range(dice.of(0, 0, 1, 2, 4)):
            self._lay(dice.of(*before), dice.of(*before))

    def _lay(self, one: str, other: str) -> None:
        taken = [set(link["between"]) for link in self.links.values()]
        if one != other and {one, other} not in taken:
            self.links[f"l{len(self.links)}"] = self._link(one, other)

    def _via(self, member: Member) -> tuple[str, ...]:
        """Who feeds it; sometimes also a line or a site to be passed."""
        first = () if member.feeder is None else (member.feeder,)
        source = PRIMARY if member.feeder is None else self.members[member.feeder].site
        joined = {frozenset(link["between"]): name for name, link in self.links.items()}
        direct = joined.get(frozenset((source, member.site)))
        detours = [
            site
            for site in dict.fromkeys([PRIMARY, *self._places()])
            if frozenset((source, site)) in joined
            and frozenset((site, member.site)) in joined
            and (first or site not in self.members)  # it would be the feeder
        ]
        if detours and self._dice.chance(0.4):
            return (*first, self._dice.of(*detours))
        return (*first, direct) if direct and self._dice.chance(0.2) else first

    def _link(self, one: str, other: str) -> dict[str, Any]:
        dice = self._dice
        link: dict[str, Any] = {"between": [one, other]}
        if dice.chance(0.2):
            link["kind"] = "lan"
        elif dice.chance(0.8):
            link["congestion"] = dice.of("cubic", "reno", "ideal", "ideal")
        rtt = dice.of(0, 1, 20_000_000, int(dice.scale(1e3, 5e8)), int(dice.scale(1e7, 2e9)))
        link["rtt"] = f"{rtt} ns"
        self.longest_rtt = max(self.longest_rtt, rtt)
        link |= self._way(rtt)
        if dice.chance(0.2):
            link["back"] = self._way(rtt)
        return link

    def _way(self, rtt: int) -> dict[str, Any]:
        dice = self._dice
        bits = dice.of(0, 10**9, *(int(8 * self._speed * dice.scale(0.3, 10)) for _ in "123"))
        way: dict[str, Any] = {"bandwidth": f"{bits} bit/s" if bits else "unlimited"}
        for key, share in (("loss", 0.02), ("corrupt", 0.2), ("duplicate", 0.3), ("reorder", 0.02)):
            if dice.chance(0.15):
                way[key] = f"{round(100 * dice.scale(share / 1000, share), 6)} %"
        if dice.chance(0.2):
            way["jitter"] = f"{dice.of(1, rtt // 4, rtt, int(dice.scale(1e3, 3e9)))} ns"
        if dice.chance(0.1):
            way["window"] = f"{dice.whole(1500, 200_000)} B"
        if dice.chance(0.2):
            way["compression"] = dice.of(2, 1.5, 3.7)
        if dice.chance(0.4):
            way["chunk_header"] = f"{dice.of(0, 1, 100, 512)} B"
        if dice.chance(0.15):
            way["queue_bdp"] = dice.of(0.1, 0.5, 2, 10)
        if dice.chance(0.15):
            way["throttle"] = [dict(self._throttle()) for _ in range(dice.of(1, 1, 2))]
        if dice.chance(0.1):
            way["bandwidth_factor"] = {"file": self._steps("factor", (0.001, 0.1, 0.5, 1))}
        elif dice.chance(0.07):
            del way["bandwidth"]
            way["bandwidth_profile"] = {"file": self._steps("bandwidth", (1000, bits or 10**6, 10**6))}
        self._note_speed(way, rtt, bits)
        return way

    def _throttle(self) -> Iterator[tuple[str, Any]]:
        dice = self._dice
        yield "rate", f"{int(8 * self._speed * dice.scale(0.5, 3)) + 1} bit/s"
        if dice.chance(0.5):
            yield "burst", f"{dice.whole(1, int(20 * self._speed))} B"
        if dice.chance(0.6):
            begins, lasts = dice.whole(0, self._active), dice.whole(1, self._active)
            yield "from", f"{begins} ns"
            yield "until", f"{begins + lasts} ns"
            if dice.chance(0.6):
                yield "every", f"{lasts + dice.whole(self._active // 20, self._active)} ns"

    def _steps(self, column: str, values: tuple[float, ...]) -> str:
        """Steps that end, and stay, at the full rate."""
        dice, unit = self._dice, "" if column == "factor" else " bit/s"
        times = sorted({0, *(dice.whole(1, self._active) for _ in range(dice.whole(1, 4)))})
        drawn = [dice.of(*values) for _ in times]
        drawn[-1] = 1 if column == "factor" else max(values)
        name = f"{column}-{len(self.files)}.csv"
        rows = [f"{time} ns,{value}{unit}" for time, value in zip(times, drawn, strict=True)]
        self.files[name] = "\n".join([f"time,{column}", *rows]) + "\n"
        return name

    def _note_speed(self, way: dict[str, Any], rtt: int, bits: int) -> None:
        """What it can carry for long at the worst: bandwidth, throttles, window, loss."""
        worst = [1e9] if not bits else [bits / 8]
        worst += [int(one["rate"].split()[0]) / 8 for one in way.get("throttle", ())]
        trip = (rtt + 2 * int(way.get("jitter", "0 ns").removesuffix(" ns")) + 1000) / S
        if "window" in way:
            worst.append(int(way["window"].removesuffix(" B")) / trip)
        lost = sum(float(way.get(key, "0 %").removesuffix(" %")) / 100 for key in ("loss", "reorder"))
        if lost:
            worst.append(PACKET / 8 / trip / lost**0.5 / 4)
        self.slowest_bytes_per_s = min([self.slowest_bytes_per_s, *worst])

    # -- sites --------------------------------------------------------------------------------------------------------

    def _site(self, name: str) -> dict[str, Any]:
        dice, site = self._dice, {}
        if dice.chance(0.4):
            read, write = (int(self._speed * dice.scale(0.5, 50)) + 1 for _ in "12")
            site["disk"] = {"read": f"{read} B/s", "write": f"{write} B/s"}
            self.slowest_bytes_per_s = min(self.slowest_bytes_per_s, read / 2, write / 2)
        if dice.chance(0.3):
            site["data_movers"] = [f"{name}-a", f"{name}-b"]
        return site
