"""The routing table of replication groups: who passes a group's sets on to whom (FIG 16-18; L1555-1690).

what a member holds is the whole subtree of its groups, so that it can serve the children of one that fails (E33)
every group is a tree: one parent each, no loops, whatever the commands say (E34)
a group that nobody configured is an error to the sender, and nothing is passed on (T11; L1684)
"""

from __future__ import annotations

from collections.abc import Iterator


class UnknownGroup(Exception):
    """A message names a group that this table does not have."""

    def __init__(self, group: str) -> None:
        super().__init__(group)
        self.group = group

    def __str__(self) -> str:
        return f"no replication group '{self.group}'"


class NotATree(Exception):
    """A route would give a member two parents, or lead back to where it came from; nothing was changed."""

    def __init__(self, group: str, path: tuple[str, ...]) -> None:
        super().__init__(group, path)
        self.group, self.path = group, path

    def __str__(self) -> str:
        return f"the routes of group '{self.group}' would be no tree: {' -> '.join(self.path)}"


class RoutingTable:
    """Next hops by group. `add` and `remove` are the seed's `rcproute` commands."""

    def __init__(self) -> None:
        self._parents: dict[str, dict[str, str]] = {}

    def add(self, group: str, node: str, next_hop: str) -> None:
        """Let `node` pass the group on to `next_hop`; again is no fault. Raises NotATree."""
        parents = self._parents.setdefault(group, {})
        loop = [next_hop, node, *self._above(parents, node)]
        if next_hop in loop[1:]:
            raise NotATree(group, tuple(reversed(loop[: loop.index(next_hop, 1) + 1])))
        if parents.get(next_hop, node) != node:
            raise NotATree(group, (parents[next_hop], next_hop, node))
        parents[next_hop] = node

    def remove(self, group: str, next_hop: str) -> None:
        """Pass nothing on to `next_hop` any more; what is below it goes with it. Raises UnknownGroup, KeyError."""
        parents = self._group(group)
        for gone in [next_hop, *self.below(group, next_hop)]:
            del parents[gone]

    def next_hops(self, group: str, node: str) -> tuple[str, ...]:
        """Whom `node` passes the group on to, in the order of the routes. Raises UnknownGroup."""
        return tuple(child for child, parent in self._group(group).items() if parent == node)

    def below(self, group: str, node: str) -> tuple[str, ...]:
        """The whole subtree of `node` without itself, parents before children. Raises UnknownGroup."""
        found: list[str] = list(self.next_hops(group, node))
        for member in found:
            found += self.next_hops(group, member)
        return tuple(found)

    def served_past(self, group: str, node: str, failed: frozenset[str]) -> tuple[str, ...]:
        """Whom `node` serves while some fail: in place of each that failed, those whom it would serve (L1660-1672).

        Raises UnknownGroup.
        """
        return tuple(self._past(group, node, failed))

    def depth(self, group: str, node: str) -> int:
        """How many hops away from the source. Raises UnknownGroup."""
        return len(list(self._above(self._group(group), node)))

    def _past(self, group: str, node: str, failed: frozenset[str]) -> Iterator[str]:
        for child in self.next_hops(group, node):
            if child in failed:
                yield from self._past(group, child, failed)
            else:
                yield child

    def _group(self, group: str) -> dict[str, str]:
        if group not in self._parents:
            raise UnknownGroup(group)
        return self._parents[group]

    @staticmethod
    def _above(parents: dict[str, str], node: str) -> Iterator[str]:
        while node in parents:
            node = parents[node]
            yield node
