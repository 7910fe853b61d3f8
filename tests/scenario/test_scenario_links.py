"""Links: both ways settled, what depends on the kind filled in, and notes on what changes nothing."""

from fractions import Fraction
from pathlib import Path

import pytest

from sim.scenario import first_scenario, load, load_text, resolve_text
from sim.scenario import schema as s
from sim.scenario.errors import ScenarioError

MS, S, H = 10**6, 10**9, 3600 * 10**9


def link(text, **options):
    """The link of the first scenario, with this beside its ends and 200 Mbit/s."""
    return scenario(text, **options).links["iberia"]


def scenario(text, **options):
    more = f", {text}" if text else ""
    return whole(f"bandwidth: 200 Mbit/s{more}", **options)


def whole(text, **options):
    line = "  iberia: {between: [madrid, lisbon], bandwidth: 200 Mbit/s, rtt: 12 ms}"
    assert line in first_scenario()
    return load_text(
        first_scenario().replace(line, f"  iberia: {{between: [madrid, lisbon], rtt: 12 ms, {text}}}"), **options
    )


def test_a_link_that_says_nothing_is_a_wide_area_line_with_cubic_and_the_same_both_ways():
    there, back = link("").direction(0), link("").direction(1)
    assert (there.source, there.destination, back.source, back.destination) == ("madrid", "lisbon", "lisbon", "madrid")
    for way in (there, back):
        assert (way.kind, way.congestion, way.chunk_header) == ("wan", "cubic", 1024)
        assert (way.bandwidth, way.rtt, way.jitter, way.window) == (200 * 10**6, 12 * MS, 0, None)
        assert (way.loss, way.corrupt, way.duplicate, way.reorder) == (0, 0, 0, 0)
        assert (way.queue_bdp, way.compression, way.throttles, way.profile, way.factor) == (1, 1, (), None, None)


def test_every_value_of_a_link_arrives_in_base_units():
    way = link(
        "loss: 0.01 %, jitter: 2 ms, congestion: reno, queue_bdp: 0.25, window: 64 KiB, compression: 1.5, "
        "chunk_header: 100 B, corrupt: 1 %, duplicate: 2 %, reorder: 3 %, "
        "throttle: {rate: 20 Mbit/s, burst: 1 MiB, from: 8 h, until: 18 h, every: 24 h}"
    ).direction(0)
    assert (way.loss, way.jitter, way.congestion, way.queue_bdp) == (Fraction(1, 10**4), 2 * MS, "reno", Fraction(1, 4))
    assert (way.window, way.compression, way.chunk_header) == (65536, Fraction(3, 2), 100)
    assert (way.corrupt, way.duplicate, way.reorder) == (Fraction(1, 100), Fraction(2, 100), Fraction(3, 100))
    assert way.throttles == (s.Throttle(rate=20 * 10**6, burst=2**20, begins=8 * H, until=18 * H, every=24 * H),)


@pytest.mark.parametrize(
    ("text", "congestion", "header"),
    [
        ("kind: wan", "cubic", 1024),
        ("kind: lan", "ideal", 0),
        ("congestion: ideal", "ideal", 0),
        ("kind: lan, congestion: ideal, chunk_header: 64 B", "ideal", 64),
        ("congestion: reno, chunk_header: 0", "reno", 0),
    ],
)
def test_congestion_control_and_header_follow_from_the_kind_unless_they_are_written(text, congestion, header):
    loaded = link(text)
    assert (loaded.direction(0).congestion, loaded.direction(1).chunk_header) == (congestion, header)
    assert (loaded.congestion, loaded.chunk_header) == (congestion, header), "a loaded scenario has them filled in"


def test_a_link_made_in_python_is_settled_too():
    made = s.Link(between=("a", "b"), bandwidth=0, kind="lan")
    assert (made.congestion, made.congestion_control, made.direction(0).chunk_header) == (None, "ideal", 0)


def test_back_says_what_is_different_on_the_way_back():
    both = link(
        "loss: 1 %, throttle: {rate: 1 Mbit/s}, back: {bandwidth: 10 Mbit/s, loss: 0, window: 8 KiB, throttle: []}"
    )
    there, back = both.direction(0), both.direction_from("lisbon")
    assert (there.bandwidth, there.loss, there.window, len(there.throttles)) == (200 * 10**6, Fraction(1, 100), None, 1)
    assert (back.bandwidth, back.loss, back.window, back.throttles) == (10 * 10**6, 0, 8192, ())
    assert both.other_end("lisbon") == "madrid"


