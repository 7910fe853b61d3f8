"""What the user writes: YAML in, checked and immutable model out.

load(path, sets) -> Scenario     every fault at once, each with its place
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


def load(path: Path | str, sets: Sequence[str] = ()) -> Scenario:
    """The scenario of a file (`-` is standard input), with `path=value` texts laid over it.

    Raises ScenarioError with all that is wrong.
    """
    from sim.scenario.loading import load_path

    return load_path(path, sets)


def load_text(text: str, name: str = "<text>", base_dir: Path | str = ".", sets: Sequence[str] = ()) -> Scenario:
    """The scenario of a text; files that it names are looked for below `base_dir`. Raises ScenarioError."""
    from sim.scenario.loading import load_text as load_from_text

    return load_from_text(text, name, Path(base_dir), sets)


def resolve_text(scenario: Scenario) -> str:
    """The whole scenario as YAML, with the origin of each value as a comment of its line (`georep resolve`)."""
    from sim.scenario.resolve import resolve_text as text_of

    return text_of(scenario)


def routes_text(scenario: Scenario) -> str:
    """The tree of routes of each replication as comments of YAML: who is fed by whom, over which links."""
    from sim.scenario.routetext import routes_text as text_of

    return text_of(scenario)


def json_schema() -> dict[str, Any]:
    """The JSON schema that editors complete and check scenario files with (`georep schema`)."""
    from sim.scenario.editor import json_schema as schema

    return schema()


def first_scenario() -> str:
    """The text of a commented first scenario (`georep init`)."""
    from sim.scenario.first import FIRST

    return FIRST
