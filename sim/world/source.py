"""Write sources answer in bulk: which blocks a window first wrote, when, and what they hold (DESIGN.md decision 2).

a window (start, to] is open at the left; a run's first window begins at -1, so that a write at time 0 belongs to it
prefix-consistent: touches(T2) up to T1 equals touches(T1) for T1 < T2, whatever was asked before
only take(to) consumes; what was looked at beyond `to` never happened for a process that forgets (Poisson)

Times are workload time: integer nanoseconds since the start of the run, without stalls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Addresses = NDArray[np.int64]
Times = NDArray[np.int64]
ContentIds = NDArray[np.uint64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FirstTouches:
    """Distinct blocks first written in (start, to], by address.

    addresses: int64, strictly increasing. first_ns: int64 of the same shape, workload time.
    """

    addresses: Addresses
    first_ns: Times


@dataclass(frozen=True, slots=True)
class Batch:
    """All that happened to a volume in (start_ns, to_ns], in bulk.

    addresses: int64, strictly increasing, the distinct blocks written; first_ns: when each was written first;
    contents: uint64, what each holds at to_ns (unique ids, never 0), meaningless where `unchanged`;
    unchanged: bool, the last write put back what the block held at start_ns (ABA), None for nowhere;
    freed: int64, increasing, blocks freed and not in use at to_ns (may overlap `addresses`: written, then freed);
    writes, written_bytes: raw writes (trace: write records) and their raw bytes.
    """

    start_ns: int
    to_ns: int
    addresses: Addresses
    first_ns: Times
    contents: ContentIds
    unchanged: Mask | None
    freed: Addresses
    writes: int
    written_bytes: int


class WriteSource(Protocol):
    """What every workload answers."""

    name: str
    finished_ns: int | None
    """Workload time after which nothing comes (a trace without loop); None: it never ends."""

    def touches(self, to_ns: int) -> FirstTouches:
        """Look ahead as far as `to_ns`: consumes nothing, may be repeated, cheap when `to_ns` increases."""
        ...

    def take(self, to_ns: int) -> Batch:
        """Consume (start, to_ns]; a new epoch starts at `to_ns`."""
        ...

    def horizon_ns(self, blocks: int, limit_ns: int) -> int:
        """A guess, at most `limit_ns`: by when `blocks` distinct blocks will have been touched since the last take."""
        ...