def test_profiles_of_one_way_take_the_place_of_the_bandwidth_of_the_other(tmp_path):
    (tmp_path / "line.csv").write_text("time,bandwidth\n0,100 Mbit/s\n8 h,20 Mbit/s\n")
    (tmp_path / "day.csv").write_text("time,factor\n0,100 %\n8 h,20 %\n")
    profiled = whole("bandwidth_profile: {file: line.csv, loop: 24 h}, back: {bandwidth: 5 Mbit/s}", base_dir=tmp_path)
    there, back = (profiled.links["iberia"].direction(i) for i in (0, 1))
    assert (there.bandwidth, there.profile.loop, back.bandwidth, back.profile) == (0, 24 * H, 5 * 10**6, None)
    turned = link("bandwidth_factor: {file: day.csv}, back: {bandwidth_profile: {file: line.csv}}", base_dir=tmp_path)
    assert (turned.direction(1).bandwidth, turned.direction(1).profile.file) == (0, "line.csv")
    assert turned.direction(1).factor == turned.direction(0).factor == s.BandwidthFactor(file="day.csv")


def test_a_file_that_a_base_scenario_names_is_found_from_where_that_is(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "line.csv").write_text("time,bandwidth\n0,100 Mbit/s\n")
    text = first_scenario().replace(
        "bandwidth: 200 Mbit/s", "bandwidth_profile: {file: line.csv}, back: {bandwidth_factor: {file: day.csv}}"
    )
    (tmp_path / "base" / "day.csv").write_text("time,factor\n0,50 %\n")
    (tmp_path / "base" / "first.scenario.yaml").write_text(text)
    path = tmp_path / "over.scenario.yaml"
    path.write_text("extends: base/first.scenario.yaml\nname: over\n")
    iberia = load(path).links["iberia"]
    assert iberia.bandwidth_profile.file == "base/line.csv"
    assert iberia.back.bandwidth_factor.file == "base/day.csv"


def test_throttles_may_be_one_or_several_and_resolve_to_the_same():
    text = "throttle: [{rate: 20 Mbit/s, from: 22 h, until: 30 h, every: 24 h}, {rate: 100 Mbit/s, burst: 1 MB}]"
    loaded = scenario(text)
    assert len(loaded.links["iberia"].throttle) == 2
    assert load_text(resolve_text(loaded)).links == loaded.links
    assert link("throttle: {rate: 20 Mbit/s}").throttle == (s.Throttle(rate=20 * 10**6),)


def test_a_resolved_link_says_what_was_filled_in():
    lines = [" ".join(line.split()) for line in resolve_text(scenario("kind: lan")).splitlines()]
    assert "congestion: ideal # default" in lines
    assert "chunk_header: 0 B # default" in lines
    assert any(line.startswith('data_movers: ["madrid"] # default') for line in lines)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("congestion: ideal, loss: 1 %",
         "links.iberia.loss changes nothing: congestion: ideal looks at none of loss, queue_bdp, window, reorder"),
        ("kind: lan, back: {window: 64 KiB}",
         "links.iberia.back.window changes nothing: lan looks at none of loss, queue_bdp, window, reorder"),
        ("throttle: [{rate: 1 Gbit/s}, {rate: 1 Mbit/s}], back: {bandwidth: 10 Mbit/s}",
         "links.iberia.throttle changes nothing: 1 Gbit/s >= the bandwidth 200 Mbit/s"),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_noted(text, note):
    assert scenario(text).notes == (note,)


def test_nothing_is_noted_of_a_usual_link():
    assert scenario("loss: 1 %, throttle: {rate: 20 Mbit/s}, kind: wan, window: 1 MiB").notes == ()
    assert scenario("throttle: {rate: 1 Gbit/s}, back: {bandwidth: 2 Gbit/s}").notes == (), "it holds on the way back"


def test_a_resolved_scenario_has_no_notes_that_the_file_had_not():
    loaded = scenario("kind: lan, throttle: {rate: 20 Mbit/s}")
    assert loaded.notes == load_text(resolve_text(loaded)).notes == ()


def test_a_link_without_bandwidth_is_refused_once_and_a_misspelt_one_is_only_misspelt():
    with pytest.raises(ScenarioError) as caught:
        whole("loss: 1 %")
    assert [fault.message for fault in caught.value.faults] == ["key 'bandwidth' is missing"]
    with pytest.raises(ScenarioError) as caught:
        whole("bandwith: 100 Mbit/s")
    assert [fault.message for fault in caught.value.faults] == ["unknown key 'bandwith'"]


def test_what_is_wrong_of_a_throttle_hides_nothing_of_the_others():
    with pytest.raises(ScenarioError) as caught:
        link("throttle: [{rate: 5 Mbps}, {rate: 1 Mbit/s, from: 2 h, until: 1 h}], back: {loss: 1, window: 9 B}")
    paths = [fault.path for fault in caught.value.faults]
    assert paths == [
        "links.iberia.throttle[0].rate", "links.iberia.throttle[1].until", "links.iberia.back.loss",
        "links.iberia.back.window",
    ]  # fmt: skip


def test_the_scenarios_of_before_still_load_and_their_links_are_cubic():
    folder = Path(__file__).parents[2] / "scenarios"
    for name in ("quickstart", "sawtooth", "seeding", "office-week"):
        links = load(folder / f"{name}.scenario.yaml").links.values()
        assert links
        assert {one.congestion for one in links} <= {"cubic", "ideal"}
