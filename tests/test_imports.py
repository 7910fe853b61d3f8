"""Who may import whom, and how little `georep --help` loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("numpy", "pydantic", "pandas", "matplotlib", "pyarrow", "yaml", "simpy", "scipy", "jinja2", "rich.console")


def python(*words):
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def loaded_by(code):
    """Top-level and second-level names of the modules that a fresh interpreter has loaded after `code`."""
    done = python("-c", f"{code}\nimport sys, json; print('\\n' + json.dumps(sorted(sys.modules)), file=sys.stderr)")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.splitlines()[-1])


def command_line(words):
    return f"from sim.cli.group import georep\ntry: georep.main({words!r})\nexcept SystemExit: pass"


def test_imports_point_downwards():
    done = python("-c", "from importlinter.cli import lint_imports_command as c; c(['--no-logo', '--no-cache'])")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kept" in done.stdout.lower()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["check", "--help"], ["nonsense"]])
def test_words_about_the_command_line_load_no_heavy_library(words):
    loaded = loaded_by(command_line(words))
    assert "click" in loaded, "this test is about a command line that ran"
    assert not [name for name in HEAVY if name in loaded]


def test_sim_itself_loads_nothing_until_it_is_asked():
    loaded = loaded_by("import sim; assert 'run' in dir(sim)")
    assert not [name for name in (*HEAVY, "click", "sim.api") if name in loaded]


def test_sim_has_no_names_that_nobody_gave_it():
    import sim

    with pytest.raises(AttributeError, match="lode"):
        _ = sim.lode


@pytest.mark.parametrize("module", ["sim.performing.many", "sim.check", "sim.simulation", "sim.summary"])
def test_what_workers_import_draws_no_tables_and_no_charts(module):
    loaded = loaded_by(f"import {module}")
    assert not [name for name in ("pandas", "matplotlib", "pyarrow", "jinja2") if name in loaded]


def test_the_api_loads_tables_only_when_they_are_asked_for():
    loaded = loaded_by("import sim; sim.load, sim.run")
    assert "sim.api" in loaded
    assert not [name for name in ("pandas", "matplotlib", "pyarrow") if name in loaded]
