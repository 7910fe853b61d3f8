"""How full the save volumes and the snapshot stores of each site are.

a level holds from the fact that states it to the next one; before the first it is 0
what a site holds for several replications, or of several volumes, is added up
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.records import SaveVolumeChanged, SnapshotStoreChanged
from sim.summary.curve import Curve
from sim.summary.facts import Facts

Level = tuple[int, str, str, int, int]  # time_ns, site, whose, used_bytes, capacity_bytes


def save_volumes(facts: Facts) -> dict[str, Curve]:
    """Used bytes of the save volumes of each site that has one."""
    return _used(_save_volume_levels(facts), facts.until_ns)


def save_volume_capacities(facts: Facts) -> dict[str, int]:
    """Bytes that the save volumes of each site can hold."""
    return _capacities(_save_volume_levels(facts))


def save_volumes_at_the_end(facts: Facts) -> dict[tuple[str, str], tuple[int, int]]:
    """Used bytes and capacity of each replication's save volume at each site, after the last fact."""
    return {(whose, site): (used, capacity) for _, site, whose, used, capacity in _save_volume_levels(facts)}


def snapshot_stores(facts: Facts) -> dict[str, Curve]:
    """Used bytes of the snapshot stores of each site that has one."""
    return _used(_snapshot_store_levels(facts), facts.until_ns)


def snapshot_store_capacities(facts: Facts) -> dict[str, int]:
    """Bytes that the snapshot stores of each site can hold."""
    return _capacities(_snapshot_store_levels(facts))


def _save_volume_levels(facts: Facts) -> list[Level]:
    changes = facts.of(SaveVolumeChanged)
    return [(at.time_ns, at.site, at.replication, at.used_bytes, at.capacity_bytes) for at in changes]


def _snapshot_store_levels(facts: Facts) -> list[Level]:
    changes = facts.of(SnapshotStoreChanged)
    return [(at.time_ns, at.site, at.volume, at.used_bytes, at.capacity_bytes) for at in changes]


def _used(levels: Iterable[Level], until_ns: int) -> dict[str, Curve]:
    held: dict[tuple[str, str], int] = {}
    steps: dict[str, list[tuple[int, int]]] = {}
    for time_ns, site, whose, used, _capacity in levels:
        before = sum(bytes_ for (place, _), bytes_ in held.items() if place == site)
        changed = before - held.get((site, whose), 0) + used
        held[site, whose] = used
        steps.setdefault(site, [(0, 0)]).append((time_ns, changed))
    return {site: Curve.steps(steps[site], until_ns) for site in sorted(steps)}


def _capacities(levels: Iterable[Level]) -> dict[str, int]:
    newest = {(site, whose): capacity for _, site, whose, _, capacity in levels}
    sites = sorted({site for site, _ in newest})
    return {site: sum(capacity for (place, _), capacity in newest.items() if place == site) for site in sites}
