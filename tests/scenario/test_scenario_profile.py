"""Profiles: steps of a rate from a file."""

from fractions import Fraction

import pytest

from sim.scenario.errors import ScenarioError
from sim.scenario.profile import load_profile

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
