"""`georep run`, from the words on the command line to the files on the disk."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from sim.cli.group import georep
from sim.performing.one import Failure
from sim.world.errors import Livelock, ModelBroken
from tests.cli.small import SMALL, changed

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.scenario.yaml").write_text(SMALL)


def run(*words, status=0, stdin=None):
    """Standard output and standard error of a command line that ends with a status."""
    done = CliRunner().invoke(georep, ["run", *map(str, words)], input=stdin)
    assert done.exit_code == status, done.output
    return done.stdout, done.stderr


def held(folder):
    return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def test_a_run_prints_its_summary_checks_digest_and_place():
    out, err = run("small.scenario.yaml", "--no-charts")
    assert re.search(r"✓ +p99\(lag\{to=there\}\) < 20 min +measured \d", out)
    assert re.search(r"✓ +count\(full_copy\) == 0 +measured 0", out)
    summary = json.loads(Path("results/small/summary.json").read_text())
    assert f"digest {summary['digest']}\nresults in results/small\n" in out
    assert "✗" not in out
    assert err == ""


def test_charts_are_drawn_unless_nobody_wants_them():
    run("small.scenario.yaml")
    drawn = held("results/small")
    charts = [name for name in drawn if name.endswith(".svg")]
    assert "lag_over_time.svg" in charts
    run("small.scenario.yaml", "--no-charts")
    assert held("results/small").keys() == drawn.keys() - set(charts), "old charts do not stay beside new numbers"


def test_the_same_run_gives_the_same_bytes_in_every_file():
    run("small.scenario.yaml", "--out", "one")
    run("small.scenario.yaml", "--out", "two", "--check", "full", "--quiet")
    assert held("one") == held("two")


def test_seed_and_settings_replace_what_the_file_says():
    run("small.scenario.yaml", "--seed", "5", "--set", "run.until=30 min", "--no-charts")
    manifest = json.loads(Path("results/small/manifest.json").read_text())
    assert manifest["seed"] == 5
    assert manifest["scenario"]["run"]["until"] == "30 min"
    assert json.loads(Path("results/small/summary.json").read_text())["delta_sets"] == 3


def test_the_last_of_two_settings_wins():
    run("small.scenario.yaml", "--set", "run.until=20 min", "--set", "run.until=30 min", "--no-charts")
    assert json.loads(Path("results/small/summary.json").read_text())["delta_sets"] == 3


def test_machines_read_one_line_of_json():
    out, err = run("small.scenario.yaml", "--json", "--no-charts")
    found = json.loads(out)
    summary = json.loads(Path("results/small/summary.json").read_text())
    assert {key: found[key] for key in summary} == summary
    assert [check["outcome"] for check in found["checks"]] == ["pass", "pass"]
    assert (found["scenario"], found["seed"], found["results"]) == ("small", 1, "results/small")
    assert err == ""


def test_several_scenarios_run_in_turn_each_into_its_folder():
    Path("other.scenario.yaml").write_text(changed("name: small", "name: other"))
    out, _ = run("small.scenario.yaml", "other.scenario.yaml", "--out", "both", "--json", "--no-charts")
    assert [json.loads(line)["scenario"] for line in out.splitlines()] == ["small", "other"]
    assert sorted(path.name for path in Path("both").iterdir()) == ["other", "small"]


def test_standard_input_is_a_file_called_dash():
    out, _ = run("-", "--json", "--no-charts", stdin=SMALL)
    assert json.loads(out)["scenario"] == "small"


EXPECTED = {
    "all well": ("p99(lag{to=there}) < 20 min", 0, "✓"),
    "fell short": ("p99(lag{to=there}) < 1 s", 1, "✗"),
    "soft": ("{check: 'p99(lag{to=there}) < 1 s', soft: true}", 0, "✗"),
    "no sample": ("coalescing_ratio > 0 before early", 3, "?"),
    "soft without sample": ("{check: 'coalescing_ratio > 0 before early', soft: true}", 0, "?"),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_expectations_decide_the_exit_status(case):
    check, status, mark = EXPECTED[case]
    early = "timeline: [{at: 1 s, id: early, kind: cut-now}]\nexpect:"
    Path("e.scenario.yaml").write_text(changed("expect:", early, "p99(lag{to=there}) < 20 min", check))
    out, _ = run("e.scenario.yaml", "--no-charts", status=status)
    line = next(line for line in out.splitlines() if line.startswith(f"{mark} "))
    assert ("unknown: " if mark == "?" else "measured ") in line


def test_falling_short_counts_before_an_unknown_verdict():
    early = "timeline: [{at: 1 s, id: early, kind: cut-now}]\nexpect:\n  - coalescing_ratio > 0 before early"
    Path("e.scenario.yaml").write_text(changed("expect:", early, "< 20 min", "< 1 s"))
    run("e.scenario.yaml", "--no-charts", status=1)


def broken(fault):
    def simulate(*_, **__):
        raise fault

    return simulate


@pytest.mark.parametrize(
    "fault", [ModelBroken("SomeLaw", "it fell", 5, 9, 0), Livelock(5, 1_000_000), ZeroDivisionError("x")]
)
def test_a_fault_of_ours_is_said_with_the_command_that_repeats_it(monkeypatch, fault):
    monkeypatch.setattr("sim.simulation.simulate", broken(fault))
    out, err = run("small.scenario.yaml", "--seed", "9", "--set", "run.until=30 min", status=1)
    assert out == ""
    assert "the simulator is wrong here, not you" in err
    assert (
        "repeat it with: georep run small.scenario.yaml --seed 9 --replication 0 --check full --set 'run.until=30 min'"
        in err
    )
    assert not Path("results").exists()


def test_running_out_of_memory_is_no_traceback(monkeypatch):
    monkeypatch.setattr("sim.simulation.simulate", broken(MemoryError()))
    _, err = run("small.scenario.yaml", status=2)
    assert "not enough memory" in err
    assert "Traceback" not in err


def test_a_trace_that_turns_out_bad_while_it_runs_is_bad_input():
    good = (f"{k / 50:.2f},W,{k * 8192},8192" for k in range(100_000))
    Path("w.csv").write_text("\n".join(["t,op,offset,length", *good, "2001,W,nonsense,8192\n"]))
    columns = "{time: t, op: op, offset: offset, length: length, time_unit: s}"
    Path("t.scenario.yaml").write_text(changed("writes: 20 /s", f"trace: w.csv, format: csv, columns: {columns}"))
    out, err = run("t.scenario.yaml", status=2)
    assert err.startswith(
        "t.scenario.yaml: volumes.disk.workload.app.trace: w.csv:100002:8: found 'nonsense', expected"
    )
    assert "Traceback" not in err
    assert out == ""


def test_everything_wrong_at_the_beginning_of_several_traces_and_in_the_scenario_comes_at_once():
    Path("a.csv").write_text("time_us,op,offset,length\n0,W,0,512\n1,X,0,512\n")
    Path("b.iolog").write_text("fio version 3 iolog\n1 /sim/oltp.dat write 0 512\n")
    Path("c.csv").write_text("time_us,op,offset,length\n0,W,0,512\n9,W,2000000000,512\n7200000000,W,4000000000,512\n")
    traces = """
      later: {trace: c.csv, format: cloudphysics, over: 2000001 kB, time_scale: 0.1}
      wide: {trace: c.csv, format: cloudphysics}
      fio: {trace: b.iolog, format: fio-iolog, device: zzz}
      wrong: {trace: a.csv, format: cloudphysics}
      guessed: {trace: a.csv, format: msr}
      absent: {trace: d.csv, format: msr}
      refused: {trace: a.csv, format: cloudfysics}
