"""A small random world of disasters from a number: sites that burn, lines that are cut, and operators who are busy.

Trouble until a drawn instant, commands at silly times among it; then calm, a resync and a failback with enough time for
both: everything has to be in sync again, on the primary that the scenario declares (F, R, B; cases 1-14, 28-61).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.scenario import load_text
from sim.scenario.errors import ScenarioError
from tests.swarm.draw import Dice, Plan, S

PRIMARY = "near"
NAMES = ("far", "other", "third")
DESTROYED = ("volume", "save_volume", "save_volume_part", "snapshot_store", "modification_log")
WORDS = ("in-sync", "promoted", "undoing", "copying", "resynced", "failing-back", "failed-back")
STEPS = 6  # of the calm
TIMELINE = re.compile(r"timeline\[(\d+)\]")
Entry = dict[str, Any]


def draw(seed: int) -> Plan:
    """The world of a number."""
    return _Drawing(seed).plan()


class _Drawing:
    """Draws everything, part by part."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, Dice(2_000_000 + seed)
        dice = self.dice
        self.block = dice.of(512, 4096)
        self.blocks = dice.of(2, 3, dice.whole(4, 40), dice.whole(40, 300))
        self.active = dice.of(30, 60, 120) * S
        self.timeout = max(12 * S, self.active // dice.whole(1, 8)) + dice.of(0, 1)
        self.writes = min(dice.scale(3, 600), 30 * self.blocks)  # in all
        self.secondaries, self.forwarders = self._members()
        self.sites = [PRIMARY, *self.secondaries, *self.forwarders]
        self.links = self._links()
        self.groups = self._groups()

    def plan(self) -> Plan:
        """The world."""
        timeline, over = self._trouble()
        step = self._long_enough()
        calm = over + 1
        timeline += self._calm(timeline, calm, step)
        scenario = {
            "version": 1,
            "name": "swarm",
            "run": {"until": f"{calm + STEPS * step} ns", "seed": self.seed % 1000},
            "sites": {name: self._site() for name in self.sites},
            "links": self.links,
            "groups": self.groups,
            "volumes": {"vol": self._volume()},
            "replication": {"mirror": self._replication(step)},
            "operator": self._people(),
            "timeline": timeline,
        }
        plan = Plan(self.seed, scenario, self._profile(), self.active, True, calm, "--disasters")
        return sensible(plan)

    # -- who copies ---------------------------------------------------------------------------------------------------

    def _members(self) -> tuple[dict[str, Entry], dict[str, Entry]]:
        dice = self.dice
        secondaries: dict[str, Entry] = {name: {} for name in NAMES[: dice.of(1, 1, 2, 2, 3)]}
        forwarders: dict[str, Entry] = {}
        if dice.chance(0.2):
            forwarders["hub"] = {}
            for said in secondaries.values():
                if dice.chance(0.7):
                    said["via"] = "hub"
        elif len(secondaries) > 1 and dice.chance(0.5):
            for before, name in zip(secondaries, list(secondaries)[1:], strict=False):
                if dice.chance(0.7):
                    secondaries[name]["via"] = before
        for said in secondaries.values():
            if dice.chance(0.1):
                said["timeout"] = f"{int(self.timeout * dice.scale(0.3, 3))} ns"
        return secondaries, forwarders

    def _links(self) -> dict[str, Entry]:
        dice = self.dice
        pairs = [(PRIMARY, name) for name in self.sites[1:]]
        others = self.sites[1:]
        pairs += [(one, two) for at, one in enumerate(others) for two in others[at + 1 :] if dice.chance(0.7)]
        pairs += [
            (said["via"], name)
            for name, said in self.secondaries.items()
            if "via" in said and (said["via"], name) not in pairs and (name, said["via"]) not in pairs
        ]
        return {
            f"{one}-{two}": {
                "between": [one, two],
                "bandwidth": self._bandwidth(),
                "rtt": f"{dice.of(0, 1, 20_000_000, int(dice.scale(1e3, 3e8)))} ns",
                "congestion": dice.of("ideal", "ideal", "cubic"),
            }
            for one, two in pairs
        }

    def _bandwidth(self) -> str:
        """Enough for all blocks in the active time, at least."""
        least = 8 * self.blocks * self.block * S / self.active
        return self.dice.of("unlimited", f"{int(least * self.dice.scale(4, 200)) + 1000} bit/s")

    def _replication(self, step: int) -> Entry:
        dice = self.dice
        mark = dice.whole(max(1, self.blocks // 8), self.blocks)
        save = max(mark, dice.of(mark, mark + 1, self.blocks, 4 * self.blocks))
        said: Entry = {
            "volume": "vol",
            "primary": PRIMARY,
            "initial_copy": dice.of("done", "done", "done", "run"),
            "secondaries": self.secondaries,
            "timeout": f"{self.timeout} ns",
            "high_water_mark": f"{mark * self.block} B",
            "save_volume": {"size": f"{save * self.block} B", "on_full": dice.of("suspend", "drop")},
            "chunk": f"{dice.of(1, 2, 7, 100) * self.block} B",
            "empty_sets": dice.of("send", "send", "skip"),
            "retries": 2,
            "retry_after": f"{dice.of(1, 5) * S} ns",
            "recovery": {
                "transfer": dice.of("merged", "literal", "min"),
                "protect": dice.chance(0.3),
                "full_copy": dice.of("two-snapshots", "one-snapshot"),
                "converge_within": f"{step} ns",
                "mount": f"{dice.of(0, 1, S, 10 * S)} ns",
            },
        }
        if self.forwarders:
            said["forwarders"] = self.forwarders
        return said

    def _volume(self) -> Entry:
        dice, rate = self.dice, max(0.001, round(self.writes * S / self.active, 3))
        locality = dice.of("uniform", {"zipf": 1.1}, "sequential")
        users: Entry = {"writes": f"{rate} /s", "write_size": f"{self.block} B", "locality": locality}
        users["profile"] = {"file": "steps.csv"}
        volume: Entry = {
            "size": f"{self.blocks * self.block} B",
            "block": f"{self.block} B",
            "in_use": f"{dice.of(100, 100, 0, dice.whole(0, 100))} %",
            "granularity": dice.of(1, 1, 2, 4),
        }
        if dice.chance(0.2):
            volume["snapshots"] = {"every": f"{max(self.timeout, self.active // 5)} ns", "keep": dice.whole(1, 3)}
        if dice.chance(0.15):
            volume["snapshot_store"] = {"size": f"{dice.whole(1, 2 * self.blocks) * self.block} B"}
        return {**volume, "workload": {"users": users}}

    def _profile(self) -> dict[str, str]:
        return {"steps.csv": f"time,factor\n0,1\n{self.active} ns,0\n"}

    def _site(self) -> Entry:
        if self.dice.chance(0.6):
            return {}
        least = self.blocks * self.block * S // self.active + 1
        read, write = (int(least * self.dice.scale(8, 200)) for _ in "12")
        return {"disk": {"read": f"{read} B/s", "write": f"{write} B/s"}}

    def _people(self) -> Entry:
        if self.dice.chance(0.6):
            return {}
        return {"detect": f"{self.dice.whole(1, 10)} s", "decide": {"exponential": f"{self.dice.whole(1, 10)} s"}}

    # -- what happens -------------------------------------------------------------------------------------------------

    def _trouble(self) -> tuple[list[Entry], int]:
        """The timeline, and when the last fault of known time is over for certain."""
        dice, over = self.dice, self.active
        timeline: list[tuple[int, Entry]] = []
        for index in range(dice.of(2, 4, 8, 12, 16)):
            at = dice.of(dice.whole(0, self.active), dice.whole(0, self.active), self.timeout * dice.whole(1, 5))
            entry, lasts = self._something(index)
            if entry["kind"] == "leave":  # not at an instant nobody knows: it joins when all is calm
                entry = {"at": f"{at} ns", **entry}
            elif dice.chance(0.2):
                delay = dice.of("", f" + {dice.whole(1, self.timeout)} ns")
                entry = {"when": f"{dice.of(*WORDS)}{delay}", **entry}
            elif timeline and dice.chance(0.15) and "id" in (before := dice.of(*timeline)[1]):
                at += lasts
                entry = {"at": f"{before['id']} + operator", **entry}
            else:
                entry = {"at": f"{at} ns", **entry}
            over = max(over, at + lasts)
            timeline.append((at, entry))
        return [entry for _, entry in sorted(timeline, key=lambda one: one[0])], over + 60 * S

    def _something(self, index: int) -> tuple[Entry, int]:
        """An entry without its time, and how long it lasts at most."""
        dice, name = self.dice, {"id": f"e{index}"}
        to, site = dice.of(*self.secondaries), dice.of(PRIMARY, PRIMARY, *self.sites)
        lasts = dice.of(1, 1000, self.timeout, dice.whole(1, 40) * S, dice.whole(1, self.active // 2))
        spell = {"for": f"{lasts} ns", **name}
        choices: list[Callable[[], Entry]] = [
            lambda: {"kind": "site-lost", "site": site, **self._destruction(), **spell},
            lambda: {"kind": "site-lost", "site": site, **self._destruction(), **spell},
            lambda: {"kind": "reboot", "site": site, **spell},
            lambda: {"kind": "link-down", "link": dice.of(*self.links), **spell},
            lambda: {"kind": "link-down", "link": dice.of(*self.links), **spell},
            lambda: {"kind": "failover", "to": to, "mode": dice.of("default", "default", "sync", "now"), **name},
            lambda: {"kind": "failover", "to": to, "mode": dice.of("default", "default", "sync", "now"), **name},
            lambda: {"kind": "failover", "to": to, "mode": dice.of("default", "default", "sync", "now"), **name},
            lambda: {"kind": "resync", **name},
            lambda: {"kind": "resync", "site": dice.of(PRIMARY, *self.secondaries), **name},
            lambda: {"kind": "failback", **name},
            lambda: {"kind": "failback", **name},
            lambda: {"kind": "swap", "to": dice.of(PRIMARY, *self.secondaries), **name},
            lambda: {"kind": "status", **name},
            lambda: {"kind": "snapshot", **name},
            lambda: {"kind": "cut-now", **name},
            lambda: {"kind": "stop", "secondary": to, **name},
            lambda: {"kind": "start", **name},
            lambda: {"kind": "set-policy", **self._policy(), **name},
            lambda: {"kind": "leave", "secondary": to, **name},
            lambda: {"kind": "group-down", "group": dice.of(*self.groups), **spell},
        ]
        entry = dice.of(*choices)()
        return entry, lasts if "for" in entry else 0

    def _policy(self) -> Entry:
        """What an operator sets: of the source, or of the playback of a copy."""
        dice = self.dice
        said: Entry = {"timeout": f"{max(S, int(self.timeout * dice.scale(0.3, 3)))} ns"}
        if dice.chance(0.5):
            said["secondary"] = dice.of(*self.secondaries)
        return said

    def _groups(self) -> dict[str, list[str]]:
        """What fails together: a site and a line of it, or some sites."""
        links = [name for name in self.links if PRIMARY in name.split("-")]
        return {"yard": [PRIMARY, self.dice.of(*links)], "coast": self.sites[1:]}

    def _destruction(self) -> Entry:
        dice, said = self.dice, {}
        if dice.chance(0.4):
            said["destroys"] = [dice.of(*DESTROYED)]
        if dice.chance(0.1) and not {"save_volume", "save_volume_part"} & set(said.get("destroys", ())):
            said["corrupts"] = ["save_volume"]
        return said

    # -- how it ends --------------------------------------------------------------------------------------------------

    def _calm(self, trouble: list[Entry], calm: int, step: int) -> list[Entry]:
        """Who left joins again, all is started; now and then somebody takes over; then all come back, and users too."""
        entries: list[Entry] = [{"at": f"{calm} ns", "kind": "start", "id": "calm-start"}]
        entries += [
            {"at": f"{calm} ns", "kind": "join", "secondary": name, "id": f"calm-join-{name}"}
            for name in dict.fromkeys(entry["secondary"] for entry in trouble if entry["kind"] == "leave")
        ]
        if self.dice.chance(0.5):
            to = self.dice.of(*self.secondaries)
            entries.append({"at": f"{calm + step // 2} ns", "kind": "failover", "to": to, "id": "calm-failover"})
        entries += [
            {"at": f"{calm + number * step} ns", "kind": kind, "id": f"calm-{kind}-{number}"}
            for number, kind in enumerate(("resync", "resync", "status", "failback", "resync"), 1)
        ]
        return entries

    def _long_enough(self) -> int:
        """For a whole copy to everybody, and whatever waits."""
        rtt = max(int(link["rtt"].removesuffix(" ns")) for link in self.links.values())
        return self.active * len(self.sites) + 50 * rtt + 3 * self.timeout + 30 * S


def sensible(plan: Plan) -> Plan:
    """The world without what a check of its file refuses: entries that could not be meant."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in plan.files.items():
            (Path(folder) / name).write_text(text)
        while True:
            try:
                load_text(plan.text(), "world.yaml", Path(folder))
            except ScenarioError as error:
                wrong = {int(found[1]) for fault in error.faults if (found := TIMELINE.match(fault.path))}
                if not wrong:
                    raise
                said = plan.scenario["timeline"]
                plan.scenario["timeline"] = [entry for at, entry in enumerate(said) if at not in wrong]
            else:
                return plan
