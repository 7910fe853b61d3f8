"""What the numbers mean is told where scenarios are, in the words of the table of metrics."""

from __future__ import annotations

from pathlib import Path

from sim.scenario.metrics import FACTS, METRICS
from sim.summary.glossary import markdown

README = Path(__file__).parents[2] / "scenarios" / "README.md"
HEADING = "## What the numbers mean\n"


def test_the_readme_of_the_scenarios_tells_every_metric_as_the_table_has_it() -> None:
    """After a change of the table: `python -m sim.summary.glossary` prints what belongs there."""
    assert README.read_text(encoding="utf-8").partition(HEADING)[2].partition("<!-- end -->")[0].strip() == markdown()


def test_every_metric_and_fact_of_the_grammar_is_told_with_its_unit() -> None:
    told = markdown()
    for name in (*METRICS, *FACTS):
        assert f"| `{name}" in told
    assert "| `lag{to=}` | time | now - boundary" in told
    assert "| `link_utilisation{link=}` | percent |" in told
