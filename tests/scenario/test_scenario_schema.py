"""The model: values in base units, defaults, all forms of a workload, and parts that must fit together."""

import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError

from sim.scenario import first_scenario, load, load_text, resolve_text
from sim.scenario import schema as s
from sim.scenario.errors import BadInput, ScenarioError

SCENARIOS = Path(__file__).parents[2] / "scenarios"
S, H = 10**9, 3600 * 10**9


def first(*sets):
    return load_text(first_scenario(), sets=sets)


def office(text):
    """The workload of the first scenario, replaced."""
    lines = first_scenario().splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == "office:")
    return load_text("\n".join([*lines[:at], f"      office: {text}", *lines[at + 3 :]]), base_dir=SCENARIOS)


def workload(text):
    return office(text).volumes["home"].workload["office"]


def refusal(action):
    with pytest.raises(ScenarioError) as caught:
        action()
    return str(caught.value)


def test_values_are_integers_of_base_units():
    scenario = first()
    assert scenario.run.until == 4 * H
    assert scenario.links["iberia"].bandwidth == 200_000_000
    assert scenario.links["iberia"].rtt == 12_000_000
    home = scenario.volumes["home"]
    assert (home.size, home.block, home.in_use) == (64 * 2**30, 8192, Fraction(3, 5))
    assert scenario.replication["home-mirror"].high_water_mark == 600 * 2**20


def test_defaults():
    scenario = first()
    group = scenario.replication["home-mirror"]
    assert scenario.sites["madrid"].disk == s.Disk(read=400 * 10**6, write=300 * 10**6)
    assert (group.timeout, group.chunk, group.retries, group.poll, group.empty_sets) == (
        600 * S,
        2**20,
        5,
        None,
        "send",
    )
    assert group.secondaries["lisbon"] == s.Secondary()
    assert group.site_of("lisbon") == "lisbon"
    assert scenario.volumes["home"].snapshot_store == s.SnapshotStore(size=None, on_full="invalidate")
    assert s.Replication.model_fields["high_water_mark"].default == 600 * 10**6


def test_an_unlimited_link_has_bandwidth_zero():
    assert first("links.iberia.bandwidth=unlimited").links["iberia"].bandwidth == 0


@pytest.mark.parametrize(
    ("text", "locality"),
    [
        ("uniform", s.Uniform()),
        ("{uniform: true}", s.Uniform()),
        ("sequential", s.Sequential()),
        ("{zipf: 1.1}", s.Zipf(exponent=1.1)),
        ("{hot: {space: 10 %, writes: 90 %}}", s.Hot(space=Fraction(1, 10), writes=Fraction(9, 10))),
    ],
)
def test_localities(text, locality):
    assert workload(f"{{writes: 300 /s, locality: {text}}}").locality == locality


def test_over_and_at_may_stand_in_the_locality_or_beside_it():
    inside = workload("{writes: 300 /s, locality: {zipf: 1.1, over: 1 GiB, at: 2 GiB}}")
    beside = workload("{writes: 300 /s, locality: {zipf: 1.1}, over: 1 GiB, at: 2 GiB}")
    assert inside == beside
    assert (inside.over, inside.start) == (2**30, 2**31)
    twice = "{writes: 300 /s, locality: {zipf: 1.1, over: 1 GiB}, over: 2 GiB}"
    assert "given both here and in the locality" in refusal(lambda: workload(twice))


