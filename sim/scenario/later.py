"""Words of the scenario format that this version knows of but cannot do yet.

they are refused as "not in this version yet", so that nobody looks for a spelling mistake
"""

from __future__ import annotations

from typing import Final

NOT_YET: Final = "is not in this version yet"

# keys by where they would stand; `*` stands for a name or a number
KEYS_LATER: Final[dict[tuple[str, ...], frozenset[str]]] = {
    (): frozenset({"matrix", "backups", "routes"}),
    ("links", "*"): frozenset({"queue", "sessions", "shared_with"}),
}

KINDS_LATER: Final = frozenset({"power-loss", "disk-slow", "corrupt", "backup", "rollback"})

METRICS_LATER: Final = frozenset({"availability"})

FACTS_LATER: Final = frozenset({"outage", "rollback"})


def key_is_later(path: tuple[str | int, ...], key: str) -> bool:
    """Whether `key`, standing below `path`, belongs to a later version."""
    return any(key in keys and _matches(pattern, path) for pattern, keys in KEYS_LATER.items())


def _matches(pattern: tuple[str, ...], path: tuple[str | int, ...]) -> bool:
    return len(pattern) == len(path) and all(p in {"*", str(key)} for p, key in zip(pattern, path, strict=True))
