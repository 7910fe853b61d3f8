"""The charts of a recovery say what happened, in which order, and how long it took, whatever its size."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from analysis import disasters, recovering, standing, tables
from analysis.charts.lag import lag_over_time
from analysis.charts.recovery import PHASE_COLOURS, phase_lengths
from analysis.charts.resync import resync_bytes, resync_cost
from analysis.charts.timeline import spread
from analysis.figures import charts, draw_all
from analysis.style import drawing, save
from sim import records
from sim.summary import Story as Read
from sim.summary.recoveries import PHASES
from tests.analysis.test_figures import words
from tests.summary.disasters import Recovered, burns, small
from tests.summary.ledgers import S, ns
from tests.summary.test_recovery import unfinished


def spans(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    return [(*row[:-2], row[-2] / S, row[-1] / S) for row in rows.itertuples(index=False, name=None)]


def test_roles_of_each_site_make_up_the_run_and_a_lost_one_is_down() -> None:
    read = Read(small().run())
    assert spans(recovering.roles(read, read.mirrors[0])) == [
        ("madrid", "primary", "read_write", 0, 35), ("madrid", "lost", "none", 35, 100),
        ("madrid", "awaiting", "none", 100, 111), ("madrid", "resyncing", "raw", 111, 140),
        ("madrid", "secondary", "read_only", 140, 205), ("madrid", "primary", "read_write", 205, 260),
        ("lisbon", "secondary", "read_only", 0, 58), ("lisbon", "primary", "read_write", 58, 200),
        ("lisbon", "primary", "read_only", 200, 204), ("lisbon", "secondary", "read_only", 204, 260),
    ]  # fmt: skip


def test_what_happened_is_told_in_order() -> None:
    read = Read(small().run())
    marks = recovering.marks(read, read.mirrors[0])
    assert list(marks.itertuples(index=False, name=None)) == [
        (ns(35), "disaster", "madrid lost"), (ns(40), "detected", ""), (ns(55), "failover", "to lisbon"),
        (ns(60), "promoted", "lisbon serves"), (ns(100), "site back", "madrid"),
        (ns(110), "resync", "madrid, incremental"), (ns(140), "resynced", "madrid"),
        (ns(200), "failback", "to madrid"), (ns(205), "promoted", "madrid serves"),
    ]  # fmt: skip


@pytest.mark.parametrize("full", [False, True])
def test_a_day_with_a_fire_is_drawn_with_all_that_a_post_mortem_needs(full: bool, tmp_path: Path) -> None:
    files = draw_all(burns(full=full).run(), tmp_path)
    assert {"recovery.svg", "resync_bytes.svg", "lag_over_time.svg"} <= {path.name for path in files}
    told = words(tmp_path / "recovery.svg")
    for phrase in (
        "How mirror was recovered", "service back after 26 min", "madrid", "lisbon", "users", "phases", "consistent",
        "Until service was back", "After that", "detect", "fail back", "5 min", "20 min", "1.50 s", "75 s",
        "simulated time (h)", "read-write", "read-only", "no service", "down", "5:00:00", "promoted: lisbon serves",
    ):  # fmt: skip
        assert phrase in told, phrase
    sent = words(tmp_path / "resync_bytes.svg")
    if full:
        assert "What was copied again" in sent and "its save volume was lost" in sent
        assert "madrid lost with its save volume" in told
    else:
        for phrase in ("What the resync sent", "undo 120 MiB + copy 1.45 GiB", "18.3 GiB in 2.65 h on the same link"):
            assert phrase in sent


def test_the_same_recovery_gives_the_same_bytes(tmp_path: Path) -> None:
    def drawn(at: Path) -> bytes:
        with drawing():
            return save(dict(disasters.charts(Read(small().run())))["recovery"], at).read_bytes()

    assert drawn(tmp_path / "first.svg") == drawn(tmp_path / "second.svg")


def test_a_run_without_a_disaster_has_no_chart_of_one() -> None:
    with drawing():
        names = [name for name, _ in charts(Recovered(until=100).cut(1, 10).run())]
    assert not [name for name in names if name.startswith(("recovery", "resync"))]


def swapped() -> Recovered:
    story = Recovered(until=100).command(40, "swap", "lisbon").role(40, "madrid", "primary", "read_only")
    story.source(44, "lisbon", "madrid").role(44, "madrid", "secondary", "read_only")
    return story.promoted(45, "lisbon", disaster=40, planned=True).role(45, "lisbon", "primary", "read_write")


def test_a_swap_is_drawn_without_phases_and_a_disaster_without_an_answer_to_the_end_of_the_run() -> None:
    for story, end in ((swapped(), 45), (Recovered(until=100).lost(40), 100)):
        read = Read(story.run())
        episode = disasters.episode_of(read, read.mirrors[0])
        assert episode is not None
        assert (episode.begin_ns, episode.end_ns, len(episode.phases)) == (40 * S, end * S, 0)
        with drawing():
            assert [name for name, _ in disasters.charts(read)] == ["recovery"]


def test_each_phase_has_its_length_however_short_and_a_colour() -> None:
    assert set(PHASE_COLOURS) == set(PHASES)
    rows = pd.DataFrame({"phase": ["detect", "snapshot"], "begin_ns": [0, 600 * S], "end_ns": [600 * S, 601 * S]})
    ax = phase_lengths(rows, Figure().subplots(), heading="Until service was back", since="after the disaster")
    assert [text.get_text() for text in ax.texts] == ["10 min", "1 s"]
    assert ax.get_xlabel() == "min after the disaster"


def test_the_lag_of_the_promoted_site_is_told_apart_from_a_copy_under_way() -> None:
    run = burns().run()
    series, events = tables.series(run), tables.events(run)
    told = {
        name: lag_over_time(series, events, Figure().subplots(), secondary=name).get_legend_handles_labels()[1]
        for name in ("lisbon", "madrid")
    }
    for label in ("disaster", "promoted", "site back", "resynced", "it was the source itself"):
        assert told["lisbon"].count(label) == told["madrid"].count(label) == 1
    assert "a copy under way: nothing to serve" in told["madrid"]
    assert "a copy under way: nothing to serve" not in told["lisbon"]


def test_a_secondary_stands_as_member_source_or_neither() -> None:
    events = tables.events(small().run())
    lisbon, madrid = (standing.of(events, name, 260 * S, "mirror") for name in ("lisbon", "madrid"))
    assert lisbon.source.spans == ((58 * S, 204 * S),)
    assert madrid.source.spans == ((0, 58 * S), (204 * S, 260 * S))
    assert madrid.absent.spans == ((58 * S, 110 * S),)
    assert lisbon.absent.spans == ()
    assert standing.of(events, "lisbon", 260 * S) == lisbon
    assert standing.of(events, "lisbon", 260 * S, "another").source.spans == ()


def test_what_each_way_would_have_sent_is_drawn_against_the_time_away() -> None:
    rows = recovering.resyncs([burns().run(), burns(full=True).run(), small().run()])
    assert len(rows) == 3
    with drawing():
        ax = resync_cost(rows, Figure().subplots(), note="three runs")
        labels = ax.get_legend_handles_labels()[1]
    for label in ("undo, then copy", "merged: each block once", "full copy", "had to be a full copy"):
        assert label in labels
    assert ax.get_xlabel() == "time away (h)"
    with drawing():
        several = resync_bytes(rows, Figure().subplots())
    assert [label.get_text() for label in several.get_yticklabels()] == [
        "sent",
        "undo, then copy",
        "merged",
        "a full copy",
    ]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40).map(sorted))
def test_numbers_that_would_overlap_are_moved_apart_and_keep_their_order(wanted: list[float]) -> None:
    places = spread(wanted, 0.02)
    assert all(after - before >= 0.02 - 1e-9 for before, after in pairwise(places))
    if all(after - before >= 0.02 for before, after in pairwise(wanted)):
        assert places == pytest.approx(wanted)


def test_marks_beyond_the_episode_are_left_out_and_a_great_many_are_cut_off() -> None:
    story = small()
    for number in range(60):
        story.add(records.CommandRefused, 150 + number / 2, command="failback", name=f"no-{number}", why="not in step")
    read = Read(story.in_order().run())
    with drawing():
        drawn = dict(disasters.charts(read))["recovery"]
    numbers = [text.get_text() for text in drawn.axes[0].texts if text.get_text().isdigit()]
    assert numbers == [str(number) for number in range(1, 25)]


def test_users_whose_writes_stand_still_and_data_movers_that_restart_are_told() -> None:
    story = small()
    story.add(records.WritesSuspended, 150, cause="reboot").add(
        records.WritesResumed, 160, cause="reboot", stalled_ns=0
    )
    story.add(records.NodeWentDown, 150, site="lisbon").add(records.NodeCameUp, 160, site="lisbon", down_ns=10 * S)
    story.add(records.NodeWentDown, 35, site="madrid")
    read = Read(story.in_order().run())
    mirror = read.mirrors[0]
    assert spans(recovering.service(read, mirror)) == [
        ("writable", 0, 35), ("none", 35, 60), ("writable", 60, 150), ("waiting", 150, 160), ("writable", 160, 200),
        ("read_only", 200, 205), ("writable", 205, 260),
    ]  # fmt: skip
    marks = recovering.marks(read, mirror)
    assert marks[marks["what"] == "down"].values.tolist() == [[ns(150), "down", "lisbon: its data mover"]]


def test_a_recovery_that_is_not_over_is_drawn_up_to_the_last_that_happened() -> None:
    story = unfinished()
    story.command(80, "status")
    read = Read(story.run())
    episode = disasters.episode_of(read, read.mirrors[0])
    assert episode is not None
    assert (episode.begin_ns, episode.end_ns) == (35 * S, 60 * S)
