"""`georep schema`, `init` and `resolve`: commands that print or write one text."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sim.cli.group import COMMANDS, georep
from sim.scenario import first_scenario
from tests.cli.small import SMALL


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def ask(*words, stdin=None):
    done = CliRunner().invoke(georep, list(words), input=stdin)
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def test_the_schema_is_json_on_stdout_or_in_a_file():
    printed, _ = ask("schema")
    assert "run" in json.loads(printed)["properties"]
    assert ask("schema", "--out", "scenario.schema.json") == ("", "")
    assert Path("scenario.schema.json").read_text() == printed
    ask("schema", "--out", "scenario.schema.json")
    assert Path("scenario.schema.json").read_text() == printed


def test_init_writes_a_scenario_that_runs():
    out, err = ask("init")
    assert out == "wrote first.scenario.yaml\n"
    assert err == "next: georep run first.scenario.yaml\n"
    assert Path("first.scenario.yaml").read_text() == first_scenario()
    assert "version: 1" in ask("resolve", "first.scenario.yaml")[0]


def test_init_writes_into_a_folder_or_to_a_name():
    Path("inner").mkdir()
    assert ask("init", "inner")[0] == "wrote inner/first.scenario.yaml\n"
    out, err = ask("init", "mine.yaml")
    assert out == "wrote mine.yaml\n"
    assert "georep check finds only files whose names end with .scenario.yaml" in err


def test_resolve_shows_defaults_and_where_values_come_from():
    Path("small.scenario.yaml").write_text(SMALL)
    out, _ = ask("resolve", "small.scenario.yaml", "--set", "run.until=2 h")
    assert yaml.safe_load(out)["run"]["until"] == "2 h"
    assert any("--set" in line for line in out.splitlines() if "until" in line)
    assert any("# default" in line for line in out.splitlines())
    assert ask("resolve", "-", stdin=SMALL)[0].startswith("version: 1")


def test_what_is_resolved_resolves_to_itself():
    out, _ = ask("resolve", "-", stdin=SMALL)
    again, _ = ask("resolve", "-", stdin=out)
    assert yaml.safe_load(again) == yaml.safe_load(out)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name):
    out, _ = ask(name, "--help")
    assert out.startswith(f"Usage: georep {name}")
    assert "--help" in out


def test_shells_can_complete_names(monkeypatch):
    monkeypatch.setenv("_GEOREP_COMPLETE", "bash_source")
    assert "georep" in CliRunner().invoke(georep, [], prog_name="georep").stdout
    monkeypatch.setenv("_GEOREP_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "georep re")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert "resolve" in CliRunner().invoke(georep, [], prog_name="georep").stdout
