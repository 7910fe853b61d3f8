"""Layers: a base, the file, and --set; each value keeps its origin."""

import pytest

from sim.scenario import first_scenario, load, load_text, resolve_text
from sim.scenario.errors import ScenarioError
from sim.scenario.layers import MAX_EXTENDS

BASE = first_scenario()


def setting(*sets):
    return load_text(BASE, sets=sets)


def refusal(*sets):
    with pytest.raises(ScenarioError) as caught:
        setting(*sets)
    return str(caught.value)


def test_set_replaces_values_and_the_last_one_wins():
    scenario = setting("run.seed=3", "links.iberia.bandwidth=50 Mbit/s", "run.seed=4")
    assert scenario.run.seed == 4
    assert scenario.links["iberia"].bandwidth == 50_000_000


def test_set_merges_maps_and_replaces_lists():
    scenario = setting("run={seed: 5, replications: 2}", "expect=[count(cut) > 0]", "tags=[a, b]")
    assert (scenario.run.seed, scenario.run.replications, scenario.run.until) == (5, 2, 4 * 3600 * 10**9)
    assert [check.text for check in scenario.expect] == ["count(cut) > 0"]
    assert scenario.tags == ("a", "b")


def test_set_reaches_into_lists_and_makes_maps_on_the_way():
    scenario = setting("timeline[0].at=2 h", "sites.madrid.disk.read=1 GB/s", "expect[1]=count(cut) == 25")
    assert scenario.timeline[0].at == 2 * 3600 * 10**9
    assert scenario.sites["madrid"].disk.read == 10**9
    assert scenario.expect[1].text == "count(cut) == 25"


def test_set_can_add_things_and_take_back_what_may_be_absent():
    scenario = setting("sites.porto={}", "links.west={between: [madrid, porto], bandwidth: unlimited}",
                       "replication.home-mirror.secondaries.porto={}", "replication.home-mirror.poll=null")  # fmt: skip
    assert list(scenario.replication["home-mirror"].secondaries) == ["lisbon", "porto"]
    assert scenario.links["west"].bandwidth == 0


def test_null_removes_a_key_so_that_its_default_holds_again():
    scenario = setting(
        "run.seed=null", "replication.home-mirror.timeout=~", "volumes.home.workload.office.locality=null"
    )
    assert (scenario.run.seed, scenario.replication["home-mirror"].timeout) == (0, 600 * 10**9)
    assert scenario.volumes["home"].workload["office"].over is None
    assert scenario.origins()["run.seed"] == "default"
    assert scenario.notes == ()


def test_null_in_a_map_removes_one_of_its_names():
    porto = ["sites.porto={}", "links.west={between: [madrid, porto], bandwidth: unlimited}"]
    scenario = setting(*porto, "replication.home-mirror.secondaries={porto: {}, lisbon: null}", "expect=null")
    assert list(scenario.replication["home-mirror"].secondaries) == ["porto"]


def test_null_takes_away_what_is_needed_and_that_is_said():
    assert "run: key 'until' is missing" in refusal("run.until=null")
    assert "replication.home-mirror.secondaries: at least one is needed" in refusal(
        "replication.home-mirror.secondaries.lisbon=null"
    )


