"""What is shipped beside the scenarios: the schema that their first line names is the one that the loader has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.scenario import json_schema, load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(SCENARIOS.glob("*.scenario.yaml"))


def test_the_shipped_schema_is_current() -> None:
    """`georep schema --out scenarios/scenario.schema.json` writes it anew."""
    assert json.loads((SCENARIOS / "scenario.schema.json").read_text()) == json_schema()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_every_scenario_asks_a_question_and_is_listed(path: Path) -> None:
    scenario = load(path)
    assert "?" in scenario.description
    assert scenario.expect
    assert f"`{scenario.name}`" in (SCENARIOS / "README.md").read_text()
    assert path.read_text().startswith("# yaml-language-server: $schema=./scenario.schema.json")
