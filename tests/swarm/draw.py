"""A small random world from a number: everything that a scenario can say, in sizes that overlap each other.

Times lie off the grid and sometimes exactly on it; links and disks are as fast as the writes, slower, or much faster.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

TRACES = Path(__file__).resolve().parents[2] / "scenarios" / "traces"
S = 1_000_000_000
FAR = ("far", "other", "third")


@dataclass(slots=True)
class Plan:
    """A world as data: the scenario, and what its drawing knows about it."""

    seed: int
    scenario: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)  # profiles that the scenario names
    active_ns: int = 0  # users write in workload time until here
    quiet: bool = True  # whether all writing ends there
    calm_ns: int = 0  # when everything was started for good
    swarm: str = ""  # which one it is from, as an option of `python -m tests.swarm`

    def text(self) -> str:
        """The scenario file."""
        return yaml.safe_dump(self.scenario, sort_keys=False, width=110)

    @property
    def until_ns(self) -> int:
        """The last instant."""
        return int(self.scenario["run"]["until"].removesuffix(" ns"))


class Dice:
    """Luck of one world, with the words a drawing needs."""

    def __init__(self, seed: int) -> None:
        self._luck = np.random.default_rng([20261123, seed])

    def chance(self, probability: float) -> bool:
        return bool(self._luck.random() < probability)

    def of(self, *choices: Any) -> Any:
        return choices[int(self._luck.integers(len(choices)))]

    def whole(self, low: int, high: int) -> int:
        """Uniform in [low, high]."""
        return int(self._luck.integers(low, max(low, high) + 1))

    def scale(self, low: float, high: float) -> float:
        """Uniform in the logarithm."""
        return float(low * (high / low) ** self._luck.random())


def draw(seed: int) -> Plan:
    """The world of a number."""
    return Drawing(seed).plan()


class Drawing:
    """Draws everything, part by part."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, Dice(seed)
        dice = self.dice
        self.block = dice.of(512, 512, 1024, 4096, 4096)
        self.blocks = dice.of(1, 2, 3, dice.whole(4, 40), dice.whole(40, 400), dice.whole(400, 2000))
        self.active = dice.of(10, 30, 60, 100, 200) * S
        self.timeout = dice.of(self.active // dice.whole(2, 40), int(self.active / dice.scale(0.5, 60)))
        self.files: dict[str, str] = {}
        self.rate = min(dice.scale(3, 5000), 40 * self.blocks) * S / self.active
        self.bytes_per_s = 0.0
        self.quiet = True
        self.calm = self.active
        self.save_blocks = 0
        self.high_water: int | None = None
        self.set_blocks = 1  # the most blocks that one instant can write

    def plan(self) -> Plan:
        workloads = self._workloads()
        replication, secondaries = self._replication()
        sites, links = self._sites(), self._links(secondaries)
        volume = self._volume(workloads)
        timeline = self._timeline(secondaries)
        until = self.active
        if self.quiet:
            until = self._tail(timeline, secondaries, sites, links)
        scenario = {
            "version": 1,
            "name": "swarm",
            "run": {"until": f"{until} ns", "seed": self.seed % 1000},
            "sites": sites,
            "links": links,
            "volumes": {"vol": volume},
            "replication": {"mirror": replication},
            "timeline": timeline,
        }
        return Plan(self.seed, scenario, self.files, self.active, self.quiet, self.calm)

    # -- who writes -----------------------------------------------------------------------------------------------

    def _workloads(self) -> dict[str, Any]:
        how_many = self.dice.of(0, 1, 1, 1, 1, 1, 2, 2, 3)
        real = "trace" if self.blocks >= 100 else "random"  # on a tiny volume each record would be a set of its own
        kinds = [self.dice.of("random", "random", "random", "random", "even", "churn", real) for _ in range(how_many)]
        return {f"w{index}": getattr(self, f"_{kind}")() for index, kind in enumerate(kinds)}

    def _area(self) -> dict[str, Any]:
        if self.dice.chance(0.5):
            return {}
        first = self.dice.whole(0, self.blocks - 1)
        over = self.dice.whole(1, self.blocks - first)
        return {"at": f"{first * self.block} B", "over": f"{over * self.block} B"}

    def _size(self, area: dict[str, Any]) -> int:
        """Bytes of one write, no more than its part of the volume holds."""
        room = int(area["over"].removesuffix(" B")) if area else self.blocks * self.block
        size = self.dice.of(self.block, self.block, 1, self.block * self.dice.whole(1, 8), self.dice.whole(1, 20_000))
        size = min(size, room // self.block * self.block)
        self.set_blocks += -(-size // self.block)
        return size

    def _random(self) -> dict[str, Any]:
        dice, area = self.dice, self._area()
        size, rate = self._size(area), self._rate()
        workload = {"writes": f"{rate} /s", "write_size": f"{size} B", **area}
        workload["locality"] = dice.of(
            "uniform",
            {"zipf": round(dice.scale(0.3, 3), 3)},
            {"hot": {"space": f"{dice.whole(1, 60)} %", "writes": f"{dice.whole(0, 100)} %"}},
            "sequential",
        )
        if dice.chance(0.2):
            workload["rewrite"] = f"{dice.whole(1, 100)} %"
        if dice.chance(0.2):
            every, length = (int(self.active / dice.scale(2, 30)) for _ in "12")
            workload["bursts"] = {"every": f"{every} ns", "for": f"{length} ns", "factor": dice.whole(2, 10)}
            self.bytes_per_s += 2 * rate * size
        self.bytes_per_s += rate * max(size, self.block)
        workload["profile"] = self._profile()
        return workload

    def _rate(self) -> float:
        return round(self.rate * self.dice.scale(0.2, 1), 3)

    def _even(self) -> dict[str, Any]:
        area = self._area()
        size, rate = self._size(area), self.dice.of(1, 2, 5, 10, self._rate())
        self.bytes_per_s += rate * max(size, self.block)
        workload = {"writes": f"{rate} /s", "write_size": f"{size} B", "locality": "sequential", "arrivals": "even"}
        return {**workload, **area, "profile": self._profile()}

    def _profile(self) -> dict[str, str]:
        """Steps of the rate, the last of them silence."""
        lines = ["time,factor", "0,1"]
        if self.dice.chance(0.3):
            begin = self.dice.whole(1, self.active // 2)
            factor = self.dice.of(0, 0.1, 3, 10)
            self.bytes_per_s *= max(1, factor)
            lines.append(f"{begin} ns,{factor}")
        lines.append(f"{self.active} ns,0")
        text = "\n".join(lines) + "\n"
        name = f"steps-{hashlib.sha256(text.encode()).hexdigest()[:8]}.csv"
        self.files[name] = text
        return {"file": name}

    def _churn(self) -> dict[str, Any]:
        area = self._area()
        size = self._size(area)
        rate = round(min(self._rate(), 200 * S / self.active), 3)
        self.quiet = False
        self.bytes_per_s += rate * max(size, self.block)
        return {"churn": f"{rate} /s", "extent": f"{size} B", **area}

    def _trace(self) -> dict[str, Any]:
        name, kind = self.dice.of(("sample.msr.csv", "msr"), ("sample.blkparse.txt", "blkparse"))
        repeat, scale = self.dice.of("once", "once", "loop"), round(self.dice.scale(0.05, self.active / S / 48), 3)
        self.quiet = self.quiet and repeat == "once"
        self.bytes_per_s += 10.8e6 / 47 / scale
        self.set_blocks += 8192 * 16 // self.block + 1
        return {"trace": str(TRACES / name), "format": kind, "repeat": repeat, "time_scale": scale, "wrap": True}

    # -- who copies -----------------------------------------------------------------------------------------------

    def _replication(self) -> tuple[dict[str, Any], dict[str, Any]]:
        dice = self.dice
        most = int(self.bytes_per_s / self.block * self.timeout / S) + 1
        least = min(self.set_blocks, self.blocks)
        high_water = dice.of(None, dice.whole(1, self.blocks), dice.whole(1, min(self.blocks, 2 * most)))
        fewest = min(self.blocks, 1 + self._written() // self.block // 60)  # sets are few, so that worlds are quick
        if high_water is not None:
            high_water = max(high_water, fewest)
        least = max(least, fewest, high_water or 1)
        self.save_blocks = max(
            least, dice.of(least, least + 1, dice.whole(1, 2 * self.blocks), int(most * dice.scale(0.5, 30)))
        )
        self.high_water = high_water
        secondaries = self._secondaries(least)
        replication = {
            "volume": "vol",
            "primary": "near",
            "initial_copy": dice.of("done", "done", "run", "two-snapshots"),
            "secondaries": secondaries,
            "timeout": f"{self.timeout} ns",
            "save_volume": {"size": f"{self.save_blocks * self.block} B", "on_full": dice.of("suspend", "drop")},
            "chunk": f"{dice.of(1, 2, 7, 100) * self.block} B",
            "empty_sets": dice.of("send", "skip"),
        }
        if high_water is not None:
            replication["high_water_mark"] = f"{high_water * self.block} B"
        if dice.chance(0.2):
            replication["poll"] = f"{dice.of(self.timeout, self.timeout // 2, S, int(S / dice.scale(0.1, 10)))} ns"
        if dice.chance(0.3):
            replication["retries"] = dice.whole(0, 2)
        return replication, secondaries

    def _secondaries(self, least: int) -> dict[str, Any]:
        dice = self.dice
        names = [*FAR[: dice.of(1, 1, 1, 2, 3)]]
        secondaries: dict[str, Any] = {name: {} for name in names}
        if dice.chance(0.25):
            secondaries = {**dict(list(secondaries.items())[: dice.whole(0, 2)]), "copy": {"site": "near"}}
        for secondary in secondaries.values():
            if dice.chance(0.3):
                secondary["timeout"] = f"{int(self.timeout * dice.scale(0.3, 5))} ns"
            if dice.chance(0.3):
                secondary["high_water_mark"] = f"{dice.whole(1, 2 * self.save_blocks) * self.block} B"
            if dice.chance(0.3) and "site" not in secondary:
                size = max(least, int(self.save_blocks * dice.scale(0.3, 3)))
                secondary["save_volume"] = {"size": f"{size * self.block} B"}
            if dice.chance(0.2):
                secondary["snapshots"] = self._snapshots()
        return secondaries

    def _snapshots(self) -> dict[str, Any]:
        every = self.dice.of(max(self.timeout, self.active // 20), self.active // self.dice.whole(2, 10))
        return {"every": f"{every} ns", "keep": self.dice.whole(1, 4)}

    def _volume(self, workloads: dict[str, Any]) -> dict[str, Any]:
        dice = self.dice
        volume: dict[str, Any] = {"size": f"{self.blocks * self.block} B", "block": f"{self.block} B"}
        volume["in_use"] = f"{dice.of(0, 100, dice.whole(0, 100))} %"
        volume["granularity"] = dice.whole(1, 4)
        if dice.chance(0.3):
            volume["snapshots"] = self._snapshots()
        if dice.chance(0.3):
            volume["snapshot_store"] = {"size": f"{dice.of(1, dice.whole(1, self.blocks)) * self.block} B"}
        return {**volume, "workload": workloads}

    # -- what carries ---------------------------------------------------------------------------------------------

    def _sites(self) -> dict[str, Any]:
        return {name: self._site() for name in ("near", *FAR)}

    def _site(self) -> dict[str, Any]:
        if self.dice.chance(0.4):
            return {}
        speed = self._speed()
        read, write = (max(1, int(speed * self.dice.scale(0.5, 20))) for _ in "12")
        return {"disk": {"read": f"{read} B/s", "write": f"{write} B/s"}}

    def _links(self, secondaries: dict[str, Any]) -> dict[str, Any]:
        return {
            f"to-{name}": {
                "between": ["near", name],
                "bandwidth": self._bandwidth(),
                "rtt": self._rtt(),
                "congestion": ("ideal", "cubic", "reno")[(self.seed + at) % 3],
                "chunk_header": "0 B",  # so that what links carry is payload
            }
            for at, (name, secondary) in enumerate(secondaries.items())
            if "site" not in secondary
        }

    def _written(self) -> int:
        return int(self.bytes_per_s * self.active / S)

    def _speed(self) -> float:
        return max(self.bytes_per_s, self.blocks * self.block * S / self.active)

    def _bandwidth(self) -> str:
        speed = self._speed()
        bits = self.dice.of(
            0, 10**9, int(8 * speed * self.dice.scale(0.2, 5)), int(8 * speed * self.dice.scale(0.5, 2))
        )
        return f"{max(bits, 100)} bit/s" if bits else "unlimited"

    def _rtt(self) -> str:
        return f"{self.dice.of(0, 1, 20_000_000, int(self.dice.scale(1e3, 5e9)), 5 * S)} ns"

    # -- what happens ---------------------------------------------------------------------------------------------

    def _instant(self) -> int:
        dice = self.dice
        return dice.of(
            dice.whole(0, self.active),
            dice.whole(0, self.active),
            dice.whole(0, self.active // S) * S,
            min(self.active, self.timeout * dice.whole(0, 5)),
            dice.of(0, self.active),
        )

    def _timeline(self, secondaries: dict[str, Any]) -> list[dict[str, Any]]:
        dice = self.dice
        timeline: list[dict[str, Any]] = []
        snapshots: list[tuple[str, int]] = []
        for index in range(dice.of(0, 0, 1, 2, 4, 8)):
            at = self._instant()
            kind = dice.of("cut-now", "set-policy", "stop", "start", "reboot", "reboot", "snapshot", "delete-snapshot")
            entry: dict[str, Any] = {"at": f"{at} ns", "kind": kind}
            if kind == "set-policy":
                entry |= self._policy(secondaries)
            elif kind in ("stop", "start") and dice.chance(0.6):
                entry["secondary"] = dice.of(*secondaries)
            elif kind == "reboot":
                sites = ["near", "near", *(name for name in secondaries if name in FAR)]
                entry |= {"site": dice.of(*sites), "for": f"{self._while()} ns"}
            elif kind == "snapshot":
                entry["id"] = f"s{index}"
                snapshots.append((f"s{index}", at))
            elif kind == "delete-snapshot":
                if not snapshots:
                    continue
                name, taken = snapshots.pop()
                entry |= {"at": f"{max(at, taken)} ns", "snapshot": name}
            timeline.append(entry)
        return timeline

    def _while(self) -> int:
        dice = self.dice
        return dice.of(1, self.timeout, dice.whole(1, 5) * S, max(1, int(self.active / dice.scale(2, 200))))

    def _policy(self, secondaries: dict[str, Any]) -> dict[str, Any]:
        dice = self.dice
        policy: dict[str, Any] = {}
        if dice.chance(0.7):
            policy["timeout"] = f"{max(self.active // 60, int(self.timeout * dice.scale(0.2, 5)))} ns"
        if dice.chance(0.4) or not policy:
            blocks = dice.whole(1 + self._written() // self.block // 60, 2 * self.save_blocks)
            policy["high_water_mark"] = f"{blocks * self.block} B"
        if dice.chance(0.4):
            policy["secondary"] = dice.of(*secondaries)
        return policy

    # -- how it ends ----------------------------------------------------------------------------------------------

    def _tail(
        self,
        timeline: list[dict[str, Any]],
        secondaries: dict[str, Any],
        sites: dict[str, Any],
        links: dict[str, Any],
    ) -> int:
        """A quiet time after the users, long enough for whatever is left; answers the end of the run."""
        calm = self.calm = self.active + self._longest_reboot(timeline)
        tail = self._enough(sites, links)
        timeline.append({"at": f"{calm} ns", "kind": "start"})
        timeline.append({"at": f"{calm} ns", "kind": "set-policy", "timeout": f"{max(tail // 40, 1)} ns"})
        for name, secondary in secondaries.items():
            if "timeout" in secondary:
                quick = {"kind": "set-policy", "secondary": name, "timeout": f"{max(tail // 400, 1)} ns"}
                timeline.append({"at": f"{calm} ns", **quick})
        return int(calm + tail)

    def _longest_reboot(self, timeline: list[dict[str, Any]]) -> int:
        return sum(int(entry["for"].removesuffix(" ns")) for entry in timeline if entry["kind"] == "reboot")

    def _enough(self, sites: dict[str, Any], links: dict[str, Any]) -> int:
        written = 2 * self._written() + 6 * self.blocks * self.block
        rates = [int(link["bandwidth"].split()[0]) / 8 for link in links.values() if link["bandwidth"] != "unlimited"]
        rates += [int(rate.split()[0]) / 4 for site in sites.values() if site for rate in site["disk"].values()]
        moving = int(written / min([*rates, 1e9]) * S)
        sets = written // (min(self.save_blocks, self.high_water or self.blocks) * self.block) + 20
        rtt = max([0, *(int(link["rtt"].removesuffix(" ns")) for link in links.values())])
        return self.active + moving + sets * (rtt + S + self.timeout) + 40 * self.timeout
