"""Small networks for tests, and what became of the transfers over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sim.streams import Streams
from sim.world.clock import Clock, Order
from sim.world.network import DirectionSpec, Feed, Flow, LinkSpec, Network, Session, Trouble, Way

S = 10**9
MS = 10**6
BYTE_A_NS = 8 * S  # bits per second at which a byte takes a nanosecond


def line(**spec: object) -> DirectionSpec:
    return DirectionSpec(**{"bits_per_s": BYTE_A_NS, **spec})  # type: ignore[arg-type]


def link(
    name: str = "l",
    near: str = "a",
    far: str = "b",
    *,
    there: DirectionSpec | None = None,
    back: DirectionSpec | None = None,
    congestion: str = "ideal",
) -> LinkSpec:
    spec = line() if there is None else there
    return LinkSpec(
        name=name, between=(near, far), there=spec, back=spec if back is None else back, congestion=congestion  # type: ignore[arg-type]
    )  # fmt: skip


class Scene:
    """A network, and what happens on it when."""

    def __init__(self, *links: LinkSpec, seed: int = 1) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Streams(seed), links or (link(),))
        self.flows: dict[str, Flow] = {}
        self.ended_ns: dict[str, int] = {}
        self.sessions: dict[str, Session] = {}

    def way(self, source: str = "a", destination: str = "b", past: Iterable[str] = ()) -> Way:
        path = self.network.shortest(source, destination, tuple(past))
        assert path is not None
        return self.network.way(path)

    def session(self, name: str, way: Way | None = None, reconnect_after_ns: int | None = None) -> Session:
        if name not in self.sessions:
            way = self.way() if way is None else way
            self.sessions[name] = Session(self.network, way, name=name, reconnect_after_ns=reconnect_after_ns)
        return self.sessions[name]

    def at(self, time_ns: int, action: Callable[[], object], order: Order = Order.NETWORK) -> None:
        self.clock.call_at(time_ns, order, lambda: action() and None)

    def send(
        self,
        name: str,
        size: int,
        at_ns: int = 0,
        *,
        way: Way | None = None,
        session: str | None = None,
        wire: int | None = None,
        feed: Callable[[], Feed] | None = None,
    ) -> None:
        """A transfer of its own session, unless another is named."""

        def begin() -> None:
            on = self.session(name if session is None else session, way)
            flow = self.network.begin(on, size, wire_bytes=wire, feed=None if feed is None else feed())
            self.flows[name] = flow
            flow.ended.callbacks.append(lambda _event: self.ended_ns.setdefault(name, self.clock.now_ns))

        self.at(at_ns, begin)

    def trouble(
        self, from_ns: int, until_ns: int, trouble: Trouble, hop: tuple[str, str, str] = ("l", "a", "b")
    ) -> None:
        direction = self.network.direction(*hop)
        self.at(from_ns, lambda: self.network.add(direction, trouble), Order.DISASTER)
        self.at(until_ns, lambda: self.network.remove(direction, trouble), Order.REPAIR)

    def run(self, until_ns: int = 10**15) -> Scene:
        self.clock.run(until_ns, lambda _: None)
        return self
