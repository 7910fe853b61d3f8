"""A small random wide-area world from a number: trees of forwarders, lines that lose and spoil, faults of every kind.

Trouble until a drawn instant, then calm with enough time: whatever went wrong, everything has to come to rest (M5).
"""

from __future__ import annotations

from typing import Any

from tests.swarm.draw import Drawing, Plan, S
from tests.swarm.wan_ground import PRIMARY, Ground, Member
from tests.swarm.wan_trouble import Trouble

RESTLESS = 10  # times as long as the trouble the calm lasts at most where users go on writing


def draw(seed: int) -> Plan:
    """The wide-area world of a number."""
    return WanDrawing(seed).plan()


class WanDrawing(Drawing):
    """Draws users as the other swarm does, and everything else anew."""

    def __init__(self, seed: int) -> None:
        super().__init__(1_000_000 + seed)
        self.seed = seed
        self.blocks = self.dice.of(
            1, 3, *(self.dice.whole(4, 40) for _ in "12"), *(self.dice.whole(40, 400) for _ in "1234")
        )
        self.rate = min(self.rate, 40 * self.blocks * S / self.active, 2000 * S / self.active)
        self.block = self.dice.of(512, 1024, 4096, 4096)

    def plan(self) -> Plan:
        """The world."""
        dice = self.dice
        workloads = self._users()
        self.ground = ground = Ground(dice, self.bytes_per_s, self.active)
        replication = self._replicated()
        trouble = Trouble(dice, ground, self.timeout, int(self.active * dice.scale(0.4, 2)), self._drawn_policy)
        calm = max(trouble.over_ns, self.active) + 1
        for entry in trouble.timeline:
            entry["at"] = entry["at"].replace("CALM", f"{calm} ns")
        tail = self._calm(trouble, replication, calm)
        volume = self._volume(workloads)
        for owner in (volume, *replication["secondaries"].values()):
            if "snapshots" in owner:
                every = int(owner["snapshots"]["every"].removesuffix(" ns"))
                owner["snapshots"]["every"] = f"{max(every, (calm + tail) // 200)} ns"
        scenario = {
            "version": 1,
            "name": "swarm",
            "run": {"until": f"{calm + tail} ns", "seed": self.seed % 1000},
            "sites": ground.sites,
            "links": ground.links,
            "volumes": {"vol": volume},
            "replication": {"mirror": replication},
            "groups": trouble.groups,
            "timeline": trouble.timeline,
            "faults": trouble.faults,
        }
        return Plan(self.seed, scenario, {**self.files, **ground.files}, self.active, self.quiet, calm, "--wan")

    def _users(self) -> dict[str, Any]:
        kinds = [self.dice.of("random", "random", "even") for _ in range(self.dice.of(1, 1, 1, 2))]
        if self.dice.chance(0.08):
            kinds.append("churn")
        return {f"w{index}": getattr(self, f"_{kind}")() for index, kind in enumerate(kinds)}

    # -- who copies ---------------------------------------------------------------------------------------------------

    def _replicated(self) -> dict[str, Any]:
        dice, members = self.dice, self.ground.members.values()
        least = self._policies()
        replication: dict[str, Any] = {
            "volume": "vol",
            "primary": PRIMARY,
            "initial_copy": dice.of("done", "done", "run", "two-snapshots"),
            "secondaries": {one.name: self._secondary(one, least) for one in members if not one.forwards},
            "forwarders": {one.name: self._member(one, least) for one in members if one.forwards},
            "timeout": f"{self.timeout} ns",
            "save_volume": {"size": f"{self.save_blocks * self.block} B", "on_full": dice.of("suspend", "drop")},
            "chunk": f"{dice.of(1, 2, 7, 100) * self.block} B",
            "empty_sets": dice.of("send", "send", "skip"),
            "retries": dice.whole(0, 2),
            "retry_after": f"{dice.of(S, int(S * dice.scale(0.5, 60)), 10 * S)} ns",
        }
        if self.high_water is not None:
            replication["high_water_mark"] = f"{self.high_water * self.block} B"
        if dice.chance(0.15):
            replication["bypass"] = False
        return replication

    def _policies(self) -> int:
        """Save volumes are often small; answers the least that they must hold. Sets are few: worlds are quick."""
        dice = self.dice
        most = int(self.bytes_per_s / self.block * self.timeout / S) + 1
        fewest = min(self.blocks, 1 + self._written() // self.block // 40)
        self.timeout = max(self.timeout, self.active // 40)
        marks = dice.of(None, dice.whole(1, self.blocks), dice.whole(1, min(self.blocks, 2 * most)))
        self.high_water = None if marks is None else max(marks, fewest)
        least = max(min(self.set_blocks, self.blocks), fewest, self.high_water or 1)
        drawn = (least, least + 1, dice.whole(1, 2 * self.blocks), int(most * dice.scale(0.5, 30)))
        self.save_blocks = max(least, dice.of(*drawn))
        return least

    def _member(self, member: Member, least: int) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if member.site != member.name:
            said["site"] = member.site
        via = member.via or (() if member.feeder is None else (member.feeder,))
        if via:
            said["via"] = via[0] if len(via) == 1 else list(via)
        if not member.local and self.dice.chance(0.4):
            size = self.dice.of(least, max(least, int(self.save_blocks * self.dice.scale(0.3, 3))))
            said["save_volume"] = {"size": f"{size * self.block} B"}
        return said

    def _secondary(self, member: Member, least: int) -> dict[str, Any]:
        dice, said = self.dice, self._member(member, least)
        if dice.chance(0.25):
            said["timeout"] = f"{int(self.timeout * dice.scale(0.3, 5))} ns"
        if dice.chance(0.2):
            said["high_water_mark"] = f"{dice.whole(1, 2 * self.save_blocks) * self.block} B"
        if dice.chance(0.1):
            said["snapshots"] = self._snapshots()
        return said

    def _drawn_policy(self, there: list[str]) -> dict[str, Any]:
        policy = self._policy(dict.fromkeys(there or ["nobody"]))
        if policy.get("secondary") == "nobody":
            del policy["secondary"]
        if "timeout" in policy:
            policy["timeout"] = f"{max(self.active // 40, int(policy['timeout'].removesuffix(' ns')))} ns"
        return policy

    # -- how it ends --------------------------------------------------------------------------------------------------

    def _calm(self, trouble: Trouble, replication: dict[str, Any], calm: int) -> int:
        """Everything is started, and whoever waits for more does so no longer; answers how long the calm lasts."""
        tail = self._long_enough(replication)
        if not self.quiet:  # users go on: then nobody asks whether everything comes to rest
            tail = min(tail, RESTLESS * calm)
        at = f"{calm} ns"
        trouble.timeline.append({"at": at, "kind": "start", "id": "calm-start"})
        source = {"kind": "set-policy", "id": "calm-source", "timeout": f"{max(tail // 30, 1)} ns"}
        trouble.timeline.append({"at": at, **source})
        for name in trouble.secondaries:
            said = {
                "kind": "set-policy",
                "id": f"calm-{name}",
                "secondary": name,
                "timeout": f"{max(tail // 300, 1)} ns",
            }
            if trouble.present[name]:
                trouble.timeline.append({"at": at, **said})
        return tail

    def _long_enough(self, replication: dict[str, Any]) -> int:
        ground, block = self.ground, self.block
        members = len(ground.members)
        depth = max(member.depth for member in ground.members.values())
        header = 1 + 1024 / int(replication["chunk"].removesuffix(" B"))
        moved = (3 * self._written() + 8 * self.blocks * block) * members * header
        moving = int(moved / ground.slowest_bytes_per_s * S)
        sets = self._written() // (min(self.save_blocks, self.high_water or self.blocks) * block) + 20
        retry = int(replication["retry_after"].removesuffix(" ns"))
        return (
            self.active + (moving + sets * (4 * ground.longest_rtt + S + self.timeout)) * depth
            + 40 * self.timeout + 600 * S + 10 * retry
        )  # fmt: skip
