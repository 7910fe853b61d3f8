"""Trouble of a random wide-area world: faults that are over when the calm begins, and operators who are busy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.swarm.draw import Dice, S
from tests.swarm.wan_ground import PRIMARY, Ground

LINK_FAULTS = {
    "link-down": lambda dice: {},
    "link-slow": lambda dice: {"factor": f"{round(100 * dice.scale(0.0001, 1), 4)} %"},
    "link-delay": lambda dice: {"extra": f"{int(dice.scale(1e3, 5e9))} ns"},
    "link-lossy": lambda dice: {"loss": f"{dice.of(0.1, 1, 10, 50, 99)} %"},
    "link-corrupt": lambda dice: {"corrupt": f"{dice.of(0.1, 1, 10, 50, 99)} %"},
    "link-duplicate": lambda dice: {"duplicate": f"{dice.of(1, 10, 50, 100)} %"},
    "link-reorder": lambda dice: {"reorder": f"{dice.of(0.1, 1, 10)} %"},
}


class Trouble:
    """Draws faults and commands within [0, until_ns]; `over_ns`: when the last fault is over for certain."""

    def __init__(self, dice: Dice, ground: Ground, timeout_ns: int, until_ns: int, policy: Any) -> None:
        self._dice, self._ground, self._timeout, self._until = dice, ground, timeout_ns, until_ns
        self._policy = policy
        self.over_ns = until_ns
        self.secondaries = [member.name for member in ground.members.values() if not member.forwards]
        self.groups = self._groups()
        self.present = {name: not dice.chance(0.12) for name in self.secondaries}
        self._seats = dict.fromkeys(ground.sites, 0)
        rough = dice.of(1, 3, 3, 6, 12, 25)
        self.timeline = [
            entry for at in sorted(self._instant() for _ in range(rough)) for entry in self._something(at) if entry
        ]
        self.timeline += self._late_joins()
        self.faults = dict(self._random_fault(index) for index in range(dice.of(0, 0, 0, 1, 2)))

    # -- when ---------------------------------------------------------------------------------------------------------

    def _instant(self) -> int:
        dice, until = self._dice, self._until
        return dice.of(
            dice.whole(0, until), dice.whole(0, until), dice.whole(0, until // S) * S,
            min(until, self._timeout * dice.whole(0, 5)), min(until, self._timeout * dice.whole(0, 5) + 1),
        )  # fmt: skip

    def _while(self) -> int:
        dice = self._dice
        return dice.of(1, 1000, self._timeout, dice.whole(1, 40) * S, max(1, int(self._until / dice.scale(1, 300))))

    def _lasts(self) -> tuple[Any, int]:
        """A duration, fixed or drawn, and its longest."""
        dice, one = self._dice, self._while()
        if dice.chance(0.7):
            return f"{one} ns", one
        other = one + self._while()
        if dice.chance(0.5):
            return {"uniform": [f"{one} ns", f"{other} ns"]}, other
        return {"choice": {f"{one} ns": "40 %", f"{other} ns": "60 %"}}, other

    def _over(self, time_ns: int) -> None:
        self.over_ns = max(self.over_ns, time_ns)

    # -- what ---------------------------------------------------------------------------------------------------------

    def _groups(self) -> dict[str, list[str]]:
        dice, names = self._dice, [*self._ground.sites, *self._ground.links]
        return {
            f"g{index}": list(dict.fromkeys(dice.of(*names) for _ in range(dice.whole(1, 4))))
            for index in range(dice.of(0, 0, 1, 2))
        }

    def _something(self, at: int) -> Iterator[dict[str, Any]]:
        dice = self._dice
        kinds = [self._link_fault, self._link_fault, self._flap, self._swizzle, self._reboot, self._reboot]
        kinds += [self._stop_or_start, self._join_or_leave, self._set_policy, self._cut, self._move]
        if self.groups:
            kinds.append(self._group_down)
        entry = dice.of(*kinds)(at)
        if entry:
            yield {"at": f"{at} ns", **entry}

    def _from(self, link: str) -> dict[str, str]:
        return {"from": self._dice.of(*self._ground.links[link]["between"])} if self._dice.chance(0.35) else {}

    def _link_fault(self, at: int) -> dict[str, Any]:
        if not self._ground.links:
            return {}
        link, kind = self._dice.of(*self._ground.links), self._dice.of("link-down", *LINK_FAULTS)
        lasts, longest = self._lasts()
        self._over(at + longest)
        return {"kind": kind, "link": link, "for": lasts, **LINK_FAULTS[kind](self._dice), **self._from(link)}

    def _flap(self, at: int) -> dict[str, Any]:
        if not self._ground.links:
            return {}
        link, lasts = self._dice.of(*self._ground.links), self._while() + S
        self._over(at + lasts)
        pieces = [max(S // 5, int(lasts / self._dice.scale(2, 200))) for _ in "12"]
        down, up = (f"{piece} ns" for piece in pieces)
        return {"kind": "flap", "link": link, "down": down, "up": up, "for": f"{lasts} ns", **self._from(link)}

    def _swizzle(self, at: int) -> dict[str, Any]:
        dice, ground = self._dice, self._ground
        key = dice.of("links", "sites") if ground.links else "sites"
        names = list(getattr(ground, key))
        lasts, every = self._while(), self._while()
        self._over(at + lasts + (len(names) + 1) * every)
        share = f"{dice.whole(1, 100)} %"
        return {"kind": "swizzle", key: names, "share": share, "every": f"{every} ns", "for": f"{lasts} ns"}

    def _reboot(self, at: int) -> dict[str, Any]:
        dice, site = self._dice, self._dice.of(*self._ground.sites)
        lasts, longest = self._lasts()
        self._over(at + longest)
        entry = {"kind": "reboot", "site": site, "for": lasts}
        movers = self._ground.sites[site].get("data_movers")
        if movers and dice.chance(0.5):
            entry["data_mover"] = dice.of(*movers)
        return entry

    def _group_down(self, at: int) -> dict[str, Any]:
        lasts, longest = self._lasts()
        self._over(at + longest)
        return {"kind": "group-down", "group": self._dice.of(*self.groups), "for": lasts}

    def _random_fault(self, index: int) -> tuple[str, dict[str, Any]]:
        dice, ground = self._dice, self._ground
        ups, downs = self._while() + self._until // 200, min(self._while(), self._until // 4)
        count = max(1, min(20, self._until // (2 * (ups + downs))))
        self._over(2 * (ups + downs) * count)
        said = {"mtbf": {"uniform": ["1 ns", f"{2 * ups} ns"]}, "mttr": {"uniform": ["1 ns", f"{2 * downs} ns"]}}
        befalls: dict[str, Any]
        if self.groups and dice.chance(0.2):
            befalls = {"kind": "group-down", "group": dice.of(*self.groups)}
        elif not ground.links or dice.chance(0.4):
            sites = [site for site in ground.sites if site != PRIMARY] if dice.chance(0.7) else list(ground.sites)
            befalls = {"kind": "reboot", "sites": sites}
        else:
            kind = dice.of("link-down", *LINK_FAULTS)
            befalls = {"kind": kind, "links": list(ground.links), **LINK_FAULTS[kind](dice)}
        return f"f{index}", {**befalls, **said, "count": count}

    # -- operators ----------------------------------------------------------------------------------------------------

    def _there(self) -> list[str]:
        return [name for name in self.secondaries if self.present.get(name)]

    def _stop_or_start(self, _at: int) -> dict[str, Any]:
        kind = self._dice.of("stop", "start")
        if self._there() and self._dice.chance(0.8):
            return {"kind": kind, "secondary": self._dice.of(*self._there())}
        return {"kind": kind}

    def _join_or_leave(self, _at: int) -> dict[str, Any]:
        name = self._dice.of(*self.secondaries)
        self.present[name] = not self.present[name]
        return {"kind": "join" if self.present[name] else "leave", "secondary": name}

    def _late_joins(self) -> list[dict[str, Any]]:
        """Most of those who are away come back when it is calm; some never come, if they were there at first."""
        joins = []
        for name in self.secondaries:
            named = any(entry.get("secondary") == name and entry["kind"] == "leave" for entry in self.timeline)
            if not self.present[name] and (not named or self._dice.chance(0.7)):
                self.present[name] = True
                joins.append({"at": "CALM", "kind": "join", "secondary": name, "id": f"calm-join-{name}"})
        return joins

    def _set_policy(self, _at: int) -> dict[str, Any]:
        return {"kind": "set-policy", **self._policy(self._there())}

    def _cut(self, _at: int) -> dict[str, Any]:
        return {"kind": "cut-now"}

    def _move(self, _at: int) -> dict[str, Any]:
        sites = [site for site, said in self._ground.sites.items() if "data_movers" in said]
        if not sites:
            return {}
        site = self._dice.of(*sites)
        self._seats[site] = 1 - self._seats[site]
        return {"kind": "move", "site": site, "data_mover": self._ground.sites[site]["data_movers"][self._seats[site]]}
