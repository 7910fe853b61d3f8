"""What a forwarder has to send: what it holds, and what comes in while it sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.world.network.flow import Flow


@dataclass(frozen=True, slots=True)
class Feed:
    """Payload bytes held at the start, then what arrives by `upstream`: less one chunk, until all of it is there."""

    upstream: Flow
    held_bytes: int
    chunk_bytes: int