"""
    text = changed("      app: {writes: 20 /s}\n", traces.lstrip("\n"), "timeout: 10 min", "timeout: 10 m")
    Path("t.scenario.yaml").write_text(text)
    _, err = run("t.scenario.yaml", status=2)
    assert [line for line in err.splitlines() if line.startswith("t.scenario.yaml")] == [
        "t.scenario.yaml:11:57: volumes.disk.workload.later.over: over 2000001 kB > volume 1 GiB",
        "t.scenario.yaml:12:21: volumes.disk.workload.wide.trace: c.csv:3: the write ends at byte 2000000512, beyond "
        "the 1073741824 bytes that this trace may write; `wrap: true` folds such addresses back",
        "t.scenario.yaml:13:20: volumes.disk.workload.fio.trace: "
        "b.iolog: no device 'zzz' in this trace (there is /sim/oltp.dat)",
        "t.scenario.yaml:14:22: volumes.disk.workload.wrong.trace: a.csv:3:3: found 'X', expected R or W",
        "t.scenario.yaml:15:24: volumes.disk.workload.guessed.trace: a.csv:1:1: found 'time_us', expected a "
        "Windows file time: a whole number of 100 ns (this looks like `format: cloudphysics`)",
        "t.scenario.yaml:16:23: volumes.disk.workload.absent.trace: 'd.csv' no such file",
        "t.scenario.yaml:17:39: volumes.disk.workload.refused.format: expected fio-iolog or msr or blkparse or "
        "cloudphysics or csv (got text 'cloudfysics') (did you mean 'cloudphysics'?)",
        "t.scenario.yaml:24:14: replication.mirror.timeout: 'm': minute or metre or milli? (write 10 min / 10 ms)",
    ]


def test_a_write_that_the_run_does_not_come_to_may_lie_beyond_the_volume():
    Path("c.csv").write_text("time_us,op,offset,length\n0,W,0,512\n7200000000,W,4000000000,512\n")
    Path("t.scenario.yaml").write_text(changed("writes: 20 /s", "trace: c.csv, format: cloudphysics"))
    run("t.scenario.yaml", "--no-charts")
    _, err = run("t.scenario.yaml", "--set", "run.until=2 h", status=2)
    assert "t.scenario.yaml:11:20: volumes.disk.workload.app.trace: c.csv:3: the write ends at byte" in err


def test_what_may_not_be_meant_is_noted_on_stderr_and_runs():
    settings = ["--set", "replication.mirror.secondaries={}", "--set", "replication.mirror.high_water_mark=null"]
    settings += ["--set", "run.until=2 s"]
    out, err = run(
        "small.scenario.yaml", "--no-charts", *settings, "--set", "replication.mirror.save_volume.size=8 KiB"
    )
    assert "digest" in out
    assert err.splitlines() == [
        "small.scenario.yaml: note: --set replication.mirror.secondaries={} changes nothing: "
        "maps merge, path=null removes a key",
        "small.scenario.yaml: note: nobody wrote replication.mirror.high_water_mark; the default, lowered to the save "
        "volume, is 8 KiB: a delta set is cut for every block written",
    ]


REPLICATED = ["small.scenario.yaml", "--set", "run.replications=4", "--no-charts"]


def test_replications_are_a_row_each_in_the_order_of_their_index():
    out, _ = run(*REPLICATED)
    rows = pd.read_parquet("results/small/runs.parquet")
    assert rows["replication"].tolist() == [0, 1, 2, 3]
    assert rows["digest"].nunique() == 4
    assert rows["verdict"].tolist() == ["pass"] * 4
    assert json.loads(Path("results/small/summary.json").read_text())["replications"] == 4
    assert "digest " in out


def test_any_number_of_workers_gives_the_same_files():
    run(*REPLICATED, "--workers", "1", "--out", "one")
    run(*REPLICATED, "--workers", "3", "--out", "three")
    assert held("one") == held("three")


def test_one_replication_can_be_run_by_itself():
    run(*REPLICATED)
    run(*REPLICATED, "--replication", "2", "--out", "alone")
    digests = pd.read_parquet("results/small/runs.parquet")["digest"]
    assert json.loads(Path("alone/summary.json").read_text())["digest"] == digests[2]


def test_a_replication_that_there_is_not_is_refused_before_anything_runs():
    _, err = run("small.scenario.yaml", "--replication", "3", "--out", "alone", status=2)
    assert err == "small.scenario.yaml: no replication 3: run.replications is 1, so there is only 0\n"
    _, err = run(*REPLICATED, "--replication", "4", "--out", "alone", status=2)
    assert err == "small.scenario.yaml: no replication 4: run.replications is 4, so there are 0 to 3\n"
    assert not Path("alone").exists()


def test_replications_that_break_are_named_and_the_others_kept(monkeypatch):
    from sim.simulation import simulate

    def sometimes(*words, replication_index, **more):
        if replication_index in (0, 2):
            raise ModelBroken("SomeLaw", "it fell", 5, 1, replication_index)
        return simulate(*words, replication_index=replication_index, **more)

    monkeypatch.setattr("sim.simulation.simulate", sometimes)
    _, err = run(*REPLICATED, "--workers", "1", status=1)
    assert "--replication 0 --check full" in err
    assert "--replication 2 --check full" in err
    assert pd.read_parquet("results/small/runs.parquet")["replication"].tolist() == [1, 3]
    assert json.loads(Path("results/small/manifest.json").read_text())["failures"] == [
        "replication 0: broken",
        "replication 2: broken",
    ]


def test_a_lost_run_is_a_verdict_that_could_not_be_reached(monkeypatch):
    def lost(*_, **__):
        return [Failure(0, "lost", "small, seed 1, replication 0: its worker was killed twice (out of memory?)")]

    monkeypatch.setattr("sim.performing.many.replicate", lost)
    _, err = run("small.scenario.yaml", status=3)
    assert "its worker was killed twice" in err


LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))"


def test_a_disk_that_fills_up_keeps_the_earlier_result():
    run("small.scenario.yaml", "--no-charts", "--out", "r")
    before = held("r")
    code = f"{LIMIT}; from sim.cli.group import georep; georep.main({['run', 'small.scenario.yaml', '--out', 'r']!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert "file too large; nothing was written, the earlier result is untouched" in done.stderr
    assert "Traceback" not in done.stderr
    assert held("r") == before


def test_ctrl_c_in_replications_keeps_what_had_finished_beside_the_earlier_result():
    run("small.scenario.yaml", "--no-charts", "--out", "r")
    before = held("r")
    words = ["run", "small.scenario.yaml", "--set", "run.replications=5000", "--out", "r", "--no-charts"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sim.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        assert "runs (" in process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert "of 5000 runs had finished; kept in r.partial" in err
    rows = pd.read_parquet("r.partial/runs.parquet")
    assert rows["replication"].tolist() == list(range(len(rows)))
    assert held("r") == before


def test_progress_can_be_quiet_and_changes_nothing():
    run("small.scenario.yaml", "--quiet", "--out", "one", "--no-charts")
    run("small.scenario.yaml", "--out", "two", "--no-charts")
    assert held("one") == held("two")
