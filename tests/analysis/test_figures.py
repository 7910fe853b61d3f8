"""Charts can be drawn of any run, are the same bytes each time, and say what they show and in which unit."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import tables
from analysis.charts.cost import disaster_cost
from analysis.charts.lag import lag_over_time
from analysis.charts.outline import MOST_CORNERS, draw_marks, envelope
from analysis.charts.shading import TROUBLES, gaps, spans
from analysis.figures import draw_all, fullest
from analysis.style import drawing, size_unit, time_unit
from sim.records import ReplicationStopped, SaveVolumeChanged
from sim.summary import Story as Read
from sim.summary import summarise
from tests.summary.ledgers import HandRun, S, Story, said, sawtooth, scenario
from tests.summary.test_summarise import eventful, two_replications


def words(path: Path) -> str:
    """What is written in a chart; matplotlib leaves the text beside its outlines as comments."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", path.read_text(), re.DOTALL))


STORIES = {
    "eventful": eventful(),
    "three sets": sawtooth(900, 300, 3),
    "a thousand sets": sawtooth(900, 300, 1000),
    "two secondaries": Story(until=40, secondaries=("lisbon", "porto")).cut(1, 10).received(1, 12).replayed(1, 13),
    "two replications": two_replications(),
    "never readable": Story(until=40).copy_began(0, cause="initial_copy", why="first_copy"),
    "over in no time": Story(until=0.00005),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_run_can_be_drawn_and_gives_well_formed_svg(name: str, tmp_path: Path) -> None:
    drawn = draw_all(STORIES[name].run(), tmp_path)
    assert {path.name for path in drawn} >= {"lag_over_time.svg", "disaster_cost.svg", "wan_bytes_by_cause.svg"}
    for path in drawn:
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
        assert path.stat().st_size < 300_000


def test_the_same_run_gives_the_same_bytes_whatever_the_users_settings(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    draw_all(eventful().run(), first)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        draw_all(eventful().run(), second)
    assert sorted(path.name for path in first.iterdir()) == sorted(path.name for path in second.iterdir())
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_charts_have_titles_units_and_what_was_the_matter(tmp_path: Path) -> None:
    draw_all(eventful().run(), tmp_path)
    lag = words(tmp_path / "lag_over_time.svg")
    for phrase in (
        "How far behind lisbon was", "lag (s)", "simulated time (s)", "target 20 s", "writes stood still", "max 80 s",
        "a data mover was down", "a copy under way: nothing to serve", "cut", "replayed",
    ):  # fmt: skip
        assert phrase in lag
    fill = words(tmp_path / "save_volume_fill.svg")
    for phrase in ("How full the save volume in madrid was", "used (KiB)", "capacity 3.91 KiB"):
        assert phrase in fill
    wan = words(tmp_path / "wan_bytes_by_cause.svg")
    for phrase in ("so far (MiB)", "delta set: 1.91 MiB", "full copy: 2.86 MiB", "users wrote 2.03 MiB"):
        assert phrase in wan
    cost = words(tmp_path / "disaster_cost.svg")
    for phrase in ("Time that a disaster would cost", "lost (s)", "lost (KiB)", "failover at once"):
        assert phrase in cost


def test_of_many_save_volumes_that_of_the_source_and_the_fullest_are_drawn(tmp_path: Path) -> None:
    offices = tuple(f"office-{number}" for number in range(12))
    story = Story(until=40, secondaries=offices)
    for number, site in enumerate((*offices, "madrid")):
        used = 0 if site == "madrid" else 1 + number
        story.add(SaveVolumeChanged, 10, site=site, used_bytes=used, capacity_bytes=20)
    read = Read(story.run())
    assert fullest(read, summarise(read), 3) == ["madrid", "office-10", "office-11"]
    draw_all(read, tmp_path)
    drawn = words(tmp_path / "save_volume_fill.svg")
    assert "How full the save volume in madrid was" in drawn and "5 more sites are not shown" in drawn


def test_a_run_without_links_or_replication_has_no_chart_of_them(tmp_path: Path) -> None:
    run = Story(until=40).run()
    assert draw_all(HandRun(ledger=run.ledger[:2]), tmp_path) == []


def test_a_copy_is_shaded_where_lag_has_no_value() -> None:
    series = tables.series(eventful().run())
    lag = series[series["metric"] == "lag_seconds"]
    assert gaps(lag, 100 * S) == [(45 * S, 50 * S)]
    assert gaps(lag.iloc[:0], 100 * S) == [(0, 100 * S)]
    late = pd.DataFrame({"time_ns": [5, 9], "value": [1.0, np.nan]})
    assert gaps(late, 20) == [(0, 5), (9, 20)]
    early = pd.DataFrame({"time_ns": [0, 9], "value": [1.0, 2.0]})
    assert gaps(early, 20) == [(9, 20)]


def test_troubles_last_from_their_first_event_to_their_end_or_that_of_the_run() -> None:
    events = pd.DataFrame({
        "time_ns": [1, 3, 5, 7], "entity": ["a", "b", "a", "a"],
        "event": ["node_went_down", "node_went_down", "node_came_up", "node_went_down"],
    })  # fmt: skip
    down = next(trouble for trouble in TROUBLES if trouble.opens == "node_went_down")
    assert list(spans(events, down, 10)) == [(1, 10)], "one span while anything is down"
    assert list(spans(events[events["entity"] == "a"], down, 10)) == [(1, 5), (7, 10)]


def test_stops_of_another_secondary_are_not_shaded() -> None:
    story = Story(until=40, secondaries=("lisbon", "porto"))
    run = story.add(ReplicationStopped, 10, secondary="porto").run()
    series, events = tables.series(run), tables.events(run)
    for secondary, shaded in (("lisbon", 0), ("porto", 1)):
        ax = lag_over_time(series, events, Figure().subplots(), secondary=secondary)
        labels = ax.get_legend_handles_labels()[1]
        assert labels.count("replication stopped") == shaded


def test_a_fine_line_becomes_a_band_from_lowest_to_highest_with_the_true_mean() -> None:
    period = np.array([0.0, 1.0, 1.0])
    times = np.concatenate([period[1:] * 0 + k + np.array([0.0, 1.0]) for k in range(2000)])
    values = np.tile([5.0, 20.0], 2000)
    assert len(times) > MOST_CORNERS
    found = envelope(times, values, columns=100)
    assert found["low"].eq(5).all() and found["high"].eq(20).all()
    assert np.allclose(found["mean"], 12.5)


def test_a_band_has_no_mean_where_the_line_has_no_value() -> None:
    times = np.array([0.0, 40.0, 40.0, 60.0, 100.0])
    values = np.array([1.0, 1.0, np.nan, 3.0, 3.0])
    found = envelope(times, values, columns=10)
    assert found["mean"].isna().tolist() == [False] * 4 + [True] * 2 + [False] * 4
    assert found["mean"].dropna().tolist() == [1.0] * 4 + [3.0] * 4


def test_marks_are_thinned_and_the_legend_says_so() -> None:
    ax = Figure().subplots()
    draw_marks(ax, np.arange(1000.0), np.zeros(1000), "o", "k", "cut", most=90)
    draw_marks(ax, np.arange(90.0), np.zeros(90), "o", "k", "replayed", most=90)
    draw_marks(ax, np.empty(0), np.empty(0), "o", "k", "nothing")
    assert ax.get_legend_handles_labels()[1] == ["cut (1 in 12 of 1,000)", "replayed"]
    assert len(ax.lines[0].get_xdata()) == 84  # type: ignore[arg-type]


def test_a_replay_at_the_last_instant_is_marked_after_its_jump() -> None:
    run = sawtooth(900, 300, 3).run()
    with drawing():
        ax = lag_over_time(tables.series(run), tables.events(run), Figure().subplots(), secondary="lisbon")
    replayed = next(line for line in ax.lines if line.get_label() == "replayed")
    assert [float(y) for y in replayed.get_ydata()] == [5.0, 5.0, 5.0]  # type: ignore[union-attr]


def test_a_target_far_above_the_lag_does_not_press_the_chart_flat() -> None:
    run = sawtooth(900, 300, 3).run()
    series, events = tables.series(run), tables.events(run)
    near = lag_over_time(series, events, Figure().subplots(), secondary="lisbon", target_seconds=1500)
    far = lag_over_time(series, events, Figure().subplots(), secondary="lisbon", target_seconds=86_400)
    assert near.get_ylim()[1] == pytest.approx(1.08 * 25)
    assert far.get_ylim()[1] == pytest.approx(1.08 * 20)
    assert "target 24 h (above)" in far.get_legend_handles_labels()[1]


def test_cost_falls_from_all_instants_to_none() -> None:
    ax = disaster_cost(tables.losses(sawtooth(900, 300, 30).run()), Figure().subplots(), metric="exposure_seconds")
    for line in ax.lines:
        shares = np.asarray(line.get_ydata(), dtype=float)
        assert shares[0] > 0.99
        assert shares[-1] == 0
        assert (np.diff(shares) <= 0).all()


def test_where_everything_is_lost_the_curve_does_not_end_at_nothing_and_the_legend_says_why() -> None:
    ax = disaster_cost(tables.losses(eventful().run()), Figure().subplots(), metric="exposure_seconds")
    assert "everything, at 5% of all instants" in ax.get_legend_handles_labels()[1]
    assert np.asarray(ax.lines[0].get_ydata(), dtype=float)[-1] == pytest.approx(0.05)


def test_without_a_copy_off_site_the_chart_says_so_in_words(tmp_path: Path) -> None:
    story = Story(until=40, secondaries=("reports",)).cut(1, 10).replayed(1, 12, to="reports")
    draw_all(story.run(scenario=scenario(mirror=said(reports={"site": "madrid"}))), tmp_path)
    cost = words(tmp_path / "disaster_cost.svg")
    assert "no copy off site:" in cost and "a disaster at madrid costs everything" in cost
    assert "p50" not in cost


@pytest.mark.parametrize(("seconds", "unit"), [(0.01, "ms"), (100, "s"), (600, "min"), (9000, "h"), (400_000, "d")])
def test_axes_have_the_unit_of_their_length(seconds: float, unit: str) -> None:
    assert time_unit(seconds)[0] == unit


@pytest.mark.parametrize(("size", "unit"), [(10, "B"), (5000, "KiB"), (1.5 * 2**30, "GiB"), (2**43, "TiB")])
def test_sizes_have_the_unit_of_the_largest(size: float, unit: str) -> None:
    assert size_unit(size)[0] == unit
