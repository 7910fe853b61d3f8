"""georep in Python."""

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.performing.one import Failure, Job
from sim.results.result import Result, across
from sim.scenario import first_scenario, load_text
from sim.scenario.errors import BadInput, ScenarioError
from sim.world.errors import ModelBroken
from tests.cli.small import SMALL, changed

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.scenario.yaml"


@pytest.fixture(scope="module")
def result():
    return sim.run(load_text(SMALL))


@pytest.fixture(scope="module")
def many():
    return sim.run(load_text(SMALL), set={"run.replications": 3}, workers=1)


def test_a_result_has_numbers_verdicts_tables_and_facts(result):
    assert result.summary["delta_sets"] == 6
    assert result.summary["digest"] == result.digest
    assert [verdict.outcome for verdict in result.verdicts] == ["pass", "pass"]
    assert list(result.series.columns) == ["run", "time_ns", "entity", "metric", "value"]
    assert set(result.events.columns) == {"run", "time_ns", "entity", "event", "cause", "detail"}
    assert len(result.runs) == 1
    assert "RunBegan" in [type(fact).__name__ for fact in result.ledger]
    assert result.failures == []


def test_a_file_is_run_by_its_name(tmp_path):
    file = tmp_path / "small.scenario.yaml"
    file.write_text(SMALL)
    for name in (file, str(file)):
        assert sim.run(name).summary["delta_sets"] == 6
    assert sim.load(file).name == "small"


def test_the_same_luck_gives_the_same_digest_and_other_luck_another(result):
    assert sim.run(load_text(SMALL)).digest == result.digest
    assert sim.run(load_text(SMALL), seed=1, checking="full").digest == result.digest, "1 is the scenario's own seed"
    assert sim.run(load_text(SMALL), checking="off").digest == result.digest
    assert sim.run(load_text(SMALL), seed=2).digest != result.digest


@pytest.mark.parametrize("given", [{"run.until": "20 min"}, ["run.until=20 min"], ("run.until=20 min",)])
def test_values_are_laid_over_a_loaded_scenario(given):
    assert sim.run(load_text(SMALL), set=given).summary["delta_sets"] == 2


def test_settings_that_are_one_text_are_a_slip():
    with pytest.raises(TypeError, match="not one text"):
        sim.run(load_text(SMALL), set="run.until=20 min")


def test_a_bad_setting_is_a_scenario_error():
    with pytest.raises(ScenarioError, match="until"):
        sim.run(load_text(SMALL), set={"run.until": "soon"})


def test_progress_goes_to_stderr_only_when_it_is_wanted(capsys):
    sim.run(load_text(SMALL))
    assert capsys.readouterr() == ("", "")


def test_several_replications_are_one_row_each(many):
    assert many.runs["replication"].tolist() == [0, 1, 2]
    assert many.runs["digest"].nunique() == 3
    assert many.summary["replications"] == 3
    means, rows = many.summary["written_bytes"], many.runs["written_bytes"]
    assert means == pytest.approx(rows.mean())
    assert many.summary["written_bytes.across_min"] == rows.min()
    assert many.summary["written_bytes.across_max"] == rows.max()
    assert many.summary["delta_sets"] == 6, "what all agree on stays a whole number"


def test_the_first_replication_is_the_run_without_replications(many, result):
    assert many.outcomes[0].digest == result.digest
    assert many.series.equals(result.series)


def test_any_number_of_workers_gives_the_same_files(tmp_path, many):
    two = sim.run(load_text(SMALL), set={"run.replications": 3}, workers=2)
    one, other = many.save(tmp_path / "one", charts=False), two.save(tmp_path / "two", charts=False)
    assert sorted(file.name for file in one.iterdir()) == sorted(file.name for file in other.iterdir())
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name


SCRIPT = """
import sys
print("script", flush=True)
import sim
result = sim.run(sys.argv[1], set={"run.replications": 3}, workers=2)
print(result.digest, flush=True)
"""


def test_one_run_that_would_have_lost_everything_leaves_no_mean():
    found = across([{"exposure_bytes.now.max": 5.0, "x": 1}, {"exposure_bytes.now.max": None, "x": None}])
    assert [found[f"exposure_bytes.now.max{end}"] for end in ("", ".across_min", ".across_max")] == [None, 5.0, None]
    assert found["x"] == found["x.across_max"] == 1


def test_a_script_needs_no_guard_to_use_many_workers(tmp_path, many):
    (tmp_path / "small.scenario.yaml").write_text(SMALL)
    (tmp_path / "script.py").write_text(SCRIPT)
    words = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "small.scenario.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(Path(sim.__file__).parents[1])}
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (done.stdout, done.stderr) == (f"script\n{many.digest}\n", "")


@pytest.mark.parametrize("cause", [ModelBroken("Law", "fell", 5, 1, 2), BadInput("w.csv:3"), None])
def test_failures_travel_between_processes(cause):
    failure = Failure(2, "broken", "text", cause)
    back = pickle.loads(pickle.dumps(failure))
    assert (back.text, repr(back.cause)) == (failure.text, repr(cause))


