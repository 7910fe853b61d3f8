"""One transfer: how much of it has left the last link, and arrived, at any instant (decision 3, T8).

    a curve of knots in integers, straight between them, rounded down to whole bytes
    offered = delivered + dropped + in flight + queued, at every instant

Payload is what the caller counts; carried bytes are what it becomes after compression, with the headers of chunks; wire
bytes are those with the headers of packets, and with packets that were sent again.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from simpy.events import Event

from sim.world.network.arrivals import Arrivals
from sim.world.network.course import Course
from sim.world.network.direction import Direction
from sim.world.network.feed import FedCourse, Feed
from sim.world.network.session import Session
from sim.world.network.way import Conditions
from sim.world.tcp import PathView
from sim.world.tcp.path import PACKET_BYTES, PAYLOAD_BYTES

_ONE: Final = Fraction(1)


class Balance(NamedTuple):
    """Where the carried bytes of a flow are at an instant. What a broken flow took back was never offered."""

    offered: int  # given to the connection, and once more for each time that something was sent again
    delivered: int
    dropped: int
    in_flight: int
    queued: int  # at the sender, or before the narrowest link


class Flow:
    """One transfer over one session. Instants after now answer what is foreseen as things are."""

    def __init__(
        self, session: Session, sizes: tuple[int, int], ended: Event, began_ns: int, number: int, feed: Feed | None
    ) -> None:
        """`sizes`: payload and carried bytes; with a `feed`, no more is sent than what has come in by another flow."""
        self.session, self.ended, self.began_ns, self.number = session, ended, began_ns, number
        self.size_bytes, self.carried_size = sizes
        self.directions = session.way.directions
        self.jitter_ns = session.jitter_ns()
        self.arrivals = Arrivals(began_ns, self.delay_now_ns, session.last_arrival_ns)
        self.course: Course
        self.upstream: Flow | None = None  # that feeds it
        if feed is None or feed.is_all_there(began_ns):
            self.course = Course(session.connection, session.waited_ns, began_ns)
        else:
            self.course = FedCourse(session.connection, session.waited_ns, began_ns, feed, sizes)
            self.upstream = feed.upstream
            feed.upstream.followers.append(self)
        self.followers: list[Flow] = []  # fed by this one
        self._arrived: list[tuple[int, int]] | None = None
        self.supplies: dict[tuple[int, ...], tuple[list[int], list[int]]] = {}  # what followers have to send of it
        self.broken_off = False
        self.stalled_since_ns: int | None = None
        self.view: PathView | None = None  # what its connection sees; None: not yet begun
        self.share: Fraction | None = None  # bits per second; None: unlimited
        self.conditions: Conditions | None = None  # of its way, for which these two hold:
        self.weight = _ONE
        self.cap: Fraction | None = None
        self.moving, self.waking, self.draining, self.asleep = True, False, False, False
        self.due_ns: int | None = None

    @property
    def delay_now_ns(self) -> int:
        """How long what leaves now takes to arrive, if it need not wait for what left before."""
        if not any(self.jitter_ns):
            return self.session.way.delay_ns
        pairs = zip(self.directions, self.jitter_ns, strict=True)
        return sum(max(0, direction.delay_now_ns + extra) for direction, extra in pairs)

    @property
    def ends_ns(self) -> int | None:
        """When the last byte leaves, as things are; None: never."""
        return self.course.curve.end_ns

    @property
    def arrives_ns(self) -> int:
        """When the last byte arrives that has left or, as things are, will leave."""
        return self.arrivals.arrives_ns(self.course.curve.times_ns[-1])

    @property
    def arrived(self) -> list[tuple[int, int]]:
        """How much of the payload has arrived by when, as things are: instants in order, straight between them."""
        if self._arrived is None:
            curve = self.course.curve
            instants = self.arrivals.bends_ns(curve.times_ns, curve.end_ns)
            self._arrived = [(time_ns, self.arrived_bytes(time_ns)) for time_ns in instants]
        return self._arrived

    def look_ahead(self) -> None:
        """Its curve or its delay is new."""
        self._arrived = None
        self.supplies.clear()

    def served_bytes(self, time_ns: int) -> int:
        """Payload that has left the last link; the propagation delay is not in it."""
        return self._payload(self.carried_bytes(time_ns))

    def arrived_bytes(self, time_ns: int) -> int:
        """Payload that has arrived; bytes never overtake each other."""
        return self._payload(self.carried_bytes(self.arrivals.left_by_ns(time_ns)))

    def resent_bytes(self, time_ns: int) -> int:
        """Payload that was sent again because packets were lost."""
        return self._payload(self.course.curve.resent_by(time_ns))

    def carried_bytes(self, time_ns: int) -> int:
        """What has left the last link, after compression and with headers of chunks, each byte once."""
        return self.course.curve.served_bytes(time_ns)

    def wire_of(self, payload_bytes: int) -> int:
        """What so much of the payload is after compression, with headers of chunks."""
        return payload_bytes * self.carried_size // self.size_bytes if self.size_bytes else self.carried_size

    def wire_bytes_at(self, direction: Direction, time_ns: int) -> int:
        """Everything that was sent over a direction by this flow: with headers of packets, and what was sent again."""
        resent = self.course.curve.resent_by(time_ns) * self.directions.count(direction)
        return self.passed_bytes_at(direction, time_ns) + self._in_packets(resent)

    def passed_bytes_at(self, direction: Direction, time_ns: int) -> int:
        """What a direction has let through of this flow: with headers of packets, each byte once.

        Never faster than its bandwidth (T8). A packet that found the queue before the narrowest link full took none of
        it; when it is sent again it counts.
        """
        return self._in_packets(self.carried_bytes(time_ns)) * self.directions.count(direction)

    def balance(self, time_ns: int) -> Balance:
        """Where its carried bytes are (T8)."""
        served = self.carried_bytes(time_ns)
        delivered = self.carried_bytes(self.arrivals.left_by_ns(time_ns))
        dropped = self.course.curve.resent_by(time_ns)
        given = 0 if self.broken_off else self.course.given_bytes(time_ns, self.carried_size)
        given = max(given, served)  # what comes in is counted in whole bytes of payload, which can be many carried ones
        return Balance(given + dropped, delivered, dropped, served - delivered, given - served)

    def feed_on(self, now_ns: int) -> bool:
        """What is to come in has changed; answers whether that concerns it now."""
        if not self.moving or self.view is None or not isinstance(self.course, FedCourse):
            return False
        self.course.feed_on(now_ns)
        return True

    def leave(self) -> None:
        """Its session is free for the next one; what that carries does not arrive before this."""
        session = self.session
        session.flow, session.waited_ns = None, self.course.waited_ns
        session.last_arrival_ns = 0 if self.broken_off else self.arrives_ns
        self.stalled_since_ns = None
        if self.upstream is not None:
            self.upstream.followers.remove(self)

    def _in_packets(self, carried_bytes: int) -> int:
        """With the headers of packets, rounded up."""
        if self.session.congestion == "ideal":
            return carried_bytes
        return -(-carried_bytes * PACKET_BYTES // PAYLOAD_BYTES)

    def _payload(self, carried_bytes: int) -> int:
        return carried_bytes * self.size_bytes // self.carried_size if self.carried_size else self.size_bytes
