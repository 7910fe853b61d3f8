"""What a disaster cost and how it was recovered from, on a line each: the ten seconds after the bad news."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from analysis.wording import CAUSES, Found, both, named, value
from sim.summary import amount
from sim.summary.recoveries import AFTERWARDS, TO_SERVICE

RESYNC_CAUSES: Final = (
    "never_seeded", "volume_lost", "save_volume_lost", "save_volume_partly_lost", "save_volume_overwritten",
    "save_volume_corrupt", "modification_log_lost", "restart_snapshot_lost", "lineage", "cheaper",
)  # fmt: skip

FOUND: Final = "every set after the restart point was still there, and so was what had not been cut"


def lines(found: Found) -> Iterator[tuple[str, str]]:
    """A label and its line, which is empty where there is nothing to say; nothing without a disaster or a command."""
    if found.get("failovers"):
        yield "lost", _lost(found)
        yield "split brain", _doomed(found)
        yield "service back", _service(found)
    elif found.get("outage_seconds"):
        yield "no service", f"for {value(found, 'outage_seconds', 's')}, and nobody failed over"
    if found.get("resyncs"):
        yield "resync", _resync(found)
        yield "it sent", _sent(found)
    if found.get("failovers"):
        yield "failed back", _failed_back(found)
    yield "swaps", value(found, "swaps", "1") if found.get("swaps") else ""
    yield "read-only", f"users could only read for {some}" if (some := _some(found, "read_only_seconds")) else ""
    yield "copies", _copies(found)
    yield "refused", _refused(found)
    yield "gave up", _gave_up(found)


def _lost(found: Found) -> str:
    if not found.get("lost_writes"):
        return "nothing: every acknowledged write is there"
    many = found.get("failovers", 0) > 1
    of = f" at the last of {value(found, 'failovers', '1')} failovers" if many else ""
    lost = f"{value(found, 'lost_writes', '1')} writes, {both(found, 'lost_bytes')}"
    lost += f" in {value(found, 'lost_blocks', '1')} blocks"
    return f"{lost}; {value(found, 'rpo_seconds', 's')} of work{of}"


def _doomed(found: Found) -> str:
    if not found.get("split_brain_writes"):
        return ""
    return f"{value(found, 'split_brain_writes', '1')} writes at the old source after another was promoted: all in vain"


def _service(found: Found) -> str:
    return f"after {value(found, 'rto_seconds', 's')}: {_phases(found, TO_SERVICE)}"


def _phases(found: Found, names: Sequence[str]) -> str:
    """Those that took any time, joined so that the eye adds them up."""
    taken = [name for name in names if found.get(f"rto_seconds.{name}")]
    told = [f"{name.replace('_', ' ')} {amount(found[f'rto_seconds.{name}'], 's')}" for name in taken]
    return " + ".join(told) or "in no time"


def _resync(found: Found) -> str:
    told = []
    if incremental := found.get("resyncs.incremental"):
        how_many = "" if incremental == 1 else f" {amount(incremental, '1')} times"
        told.append(f"incremental{how_many}: {FOUND}")
    if full := found.get("resyncs.full"):
        how_many = "" if full == 1 else f" {amount(full, '1')} times"
        told.append(f"full copy{how_many}: {_why(found)}")
    return "; ".join(told)


def _why(found: Found) -> str:
    causes = [cause for cause in named(found, r"full_copies\.(\w+)") if cause in RESYNC_CAUSES]
    return ", ".join(CAUSES[cause] for cause in causes) or "the copy could not be brought back otherwise"


def _sent(found: Found) -> str:
    sent, full = found.get("resync_bytes.sent") or 0, found.get("resync_bytes.full") or 0
    took, instead = found.get("resync_seconds"), found.get("resync_full_copy_seconds")
    if found.get("resyncs") == found.get("resyncs.full"):
        return f"{both(found, 'resync_bytes.sent')} in {amount(took, 's')}"
    share = f" = {amount(sent / full, 'share')} of a full copy" if full else ""
    told = f"{both(found, 'resync_bytes.sent')}{share} in {amount(took, 's')}"
    told += f"; that would be {both(found, 'resync_bytes.full')}"
    return told + (f" in {amount(instead, 's')} on the same link" if instead is not None else "")


def _failed_back(found: Found) -> str:
    after = _phases(found, AFTERWARDS)
    if found.get("recovery_seconds") is None:
        return f"not by the end of the run; so far {after}" if after != "in no time" else "not by the end of the run"
    return f"after {value(found, 'recovery_seconds', 's')}: {value(found, 'rto_seconds', 's')} to service + {after}"


def _copies(found: Found) -> str:
    if not any(found.get(key) for key in ("failovers", "outage_seconds", "resyncs", "swaps")):
        return ""
    told = [f"one consistent copy for {one}"] if (one := _some(found, "one_copy_seconds")) else []
    told += [f"none for {none}"] if (none := _some(found, "no_copy_seconds")) else []
    return ", ".join(told)


def _refused(found: Found) -> str:
    return f"{value(found, 'refused', '1')} commands" if found.get("refused") else ""


def _gave_up(found: Found) -> str:
    if not found.get("gave_up"):
        return ""
    return f"{value(found, 'gave_up', '1')} times: more was written than the way back could carry"


def _some(found: Found, key: str) -> str:
    return value(found, key, "s") if found.get(key) else ""