@pytest.mark.parametrize(
    ("text", "distribution"),
    [
        ("36 h", s.Constant(value=36 * H)),
        ("{exponential: 36 h}", s.Exponential(mean=36 * H)),
        ("{lognormal: {median: 20 s, p95: 4 min}}", s.Lognormal(median=20 * S, p95=240 * S)),
        ("{uniform: [1 s, 5 s]}", s.UniformRange(low=S, high=5 * S)),
        ("{weibull: {shape: 1.5, scale: 20 h}}", s.Weibull(shape=1.5, scale=20 * H)),
        ("{choice: {1 s: 70 %, 5 s: 30 %}}",
         s.Choice(values=(S, 5 * S), shares=(Fraction(7, 10), Fraction(3, 10)))),
    ],
)  # fmt: skip
def test_durations_may_be_distributions(text, distribution):
    bursts = workload(f"{{writes: 300 /s, bursts: {{every: {text}, for: 1 s, factor: 10}}}}").bursts
    assert bursts == s.Bursts(every=distribution, duration=s.Constant(value=S), factor=Fraction(10))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{exponential: 0}", "bursts.every.exponential: must be > 0"),
        ("{lognormal: {median: 4 min, p95: 20 s}}", "bursts.every.lognormal: p95 must be greater than the median"),
        ("{lognormal: {median: 4m, p95: 20 s}}", "bursts.every.lognormal.median: 'm': minute"),
        ("{lognormal: 20 s}", "bursts.every.lognormal: expected a map of median, p95"),
        ("{uniform: [1 s]}", "bursts.every.uniform: expected two durations"),
        ("{uniform: [1 s, 5m]}", "bursts.every.uniform: 'm': minute"),
        ("{weibull: {shape: 0.001, scale: 1 h}}", "bursts.every.weibull.shape: must be between 0.1 and 100"),
        ("{choice: {1 s: 70 %}}", "bursts.every.choice: the shares add up to 70 %, not 100 %"),
        ("{choice: {1 s: 0.7}}", "bursts.every.choice.1 s: unit missing"),
        ("{choice: {1m: 100 %}}", "bursts.every.choice.1m: 'm': minute"),
        ("{choice: {1 s: [a]}}", "bursts.every.choice.1 s: expected a share"),
        ("{choice: {}}", "bursts.every.choice: expected a map such as"),
        ("{exponential: 1 h, mean: 2 h}", "bursts.every.mean: unknown key 'mean' beside 'exponential'"),
        ("{normal: 1 h}", "bursts.every: a distribution needs exactly one of exponential"),
        ("[1 s]", "bursts.every: a distribution needs exactly one of exponential"),
        ("1 ns", "bursts.every: 1 ns comes"),
    ],
)
def test_distributions_that_cannot_be(text, message):
    action = lambda: workload(f"{{writes: 300 /s, bursts: {{every: {text}, for: 1 s, factor: 10}}}}")  # noqa: E731
    assert message in refusal(action)


def test_a_trace_with_all_its_options():
    text = (
        "{trace: traces/sample.msr.csv, format: csv, repeat: loop, time_scale: 0.5, size_scale: 2, at: 1 GiB, "
        "over: 4 GiB, wrap: true, columns: {time: t, op: o, offset: f, length: l, time_unit: filetime, "
        "offset_unit: sectors, writes: [Write]}}"
    )
    trace = workload(text)
    assert isinstance(trace, s.TraceReplay)
    assert (trace.time_scale, trace.size_scale, trace.start, trace.over) == (Fraction(1, 2), Fraction(2), 2**30, 2**32)
    assert (trace.columns.offset_unit, trace.columns.length_unit, trace.columns.writes) == ("sectors", "B", ("Write",))
    assert (trace.wrap, trace.repeat, trace.event, trace.wait_unit, trace.device) == (True, "loop", "Q", None, None)


def test_churn():
    churn = workload("{churn: 10 /min, extent: 1 MiB, over: 1 GiB}")
    assert churn == s.Churn(churn=Fraction(1, 6), extent=2**20, over=2**30)


def test_timeline_entries_get_absolute_times_and_sole_names():
    first_entry, *rest = first(
        "timeline=[{at: later + 5 min, kind: stop}, {at: 1 h, id: soon, kind: cut-now}, {at: soon + 1 h, id: later, "
        "kind: snapshot}, {at: later, kind: set-policy, timeout: 1 min, secondary: lisbon}, "
        "{at: 4 h, kind: reboot, site: lisbon, for: 90 s}]"
    ).timeline
    assert first_entry.at == 2 * H + 300 * S
    assert [int(entry.at) for entry in rest] == [H, 2 * H, 2 * H, 4 * H]
    assert first_entry.replication == "home-mirror"
    assert rest[1].volume == "home"
    assert rest[2].timeout == 60 * S
    assert rest[3].duration == s.Constant(value=90 * S)


def test_row_57_exactly_at_the_end_still_happens():
    assert first("timeline=[{at: 4 h, kind: cut-now}]").timeline[0].at == 4 * H
    assert "never happens: the end is 4 h" in refusal(lambda: first("timeline=[{at: 4 h 1 ns, kind: cut-now}]"))


def test_case_13_a_timeout_longer_than_the_run_is_fine_and_zero_is_not():
    assert first("replication.home-mirror.timeout=1 w").replication["home-mirror"].timeout == 7 * 24 * H
    assert "must be > 0" in refusal(lambda: first("replication.home-mirror.timeout=0"))
    assert "must be > 0" in refusal(lambda: first("replication.home-mirror.high_water_mark=0"))
    over = refusal(lambda: first("replication.home-mirror.high_water_mark=100 GiB"))
    assert "high_water_mark 100 GiB > volume 64 GiB" in over
    assert "high_water_mark 100 GiB > save volume 20 GiB" in over


