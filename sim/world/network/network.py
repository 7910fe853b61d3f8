"""All links of a world, and every transfer over them: shared bandwidth, troubles, and who moves (T8, decision 3).

shares are solved anew when a flow begins, ends, stalls or wakes, or a way changes; only for the flows that are
connected by the directions they share
everything that happens in one instant is solved once, at its end; an end that is due then counts first
events: one to solve, one at the end, one for whoever waits; their number does not depend on chunks
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.streams import Streams
from sim.world.clock import Clock
from sim.world.network.direction import Direction
from sim.world.network.feed import Feed
from sim.world.network.flow import Flow
from sim.world.network.routes import Hop, Path, shortest
from sim.world.network.session import Session
from sim.world.network.spec import LinkSpec
from sim.world.network.traffic import Traffic
from sim.world.network.trouble import Trouble
from sim.world.network.way import Way
from sim.world.tcp import Congestion


class Network:
    """The links between sites."""

    def __init__(self, clock: Clock, streams: Streams, links: Sequence[LinkSpec]) -> None:
        self._clock, self._streams = clock, streams
        self.links = {link.name: link for link in links}
        self.directions: dict[Hop, Direction] = {}
        for link in links:
            self._lay(link)
        self._ways: dict[Path, Way] = {}
        self._luck: dict[str, np.random.Generator] = {}
        self._traffic = Traffic(clock)
        self._traffic.watch(self.directions.values())

    # -- what there is ------------------------------------------------------------------------------------------------

    def direction(self, link: str, source: str, destination: str) -> Direction:
        """One way over a link. Raises KeyError where there is none."""
        return self.directions[link, source, destination]

    def way(self, path: Sequence[Hop]) -> Way:
        """The way over these links in order (link, source, destination), the same object each time. Raises KeyError."""
        key = tuple(path)
        if key not in self._ways:
            there = [self.directions[hop] for hop in key]
            back = [self.directions[link, far, near] for link, near, far in reversed(key)]
            controls = [self.links[link].congestion for link, _, _ in key]
            congestion: Congestion = next((control for control in controls if control != "ideal"), "ideal")
            self._ways[key] = Way(self._clock, there, back, congestion)
            for direction in (*there, *back):
                direction.ways[self._ways[key]] = None
        return self._ways[key]

    def shortest(self, source: str, destination: str, waypoints: Sequence[str] = ()) -> Path | None:
        """The path with the fewest links past `waypoints` (sites or links), then by names; None where there is none."""
        return shortest({name: link.between for name, link in self.links.items()}, source, destination, waypoints)

    def luck(self, name: str) -> np.random.Generator:
        """The luck of a name, going on from where it was left."""
        if name not in self._luck:
            self._luck[name] = self._streams.generator(name)
        return self._luck[name]

    # -- what happens -------------------------------------------------------------------------------------------------

    def begin(
        self, session: Session, payload_bytes: int, *, wire_bytes: int | None = None, feed: Feed | None = None
    ) -> Flow:
        """A transfer begins now; `wire_bytes` is what the payload becomes after compression, with chunk headers.

        Its `ended` fires when the last byte has left the last link, or it is broken off. Raises ValueError while the
        session carries another one.
        """
        sizes = (payload_bytes, payload_bytes if wire_bytes is None else wire_bytes)
        return self._traffic.begin(session, sizes, feed)

    def break_off(self, flow: Flow) -> int:
        """Stop a transfer now and close its connection; answers the payload served. One that has ended stays so."""
        self._traffic.break_off(flow)
        return flow.served_bytes(self._clock.now_ns)

    def add(self, direction: Direction, trouble: Trouble) -> None:
        """Something is wrong with a direction from now on."""
        self._tell_before(direction)
        direction.troubles.append(trouble)
        self._traffic.changed(direction)

    def remove(self, direction: Direction, trouble: Trouble) -> None:
        """One trouble is over. Raises ValueError for one that was not there."""
        self._tell_before(direction)
        direction.troubles.remove(trouble)
        self._traffic.changed(direction)

    def _tell_before(self, direction: Direction) -> None:
        """Let whoever must account for what has passed until now do so, before it passes differently."""
        for way in list(direction.ways):
            way.changing.fire()

    def _lay(self, link: LinkSpec) -> None:
        near, far = link.between
        rtt_ns = link.there.delay_ns + link.back.delay_ns
        for ends, spec in (((near, far), link.there), ((far, near), link.back)):
            self.directions[link.name, *ends] = Direction(self._clock, link.name, ends, spec, rtt_ns)
