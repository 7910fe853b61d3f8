"""Runs on many cores: the same numbers on any number of them, and no death or Ctrl-C loses what had finished."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sim.performing.many import Interrupted, cores, perform_all
from sim.performing.one import Failure, Job, Outcome, Task
from tests.cli import acts


@pytest.fixture
def jobs(tmp_path):
    return [Job(acts.Scenario("alpha", tmp_path)), Job(acts.Scenario("beta", tmp_path), seed=9)]


def tasks(count, job=0):
    return [Task(job, index) for index in range(count)]


def digests(ended):
    return [one.digest for one in ended.values()]


def begun(folder):
    return {file.name: file.stat().st_size for file in folder.iterdir()}


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_outcomes_come_in_the_order_of_tasks_whatever_the_number_of_workers(jobs, workers):
    wanted = [*tasks(3), *tasks(2, job=1)]
    told = []
    ended = perform_all(jobs, wanted, workers=workers, act=acts.late_when_early, tell=told.append)
    assert list(ended) == wanted
    assert digests(ended) == ["digest-alpha-0", "digest-alpha-1", "digest-alpha-2", "digest-beta-0", "digest-beta-1"]
    assert [one.summary["seed"] for one in ended.values()] == [7, 7, 7, 9, 9]
    assert told == [1, 2, 3, 4, 5]


def test_no_tasks_are_no_outcomes(jobs):
    assert perform_all(jobs, [], workers=2) == {}


def test_workers_are_other_processes_with_one_thread_each(jobs, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    ended = perform_all(jobs, tasks(2), workers=2, act=acts.surroundings)
    assert {one.summary["threads"] for one in ended.values()} == {"1"}
    assert os.getpid() not in [one.summary["pid"] for one in ended.values()]
    assert os.environ["OMP_NUM_THREADS"] == "5"


def test_a_killed_worker_is_tried_once_more_alone(jobs, tmp_path):
    warnings = []
    ended = perform_all(jobs, tasks(5), workers=2, act=acts.killed_at_2_the_first_time, warned=warnings.append)
    assert digests(ended) == [f"digest-alpha-{index}" for index in range(5)]
    assert begun(tmp_path)["alpha-2"] == 2, "this test is about a run that was tried twice"
    assert "a worker was killed; once more, alone: alpha, seed 7, replication 2" in warnings


def test_a_worker_that_is_killed_twice_is_reported_and_the_others_go_on(jobs, tmp_path):
    ended = perform_all(jobs, tasks(5), workers=2, act=acts.killed_at_2_always)
    lost = ended.pop(Task(0, 2))
    assert isinstance(lost, Failure)
    assert (lost.kind, lost.text) == (
        "lost",
        "alpha, seed 7, replication 2: its worker was killed twice (out of memory?)",
    )
    assert digests(ended) == [f"digest-alpha-{index}" for index in (0, 1, 3, 4)]
    assert begun(tmp_path)["alpha-2"] == 2


def test_a_failure_is_an_outcome_like_others(jobs):
    ended = perform_all(jobs, tasks(3), workers=2, act=acts.failing_at_1)
    assert [type(one) for one in ended.values()] == [Outcome, Failure, Outcome]


def test_a_fault_of_ours_in_a_worker_reaches_the_caller(jobs):
    with pytest.raises(ZeroDivisionError):
        perform_all(jobs, tasks(3), workers=2, act=acts.crashing)


@pytest.fixture
def ears():
    """This process hears Ctrl-C, whatever whoever runs the tests has arranged."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_when(condition, times=1):
    """Press Ctrl-C once `condition` holds, and again a moment later."""

    def press():
        deadline = time.monotonic() + 20
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_keeps_what_had_finished_and_lets_runs_on_their_way_end(jobs, tmp_path, ears):
    thread = press_when((tmp_path / "alpha-2").exists)
    warnings = []
    with pytest.raises(Interrupted, match=r"stopped; . of 50 runs had finished") as caught:
        perform_all(jobs, tasks(50), workers=2, act=acts.slow_after_2, warned=warnings.append)
    thread.join()
    assert digests(caught.value.finished)[:3] == ["digest-alpha-0", "digest-alpha-1", "digest-alpha-2"]
    assert len(caught.value.finished) <= 4
    assert all(begun(tmp_path)[f"alpha-{task.replication_index}"] == 2 for task in list(caught.value.finished)[2:])
    assert "Ctrl-C again" in warnings[0]


def test_ctrl_c_that_falls_between_two_results_loses_none_of_them(jobs, ears):
    """It once came while a result was being told, and the run beside it was killed: a hole among what was kept."""

    def press(count):
        if count == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        perform_all(jobs, tasks(50), workers=2, act=acts.slow_after_2, tell=press)
    kept = [task.replication_index for task in caught.value.finished]
    assert kept == list(range(len(kept)))
    assert 3 < len(kept) < 50, "this test is about a run that was on its way"


def test_a_second_ctrl_c_kills_at_once_and_still_keeps_what_had_finished(jobs, tmp_path, ears):
    thread = press_when((tmp_path / "alpha-2").exists, times=2)
    began = time.monotonic()
    with pytest.raises(Interrupted) as caught:
        perform_all(jobs, tasks(50), workers=2, act=acts.endless_after_2)
    thread.join()
    assert digests(caught.value.finished) == ["digest-alpha-0", "digest-alpha-1"]
    assert time.monotonic() - began < 20, "nobody waited for the endless ones"


ORPHANS = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.cli import acts
from sim.performing.one import Job, Task
from sim.performing.many import perform_all
if __name__ == "__main__":
    job = Job(acts.Scenario("alpha", Path({folder!r})))
    perform_all([job], [Task(0, index) for index in range(2, 6)], workers=2, act=acts.endless_after_2)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at /proc")
def test_workers_do_not_outlive_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "script.py"
    marks = tmp_path / "marks"
    marks.mkdir()
    script.write_text(ORPHANS.format(root=str(Path(__file__).parents[2]), folder=str(marks)))
    parent = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    try:
        wait_until(lambda: len(begun(marks)) == 2)
        family = [pid for pid in processes_in_session(parent.pid) if pid != parent.pid]
        assert family, "this test is about workers that were there"
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not processes_in_session(parent.pid))


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes_in_session(session):
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def test_there_is_a_core():
    assert cores() >= 1
