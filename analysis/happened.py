"""What happened in a run, on a line each."""

from __future__ import annotations

from collections.abc import Iterator

from analysis import networding
from analysis.wording import Found, both, named, sizes, value, with_causes
from sim.summary import amount

MOST, FEW = 4, 2  # of more than so many things of a kind only so few are named


def lines(found: Found) -> Iterator[tuple[str, str]]:
    """What happened: a label and its line, which is empty where there is nothing to say."""
    yield "save volumes", _fullest(found, "save_volume")
    yield "over the links", with_causes(found, "wan_bytes", "B")
    yield "links", networding.links(found)
    yield "star or tree", networding.star_or_tree(found)
    yield "at the end", _unreceived(found)
    yield "written", f"{both(found, 'written_bytes')} in {value(found, 'written_writes', '1')} writes by users"
    yield "coalescing", _coalescing(found)
    yield "delta sets", _delta_sets(found)
    yield "writes", f"stood still for {stall}" if (stall := _stall(found)) else "never stood still"
    yield "faults", networding.faults(found)
    yield "unreachable", networding.unreachable(found)
    yield "catching up", networding.catching_up(found)
    yield "discarded", networding.discarded(found)
    yield "snapshots", _snapshots(found)
    yield "copies", _copies(found)
    yield "full copies", with_causes(found, "full_copies", "1") if found.get("full_copies") else "none"


def _fullest(found: Found, what: str) -> str:
    """How full the buffers of all sites were; of many those that were fullest."""
    sites = _sites(found, what)
    if len(sites) > MOST:
        sites = sorted(sites, key=lambda site: -(found[f"{what}_bytes.{site}.max"] or 0))[:FEW]
    more = len(_sites(found, what)) - len(sites)
    return ", ".join(
        [*(_fill(found, what, site) for site in sites), *([f"{more} more were no fuller"] if more else [])]
    )


def _sites(found: Found, what: str) -> list[str]:
    return named(found, rf"{what}_bytes\.(.+)\.max")


def _fill(found: Found, what: str, site: str) -> str:
    used = f"{site} at most {value(found, f'{what}_bytes.{site}.max', 'B')}"
    fill = found.get(f"{what}_fill.{site}.max")
    return used if fill is None else f"{used} ({amount(fill, 'share')} full)"


def _unreceived(found: Found) -> str:
    waiting = {
        name: size for name in named(found, r"unreceived_bytes\.(.+)") if (size := found[f"unreceived_bytes.{name}"])
    }
    names = list(waiting)
    if len(names) > MOST:
        names = sorted(names, key=lambda name: -waiting[name])[:FEW]
    told = [f"{both(found, f'unreceived_bytes.{name}')} of delta sets not yet in {name}" for name in names]
    more = len(waiting) - len(names)
    told += [f"no more in any of {more} others"] if more else []
    return f"{', '.join(told)}: waiting, or on the way" if told else ""


def _coalescing(found: Found) -> str:
    if found.get("coalescing_ratio") is None:
        return ""
    return f"{value(found, 'coalescing_ratio', '1')} bytes written for each that a delta set carries: {_saved(found)}"


def _saved(found: Found) -> str:
    saved = found.get("coalesced_bytes") or 0
    if saved < 0:
        return f"{amount(-saved, 'B')} more than written: writes are smaller than blocks"
    return f"{value(found, 'coalesced_bytes', 'B')} saved" if saved else "nothing saved"


def _delta_sets(found: Found) -> str:
    payload, sets = found.get("delta_set_bytes"), found.get("delta_sets")
    if not payload or not sets:
        return with_causes(found, "delta_sets", "1")
    size = f"{both(found, 'delta_set_bytes')}, each {sizes(payload / sets)} on average"
    return f"{with_causes(found, 'delta_sets', '1')}; {size}"


def _stall(found: Found) -> str:
    return with_causes(found, "stall_seconds", "s") if found.get("stall_seconds") else ""


def _snapshots(found: Found) -> str:
    if not any(found.get(f"snapshots_{what}") for what in ("taken", "deleted", "given_up")):
        return ""
    parts = [
        f"{with_causes(found, 'snapshots_taken', '1', ' taken')}; {value(found, 'snapshots_deleted', '1')} deleted"
    ]
    if found.get("snapshots_given_up"):
        parts.append(f"{value(found, 'snapshots_given_up', '1')} given up because their store was full")
    return "; ".join(
        [*parts, *(f"store in {_fill(found, 'snapshot_store', s)}" for s in _sites(found, "snapshot_store"))]
    )


def _copies(found: Found) -> str:
    if not found.get("copies_begun"):
        return ""
    return f"{value(found, 'copies_begun', '1')} begun, {value(found, 'copies_finished', '1')} finished"
