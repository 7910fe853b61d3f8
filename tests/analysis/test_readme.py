"""The README shows what a run prints and draws now: its blocks of output and its charts are made again and compared.

After a change that is meant `python -m tests.analysis.test_readme` draws the charts again; the words are for people.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from analysis import disasters, figures, terminal
from analysis.style import drawing, save
from sim.loading import load
from sim.simulation import simulate
from sim.summary import Story, summarise

ROOT = Path(__file__).parents[2]
LINES = 10  # of what a run with a disaster prints first


@cache
def story(name: str) -> Story:
    return Story(simulate(load(ROOT / "scenarios" / f"{name}.scenario.yaml"), checking="off"))


def lag(path: Path) -> None:
    with drawing():
        save(dict(figures.charts(story("quickstart")))["lag_over_time"], path)


def recovery(path: Path) -> None:
    with drawing():
        save(dict(disasters.charts(story("primary-burns")))["recovery"], path)


CHARTS = {"quickstart-lag": lag, "primary-burns-recovery": recovery}


@pytest.mark.parametrize(("name", "draw"), CHARTS.items(), ids=list(CHARTS))
def test_a_chart_of_the_readme_is_the_one_that_is_drawn_now(
    name: str, draw: Callable[[Path], None], tmp_path: Path
) -> None:
    shown = f"scenarios/{name}.svg"
    assert f"]({shown})" in (ROOT / "README.md").read_text()
    draw(tmp_path / "drawn.svg")
    assert (tmp_path / "drawn.svg").read_text() == (ROOT / shown).read_text()


def test_the_recovery_that_the_readme_shows_is_the_one_that_is_printed_now() -> None:
    printed = terminal.summary(summarise(story("primary-burns")), width=100)
    assert printed.splitlines()[0].startswith("lost ")
    block = "\n".join(line.rstrip() for line in printed.splitlines()[:LINES])
    assert f"```\n{block}\n```" in (ROOT / "README.md").read_text()


if __name__ == "__main__":
    for name, draw in CHARTS.items():
        draw(ROOT / "scenarios" / f"{name}.svg")
