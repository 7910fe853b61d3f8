"""What is told while a run goes on."""

import io
import os
import subprocess
import sys

import pytest

from sim.progress import Heartbeat, counted, simulated, spoken, told


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (5_400, "1 h 30 min"),
        (90_061, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_durations_are_spoken_in_two_units(seconds, words):
    assert spoken(seconds) == words


def heartbeat(total=100):
    clock, stream = Clock(), io.StringIO()
    return Heartbeat("quickstart", total, counted(total, "runs"), stream, clock), clock, stream


def test_a_line_names_position_fraction_elapsed_time_and_time_left():
    tell, clock, stream = heartbeat()
    clock.now += 10
    tell(25)
    assert stream.getvalue() == "quickstart: 25 of 100 runs (25%), 10 s elapsed, about 30 s left\n"


def test_a_run_that_has_not_moved_has_no_time_left_to_name():
    tell, clock, stream = heartbeat()
    clock.now += 10
    tell(0)
    assert "no end in sight yet" in stream.getvalue()


def test_a_short_run_says_nothing():
    tell, clock, stream = heartbeat()
    for done in range(100):
        clock.now += 0.01
        tell(done)
    assert stream.getvalue() == ""


def test_intervals_grow_so_that_a_night_gives_few_lines():
    tell, clock, stream = heartbeat(total=8 * 3_600)
    for second in range(8 * 3_600):
        clock.now = 100.0 + second
        tell(second)
    assert 20 < len(stream.getvalue().splitlines()) < 120


def test_words_for_simulated_time():
    assert simulated(24 * 3_600 * 10**9)(5_400 * 10**9) == "1 h 30 min of 1 d"


def test_quiet_says_nothing(capsys):
    with told("x", 10, counted(10, "runs"), quiet=True) as tell:
        tell(5)
    assert capsys.readouterr() == ("", "")


def test_a_process_without_stderr_goes_on(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with told("x", 10, counted(10, "runs")) as tell:
        tell(5)


BAR = """
import time
from sim.progress import counted, told
with told("[quick]start", 10, counted(10, "runs")) as tell:
    for done in range(11):
        tell(done)
        time.sleep(0.05)
print("result")
"""


def through_a_terminal(code, term):
    """What a program shows on a terminal of its own."""
    import pty

    mine, theirs = pty.openpty()
    environment = {**os.environ, "TERM": term}
    done = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(mine, 65_536):
            shown += piece
    except OSError:  # the other end was closed
        pass
    results = done.stdout.read()
    done.stdout.close()
    os.close(mine)
    return done.wait(timeout=30), shown.decode(), results.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_a_bar_and_stdout_stays_clean():
    status, shown, results = through_a_terminal(BAR, "xterm")
    assert (status, results) == (0, "result\n")
    assert "[quick]start" in shown
    assert "of 10 runs" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_dumb_terminal_shows_lines_and_no_escapes():
    status, shown, _ = through_a_terminal(BAR, "dumb")
    assert status == 0
    assert "\x1b" not in shown
