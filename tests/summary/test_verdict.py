"""Checks: what they measure in a run, which value is the worst, and when there is no verdict."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest

from sim import records
from sim.scenario.expect import parse_check
from sim.scenario.metrics import FACTS, METRICS
from sim.summary import Measured, evaluate, judge
from sim.summary.countable import COUNTABLE
from sim.summary.metrics import BY_NAME
from sim.summary.verdict import UNITS, Verdict
from tests.summary.ledgers import S, Story, said, sawtooth, scenario


def verdict(text: str, *stories: Story, **fields: object) -> Verdict:
    return evaluate(parse_check(text), *(story.run(**fields) for story in stories))


def outcome(text: str, *stories: Story, **fields: object) -> str:
    return verdict(text, *stories, **fields).outcome


def two_arms() -> Story:
    story = Story(until=40, secondaries=("lisbon", "porto"))
    return story.cut(1, 10).received(1, 11).replayed(1, 12).received(1, 11, to="porto").replayed(1, 20, to="porto")


def test_every_metric_and_fact_of_the_grammar_can_be_measured() -> None:
    assert BY_NAME.keys() == METRICS.keys()
    for name, kind in METRICS.items():
        assert UNITS[kind.unit] == BY_NAME[name].unit
        assert (kind.shape == "series") == (BY_NAME[name].curves is not None)
        assert {label for label in kind.labels if f"<{label}>" not in BY_NAME[name].key} == set()
    assert COUNTABLE.keys() == set(FACTS)


def test_a_check_holds_or_not_by_the_exact_value() -> None:
    story = sawtooth(900, 300, 10)
    assert outcome("max(lag{to=lisbon}) <= 20 min", story) == "pass"
    assert outcome("max(lag{to=lisbon}) < 20 min", story) == "fail"
    assert outcome("max(lag{to=lisbon}) == 1200 s", story) == "pass"
    assert outcome("min(lag) >= 0", story) == "pass"
    assert verdict("max(lag{to=lisbon}) < 20 min", story).value == 1200.0


def test_the_worst_secondary_is_measured_where_the_check_leaves_it_open() -> None:
    assert verdict("max(lag) < 1 h", two_arms()).value == 30
    assert verdict("max(lag{to=porto}) < 1 h", two_arms()).value == 30
    assert verdict("last(lag{to=lisbon}) < 1 h", two_arms()).value == 30
    assert verdict("mean(lag{to=lisbon}) > 0", two_arms()).value < verdict("mean(lag) < 1 d", two_arms()).value
    assert verdict("mean(lag) > 0", two_arms()).value == verdict("mean(lag{to=lisbon}) > 0", two_arms()).value


def test_exposure_without_labels_is_that_of_a_plain_failover_to_whoever_loses_least() -> None:
    story = Story(until=40, secondaries=("lisbon", "porto")).cut(1, 10).received(1, 12).received(1, 18, to="porto")
    assert verdict("max(exposure) < 1 h", story).value == 30
    assert verdict("mean(exposure) < 1 h", story).value == verdict("mean(exposure{to=lisbon}) < 1 h", story).value
    assert verdict("mean(exposure{to=porto}) < 1 h", story).value > verdict("mean(exposure) < 1 h", story).value
    assert verdict("max(exposure{mode=now}) < 1 h", story).value == 40
    assert verdict("max(exposure{mode=sync}) == 0", story).outcome == "pass"


def test_totals_stand_for_themselves_and_narrow_by_label() -> None:
    story = Story(until=40).carried(4000, 10, 20).carried(1000, 20, 30, cause="retransmission")
    assert verdict("wan_bytes == 5 kB", story).outcome == "pass"
    assert verdict("wan_bytes{cause=retransmission} == 1 kB", story).outcome == "pass"
    assert verdict("wan_bytes{cause=full_copy} == 0", story).outcome == "pass"
    assert verdict("full_copies == 0", story).outcome == "pass"
    assert verdict("stall == 0", story).outcome == "pass"


def test_shares_are_measured_as_shares() -> None:
    story = Story(until=40).carried(10_000_000, 10, 20)  # 8 Mbit/s for 10 of 40 s on a link of 8 Mbit/s
    found = verdict("mean(link_utilisation{link=wan}) <= 25 %", story)
    assert (found.outcome, found.value, found.measured, found.limit) == ("pass", 0.25, "25 %", "<= 25 %")


def test_facts_are_counted_in_the_window() -> None:
    story = two_arms().copy_began(30, to="porto")
    assert verdict("count(cut) == 1", story).outcome == "pass"
    assert verdict("count(replayed) == 2", story).outcome == "pass"
    assert verdict("count(full_copy) == 0", story).outcome == "fail"
    run = {"scenario": SimpleNamespace(timeline=[SimpleNamespace(id="calm", at=25 * S)], expect=(), replication={})}
    assert verdict("count(full_copy) == 0 before calm", story, **run).outcome == "pass"
    assert verdict("count(full_copy) == 1 after calm", story, **run).outcome == "pass"


def test_copies_and_snapshots_can_be_asked_for() -> None:
    story = Story(until=40).copy_began(10).copy_began(20)
    story.add(records.SnapshotDeleted, 5, volume="home", site="madrid", snapshot=1, cause="store_full")
    story.add(records.SnapshotDeleted, 6, volume="home", site="madrid", snapshot=2, cause="schedule")
    for text in ("copies_begun == 2", "copies_finished == 0", "count(snapshot_given_up) == 1", "snapshots_deleted == 1",
                 "snapshots_given_up == 1", "snapshots_taken == 0"):  # fmt: skip
        assert outcome(text, story) == "pass", text


def test_a_phase_leaves_out_the_rest_of_the_run() -> None:
    story = Story(until=100, timeout=10).cut(1, 10).received(1, 11).replayed(1, 12)
    story.add(records.ReplicationStopped, 20, secondary="lisbon").cut(2, 60)
    story.add(records.ReplicationStarted, 60, secondary="lisbon").received(2, 61).replayed(2, 62).cut(3, 75)
    story.received(3, 76).replayed(3, 77).cut(4, 90).replayed(4, 92)
    assert verdict("max(lag) < 1 min during all", story).value == 52
    assert verdict("max(lag) < 1 min during steady", story).value == 17


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("max(lag{to=porto}) < 1 min", "there is no lag{to=porto}"),
        ("max(exposure_bytes) < 1 MB during steady", "this run has no time during steady"),
        ("coalescing_ratio > 1", "there is no coalescing_ratio"),
        ("max(snapshot_store{site=madrid}) < 1 GB", "there is no snapshot_store{site=madrid}"),
        ("count(cut) == 0 after fire", "nothing in the timeline is called fire"),
    ],
)
def test_without_a_sample_there_is_no_verdict(text: str, why: str) -> None:
    never_readable = Story(until=40).copy_began(0, cause="initial_copy", why="first_copy")
    found = verdict(text, never_readable)
    assert (found.outcome, found.value, found.measured) == ("unknown", None, "–")
    assert why in found.why


def half_unreadable() -> Story:
    """Readable from 30 s on, of 40."""
    return Story(until=40).copy_began(0, cause="initial_copy", why="first_copy").copied(0, 30, cause="initial_copy")


@pytest.mark.parametrize("aggregate", ["max", "mean", "p50", "p99"])
@pytest.mark.parametrize("metric", ["lag", "lag_bytes", "lag_blocks", "lag_sets"])
def test_for_a_check_a_copy_that_cannot_be_read_is_behind_without_limit(aggregate: str, metric: str) -> None:
    limit = {"lag": "1 d", "lag_bytes": "1 TiB"}.get(metric, "1000000")
    for op in ("<", "<=", "=="):
        found = verdict(f"{aggregate}({metric}) {op} {limit}", half_unreadable())
        assert (found.outcome, found.value, found.measured) == ("fail", None, "nothing to serve")
        assert found.why == "unreadable for 30 of 40 s"
    for op in (">", ">=", "!="):
        assert outcome(f"{aggregate}({metric}) {op} {limit}", half_unreadable()) == "pass"


@pytest.mark.parametrize("metric", ["exposure", "exposure_bytes", "exposure_blocks"])
@pytest.mark.parametrize("mode", ["default", "now"])
def test_without_a_copy_to_go_on_with_a_disaster_costs_everything(metric: str, mode: str) -> None:
    limit = {"exposure": "1 d", "exposure_bytes": "1 TiB"}.get(metric, "1000000")
    found = verdict(f"p95({metric}{{mode={mode}}}) <= {limit}", half_unreadable())
    assert (found.outcome, found.value, found.measured) == ("fail", None, "everything")
    assert found.why == "no copy to go on with for 30 of 40 s"
    assert outcome(f"p10({metric}{{mode={mode}}}) <= {limit}", half_unreadable()) == "pass"
    assert outcome(f"max({metric}{{mode={mode}}}) > {limit}", half_unreadable()) == "pass"


def test_a_check_can_be_kept_to_the_time_that_is_meant() -> None:
    run = {"scenario": scenario(timeline=[SimpleNamespace(id="seeded", at=30 * S)])}
    assert verdict("max(lag) <= 40 s after seeded", half_unreadable(), **run).value == 40
    assert verdict("max(exposure) <= 40 s after seeded", half_unreadable(), **run).value == 40
    assert verdict("last(lag) < 1 h", half_unreadable()).value == 40
    assert outcome("last(lag) < 1 h before seeded", half_unreadable(), **run) == "fail"
    assert outcome("last(exposure) < 1 h", Story(until=40).copy_began(39)) == "fail"
    assert verdict("min(lag) >= 0", half_unreadable()).value == 30


def test_a_copy_on_the_primarys_own_site_answers_only_for_itself() -> None:
    run = {"scenario": scenario(mirror=said(reports={"site": "madrid"}))}
    story = Story(until=40, secondaries=("reports",))
    assert verdict("max(exposure) < 1 h", story, **run).why == "no copy to go on with for all of 40 s"
    assert verdict("max(exposure{to=reports}) < 1 h", story, **run).value == 40


def test_across_runs_one_run_that_would_have_lost_everything_is_no_safety() -> None:
    runs = [sawtooth(10, 1, 5), sawtooth(10, 1, 5), half_unreadable()]
    assert verdict("mean(exposure) < 1 h across runs", *runs).measured == "everything"
    assert verdict("p99(lag) < 1 h across runs", *runs).measured == "nothing to serve"
    assert outcome("p50(lag) < 1 h across runs", *runs) == "pass"
    found = verdict("max(lag) < 1 h", *runs)
    assert (found.measured, found.why) == ("nothing to serve", "unreadable for 30 of 40 s, 1 of 3 runs fail")


def test_every_run_must_hold_and_the_worst_is_shown() -> None:
    runs = [sawtooth(10, ship, 5) for ship in (1, 4, 3)]
    found = verdict("max(lag) < 14 s", *runs)
    assert (found.outcome, found.value, found.why, found.runs) == ("fail", 14.0, "1 of 3 runs fail", 3)
    assert verdict("max(lag) <= 14 s", *runs).value == 14.0
    assert verdict("max(lag) <= 14 s", *runs).outcome == "pass"


def test_one_run_without_a_sample_leaves_the_verdict_open_unless_another_fails() -> None:
    nothing_cut = Story(until=40)
    cut = Story(until=40).look(1, 10, writes=3, new=1).cut(1, 10, blocks=1)
    assert outcome("coalescing_ratio > 1", cut, nothing_cut) == "unknown"
    assert outcome("coalescing_ratio > 9", cut, nothing_cut) == "fail"
    assert outcome("max(lag) < 1 h") == "unknown", "there was no run"


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("mean(stall)", 25), ("min(stall)", 10), ("max(stall)", 40), ("sum(stall)", 100), ("p50(stall)", 20),
     ("p75(stall)", 30), ("p99(stall)", 40), ("stall", 40)],
)  # fmt: skip
def test_across_runs_the_aggregate_is_taken_over_the_runs(aggregate: str, expected: int) -> None:
    check = parse_check(f"{aggregate} <= 1 h across runs")
    found = judge(check, [Measured(Fraction(seconds)) for seconds in (10, 20, 30, 40)])
    assert (found.outcome, found.value, found.runs) == ("pass", float(expected), 4)


def test_across_runs_needs_a_value_of_each() -> None:
    check = parse_check("mean(stall) <= 1 h across runs")
    found = judge(check, [Measured(Fraction(1)), Measured(None, "nothing there")])
    assert (found.outcome, found.why) == ("unknown", "1 of 2 runs without a value: nothing there")


def test_a_count_across_runs_adds_up() -> None:
    runs = [Story(until=40).copy_began(30), Story(until=40).copy_began(20).copied(0, 25).copy_began(30)]
    assert verdict("count(full_copy) == 3 across runs", *runs).outcome == "pass"


def test_a_value_that_would_read_like_its_limit_is_shown_with_all_its_digits() -> None:
    found = verdict("max(lag) < 20 min", sawtooth(900, 300.004, 5))
    assert (found.outcome, found.measured, found.limit) == ("fail", "1200.004 s", "< 20 min")


def test_not_equal_is_broken_by_the_one_that_is_equal() -> None:
    check = parse_check("delta_sets != 3")
    assert judge(check, [Measured(Fraction(2)), Measured(Fraction(3))]).outcome == "fail"
    assert judge(check, [Measured(Fraction(2)), Measured(Fraction(4))]).outcome == "pass"
