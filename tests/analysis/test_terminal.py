"""What a person reads after a run."""

from __future__ import annotations

from fractions import Fraction

from analysis import terminal
from sim.scenario.expect import parse_check
from sim.summary import Measured, evaluate, judge, summarise
from tests.summary.ledgers import Story, sawtooth
from tests.summary.test_summarise import eventful


def row(text: str, start: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.strip().startswith(start))


def test_the_headline_says_how_far_behind_and_what_a_disaster_would_have_cost() -> None:
    text = terminal.summary(summarise(sawtooth(900, 300, 50).run(), start_ns=1200 * 10**9))
    columns = "12.5 min 19.2 min 19.9 min 20 min 12.5 min 0 s 30 min"
    assert " ".join(row(text, "lisbon")) == f"lisbon {columns}"
    assert " ".join(row(text, "failover at once")).endswith("time 12.5 min 19.2 min 19.9 min 20 min 12.5 min")
    assert " ".join(row(text, "data")) == "data 0 B 0 B 0 B 0 B 0 B"


def test_everything_that_happened_has_its_line_with_causes() -> None:
    text = terminal.summary(summarise(eventful().run()))
    for line in (
        "save volumes    madrid at most 2.93 KiB (75 % full)",
        "over the links  4.77 MiB: delta set 1.91 MiB, full copy 2.86 MiB",
        "written         2.03 MiB in 260 writes by users",
        "coalescing      3.71 bytes written for each that a delta set carries: 1.02 MiB saved",
        "delta sets      2: high water mark 1, timeout 1",
        "writes          stood still for 20 s: save volume full 20 s",
        "full copies     1: save volume full 1",
        "lisbon had nothing to serve for 5 s",
    ):
        assert line in text


def test_what_did_not_happen_is_said_or_left_out() -> None:
    text = terminal.summary(summarise(Story(until=40).run()))
    assert "writes          never stood still" in text
    assert "full copies     none" in text
    assert "coalescing" not in text
    assert "nothing to serve" not in text


def test_text_for_a_pipe_has_no_colours_and_fits_its_width() -> None:
    text = terminal.summary(summarise(eventful().run()), width=100)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" in terminal.summary(summarise(eventful().run()), colour=True)


def test_of_several_runs_the_mean_is_shown_and_how_far_they_differ() -> None:
    found = summarise(sawtooth(900, 300, 50).run())
    found |= {"lag_seconds.lisbon.max.across_min": 1100.0, "lag_seconds.lisbon.max.across_max": 1300.0}
    found |= {"wan_bytes": 2048, "wan_bytes.across_min": 1024, "wan_bytes.across_max": 4096}
    text = terminal.summary(found)
    assert "21.7 min" in " ".join(row(text, "greatest of all runs"))
    assert "over the links  2 KiB (1 KiB to 4 KiB)" in text
    assert sum(line.strip().startswith("lisbon") for line in text.splitlines()) == 1


def test_checks_have_a_mark_and_the_measured_value() -> None:
    run = sawtooth(900, 300, 5).run()
    texts = ["max(lag) <= 20 min", "max(lag) < 10 min", "coalescing_ratio > 1"]
    lines = terminal.checks([evaluate(parse_check(text), run) for text in texts]).splitlines()
    assert lines[0].split() == ["✓", "max(lag)", "<=", "20", "min", "measured", "20", "min"]
    assert lines[1].split() == ["✗", "max(lag)", "<", "10", "min", "measured", "20", "min"]
    assert lines[2].startswith("?")
    assert "unknown: there is no coalescing_ratio" in lines[2]


def test_a_soft_check_that_fails_is_only_a_warning_and_the_runs_that_fail_are_counted() -> None:
    verdict = judge(parse_check("stall == 0", soft=True), [Measured(Fraction(0)), Measured(Fraction(5))])
    assert "measured 5 s, 1 of 2 runs fail, only a warning" in terminal.checks([verdict])
    assert terminal.checks([]) == ""


def test_replications_are_told_with_their_uncertainty() -> None:
    summaries = [summarise(sawtooth(900, ship, 5).run()) for ship in (290, 300, 310)] + [summarise(eventful().run())]
    text = terminal.replications(summaries)
    assert "over 4 runs" in text
    assert "runs with a full copy" in text
    assert "1: 25 % (4.56 % to 69.9 %)" in text
    assert "lag_seconds.lisbon.p50" in text
    assert "over 0 runs" in terminal.replications([])