def test_row_60_boundaries_hold_with_equality():
    group = first("replication.home-mirror.high_water_mark=20 GiB").replication["home-mirror"]
    assert group.high_water_mark == group.save_volume.size
    assert first("replication.home-mirror.chunk=8 KiB", "replication.home-mirror.high_water_mark=8 KiB")
    assert "high_water_mark 8191 B < one block" in refusal(
        lambda: first("replication.home-mirror.high_water_mark=8191 B")
    )
    assert "chunk 8191 B < one block" in refusal(lambda: first("replication.home-mirror.chunk=8191 B"))


def test_a_high_water_mark_that_nobody_wrote_fits_where_it_has_to():
    text = first_scenario().replace("    high_water_mark: 600 MiB", "    # nothing")
    small = load_text(text, sets=["replication.home-mirror.save_volume.size=100 MiB"])
    assert small.replication["home-mirror"].high_water_mark == 100 * 2**20
    assert small.origins()["replication.home-mirror.high_water_mark"] == "default, lowered to the save volume"
    secondary = load_text(text, sets=["replication.home-mirror.secondaries.lisbon.save_volume.size=10 MiB"])
    assert secondary.replication["home-mirror"].high_water_mark == 10 * 2**20
    assert load_text(text).replication["home-mirror"].high_water_mark == 600 * 10**6


def test_a_local_copy_needs_no_link():
    scenario = first("replication.home-mirror.secondaries.local={site: madrid}")
    assert scenario.replication["home-mirror"].site_of("local") == "madrid"


def test_names_of_any_script_are_fine_and_references_find_them():
    text = first_scenario().replace("lisbon", "Łódź").replace("iberia", "線")
    assert list(load_text(text).links) == ["線"]


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.scenario.yaml")), ids=lambda path: path.name)
def test_the_scenarios_that_ship_are_right_and_resolve_to_themselves(path):
    scenario = load(path)
    again = load_text(resolve_text(scenario), base_dir=SCENARIOS)
    assert again.model_dump() == scenario.model_dump()


def test_a_resolved_scenario_has_every_default_and_says_where_each_value_is_from():
    scenario = first("run.seed=9")
    text = resolve_text(scenario)
    lines = {line.split("  #")[0].strip(): line.rsplit("# ", 1)[-1] for line in text.splitlines() if "  #" in line}
    assert lines["seed: 9"] == "--set"
    assert lines["retries: 5"] == "default"
    assert lines["until: 4 h"] == "<text>:7"
    assert lines["over: 8 GiB"] == "<text>:25", "written in the locality"
    assert set(scenario.origins().values()) > {"default", "--set"}
    assert load_text(text).model_dump() == scenario.model_dump()


def test_a_resolved_text_survives_awkward_texts():
    awkward = [
        "true",
        "7",
        "null",
        "- x",
        "a: b",
        "a #b",
        "#x",
        "*x",
        "'q'",
        '"',
        "",
        "line\nbreak",
        "ünï",
        "{x}",
        "x:",
    ]
    for text in awkward:
        data = first().model_copy(update={"description": text})
        assert load_text(resolve_text(data)).description == text


def test_a_scenario_cannot_be_changed_and_can_be_sent_to_a_worker():
    scenario = first("run.seed=9")
    with pytest.raises(ValidationError):
        scenario.run.seed = 1
    sent = pickle.loads(pickle.dumps(scenario))
    assert sent == scenario
    assert (sent.source, sent.origins()) == (scenario.source, scenario.origins())


def test_python_builders_give_values_in_base_units_or_as_text():
    by_value = s.Volume(size=2**30, workload={"w": s.RandomWrites(writes=Fraction(300), locality=s.Zipf(exponent=1.1))})
    by_text = s.Volume(size="1 GiB", workload={"w": {"writes": "300 /s", "locality": {"zipf": "1.1"}}})
    assert by_value == by_text
    with pytest.raises(ValidationError):
        s.Volume(size=0)
    with pytest.raises(ValidationError):
        s.Volume(size=2**30, colour="red")
    with pytest.raises(ValidationError):
        s.Volume(size=True)


def test_m12_the_order_of_maps_in_the_file_does_not_matter_to_equality_of_parts():
    swapped = first_scenario().replace("  madrid: {}", "  @").replace("  lisbon: {}\n\n", "  madrid: {}\n\n", 1)
    assert load_text(swapped.replace("  @", "  lisbon: {}", 1)).sites == first().sites


def imported_by(module, *heavy):
    code = f"import {module}, sys; print([m for m in {heavy!r} if m in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_messages_can_be_made_without_pydantic_or_numpy():
    assert imported_by("sim.scenario.errors", "pydantic", "numpy", "yaml") == "[]\n"


def test_a_scenario_is_read_without_tables_and_charts():
    assert imported_by("sim.scenario.loading", "pandas", "matplotlib", "pyarrow", "simpy", "numpy") == "[]\n"


def test_everything_bad_is_bad_input():
    assert issubclass(ScenarioError, BadInput)
