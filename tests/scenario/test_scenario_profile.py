"""Profiles: steps of a rate from a file."""

from fractions import Fraction

import pytest

from sim.scenario.errors import ScenarioError
from sim.scenario.profile import load_bandwidth, load_profile

H = 3600 * 10**9


def profile(folder, text):
    path = folder / "day.csv"
    path.write_text(text)
    return load_profile(path)


def test_factors(tmp_path):
    steps = profile(tmp_path, "# a day\ntime, factor\n0, 20 %\n\n8 h,1   # office\n18 h , 0.25\n")
    assert steps.kind == "factor"
    assert steps.times_ns == (0, 8 * H, 18 * H)
    assert steps.values == (Fraction(1, 5), Fraction(1), Fraction(1, 4))
    assert steps.factors(Fraction(300)) == steps.values


def test_rates_become_factors_of_a_workload(tmp_path):
    steps = profile(tmp_path, "time,rate\n0,60 /s\n8 h 30 min,600 /s\n")
    assert steps.times_ns == (0, 8 * H + H // 2)
    assert steps.factors(Fraction(300)) == (Fraction(1, 5), Fraction(2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "day.csv: is empty (begin with the line time,factor or time,rate)"),
        ("# only\n", "day.csv: is empty"),
        ("time,factor\n", "day.csv: has no steps"),
        ("0,1\n", "day.csv:1:1: expected the line time,factor or time,rate (got '0,1')"),
        ("time;factor\n0;1\n", "day.csv:1:1: expected the line time,factor"),
        ("time,factor\n1 h,1\n", "day.csv:2:1: the first step must begin at 0"),
        ("time,factor\n0,1\n8 h,1\n8 h,2\n", "day.csv:4:1: times must grow from line to line (got 8 h)"),
        ("time,factor\n0,-1\n", "day.csv:2:3: must be >= 0 (got -1)"),
        ("time,factor\n0,  fast\n", "day.csv:2:5: expected a number (got 'fast')"),
        ("time,rate\n0,300\n", "day.csv:2:3: unit missing (e.g. 300 /s)"),
        ("time,factor\n08:00,1\n", "day.csv:2:1: ambiguous time '08:00'"),
        ("time,factor\n0,1,2\n", "day.csv:2:1: expected two columns, time and factor (got 3)"),
        ("time,factor\n0,0\n1 h,0 %\n", "day.csv: every step is 0: nothing is ever written"),
        ("time,factor\n0,1\u00a0%\n", "day.csv:2:4: invisible character U+00A0"),
    ],
)
def test_bad_profiles_name_file_line_and_column(tmp_path, text, message):
    with pytest.raises(ScenarioError) as caught:
        profile(tmp_path, text)
    assert message in str(caught.value)


def test_all_bad_lines_come_at_once(tmp_path):
    with pytest.raises(ScenarioError) as caught:
        profile(tmp_path, "time,factor\n0,1\n5m,x\n1 h\n2 h,-1\n")
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(3, 1), (3, 4), (4, 1), (5, 5)]


def bandwidth(folder, text, **options):
    path = folder / "line.csv"
    path.write_text(text)
    return load_bandwidth(path, **options)


def test_a_link_has_bandwidths_or_factors_that_follow_the_clock(tmp_path):
    steps = bandwidth(tmp_path, "time,bandwidth\n0,100 Mbit/s\n8 h,2.5 MB/s   # office\n")
    assert (steps.kind, steps.times_ns, steps.values) == ("bandwidth", (0, 8 * H), (100_000_000, 20_000_000))
    assert bandwidth(tmp_path, "time,factor\n0,100 %\n8 h,1.5\n").values == (1, Fraction(3, 2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,rate\n0,1 /s\n", "line.csv:1:1: expected the line time,bandwidth or time,factor (got 'time,rate')"),
        ("", "line.csv: is empty (begin with the line time,bandwidth or time,factor)"),
        ("time,bandwidth\n", "line.csv: has no steps (e.g. 0,100 Mbit/s)"),
        ("time,bandwidth\n0,100 Mbit/s\n1 h,0\n", "line.csv:3:5: must be > 0 (got 0) (a link that is closed for a"),
        ("time,factor\n0,0 %\n", "line.csv:2:3: must be > 0 (got 0 %)"),
        ("time,bandwidth\n0,100\n", "line.csv:2:3: unit missing (e.g. 100 Mbit/s)"),
        ("time,bandwidth\n0,-1 Mbit/s\n", "line.csv:2:3: must be >= 0 (got -1 Mbit/s)"),
        ("time,bandwidth\n0,unlimited\n", "line.csv:2:3: expected a rate such as 100 Mbit/s (got 'unlimited')"),
    ],
)
def test_bad_profiles_of_links(tmp_path, text, message):
    with pytest.raises(ScenarioError) as caught:
        bandwidth(tmp_path, text)
    assert message in str(caught.value)


def test_a_file_of_factors_is_no_file_of_bandwidths_where_those_are_meant(tmp_path):
    with pytest.raises(ScenarioError, match="expected the line time,bandwidth"):
        bandwidth(tmp_path, "time,factor\n0,1\n", kinds=("bandwidth",))
