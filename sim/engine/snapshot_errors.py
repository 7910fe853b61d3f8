"""What goes wrong with snapshots; facts by position, words in `__str__`."""

from __future__ import annotations


class SnapshotError(Exception):
    """Any refusal of the snapshot facility; nothing was changed unless the class says so."""


class UnknownSnapshot(SnapshotError):
    """No snapshot ever had this number. Args: the number."""

    def __str__(self) -> str:
        return f"there never was a snapshot {self.args[0]}"


class DeletedSnapshot(SnapshotError):
    """The snapshot was deleted. Args: its number."""

    def __str__(self) -> str:
        return f"snapshot {self.args[0]} was deleted"


class InvalidatedSnapshot(SnapshotError):
    """The snapshot was given up because the snapshot store was full (S15). Args: its number."""

    def __str__(self) -> str:
        return f"snapshot {self.args[0]} was invalidated when the snapshot store was full"


class SnapshotPinned(SnapshotError):
    """The snapshot is in use by a transfer and cannot be deleted now (D9). Args: its number."""

    def __str__(self) -> str:
        return f"snapshot {self.args[0]} is pinned by a transfer"


class SnapshotStoreFull(SnapshotError):
    """Before-images do not fit; the write did not happen (S15).

    Args: blocks needed, blocks free, snapshots invalidated in vain before giving up (the rest are pinned).
    """

    def __str__(self) -> str:
        needed, free, invalidated = self.args
        given_up = f" after invalidating snapshots {', '.join(map(str, invalidated))}" if invalidated else ""
        return f"the snapshot store has {free} free blocks and {needed} are needed{given_up}"


class OlderThanBase(SnapshotError):
    """A delta was asked for from a snapshot to an older one (L2267). Args: base, target."""

    def __str__(self) -> str:
        return f"no delta from snapshot {self.args[0]} back to snapshot {self.args[1]}: the second must be younger"


class BitMapsDoNotTell(SnapshotError):
    """The FIG 34 rule was asked for where meta bit maps leave before-images out (L2392-2400)."""

    def __str__(self) -> str:
        return 'with meta bit maps the bit maps do not hold every change (L2392): use rule "fig40"'


class QueueBroken(SnapshotError):
    """The queue's own books do not balance: this engine is wrong. Args: what is wrong."""

    def __str__(self) -> str:
        return f"snapshot queue broken: {self.args[0]}"
