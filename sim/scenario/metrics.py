"""What a check can ask for: one table of metrics, their units and their labels.

a series has a value at every instant and needs an aggregate; a total has one value a run
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ValueKind = Literal["seconds", "bytes", "share", "number"]


@dataclass(frozen=True, slots=True)
class MetricKind:
    """What one metric measures, in which unit, and which labels narrow it."""

    unit: ValueKind
    shape: Literal["series", "total"]
    labels: tuple[str, ...] = ()


METRICS: Final[dict[str, MetricKind]] = {
    "lag": MetricKind("seconds", "series", ("to",)),
    "lag_bytes": MetricKind("bytes", "series", ("to",)),
    "lag_blocks": MetricKind("number", "series", ("to",)),
    "lag_sets": MetricKind("number", "series", ("to",)),
    "backlog_bytes": MetricKind("bytes", "series", ("to",)),
    "exposure": MetricKind("seconds", "series", ("mode", "to")),
    "exposure_bytes": MetricKind("bytes", "series", ("mode", "to")),
    "exposure_blocks": MetricKind("number", "series", ("mode", "to")),
    "save_volume": MetricKind("bytes", "series", ("site",)),
    "snapshot_store": MetricKind("bytes", "series", ("site",)),
    "link_utilisation": MetricKind("share", "series", ("link",)),
    "direction_utilisation": MetricKind("share", "series", ("link", "from")),
    "link_retransmitted_share": MetricKind("share", "total", ("link",)),
    "link_down": MetricKind("seconds", "total", ("link",)),
    "wan_bytes": MetricKind("bytes", "total", ("cause",)),
    "primary_bytes": MetricKind("bytes", "total", ("replication",)),
    "tree_bytes": MetricKind("bytes", "total", ("replication",)),
    "star_bytes": MetricKind("bytes", "total", ("replication",)),
    "tree_primary_bytes": MetricKind("bytes", "total", ("replication",)),
    "star_primary_bytes": MetricKind("bytes", "total", ("replication",)),
    "catch_up": MetricKind("seconds", "total", ("to",)),
    "eta_error": MetricKind("seconds", "total", ("to",)),
    "unreachable": MetricKind("seconds", "total", ("to",)),
    "written_bytes": MetricKind("bytes", "total"),
    "written_writes": MetricKind("number", "total"),
    "delta_sets": MetricKind("number", "total"),
    "delta_set_bytes": MetricKind("bytes", "total"),
    "coalescing_ratio": MetricKind("number", "total"),
    "stall": MetricKind("seconds", "total"),
    "full_copies": MetricKind("number", "total"),
    "copies_begun": MetricKind("number", "total"),
    "copies_finished": MetricKind("number", "total"),
    "snapshots_taken": MetricKind("number", "total"),
    "snapshots_deleted": MetricKind("number", "total"),
    "snapshots_given_up": MetricKind("number", "total"),
    "faults": MetricKind("number", "total"),
    "bypasses": MetricKind("number", "total"),
    "chunks_discarded": MetricKind("number", "total"),
    "rpo": MetricKind("seconds", "total"),
    "rto": MetricKind("seconds", "total"),
    "phase_seconds": MetricKind("seconds", "total", ("phase",)),
    "recovery": MetricKind("seconds", "total"),
    "outage": MetricKind("seconds", "total"),
    "read_only": MetricKind("seconds", "total"),
    "lost_writes": MetricKind("number", "total"),
    "lost_blocks": MetricKind("number", "total"),
    "lost_bytes": MetricKind("bytes", "total"),
    "split_brain_writes": MetricKind("number", "total"),
    "resync_bytes": MetricKind("bytes", "total", ("part",)),
    "consistent_copies": MetricKind("number", "series", ("replication",)),
}

FACTS: Final = (
    "cut", "received", "replayed", "full_copy", "stall", "dropped", "fault", "unreachable", "bypass", "discarded",
    "snapshot_given_up", "site_lost", "failover", "resync", "resync_incremental", "resync_full", "failback", "refused",
)  # fmt: skip

MODES: Final = ("default", "now", "sync")
CAUSES: Final = ("delta_set", "initial_copy", "full_copy", "snapshot_delta", "undo", "resync_delta", "retransmission")
PHASES: Final = ("steady", "outage", "recovery", "resync", "all")
RESYNC_PARTS: Final = ("undo", "copy", "merged", "full", "sent")
RECOVERY_PHASES: Final = (
    "detect", "decide", "drain", "snapshot", "promote", "repair", "undo", "copy", "catch_up", "fail_back",
)  # fmt: skip
