"""A change of direction without a loss: failback after a disaster, or a swap (FIG 30; L2012-2028, L2200-2217).

read-only before read-write: at no instant are there two writable copies (B2)
the new generation is tracked and replicated before its first write (B3), and the old source follows at once (B1)
"""

from __future__ import annotations

from sim.world.clock import Order, Process
from sim.world.holding import Holding
from sim.world.recovery.handover import Handover
from sim.world.recovery.refusals import Refused
from sim.world.recovery.settling import Settling
from sim.world.recovery.succession import Succession


class Switch:
    """One change of direction to one copy."""

    def __init__(self, succession: Succession, held: Holding, command: str, name: str) -> None:
        self._succession, self._held, self._command, self._name = succession, held, command, name

    def run(self) -> Process:
        """Converge -> read-only -> last set -> mount -> promote. Raises Refused; re-issued, it goes on."""
        self._succession.switching = True
        try:
            yield from self._switch()
        finally:
            self._succession.switching = False

    def _switch(self) -> Process:
        succession, held = self._succession, self._held
        handover = Handover(succession)
        settling = Settling(succession, held, self._command, self._name)
        yield from settling.settle()
        yield succession.clock.at(succession.now_ns + succession.policy.mount, Order.COMMAND)
        try:
            boundary = yield from settling.stay()
        except Refused:
            settling.take_back()
            raise
        here = handover.at(boundary, held) | {succession.source.name}
        handover.prepare(held, boundary, here)
        handover.promote(held, boundary, here, told=True, mode="")
        succession.returned(held)