@pytest.mark.parametrize(
    "text",
    [
        "replication.home-mirror.secondaries={}",
        "replication.home-mirror={secondaries: {lisbon: {}}}",
        "run.seed=1",
        "replication.home-mirror.poll=null",
        "run.sede=null",
    ],
)
def test_a_setting_that_changes_nothing_is_noted(text):
    assert setting("run.until=3 h").notes == ()
    assert setting("run.until=3 h", text).notes == (
        f"--set {text} changes nothing: maps merge, path=null removes a key",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run.seed", "--set:1:1: expected path=value on one line (e.g. run.seed=7)"),
        ("=7", "--set:1:1: expected path=value on one line"),
        ("run..seed=7", "--set:1:1: expected path=value on one line"),
        ("run.=7", "--set:1:1: expected path=value on one line"),
        ("run.seed=7\nname=x", "--set:1:1: expected path=value on one line"),
        ("run.sede=7", "--set:1:1: run.sede: unknown key 'sede' (did you mean 'seed'?)"),
        ("run.seed=", "--set:1:10: run.seed: value missing"),
        ("run.until=5m", "--set:1:11: run.until: 'm': minute or metre or milli? (write 5 min / 5 ms)"),
        ("links.iberai.bandwidth=1 Mbit/s", "no 'iberai' in links (did you mean 'iberia'?)"),
        ("expect[9]=count(cut) > 0", "'expect' has 2 entries; there is no [9] (they count from 0)"),
        ("run[0]=1", "'run' is not a list"),
        ("name.first=x", "'name' is not a map"),
        ("extends=base.yaml", "'extends' belongs at the top of a file (it cannot be set)"),
        ("tags=[a", "--set:1:8: file ends inside a list opened at 1:6"),
        ("name=*a", "no anchor 'a'"),
        ("volumes.home.workload.office.locality=unifrom", "did you mean 'uniform'?"),
        ("sites.madrid.disk.read=10\u00a0MB/s", "invisible character U+00A0"),
    ],
)
def test_what_is_wrong_with_a_setting_points_into_it(text, message):
    said = refusal(text)
    assert message in said
    assert text.splitlines()[0].replace("\u00a0", "<U+00A0>") in said, "the setting is shown"


def test_several_bad_settings_are_reported_together_each_with_its_number():
    said = refusal("run.seed=x", "run.until=1 h", "nmae=y")
    assert "--set:1:10: run.seed" in said
    assert "--set:3:1: nmae: unknown key 'nmae' (did you mean 'name'?)" in said


def test_faults_of_the_file_come_before_those_of_settings():
    with pytest.raises(ScenarioError) as caught:
        load_text(BASE.replace("until: 4 h", "until: 4m"), name="f", sets=["run.seed=x"])
    assert [fault.file for fault in caught.value.faults] == ["f", "--set"]


