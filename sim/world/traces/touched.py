"""Many writes reduced to distinct blocks: when each was written first, and by which write it was written last.

one sort of one integer per write, (address << bits) | order: three times faster than np.unique with its indices
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.world.traces.table import Ints

KEY_BITS = 63
COMPACT_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class Touched:
    """Distinct blocks, int64, strictly increasing; the time of the first write and the serial number of the last."""

    addresses: Ints
    first_ns: Ints
    last_serial: Ints

    def __len__(self) -> int:
        return int(self.addresses.size)


def distinct(addresses: Ints, first_ns: Ints, last_serial: Ints) -> Touched:
    """Reduce rows that are in order of time."""
    if not addresses.size:
        return Touched(addresses, first_ns, last_serial)
    sorted_addresses, order = _sorted(addresses)
    changes = np.flatnonzero(sorted_addresses[1:] != sorted_addresses[:-1]) + 1
    first = np.append(0, changes)
    last = np.append(changes - 1, addresses.size - 1)
    return Touched(sorted_addresses[first], first_ns[order[first]], last_serial[order[last]])


def _sorted(addresses: Ints) -> tuple[Ints, Ints]:
    """Addresses sorted stably, and where each came from."""
    bits = int(addresses.size).bit_length()
    if int(addresses.max()) >> (KEY_BITS - bits):
        order = np.argsort(addresses, kind="stable")
        return addresses[order], order
    keys = (addresses << bits) | np.arange(addresses.size)
    keys.sort()
    return keys >> bits, keys & ((1 << bits) - 1)


class Tally:
    """Distinct blocks of a growing span of time. Memory follows the distinct blocks, not the writes."""

    __slots__ = ("_compacted", "_pieces", "_rows")

    def __init__(self) -> None:
        self._pieces: list[Touched] = []
        self._rows = 0
        self._compacted = 0

    def add(self, addresses: Ints, first_ns: Ints, last_serial: Ints) -> None:
        """Later writes than all before."""
        piece = distinct(addresses, first_ns, last_serial)
        self._pieces.append(piece)
        self._rows += len(piece)
        if self._rows > 2 * self._compacted + COMPACT_ROWS:
            self.result()

    def result(self) -> Touched:
        """All distinct blocks so far."""
        if len(self._pieces) != 1:
            self._pieces = [_merged(self._pieces)]
            self._rows = self._compacted = len(self._pieces[0])
        return self._pieces[0]


def _merged(pieces: list[Touched]) -> Touched:
    if not pieces:
        nothing = np.zeros(0, dtype=np.int64)
        return Touched(nothing, nothing, nothing)
    return distinct(
        np.concatenate([piece.addresses for piece in pieces]),
        np.concatenate([piece.first_ns for piece in pieces]),
        np.concatenate([piece.last_serial for piece in pieces]),
    )
