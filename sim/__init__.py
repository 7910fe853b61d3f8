"""georep: a simulator of geo-replication and disasters that runs the real replication code.

    import sim
    result = sim.run(sim.load("scenarios/quickstart.scenario.yaml"))

What these names need is imported when they are first asked for, so that `georep --help` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.api import Result, load, run
    from sim.transfers import transfer_time

__all__ = ["Result", "__version__", "load", "run", "transfer_time"]


def __getattr__(name: str) -> Any:
    """Import what was asked for, once (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("georep")
    elif name == "transfer_time":
        from sim.transfers import transfer_time

        found = transfer_time
    elif name in __all__:
        from sim import api

        found = getattr(api, name)
    else:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
