"""The verdict table of `georep check` on terminals of any width."""

from __future__ import annotations

import pytest

import sim
from sim.cli import reporting, verdicts
from sim.scenario import load_text
from tests.cli.small import SMALL


@pytest.fixture(scope="module")
def found():
    long = "a/rather/long/way/to/a.scenario.yaml"
    return {long: sim.run(load_text(SMALL)), "b.scenario.yaml": None}


def shown(found, width, monkeypatch):
    for module in (reporting, verdicts):
        monkeypatch.setattr(module, "terminal_width", lambda: width)
    return verdicts.table(found, {"b.scenario.yaml": "it is wrong"}).splitlines()


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120])
def test_every_line_fits_and_every_verdict_is_there(found, width, monkeypatch):
    lines = shown(found, width, monkeypatch)
    assert max(map(len, lines)) <= width
    for word in ("a/rather/long/way/to/a.scenario.yaml", "✓ pass", "✗ bad input"):
        assert any(word in line for line in lines)


def test_the_digest_goes_first_and_lines_come_last(found, monkeypatch):
    assert "digest" in shown(found, 140, monkeypatch)[0]
    assert shown(found, 90, monkeypatch)[0].split()[-1] == "runs"
    assert shown(found, 50, monkeypatch)[:3] == [
        "a/rather/long/way/to/a.scenario.yaml",
        "  verdict: ✓ pass",
        "  passed: 2",
    ]


def test_what_is_no_terminal_gets_the_whole_table(found, monkeypatch):
    assert "digest" in shown(found, None, monkeypatch)[0]