def test_scenario_errors_travel_between_processes():
    with pytest.raises(ScenarioError) as caught:
        load_text("version: 2\n")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_result_is_saved_whole(tmp_path, result):
    folder = result.save(tmp_path / "r", charts=False)
    assert {file.name for file in folder.iterdir()} == {
        *("manifest.json", "summary.json", "runs.parquet", "series.parquet", "events.parquet"),
    }
    assert json.loads((folder / "summary.json").read_text()) == result.summary
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["digest"] == result.digest
    assert manifest["seed"] == 1
    assert {"python", "georep", "numpy", "simpy"} <= manifest["versions"].keys()
    assert set(manifest["files"]) == {file.name for file in folder.iterdir()} - {"manifest.json"}


def test_a_saved_scenario_loads_to_the_same_run(tmp_path, result):
    """The manifest holds the scenario as resolved: it is enough to do it all again."""
    manifest = json.loads((result.save(tmp_path / "r", charts=False) / "manifest.json").read_text())
    assert sim.run(load_text(json.dumps(manifest["scenario"]))).digest == result.digest


def test_results_hold_no_wall_clock(tmp_path, result):
    for file in result.save(tmp_path / "r", charts=False).iterdir():
        assert not re.search(rb"20[2-9]\d-\d\d-\d\d", file.read_bytes()), file.name


def test_tables_come_back_from_parquet_as_they_were(tmp_path, result):
    import pandas as pd

    folder = result.save(tmp_path / "r", charts=False)
    for name, table in {"runs": result.runs, "series": result.series, "events": result.events}.items():
        back = pd.read_parquet(folder / f"{name}.parquet")
        pd.testing.assert_frame_equal(back, table, check_dtype=False)


def test_files_that_were_read_are_in_the_manifest_with_their_digests(tmp_path):
    (tmp_path / "w.csv").write_text("t,op,offset,length\n0,W,0,8192\n60,W,8192,8192\n")
    columns = "{time: t, op: op, offset: offset, length: length, time_unit: s}"
    text = changed("writes: 20 /s", f"trace: w.csv, format: csv, columns: {columns}")
    (tmp_path / "s.scenario.yaml").write_text(text)
    inputs = sim.run(tmp_path / "s.scenario.yaml").manifest()["inputs"]
    assert sorted(Path(name).name for name in inputs) == ["s.scenario.yaml", "w.csv"]
    assert all(re.fullmatch("[0-9a-f]{32}", digest) for digest in inputs.values())


def test_a_broken_law_is_ours_and_names_itself(monkeypatch):
    def broken(*_, **__):
        raise ModelBroken("SomeLaw", "it fell", 5, 1, 0)

    monkeypatch.setattr("sim.simulation.simulate", broken)
    with pytest.raises(ModelBroken, match="law SomeLaw broken at 5 ns, seed 1, replication 0: it fell"):
        sim.run(load_text(SMALL))


def test_bad_input_that_shows_while_it_runs_is_the_users(monkeypatch):
    def broken(*_, **__):
        raise BadInput("w.csv:3: not a number")

    monkeypatch.setattr("sim.simulation.simulate", broken)
    with pytest.raises(BadInput, match=r"w\.csv:3"):
        sim.run(load_text(SMALL))


def test_any_other_fault_is_ours(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("sim.simulation.simulate", broken)
    with pytest.raises(RuntimeError, match="ZeroDivisionError: oops"):
        sim.run(load_text(SMALL))


def test_notebooks_see_a_few_escaped_lines(result):
    shown = result._repr_html_()
    assert result.digest in shown
    assert "lag{to=there}) &lt; 20 min" in shown
    assert len(shown) < 2_000
    assert "pass" not in repr(result)
    assert result.digest in repr(result)


def test_a_result_without_runs_has_no_tables():
    nothing = Result(Job(load_text(SMALL)), [Failure(0, "lost", "gone")])
    with pytest.raises(ValueError, match="no run"):
        _ = nothing.series


def test_means_over_runs_know_missing_values():
    found = across([{"a": 1, "b": None, "c": 1.0, "digest": "x"}, {"a": 1, "b": 2, "c": 2.0, "digest": "y"}])
    assert found["a"] == 1
    assert isinstance(found["a"], int)
    assert found["b"] == 2
    assert found["c"] == 1.5
    assert (found["c.across_min"], found["c.across_max"]) == (1.0, 2.0)
    assert across([{"b": None}, {"b": None}])["b"] is None


def test_numbers_of_numpy_are_numbers_in_json():
    from sim.results.wholefile import canonical_json

    assert json.loads(canonical_json({"a": np.int64(3), "b": np.float64(0.5)})) == {"a": 3, "b": 0.5}


def test_the_first_scenario_runs_and_holds():
    assert [verdict.outcome for verdict in sim.run(load_text(first_scenario())).verdicts] == ["pass", "pass"]


def test_commands_may_be_given_beside_a_scenario(tmp_path):
    orders = [
        {"at": "30 min", "id": "fire", "kind": "site-lost", "site": "madrid"},
        {"at": "fire + 5 min", "kind": "failover", "to": "lisbon"},
    ]
    result = sim.run(QUICKSTART, set={"run.until": "1 h"}, commands=orders)
    assert result.summary["rto_seconds"] == 310
    with pytest.raises(ScenarioError, match="no secondary 'lisbom'"):
        sim.run(QUICKSTART, commands=[{**orders[1], "at": "30 min", "to": "lisbom"}])
