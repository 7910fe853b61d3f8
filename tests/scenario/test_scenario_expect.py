"""Checks: the grammar, values in base units, and what is refused with its place in the text."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import first_scenario, load_text
from sim.scenario.errors import BadValue, ScenarioError
from sim.scenario.expect import Check, parse_check
from sim.scenario.metrics import FACTS, METRICS


def parsed(text):
    check = parse_check(text)
    window = check.during or check.before or check.after
    return check.aggregate, check.metric, dict(check.labels), check.op, check.value, check.value_kind, window


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("p99(lag{to=lisbon}) < 15 min during steady",
         ("p99", "lag", {"to": "lisbon"}, "<", Fraction(900), "seconds", "steady")),
        ("p99.9(lag)<=1.5s", ("p99.9", "lag", {}, "<=", Fraction(3, 2), "seconds", None)),
        ("count(full_copy) == 0", ("count", "full_copy", {}, "==", Fraction(0), "number", None)),
        ("mean(link_utilisation{link=iberia}) < 85 %",
         ("mean", "link_utilisation", {"link": "iberia"}, "<", Fraction(17, 20), "share", None)),
        ("max(exposure{to=lisbon, mode=now}) <= 11 min before fire",
         ("max", "exposure", {"to": "lisbon", "mode": "now"}, "<=", Fraction(660), "seconds", "fire")),
        ("wan_bytes{cause=delta_set} < 10 GiB", (None, "wan_bytes", {"cause": "delta_set"}, "<", Fraction(10 * 2**30),
                                                "bytes", None)),
        ("coalescing_ratio>=1.5", (None, "coalescing_ratio", {}, ">=", Fraction(3, 2), "number", None)),
        ("stall == 0", (None, "stall", {}, "==", Fraction(0), "seconds", None)),
        ("total(stall) != 1 h 30 min after fire", ("total", "stall", {}, "!=", Fraction(5400), "seconds", "fire")),
        ("max( lag_sets { to = lisbon } ) > 1e1",
         ("max", "lag_sets", {"to": "lisbon"}, ">", Fraction(10), "number", None)),
        ("min(save_volume{site=2nd-site}) >= 0 B",
         ("min", "save_volume", {"site": "2nd-site"}, ">=", Fraction(0), "bytes", None)),
    ],
)  # fmt: skip
def test_checks_mean_what_they_say(text, meaning):
    assert parsed(text) == meaning


def test_across_runs_and_soft():
    check = parse_check("p95(stall) < 1 min after fire across runs", soft=True)
    assert (check.across_runs, check.soft, check.after) == (True, True, "fire")
    assert parse_check("p95(stall) < 1 min across runs").across_runs


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "expected a metric or an aggregate (got the end)", 0),
        ("< 5", "expected a metric or an aggregate (got '<')", 0),
        ("p99(lagg) < 1 s", "unknown metric 'lagg' (did you mean 'lag'?)", 4),
        ("availability < 5 %", "metric 'availability' is not in this version yet", 0),
        ("max(availability) < 5 %", "metric 'availability' is not in this version yet", 4),
        ("avg(lag) < 1 s", "unknown aggregate 'avg'", 0),
        ("p101(lag) < 1 s", "unknown aggregate 'p101'", 0),
        ("p99 lag < 1 s", "unknown metric 'p99'", 0),
        ("p99(lag{from=x}) < 1 s", "'lag' has no label 'from' (there is to)", 8),
        ("p99(lag{to=a, to=b}) < 1 s", "label 'to' given twice", 14),
        ("stall{to=a} < 1 s", "'stall' has no labels", 6),
        ("p99(lag{to}) < 1 s", "expected '=' after the label 'to' (got '}')", 10),
        ("p99(lag{to=}) < 1 s", "expected a name (got '}')", 11),
        ("p99(lag{to=a) < 1 s", "expected ',' or '}' (got ')')", 12),
        ("p99(lag < 1 s", "expected ')' (got '<')", 8),
        ("p99(lag) 1 s", "expected <, <=, >, >=, == or != (got '1 s')", 9),
        ("p99(lag) = 1 s", "unknown operator '=' (did you mean '=='?)", 9),
        ("p99(lag) =< 1 s", "unknown operator '='", 9),
        ("p99(lag) === 1 s", "unknown operator '==='", 9),
        ("p99(lag) <> 1 s", "unknown operator '<>'", 9),
        ("p99(lag) <", "expected a value after the operator", 10),
        ("p99(lag) < 15", "lag is in time: unit missing (e.g. 15 ms)", 11),
        ("p99(lag) < 15 MiB", "lag is in time: unknown unit 'MiB'", 11),
        ("wan_bytes < 15 min", "wan_bytes is in bytes: 'min' is a time; a size needs bytes", 12),
        ("p99(link_utilisation) < 0.85", "link_utilisation is in percent: unit missing", 24),
        ("delta_sets < 5 s", "delta_sets is in plain numbers: expected a plain number", 13),
        ("delta_sets > -1", "delta_sets is in plain numbers: must be >= 0", 13),
        ("p99(lag) < 5m", "lag is in time: 'm': minute or metre or milli?", 11),
        ("p99(lag) < 1 s during", "expected a phase (got the end)", 21),
        ("p99(lag) < 1 s during recovry", "unknown phase 'recovry' (did you mean 'recovery'?)", 22),
        ("p99(lag) < 1 s during stedy", "unknown phase 'stedy' (did you mean 'steady'?)", 22),
        ("p99(lag) < 1 s before a after b", "'after' cannot follow before", 24),
        ("p99(lag) < 1 s across cells", "expected 'across runs' (got 'across cells')", 22),
        ("p99(lag) < 1 s across runs during steady", "'during' cannot follow across", 27),
        ("count(lag) > 0", "count() takes a fact; unknown fact 'lag'", 6),
        ("count(rollback) > 0", "count(rollback) is not in this version yet", 6),
        ("cut == 0", "unknown metric 'cut'", 0),
        ("lag < 1 s", "'lag' has a value at every instant: say which one (e.g. p99(lag) or max(lag))", 0),
        ("sum(lag) < 1 s", "'lag' has a value at every instant, and those have no sum (e.g. mean(lag))", 0),
        ("mean(stall) < 1 s", "'stall' is one number a run: mean() needs 'across runs'", 0),
        ("p99(lag) < 1 s; import os", "lag is in time: unknown unit 's; import os'", 11),
        ("p99(lag) < “1 s”", "character U+201C “ is a typographic quote", 11),
        ("__import__('os')", "unknown aggregate '__import__'", 0),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, message, offset):
    with pytest.raises(BadValue) as caught:
        parse_check(text)
    assert str(caught.value).startswith(message)
    assert caught.value.offset == offset


WORDS = [*"(){}=<,%\n é'", "p99", "max", "count", "lag", "stall", "cut", "to", "<=", "lisbon", "15 min", "0",
         "during", "steady", "across", "runs"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join) | st.text(max_size=40))
def test_no_text_breaks_the_grammar(text):
    try:
        check = parse_check(text)
    except BadValue as error:
        assert 0 <= error.offset <= len(text)
    else:
        assert isinstance(check, Check)


def test_the_table_of_metrics_is_whole():
    for name, kind in METRICS.items():
        labels = "{" + ", ".join(f"{label}=x" for label in kind.labels) + "}" if kind.labels else ""
        value = {"seconds": "1 s", "bytes": "1 B", "share": "1 %", "number": "1"}[kind.unit]
        measure = f"max({name}{labels})" if kind.shape == "series" else f"{name}{labels}"
        assert parse_check(f"{measure} < {value}").value_kind == kind.unit
    for fact in FACTS:
        assert parse_check(f"count({fact}) == 0").metric == fact


def with_expect(*checks, extra=()):
    return load_text(first_scenario(), name="f", sets=[f"expect=[{', '.join(checks)}]", *extra])


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("'p99(lag{to=lisbom}) < 1 s'", "expect[0]: no secondary 'lisbom' (did you mean 'lisbon'?)"),
        ("'max(save_volume{site=porto}) < 1 GiB'", "no site 'porto' (there is madrid, lisbon)"),
        ("'mean(link_utilisation{link=lan}) < 1 %'", "no link 'lan'"),
        ("'max(exposure{mode=later}) < 1 s'", "no mode 'later' (there is default, now, sync)"),
        ("'wan_bytes{cause=undoing} < 1 B'", "no cause 'undoing' (did you mean 'undo'?)"),
        ("'resync_bytes{part=undone} < 1 B'", "no part 'undone' (did you mean 'undo'?)"),
        ("'phase_seconds{phase=catchup} < 1 s'", "no phase of a recovery 'catchup' (did you mean 'catch_up'?)"),
        ("'min(consistent_copies{replication=mirror}) > 0'", "no replication 'mirror' (did you mean 'home-mirror'?)"),
        ("'max(lag) < 1 s after fire'", "no timeline id 'fire' (there is on-demand)"),
        ("'max(lag) < 1 s across runs'", "'across runs' needs several runs (give run.replications)"),
        ("{check: 'max(lag) < 1 s', soft: maybe}", "expect[0].soft: expected true or false (got text 'maybe')"),
        ("{soft: true}", "expect[0]: key 'check' is missing"),
        ("[max(lag)]", "expect[0]: expected a check as text (got a list)"),
        ("7", "expect[0]: expected a metric or an aggregate (got '7')"),
    ],
)
def test_labels_name_things_of_this_scenario(check, message):
    with pytest.raises(ScenarioError) as caught:
        with_expect(check)
    assert message in str(caught.value)


def test_a_caret_stands_under_the_word_that_is_wrong():
    with pytest.raises(ScenarioError) as caught:
        load_text(first_scenario().replace("p99(lag{to=lisbon})", '"p99(lag{to=lisbom})').replace("15 min", '15 min"'))
    _, line, caret = str(caught.value).splitlines()
    assert line[caret.index("^") :].startswith("lisbom")


def test_right_checks_are_kept_in_order_with_softness():
    scenario = with_expect("'p99(lag{to=lisbon}) < 1 h'", "{check: count(cut) > 0, soft: true}", "'stall == 0'")
    assert [(check.metric, check.soft) for check in scenario.expect] == [
        ("lag", False),
        ("cut", True),
        ("stall", False),
    ]