def files(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def test_a_file_is_laid_over_what_it_extends(tmp_path):
    files(tmp_path, base=BASE, middle="extends: base.yaml\nrun: {seed: 2}\nexpect: [count(cut) > 0]\n",
          top="extends: middle.yaml\nname: top\nlinks: {iberia: {rtt: 20 ms}}\n")  # fmt: skip
    scenario = load(tmp_path / "top.yaml", ["run.replications=2"])
    assert (scenario.name, scenario.run.seed, scenario.run.replications) == ("top", 2, 2)
    assert (scenario.links["iberia"].rtt, scenario.links["iberia"].bandwidth) == (20 * 10**6, 200 * 10**6)
    assert len(scenario.expect) == 1, "lists replace"
    origins = scenario.origins()
    assert origins["name"] == "top.yaml:2"
    assert origins["run.seed"] == "middle.yaml:2 (extends)"
    assert origins["links.iberia.bandwidth"].startswith("base.yaml:")
    assert origins["run.replications"] == "--set"
    assert origins["replication.home-mirror.retries"] == "default"


def test_null_in_a_file_removes_what_its_base_says_and_an_empty_value_was_forgotten(tmp_path):
    files(tmp_path, base=BASE, top="extends: base.yaml\ntimeline: null\nvolumes: {home: {in_use: ~}}\n",
          forgotten="extends: base.yaml\nrun:\n  seed:\n", last="extends: base.yaml\nsites: {lisbon: Null}\n",
          nothing="extends: base.yaml\nsites: {porto: null}\n")  # fmt: skip
    scenario = load(tmp_path / "top.yaml")
    assert (scenario.timeline, scenario.volumes["home"].in_use) == ((), 1)
    assert scenario.origins()["volumes.home.in_use"] == "default"
    for name, message in {
        "forgotten": r"forgotten\.yaml:3:8: run\.seed: value missing",
        "last": r"base\.yaml:\d+:\d+: links\.iberia\.between\[1\]: no site 'lisbon'",
        "nothing": r"nothing\.yaml:2:16: sites\.porto: value missing",
    }.items():
        with pytest.raises(ScenarioError, match=message):
            load(tmp_path / f"{name}.yaml")


def test_a_mark_that_nobody_wrote_says_to_what_it_was_lowered():
    bare = "replication.home-mirror.high_water_mark=null"
    mirror = "replication.home-mirror"
    cases = {
        (): (600 * 10**6, "default"),
        (f"{mirror}.save_volume.size=64 MiB",): (64 * 2**20, "default, lowered to the save volume"),
        (f"{mirror}.secondaries.lisbon.save_volume.size=64 MiB",): (
            64 * 2**20, "default, lowered to the save volume of lisbon"
        ),
        ("volumes.home.size=64 MiB", "volumes.home.workload.office.locality=null"): (
            64 * 2**20, "default, lowered to the volume"
        ),
    }  # fmt: skip
    for sets, (size, origin) in cases.items():
        scenario = setting(bare, *sets)
        assert scenario.replication["home-mirror"].high_water_mark == size
        assert scenario.origins()[f"{mirror}.high_water_mark"] == origin
        line = next(line for line in resolve_text(scenario).splitlines() if line.startswith("    high_water_mark:"))
        assert line.endswith(f"# {origin}")
        assert scenario.notes == ()


def test_a_tiny_mark_that_nobody_wrote_is_noted():
    bare, size = "replication.home-mirror.high_water_mark=null", "replication.home-mirror.save_volume.size"
    assert setting(bare, f"{size}=512 KiB").notes == ()
    assert setting(bare, f"{size}=511 KiB").notes == (
        "nobody wrote replication.home-mirror.high_water_mark; the default, lowered to the save volume, is 511 KiB: "
        "a delta set is cut for every 63 blocks written",
    )
    assert setting(bare, f"{size}=8 KiB").notes[0].endswith("is 8 KiB: a delta set is cut for every block written")
    assert setting("replication.home-mirror.high_water_mark=8 KiB", f"{size}=8 KiB").notes == ()


def test_paths_in_a_base_are_relative_to_the_base(tmp_path):
    (tmp_path / "bases").mkdir()
    (tmp_path / "bases" / "day.csv").write_text("time,factor\n0,1\n")
    text = BASE.replace("writes: 300 /s\n", "writes: 300 /s\n        profile: {file: day.csv}\n")
    files(tmp_path / "bases", base=text)
    files(tmp_path, top="extends: bases/base.yaml\n")
    scenario = load(tmp_path / "top.yaml")
    assert scenario.volumes["home"].workload["office"].profile.file == "bases/day.csv"
    assert scenario.base_dir == tmp_path


def test_faults_in_a_base_name_the_base_and_those_of_the_file_come_first(tmp_path):
    files(tmp_path, base=BASE.replace("until: 4 h", "until: 4m"), top="extends: base.yaml\nnmae: x\n")
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "top.yaml")
    assert [fault.file for fault in caught.value.faults] == [str(tmp_path / "top.yaml"), str(tmp_path / "base.yaml")]


def test_circles_and_towers_of_bases_end(tmp_path):
    files(tmp_path, a="extends: b.yaml\n", b="extends: ./a.yaml\n")
    with pytest.raises(ScenarioError, match=r"b\.yaml:1:10: extends: './a.yaml' extends itself"):
        load(tmp_path / "a.yaml")
    files(tmp_path, **{f"t{i}": f"extends: t{i + 1}.yaml\n" for i in range(MAX_EXTENDS + 2)})
    with pytest.raises(ScenarioError, match="more than 8 files extend one another"):
        load(tmp_path / "t0.yaml")


def test_a_base_that_is_no_file_is_reported_where_it_is_named(tmp_path):
    files(tmp_path, empty="", a="extends: empty.yaml\n", b="extends: .\n", c="extends: /dev/zero\n", d="extends: 7\n")
    said = {"a": "scenario is empty", "b": "is a folder, not a file", "c": "is a device", "d": "expected the path"}
    for name, words in said.items():
        with pytest.raises(ScenarioError, match=rf"{name}\.yaml:1:10: extends: .*{words}"):
            load(tmp_path / f"{name}.yaml")


def test_standard_input_is_a_dash(tmp_path):
    import subprocess
    import sys

    code = "import sim.scenario as s; x = s.load('-'); print(x.name, x.source)"
    done = subprocess.run([sys.executable, "-c", code], input=BASE.encode(), capture_output=True, check=True)
    assert done.stdout == b"first <stdin>\n"
