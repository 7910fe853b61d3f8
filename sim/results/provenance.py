"""What a result was made from: versions, platform, and a digest of every file that was read."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim.results.wholefile import reason
from sim.scenario.errors import BadInput

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

LIBRARIES: Final = ("georep", "numpy", "pandas", "pyarrow", "pydantic", "pyyaml", "simpy")
PIECE: Final = 2**20


def versions() -> dict[str, str]:
    """Versions of everything that numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def machine() -> str:
    """The kind of machine, without its name."""
    return f"{platform.system()} {platform.machine()}"


def inputs(scenario: Scenario) -> dict[str, str]:
    """BLAKE2b of the scenario file and of the traces and profiles it names, by path. Raises BadInput."""
    return {str(path): _digest(path) for path in _files(scenario)}


def _files(scenario: Scenario) -> Iterator[Path]:
    source = Path(scenario.source)
    if source.is_file():
        yield source
    for volume in scenario.volumes.values():
        for workload in volume.workload.values():
            profile = getattr(workload, "profile", None)
            for name in (getattr(workload, "trace", None), profile and profile.file):
                if name:
                    yield scenario.base_dir / name
    for link in scenario.links.values():
        for way in (link.direction(0), link.direction(1)):
            yield from (scenario.base_dir / steps.file for steps in (way.profile, way.factor) if steps is not None)


def _digest(path: Path) -> str:
    seen = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                seen.update(piece)
    except OSError as fault:
        raise BadInput(f"{path}: {reason(fault)}") from fault
    return seen.hexdigest()
