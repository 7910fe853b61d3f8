"""Sites that are lost, for a time or for good, and what that destroys (SCENARIO: site-lost, site-back).

a plain loss of power destroys nothing: volume, save volume, snapshots, Open and Old are there when the site is back
what is destroyed is gone from the arrays themselves: nobody is told, a resync has to find out (R5)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.records import SiteBack, SiteLost
from sim.world.clock import Clock, Order
from sim.world.faults.fault import Fate, Fault, Harm
from sim.world.ledger import Ledger
from sim.world.recovery.succession import Succession


@dataclass(slots=True)
class Disaster:
    """A loss that is not over."""

    fault: Fault
    sites: tuple[str, ...]
    where: str  # the site, or the group


@dataclass(slots=True)
class Disasters:
    """Lets sites be lost and come back."""

    clock: Clock
    ledger: Ledger
    fate: Fate
    successions: Mapping[str, Succession]
    harms: Callable[[str], tuple[Harm, ...]]  # of a site, or a group
    sites_in: Callable[[str], Sequence[str]]
    _lost: list[Disaster] = field(default_factory=list)

    def lose(
        self, name: str, where: str, destroys: Iterable[str], corrupts: Iterable[str], lasts_ns: int | None
    ) -> None:
        """A site, or everything in a group, is lost; for good, or for so long."""
        disaster = Disaster(Fault(name, "site-lost", self.harms(where)), tuple(self.sites_in(where)), where)
        destroyed = tuple(destroys)
        for site in disaster.sites:
            self.ledger.append(SiteLost(time_ns=self.clock.now_ns, disaster=name, site=site, destroys=destroyed))
        self._lost.append(disaster)
        self.fate.begin(disaster.fault)
        for site in disaster.sites:
            for succession in self.successions.values():
                succession.destroyed(site, destroyed, tuple(corrupts))
        if lasts_ns is not None:
            self.clock.call_at(self.clock.now_ns + lasts_ns, Order.REPAIR, lambda: self._is_back(disaster))

    def give_back(self, where: str) -> None:
        """What was lost there is repaired and has power; where nothing is lost that is no fault."""
        for disaster in [one for one in self._lost if where in (one.where, *one.sites)]:
            self._is_back(disaster)

    def _is_back(self, disaster: Disaster) -> None:
        if disaster not in self._lost:
            return
        self._lost.remove(disaster)
        now = self.clock.now_ns
        for site in disaster.sites:
            lost_ns = now - disaster.fault.began_ns
            self.ledger.append(SiteBack(time_ns=now, disaster=disaster.fault.name, site=site, lost_ns=lost_ns))
        self.fate.end(disaster.fault)
