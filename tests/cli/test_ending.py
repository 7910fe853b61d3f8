"""How command lines end: exit statuses of real processes, full devices, broken pipes, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from sim.cli import status
from tests.cli.small import SMALL, changed

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "scenarios" / "quickstart.scenario.yaml"
LONG = ["--set", "run.until=5000 d"]


def georep(*words):
    return [sys.executable, "-m", "sim.cli", *map(str, words)]


RUNNING = []


@pytest.fixture(autouse=True)
def nothing_left_running():
    yield
    for process in RUNNING:
        process.kill()
        process.communicate()
    RUNNING.clear()


def started(*words, **more):
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT, "text": True, **more}
    RUNNING.append(subprocess.Popen(georep(*words), **more))
    return RUNNING[-1]


def ended(*words, **more):
    process = started(*words, **more)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in (err or "")
    return process.returncode, out, err


def test_the_worst_status_counts():
    order = (status.INTERRUPTED, status.BAD_INPUT, status.FELL_SHORT, status.UNKNOWN, status.OK)
    for worse, better in pairwise(order):
        assert {status.worst(pair) for pair in permutations((worse, better))} == {worse}
    assert status.worst([]) == status.OK


def test_help_and_version_are_results():
    for words in (["--help"], ["--version"], ["run", "-h"]):
        code, out, err = ended(*words)
        assert (code, err) == (0, "")
        assert "georep" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["schema"], ["resolve", QUICKSTART]])
def test_a_full_device_is_a_message_and_status_2(words):
    with Path("/dev/full").open("w") as full:
        code, _, err = ended(*words, stdout=full)
    assert (code, err) == (2, "standard output: no space left on device\n")


@pytest.mark.parametrize("words", [["--help"], ["schema"], ["resolve", QUICKSTART]])
def test_a_broken_pipe_is_silent_with_status_141(words):
    read, write = os.pipe()
    os.close(read)
    code, _, err = ended(*words, stdout=write)
    os.close(write)
    assert (code, err) == (141, "")


def test_a_broken_stderr_is_silent_too():
    read, write = os.pipe()
    os.close(read)
    code, out, _ = ended("run", "nowhere.yaml", stderr=write)
    os.close(write)
    assert (code, out) == (141, "")


def test_closed_streams_are_no_reason_to_fail(tmp_path):
    target = tmp_path / "first.scenario.yaml"
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m sim.cli init '{target}' >&- 2>&-"], cwd=ROOT, check=False
    )
    assert done.returncode == 0
    assert target.exists()


def test_a_terminal_that_knows_no_ticks_is_no_reason_to_fail(tmp_path):
    (tmp_path / "small.scenario.yaml").write_text(SMALL)
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "LC_ALL": "C", "PYTHONUTF8": "0"}
    words = ("run", tmp_path / "small.scenario.yaml", "--no-charts", "--out", tmp_path / "r")
    code, out, _ = ended(*words, env=environment, encoding="latin-1")
    assert code == 0
    assert "\\u2713" in out


def press(process):
    """Press Ctrl-C as a terminal does: the whole group hears it."""
    os.killpg(process.pid, signal.SIGINT)


def after_line(process, text):
    """What stderr said up to a line with this text."""
    said = ""
    for line in process.stderr:
        said += line
        if text in line:
            return said
    raise AssertionError(f"{text!r} never came: {said}")


def test_heartbeats_come_off_tty_and_ctrl_c_stops_one_run_with_130(tmp_path):
    process = started("run", QUICKSTART, *LONG, "--out", tmp_path / "r", start_new_session=True)
    said = after_line(process, "quickstart: ")
    assert re.fullmatch(r"quickstart: \d.* of 5000 d \(\d+%\), \d+ s elapsed, about .* left\n", said)
    assert (tmp_path / "r").is_dir(), "the folder was made before the run"
    press(process)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert re.fullmatch(r"stopped at [1-9].* of 5000 d; nothing was written", err.splitlines()[-1])
    assert not (tmp_path / "r").exists()


def test_ctrl_c_in_check_reports_what_had_finished(tmp_path):
    (tmp_path / "a.scenario.yaml").write_text(SMALL)
    (tmp_path / "b.scenario.yaml").write_text(changed("until: 1 h", "until: 9000 d"))
    process = started("check", tmp_path, start_new_session=True)
    after_line(process, "check: 1 of 2 runs (50%)")
    press(process)
    after_line(process, "stopping; runs on their way: 1. Ctrl-C again to kill them")
    press(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopped; 1 of 2 scenarios had finished" in err
    assert "Traceback" not in err
    assert re.search(r"a.scenario.yaml +✓ pass", out)
    assert re.search(r"b.scenario.yaml +- stopped", out)
