"""Tidy tables: one fact a row, a row where the value changes, two at a jump."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import tables
from sim.scenario.expect import parse_check
from sim.summary import Measured, summarise
from sim.summary.curve import Curve
from tests.summary.ledgers import S, Story, sawtooth
from tests.summary.test_summarise import eventful
from tests.summary.test_wan import forwarded_tree


def line(table: pd.DataFrame, metric: str, entity: str) -> list[tuple[float, float]]:
    rows = table[(table["metric"] == metric) & (table["entity"] == entity)]
    return [(time / S, value) for time, value in rows[["time_ns", "value"]].itertuples(index=False)]


def test_series_has_the_columns_and_types_that_the_design_names() -> None:
    table = tables.series(eventful().run())
    assert list(table.columns) == ["run", "time_ns", "entity", "metric", "value"]
    assert table["time_ns"].dtype == np.int64
    assert table["value"].dtype == np.float64
    assert set(table["run"]) == {"r0"}
    assert set(tables.series(eventful().run(), "fast.r3")["run"]) == {"fast.r3"}


def test_a_sawtooth_has_two_rows_at_each_jump_and_none_between() -> None:
    table = tables.series(sawtooth(10, 3, 2).run())
    assert line(table, "lag_seconds", "lisbon") == [(0, 0), (13, 13), (13, 3), (23, 13), (23, 3)]


def test_a_gap_begins_with_a_row_without_a_value() -> None:
    values = line(tables.series(eventful().run()), "lag_seconds", "lisbon")
    assert [(time, value) for time, value in values if not np.isnan(value)][-3:] == [(45, 35), (50, 30), (100, 80)]
    assert [time for time, value in values if np.isnan(value)] == [45]


def test_steps_have_one_row_a_change_and_one_at_the_end() -> None:
    table = tables.series(eventful().run())
    assert line(table, "save_volume_bytes", "madrid") == [(0, 0), (10, 3000), (20, 0), (100, 0)]
    sets = line(table, "lag_sets", "lisbon")
    assert [value for _, value in sets if not np.isnan(value)] == [0, 1, 0, 1, 0, 0]


def test_steps_keep_what_they_pass_through_and_say_where_they_end() -> None:
    passing = Curve.steps([(0, 1), (5, 9), (5, 2), (8, 2)], 10)
    assert tables.step_points(passing) == [(0, 1), (5, 9), (5, 2), (10, 2)]
    holed = Curve.of([(0, 3, 1, 1), (6, 8, 1, 1)])
    assert str(tables.step_points(holed)) == str([(0, 1), (3, np.nan), (6, 1), (8, 1)])
    assert tables.step_points(Curve.of([])) == tables.line_points(Curve.of([])) == []


def test_carried_bytes_run_straight_through_each_transfer_and_add_up() -> None:
    story = Story(until=40).carried(1000, 10, 20).carried(1000, 15, 25).carried(7, 30, 30)
    carried = line(tables.series(story.run()), "wan_bytes.delta_set", "wan")
    assert carried == [(0, 0), (10, 0), (15, 500), (20, 1500), (25, 2000), (30, 2007)]


def test_carried_bytes_end_at_what_the_summary_says() -> None:
    run = eventful().run()
    table, summary = tables.series(run), summarise(run)
    assert line(table, "wan_bytes.full_copy", "wan")[-1][1] == summary["wan_bytes.full_copy"]


def test_series_of_a_run_in_which_nothing_stands_is_an_empty_table_with_all_columns() -> None:
    run = Story(until=10).run()
    table = tables.series(type(run)(ledger=run.ledger[:1]))
    assert list(table.columns) == ["run", "time_ns", "entity", "metric", "value"]
    assert len(table) == 0


def test_every_fact_is_an_event_in_order_with_the_rest_as_json() -> None:
    run = eventful().run()
    table = tables.events(run)
    assert list(table.columns) == ["run", "time_ns", "entity", "event", "cause", "detail"]
    assert len(table) == len(run.ledger)
    assert table["time_ns"].is_monotonic_increasing
    cut = table[table["event"] == "delta_set_cut"].iloc[1]
    assert (cut["entity"], cut["cause"], cut["time_ns"]) == ("mirror", "high_water_mark", 20 * S)
    assert json.loads(cut["detail"])["blocks"] == 30
    assert [json.loads(detail) for detail in table["detail"]]
    assert not table["detail"].str.contains("growth").any()


def test_events_belong_to_what_they_are_about() -> None:
    table = tables.events(eventful().run()).drop_duplicates("event").set_index("event")["entity"]
    about = {"set_replayed": "lisbon", "bytes_carried": "wan", "save_volume_changed": "madrid", "run_began": "hand"}
    assert {event: table[event] for event in about} == about
    assert table["replication_began"] == "mirror"
    assert table["run_ended"] == ""


@dataclass(frozen=True)
class Ended:
    replication_index: int
    summary: dict[str, Any]
    measured: tuple[Measured, ...] = ()


def test_runs_has_a_row_for_each_with_its_place_in_a_study_and_every_metric() -> None:
    ended = [Ended(index, summarise(sawtooth(10, 3 + index, 4).run())) for index in range(2)]
    table = tables.runs(ended, seed=7, cell="link.fast", axes={"link": "100 Mbit/s"})
    assert list(table.columns[:5]) == ["cell", "link", "replication", "seed", "verdict"]
    assert list(table["replication"]) == [0, 1]
    assert list(table["lag_seconds.lisbon.max"]) == [13.0, 14.0]
    assert set(summarise(sawtooth(10, 3, 4).run())) <= set(table.columns)


@pytest.mark.parametrize(
    ("checks", "values", "expected"),
    [
        (["stall == 0"], [0], "pass"),
        (["stall == 0", "full_copies == 0"], [None, 0], "unknown"),
        (["stall == 0", "full_copies == 0"], [None, 1], "fail"),
        (["max(stall) == 0 across runs"], [5], "pass"),  # is for all runs together to answer
        ([], [], "pass"),
    ],
)
def test_the_verdict_of_a_run_is_that_of_its_worst_check(
    checks: list[str], values: list[int | None], expected: str
) -> None:
    measured = tuple(Measured(None if value is None else Fraction(value)) for value in values)
    assert tables.verdict([parse_check(text) for text in checks], measured) == expected


def test_soft_checks_do_not_decide_the_verdict_of_a_run() -> None:
    assert tables.verdict([parse_check("stall == 0", soft=True)], [Measured(Fraction(1))]) == "pass"


def test_without_a_copy_to_go_on_with_more_than_any_value_is_lost() -> None:
    story = Story(until=100).copy_began(0, cause="initial_copy", why="first_copy").copied(0, 25, cause="initial_copy")
    table = tables.losses(story.run())
    own = table[(table["mode"] == "default") & (table["metric"] == "exposure_seconds")]
    assert own["share_above"].iloc[-1] == 0.25
    assert own["value"].max() == 100.0


def test_losses_are_the_exact_share_of_instants_that_lose_more() -> None:
    table = tables.losses(sawtooth(900, 300, 100).run(), points=7)
    now = table[(table["mode"] == "now") & (table["metric"] == "exposure_seconds")].set_index("value")["share_above"]
    whole = 900 * 100 + 300
    for value in (300, 400, 600, 800, 1000):
        if value in now.index:
            assert now[value] == pytest.approx((1200 - value) / 900 * 100 * 900 / whole, rel=0.01)
    assert now.iloc[-1] == 0
    assert set(table["mode"]) == {"default", "now"}


def test_what_was_foreseen_stands_until_something_changes_or_all_has_arrived() -> None:
    table = tables.series(forwarded_tree().run())
    told = line(table, "eta_seconds.drain", "lisbon")
    assert [(at, round(value, 3)) for at, value in told[:2]] == [(60, 7.5), (63, 6.667)]
    assert told[2][0] == 70 and np.isnan(told[2][1])
    assert line(table, "backlog_bytes", "lisbon")[:3] == [(0, 0), (10, 100 * 8192), (13, 0)]


def test_what_a_link_carried_stands_still_while_it_is_cut() -> None:
    story = Story(until=100).link("wan", ("madrid", "lisbon")).fault(20, 60, "wan").carried(2000, 10, 70)
    carried = line(tables.series(story.run()), "wan_bytes.delta_set", "wan")
    assert carried == [(0, 0), (10, 0), (20, 1000), (60, 1000), (70, 2000)]
