"""What a summary says in words: values, and what makes them better than the truth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sim.summary import amount
from sim.summary.amounts import Unit, decimal, part_of
from sim.summary.summarising import stands_for_everything

Found = Mapping[str, Any]  # summary.json

ACROSS: Final = (".across_min", ".across_max")
CAUSES: Final = {
    "save_volume_full": "a set did not fit in the save volume",
    "snapshot_store_full": "a before-image did not fit in the snapshot store",
    "save_volume": "cut early to fit in the save volume",
    "never_seeded": "it never had a whole copy",
    "volume_lost": "its volume was lost",
    "save_volume_lost": "its save volume was lost, and with it what had to be undone",
    "save_volume_partly_lost": "a part of its save volume was lost",
    "save_volume_overwritten": "its save volume had wrapped around over sets that were needed",
    "save_volume_corrupt": "sets in its save volume did not match their checksums",
    "modification_log_lost": "the maps of what had not been cut were lost",
    "restart_snapshot_lost": "the snapshot of the restart point was gone",
    "cheaper": "what differed was no less than everything",
    "lineage": "it stood on a branch that nobody knows",
}


def named(found: Found, pattern: str) -> list[str]:
    """What stands in place of the group in the keys that match, in their order."""
    return [match[1] for key in found if (match := re.fullmatch(pattern, key)) and not key.endswith(ACROSS)]


def value(found: Found, key: str, unit: Unit) -> str:
    """A value; of several runs that differ the mean, with the least and the greatest."""
    low, high = (amount(found.get(f"{key}{end}"), unit) for end in ACROSS)
    return amount(found.get(key), unit) + (f" ({low} to {high})" if low != high else "")


def cell(found: Found, key: str, unit: Unit, end: str = "") -> str:
    """A value in a table; of what a disaster would have cost also everything, or nothing."""
    given = found.get(f"{key}{end}", found.get(key))
    if stands_for_everything(key):
        return "everything" if given is None else cost(given, unit)
    return amount(given, unit)


def cost(lost: float, unit: Unit) -> str:
    """What was lost; where no more than a rounding of it, nothing."""
    return "nothing" if float(amount(lost, unit).split()[0].replace(",", "")) == 0 else amount(lost, unit)


def warnings(found: Found) -> Iterator[str]:
    """What makes the numbers above better than the truth."""
    for name in named(found, r"lag_seconds\.(.+)\.max"):
        if found.get(f"unreadable_seconds.{name}"):
            yield f"{name} had nothing to serve for {value(found, f'unreadable_seconds.{name}', 's')}"
    begun = found.get("copies_begun") or 0
    if begun and not found.get("copies_finished"):
        yield _never_finished(found, begun)


def _never_finished(found: Found, begun: float) -> str:
    if begun <= 1:
        return f"{amount(begun, '1')} copy begun, not finished by the end of the run"
    what = "copies" if found.get("copies_begun.initial_copy") else "full copies"
    return f"{amount(begun, '1')} {what} begun, none finished: the link cannot carry a copy in time"


def unprotected(found: Found) -> list[str]:
    """Sites at which a disaster costs everything, because the copies lie there too."""
    return [site for site in named(found, r"without_copy_off_site\.(.+)") if found[f"without_copy_off_site.{site}"]]


def everything(found: Found) -> str:
    """For how long there was no copy to go on with; nothing if there always was one."""
    lost, whole = found.get("exposure_everything_seconds.default"), found.get("simulated_seconds")
    return f"no copy to go on with for {part_of(lost, whole)}: it would have cost everything" if lost and whole else ""


def both(found: Found, key: str) -> str:
    """A size in units of 1024 and of 1000; of several runs that differ as `value` says it."""
    said = value(found, key, "B")
    return said if found.get(key) is None or said != amount(found[key], "B") else sizes(found[key])


def sizes(size_bytes: float) -> str:
    """`15.1 GiB (16.2 GB)`; small ones once."""
    return amount(size_bytes, "B") + (f" ({decimal(size_bytes)})" if abs(size_bytes) >= 1024 else "")


def with_causes(found: Found, key: str, unit: Unit, noun: str = "") -> str:
    """A sum and what it is made of: `2: high water mark 1, timeout 1`."""
    causes = [(cause, found.get(f"{key}.{cause}")) for cause in named(found, rf"{key}\.(\w+)")]
    known = [(cause, given) for cause, given in causes if given]
    said = [_cause(cause, amount(given, unit), alone=len(known) == 1) for cause, given in known]
    total = both(found, key) if unit == "B" else value(found, key, unit)
    return f"{total}{noun}" + (f": {', '.join(said)}" if said else "")


def _cause(cause: str, shown: str, *, alone: bool) -> str:
    if cause not in CAUSES:
        return f"{cause.replace('_', ' ')} {shown}"
    return CAUSES[cause] if alone else f"{CAUSES[cause]} ({shown})"
