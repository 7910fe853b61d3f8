"""Sources that were replaced and may not know it: told as soon as word gets through (L1778; F5, case 42).

who does not know goes on taking writes, and they are doomed: counted apart, and undone when it is brought back (R14)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine.identity import SetId
from sim.engine.roles import Role
from sim.records import LossCounted
from sim.world.clock import Order
from sim.world.holding import Holding
from sim.world.mirror import Mirror
from sim.world.node import Node
from sim.world.recovery.reach import news_of
from sim.world.written import Doomed

if TYPE_CHECKING:
    from sim.world.recovery.succession import Succession


@dataclass(slots=True)
class Stale:
    """A source that was replaced: its mirror, its copy, and the boundary from which the history went on without it."""

    mirror: Mirror
    holding: Holding
    restart: SetId


class Replaced:
    """The sources of earlier generations that were not told yet."""

    def __init__(self, succession: Succession) -> None:
        self._succession = succession
        self._stale: list[Stale] = []
        self._listened: set[tuple[str, str]] = set()

    def __contains__(self, held: Holding) -> bool:
        return any(held is stale.holding for stale in self._stale)

    def __len__(self) -> int:
        return len(self._stale)

    def on(self, node: Node) -> list[Stale]:
        """Those that work on a data mover."""
        return [stale for stale in self._stale if stale.holding.seat.node is node]

    def add(self, mirror: Mirror, held: Holding, restart: SetId, told: bool) -> None:
        """Another took the place of this one; `told`: it knows."""
        stale = Stale(mirror, held, restart)
        self._stale.append(stale)
        if told:
            self._demote(stale)
        elif mirror.primary.node.up and held.role is not Role.AWAITING:  # without a volume nobody writes there
            self._succession.becomes(held, Role.STALE_PRIMARY)

    def hear_of_another(self) -> None:
        """Another is the source: a way that was cut at the command may be back by now, or be later."""
        for stale in self._stale:
            self._listen(stale)
        self.tell_all()

    def tell(self, stale: Stale) -> bool:
        """Tell one that it was replaced, if word gets through: it takes no more writes."""
        if not self._succession.reaches(stale.holding):
            return False
        self._demote(stale)
        return True

    def goes_on(self, stale: Stale) -> None:
        """It is up again and nobody told it: users go on there."""
        primary, held = stale.mirror.primary, stale.holding
        if held.volume_lost or held.log_lost:
            self._succession.returns_as(held, Role.AWAITING)
            return
        if primary.doomed is None:
            primary.doomed = Doomed(primary.source.volume.n_blocks)
            primary.activity.take_up(self._succession.wiring.other_users(stale.restart.generation))
        self._succession.returns_as(held, Role.STALE_PRIMARY)
        primary.recover()

    def look(self) -> None:
        """The run ends: what was written in vain until now is counted."""
        for stale in self._stale:
            if stale.mirror.primary.node.up:
                stale.mirror.primary.look()
            self._tell_doomed(stale)

    def _demote(self, stale: Stale) -> None:
        primary, held = stale.mirror.primary, stale.holding
        self._stale.remove(stale)
        stale.mirror.retire_primary()
        self._tell_doomed(stale)
        held.position, held.log = primary.last_cut, primary.source.log
        nothing = held.volume_lost or held.role is Role.AWAITING
        self._succession.returns_as(held, Role.AWAITING if nothing else Role.DEMOTED)

    def _tell_doomed(self, stale: Stale) -> None:
        primary = stale.mirror.primary
        doomed, primary.doomed = primary.doomed, None
        if doomed is not None and doomed.writes:
            self._succession.enter(
                LossCounted,
                recovery=self._succession.recoveries,
                kind="doomed",
                site=stale.holding.site,
                generation=stale.restart.generation,
                number=stale.restart.number,
                writes=doomed.writes,
                blocks=doomed.blocks,
                lost_bytes=doomed.blocks * primary.block_bytes,
                written_bytes=doomed.written_bytes,
                rpo_ns=0,
                sets=0,
            )

    def _listen(self, stale: Stale) -> None:
        """Word may get through later."""
        succession = self._succession
        pair = succession.source.site, stale.holding.site
        if pair not in self._listened:
            self._listened.add(pair)
            for signal in news_of(succession.network, succession.source.seat, stale.holding.seat):
                signal.calls(lambda: succession.clock.call_at(succession.now_ns, Order.NETWORK, self.tell_all))

    def tell_all(self) -> None:
        """Tell them, as far as word gets through."""
        for stale in list(self._stale):
            self.tell(stale)
