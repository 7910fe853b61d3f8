"""From a file to a scenario: read, lay layers, check every value, check across values; all faults at once.

text -> events -> nodes with places -> layers -> model -> rules -> scenario
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.scenario.draft import Draft, draft_of, partial_draft
from sim.scenario.errors import Fault, ScenarioError
from sim.scenario.finish import finished
from sim.scenario.layers import layered
from sim.scenario.nodes import BrokenNode, MapNode, data_of, path_text
from sim.scenario.nodes import Path as NodePath
from sim.scenario.refusals import fault_at, faults_of, spot_of
from sim.scenario.rules import RULES, Rule
from sim.scenario.schema import Scenario
from sim.scenario.textfile import Source, read_source


def load_path(path: Path | str, sets: Sequence[str] = (), more_rules: Sequence[Rule] = ()) -> Scenario:
    """The scenario of a file, or of standard input for `-`; `more_rules` come after ours. Raises ScenarioError."""
    return _load(read_source(path), sets, more_rules)


def load_text(
    text: str, name: str, base_dir: Path, sets: Sequence[str] = (), more_rules: Sequence[Rule] = ()
) -> Scenario:
    """The scenario of a text. Raises ScenarioError."""
    return _load(Source(name, text, base_dir), sets, more_rules)


def _load(source: Source, sets: Sequence[str], more_rules: Sequence[Rule]) -> Scenario:
    root, faults, notes = layered(source, sets)
    scenario, draft = _validated(root, source.directory, faults)
    report = _Reporter(root, faults)
    for rule in (*RULES, *more_rules):
        rule(draft, report)
    if faults or scenario is None:
        raise ScenarioError(_ordered(faults, source))
    return finished(scenario, draft, source, notes)


def _validated(root: MapNode, base_dir: Path, faults: list[Fault]) -> tuple[Scenario | None, Draft]:
    try:
        scenario = Scenario.model_validate(data_of(root), by_alias=True, by_name=False)
    except ValidationError as error:
        faults.extend(faults_of(error, root))
        return None, partial_draft(root, base_dir, error.errors(include_url=False, include_input=False))
    return scenario, draft_of(scenario, root, base_dir)


class _Reporter:
    """Turns what a rule found into faults with places."""

    def __init__(self, root: MapNode, faults: list[Fault]) -> None:
        self._root, self._faults = root, faults

    def __call__(self, path: NodePath, message: str, hint: str = "", offset: int = 0, at_key: bool = False) -> None:
        spot = spot_of(self._root, path)
        if not isinstance(spot.node, BrokenNode):
            self._faults.append(fault_at(spot, message, hint, offset=offset, at_key=at_key))

    def has_refused(self, path: NodePath) -> bool:
        """Whether there is a fault of this value, or of something in it."""
        here = path_text(path)
        return any(fault.path == here or fault.path.startswith((f"{here}.", f"{here}[")) for fault in self._faults)

    def include(self, faults: Iterable[Fault]) -> None:
        self._faults.extend(faults)


def _ordered(faults: list[Fault], source: Source) -> list[Fault]:
    """The file's own faults first, then those of its bases and of --set; each by place, none twice."""

    def place(fault: Fault) -> tuple[Any, ...]:
        rank = 0 if fault.file == source.name else 2 if fault.file == "--set" else 1
        return rank, fault.file, fault.line, fault.column, fault.path, fault.message

    return sorted(dict.fromkeys(faults), key=place)
