"""Two copies are made equal: first almost, then nobody writes until the last set is replayed (FIG 30, 33; B4).

it converges when at most one set is outstanding; when that is not reached in time, what is written is too much
an error leaves exactly one writable copy, the one that was (B5, case 37)
"""

from __future__ import annotations

from collections.abc import Callable

from simpy.events import Event

from sim.engine.identity import SetId
from sim.engine.roles import Role
from sim.engine.savevolume import Found
from sim.records import ConvergenceFailed
from sim.world.clock import Order, Process, Wait
from sim.world.holding import Holding
from sim.world.recovery.refusals import Refused, why_not_in_step
from sim.world.recovery.succession import Succession


class Settling:
    """Makes the source and one copy equal, with nobody writing."""

    def __init__(self, succession: Succession, held: Holding, command: str, name: str) -> None:
        self._succession, self._held, self._command, self._name = succession, held, command, name
        self._primary = succession.mirror.primary
        self._secondary = succession.arm(held).secondary
        self._began_ns = succession.now_ns
        self._deadline_ns = self._began_ns + succession.policy.converge_within
        self._cut_then, self._replayed_then = self._primary.last_cut, self._secondary.playback.boundary
        self._lives_then = self._lives

    def settle(self) -> Wait[SetId]:
        """Converge -> read-only -> the last set is cut, sent and replayed; answers its boundary. Raises Refused."""
        why = why_not_in_step(self._succession, self._held)
        if why:
            raise Refused(why)
        yield from self._until(lambda: self._outstanding <= 1, "it does not converge")
        return (yield from self._last_set())

    def stay(self) -> Wait[SetId]:
        """Whoever asked for another cut meanwhile has moved the boundary: answers the one of now. Raises Refused."""
        yield from self._until(lambda: self._is_at(self._primary.last_cut), "another set did not arrive")
        return self._primary.last_cut

    def _is_at(self, last: SetId) -> bool:
        return self._secondary.at_boundary and self._secondary.playback.boundary >= last

    @property
    def _outstanding(self) -> int:
        return self._primary.last_cut.number - self._secondary.playback.boundary.number

    def _last_set(self) -> Wait[SetId]:
        succession, primary = self._succession, self._primary
        primary.read_only()
        succession.struck_ns = succession.now_ns
        succession.becomes(succession.source, Role.DEMOTED)
        try:
            cut = primary.cut_now(self._command)
            yield from self._until(lambda: bool(cut.processed), "the last set could not be cut", cut)
            last = primary.last_cut
            primary.ask_for_room()  # the others too: whoever is at the boundary can follow at once
            self._secondary.urge(last)
            yield from self._until(lambda: self._is_at(last), "the last set did not arrive")
        except Refused:
            self.take_back()
            raise
        return last

    def take_back(self) -> None:
        """It did not come to its end: the source is writable as it was (B5), if it is there still."""
        if self._succession.source.volume_lost or self._succession.mirror.primary is not self._primary:
            return
        self._primary.read_write()
        self._succession.is_again(self._succession.source, Role.PRIMARY)

    @property
    def _lives(self) -> tuple[object, object]:
        return self._primary.node.life, self._secondary.node.life

    def _until(self, holds: Callable[[], bool], what: str, *also: Event) -> Process:
        """Wait until something holds; look whenever `also` fires. Raises Refused when either end stops, or too late."""
        clock = self._succession.clock
        while True:
            if not self._secondary.playback.readable or self._lives != self._lives_then:
                raise Refused(f"{what}: an end of it stopped meanwhile")
            if holds():
                return
            if clock.now_ns >= self._deadline_ns:
                self._tell_failed()
                raise Refused(f"{what} within {(self._deadline_ns - self._began_ns) // 10**9} s")
            yield clock.either(
                self._secondary.changed.wait(),
                self._primary.node.changed.wait(),
                self._secondary.node.changed.wait(),
                clock.at(self._deadline_ns, Order.COMMAND),
                *also,
            )

    def _tell_failed(self) -> None:
        took_ns = max(1, self._succession.now_ns - self._began_ns)
        written = self._bytes(self._cut_then, self._primary.last_cut)
        carried = self._bytes(self._replayed_then, self._secondary.playback.boundary)
        self._succession.enter(
            ConvergenceFailed,
            command=self._command,
            name=self._name,
            sets_outstanding=self._outstanding,
            written_bytes_per_s=written * 10**9 // took_ns,
            carried_bytes_per_s=carried * 10**9 // took_ns,
        )

    def _bytes(self, after: SetId, last: SetId) -> int:
        """Payload of the sets between two boundaries, as far as they are known still."""
        ring, total = self._primary.save_volume, 0
        for number in range(after.number + 1, last.number + 1):
            set_id = last._replace(number=number)
            if ring.find(set_id) in (Found.HELD, Found.RELEASED):
                total += ring.stored(set_id).blocks
        return total * self._primary.block_bytes
