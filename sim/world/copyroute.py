"""How a whole copy travels: from the primary through whoever feeds the secondary now (L1240-1256).

one connection along all hops; forwarders pass on what comes, and keep nothing of it
"""

from __future__ import annotations

from sim.engine.identity import SetId
from sim.world.clock import Signal
from sim.world.member import Member
from sim.world.network import Network, Session
from sim.world.node import Seat
from sim.world.primary import Primary
from sim.world.tree import Tree


class CopyRoute:
    """The way of copies to one member."""

    def __init__(self, primary: Primary, network: Network, tree: Tree, member: Member) -> None:
        self._primary, self._network, self._tree, self._member = primary, network, tree, member
        self._sessions: dict[tuple[tuple[str, str, str], ...], Session] = {}

    @property
    def changed(self) -> Signal:
        """Fires when the way may have become another one."""
        return self._tree.changed

    def session(self) -> Session:
        """A connection along all hops of now; the same one for the same hops."""
        hops = [*reversed([one.feed.way for one in self._member.above()]), self._member.feed.way]
        path = tuple((part.link, part.source, part.destination) for way in hops for part in way.directions)
        if path not in self._sessions:
            name = f"copy/{self._primary.name}/{self._member.name}"
            self._sessions[path] = Session(self._network, self._network.way(path), name=name)
        return self._sessions[path]

    def nodes(self) -> list[Seat]:
        """The data movers on the way, both ends included."""
        return [self._primary.node, *(one.node for one in self._member.above()), self._member.node]

    def keep(self, stamp: SetId) -> None:
        """Sets after `stamp` are for the secondary; whoever has them feeds it, and it can feed others."""
        self._tree.rethink(self._member)
        self._tree.keep(self._member, stamp)
        self._tree.wake_host(self._member)
        self._tree.rethink_below(self._member)

    def forget(self) -> None:
        """Nothing is kept for the secondary, and others are fed past it."""
        self._tree.rethink_below(self._member)
        self._tree.forget(self._member)
