"""`georep check`: every scenario below some folders, with a table of verdicts."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.check import scenario_files
from sim.cli.group import georep
from sim.scenario.errors import BadInput
from tests.cli.small import SMALL, changed

UNKNOWN = changed(
    *("expect:", "timeline: [{at: 1 s, id: early, kind: cut-now}]\nexpect:"),
    *("p99(lag{to=there}) < 20 min", "coalescing_ratio > 0 before early"),
)
SHORT = changed("< 20 min", "< 1 s")
SOFT = changed("p99(lag{to=there}) < 20 min", "{check: 'p99(lag{to=there}) < 1 s', soft: true}")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(**texts):
    for name, text in texts.items():
        file = Path(f"{name.replace('__', '/')}.scenario.yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def check(*words, status=0, workers=1):
    done = CliRunner().invoke(georep, ["check", "--workers", str(workers), "--quiet", *words])
    assert done.exit_code == status, done.output + done.stderr
    return done.stdout, done.stderr


def rows(table):
    """The rows of a table by the names of their scenarios."""
    lines = [line.split() for line in table.splitlines() if ".scenario.yaml " in line]
    return {line[0]: line[1:] for line in lines}


def test_every_scenario_below_a_folder_has_a_row_in_order():
    write(b=SMALL, a=SMALL, deeper__c=SMALL)
    out, err = check(".")
    found = rows(out)
    assert list(found) == ["a.scenario.yaml", "b.scenario.yaml", "deeper/c.scenario.yaml"]
    assert all(row[:6] == ["✓", "pass", "2", "0", "0", "1"] for row in found.values())
    assert len({row[6] for row in found.values()}) == 1, "the same scenario has the same digest wherever it lies"
    assert out.endswith("3 scenarios: 3 pass\n")
    assert err == ""


def test_check_and_run_agree_on_the_digest_and_check_writes_nothing():
    write(a=SMALL)
    digest = rows(check("a.scenario.yaml")[0])["a.scenario.yaml"][6]
    assert sorted(path.name for path in Path().iterdir()) == ["a.scenario.yaml"]
    CliRunner().invoke(georep, ["run", "a.scenario.yaml", "--out", "r", "--no-charts"])
    assert json.loads(Path("r/summary.json").read_text())["digest"] == digest


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        ({"a": SMALL}, 0),
        ({"a": SMALL, "b": SOFT}, 0),
        ({"a": SMALL, "b": UNKNOWN}, 3),
        ({"a": UNKNOWN, "b": SHORT}, 1),
        ({"a": UNKNOWN, "b": SHORT, "c": "version: 1\n"}, 2),
        ({"a": SMALL, "c": ""}, 2),
    ],
)
def test_the_exit_status_is_the_worst_2_before_1_before_3(texts, status):
    write(**texts)
    check(".", status=status)


def test_what_does_not_hold_is_below_its_row_with_what_was_measured():
    write(a=SHORT, b=UNKNOWN, c=SOFT)
    out, _ = check(".", status=1)
    assert rows(out)["a.scenario.yaml"][:6] == ["✗", "fell", "short", "1", "1", "0"]
    assert rows(out)["b.scenario.yaml"][:5] == ["?", "unknown", "1", "0", "1"]
    assert rows(out)["c.scenario.yaml"][:5] == ["✓", "pass", "1", "1", "0"]
    below = [line for line in out.splitlines() if line.startswith("    ")]
    assert len(below) == 3
    assert "p99(lag{to=there}) < 1 s" in below[0]
    assert "measured" in below[0]
    assert "unknown: " in below[1]
    assert out.endswith("3 scenarios: 1 pass, 1 fell short, 1 unknown\n")


def test_bad_scenarios_are_reported_with_all_faults_and_the_others_run():
    write(good=SMALL, bad=changed("20 /s", "20", "1 GiB", "1 Gib"), worse="")
    out, err = check(".", status=2)
    assert "bad.scenario.yaml:9" in err
    assert "bad.scenario.yaml:11" in err, "all faults at once"
    assert "worse.scenario.yaml" in err
    assert rows(out)["good.scenario.yaml"][:2] == ["✓", "pass"]
    assert rows(out)["bad.scenario.yaml"] == ["✗", "bad", "input"]
    assert out.endswith("3 scenarios: 1 pass, 2 bad input\n")


def test_machines_read_a_line_for_each_scenario():
    write(a=SMALL, b=SHORT, c="")
    out, _ = check(".", "--json", status=2)
    a, b, c = (json.loads(line) for line in out.splitlines())
    assert [check["outcome"] for check in a["checks"]] == ["pass", "pass"]
    assert [check["outcome"] for check in b["checks"]] == ["fail", "pass"]
    assert a["lag_seconds.there.p99"] > 0
    assert c["source"] == "c.scenario.yaml"
    assert "empty" in c["bad_input"]


def test_any_number_of_workers_prints_the_same():
    write(a=SMALL, b=changed("seed: 1", "seed: 1, replications: 3"), c=SHORT)
    one, _ = check(".", status=1)
    many, _ = check(".", workers=3, status=1)
    assert one == many
    assert rows(one)["b.scenario.yaml"][5] == "3"


def test_an_expectation_that_one_replication_misses_is_missed():
    """One seed of these has at least as many writes as the others; the limit lies below it."""
    write(a=changed("seed: 1", "seed: 1, replications: 3"))
    CliRunner().invoke(georep, ["run", "a.scenario.yaml", "--out", "r", "--no-charts"])
    summary = json.loads(Path("r/summary.json").read_text())
    least, most = summary["written_writes.across_min"], summary["written_writes.across_max"]
    assert least < most, "this test is about runs that differ"
    write(b=changed("seed: 1", "seed: 1, replications: 3", "count(full_copy) == 0", f"written_writes < {most}"))
    assert "written_writes" in check("b.scenario.yaml", status=1)[0]


def test_a_broken_law_is_reported_once_with_its_command(monkeypatch):
    from sim.world.errors import ModelBroken

    def broken(*_, **__):
        raise ModelBroken("SomeLaw", "it fell", 5, 1, 0)

    write(a=SMALL)
    monkeypatch.setattr("sim.simulation.simulate", broken)
    out, err = check(".", status=1)
    assert "law SomeLaw broken" in err
    assert "georep run a.scenario.yaml --seed 1 --replication 0 --check full" in err
    assert rows(out)["a.scenario.yaml"][:3] == ["✗", "fell", "short"]


def test_files_are_found_once_sorted_and_not_in_hidden_folders(tmp_path):
    write(b=SMALL, a=SMALL, deeper__c=SMALL)
    Path(".git").mkdir()
    Path(".git/x.scenario.yaml").write_text(SMALL)
    Path("note.yaml").write_text("")
    Path("loop").symlink_to(".")
    found = scenario_files([Path("deeper"), Path(), Path("deeper/c.scenario.yaml")])
    assert [str(file) for file in found] == ["a.scenario.yaml", "b.scenario.yaml", "deeper/c.scenario.yaml"]


def test_a_file_is_taken_whatever_its_name():
    Path("x.yaml").write_text(SMALL)
    assert scenario_files([Path("x.yaml")]) == [Path("x.yaml")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_named():
    Path("closed").mkdir(mode=0)
    with pytest.raises(BadInput, match="closed: permission denied"):
        scenario_files([Path()])
