"""What a file can tell of a recovery: what is let through, what the numbers of the rules are, and that none breaks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import first_scenario, load_text, resolve_text
from sim.scenario.errors import ScenarioError
from sim.scenario.timeline import KINDS

BASE = first_scenario()[: first_scenario().index("timeline:")]
PEOPLE = "operator: {detect: 5 min, decide: {uniform: [5 min, 10 min]}, repair: 1 h}\n"
LOST, BACK = "kind: site-lost, site: madrid", "kind: site-back, site: madrid"
OVER = "kind: failover, to: lisbon"


def loaded(*entries, extra=""):
    return load_text(f"{BASE}{extra}timeline:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries))


def said(*entries, extra=""):
    with pytest.raises(ScenarioError) as caught:
        loaded(*entries, extra=extra)
    return [fault.headline().split(": ", 1)[1] for fault in caught.value.faults]


LET_THROUGH = {
    "lost again as soon as it is back": [f"at: 1 h, {LOST}", f"at: 2 h, {BACK}", f"at: 2 h, {LOST}"],
    "time decides, not the order": [f"at: 2 h, {BACK}", f"at: 1 h, {LOST}"],
    "lost again when it is back by itself": [f"at: 1 h, {LOST}, for: 10 min", f"at: 70 min, {LOST}"],
    "nobody knows if it is back": [f"at: 1 h, {LOST}, for: {{exponential: 1 h}}", f"at: 2 h, {LOST}"],
    "brought back if it is not": [f"at: 1 h, {LOST}, for: {{exponential: 1 h}}", f"at: 2 h, {BACK}"],
    "nobody knows the order": [f"at: 1 h, id: a, {LOST}", f"at: a + operator, {BACK}", f"at: a + repair, {LOST}"],
    "a false alarm, at the very end": [f"at: 4 h, {OVER}"],
    "sync just before the disaster": [f"at: 1 h, {OVER}, mode: sync", f"at: 1 h, {LOST}"],
    "sync when the primary is back": [f"at: 1 h, {LOST}, for: 1 h", f"at: 2 h, {OVER}, mode: sync"],
    "sync when it may be back": [f"at: 1 h, id: a, {LOST}, for: 1 h", f"at: a + operator, {OVER}, mode: sync"],
    "sync when another is the source": [
        f"at: 1 h, {LOST}", f"at: 2 h, {OVER}", f"at: 3 h, {BACK}", f"at: 200 min, {OVER}, mode: sync",
    ],
    "commands may be repeated": [
        f"at: 1 h, {OVER}", f"at: 2 h, {OVER}", "at: 3 h, kind: failback", "at: 3 h, kind: failback",
    ],
    "there and back": ["at: 1 h, kind: swap, to: lisbon", "at: 2 h, kind: swap, to: madrid"],
    "a failover that is written later": ["when: promoted, kind: resync", f"at: 1 h, {OVER}"],
    "a copy that is lost needs no failover": [
        "at: 1 h, kind: site-lost, site: lisbon, destroys: volume, for: 1 h", "at: 3 h, kind: resync",
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", LET_THROUGH)
def test_what_may_be_right_is_let_through(case):
    assert len(loaded(*LET_THROUGH[case], extra=PEOPLE).timeline) == len(LET_THROUGH[case])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((f"at: 2 h, {LOST}", f"at: 1 h, id: x, {LOST}"), "[0].site: 'madrid' is lost already, at 1 h, timeline[1]"),
        ((f"at: 1 h, {LOST}, for: {{uniform: [1 h, 2 h]}}", f"at: 119 min, {LOST}"), "[1].site: 'madrid' is lost"),
        ((f"at: 1 h, {LOST}", f"at: 2 h, {BACK}", f"at: 3 h, {BACK}"), "'madrid' is back already, at 2 h, timeline[1]"),
        ((f"at: 1 h, {LOST}", f"at: 1 h, {OVER}, mode: sync"), "timeline[1].mode: 'sync' needs the primary"),
        ((f"when: resynced, {OVER}",), "timeline[0].when: 'resynced' never holds: nobody gives a command"),
        (("when: promoted, kind: failback", "at: 1 h, kind: cut-now"), "'promoted' never holds"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_both_times(entries, message):
    assert any(message in one for one in said(*entries, extra=PEOPLE))


def test_that_people_take_no_time_is_noted_once_where_it_is_counted_in():
    entries = (f"at: 1 h, id: fire, {LOST}", f"at: fire + operator, {OVER}", f"at: fire + operator + repair, {BACK}")
    assert loaded(*entries).notes == (
        "timeline[1].at: 'operator' is no time at all: nobody wrote operator.detect and operator.decide",
        "timeline[2].at: 'repair' is no time at all: nobody wrote operator.repair",
    )
    assert loaded(*entries, extra=PEOPLE).notes == ()


def test_the_least_that_people_take_counts_towards_the_end():
    late = (f"at: 1 h, id: fire, {LOST}", f"at: fire + operator + 170 min, id: over, {OVER}", "at: over, kind: status")
    assert len(loaded(*late, extra=PEOPLE).timeline) == 3, "exactly at the end is within"
    later = (late[0], late[1].replace("170 min", "171 min"), late[2])
    assert said(*later, extra=PEOPLE) == [
        "timeline[1].at: never happens: the end is 4 h (it is not before 4 h 1 min)",
        "timeline[2].at: never happens: the end is 4 h (it is not before 4 h 1 min)",
    ]


def test_an_entry_that_is_wrong_in_itself_makes_no_other_wrong():
    (only,) = said("at: 1 h, kind: site-lost, site: madrid, destroys: [disks]", f"at: 2 h, {OVER}", f"at: 3 h, {BACK}")
    assert "timeline[0].destroys[0]" in only
    (only,) = said("at: 1 h, kind: site-lst, site: madrid", f"at: 2 h, {BACK}")
    assert "did you mean 'site-lost'" in only
    (only,) = said(f"at: 1 hh, {OVER}", "at: 2 h, kind: failback")
    assert only.startswith("timeline[0].at")


NAMES = ["madrid", "lisbon", "porto", "a", "b", "c"]
MOMENTS = st.one_of(
    st.sampled_from(["0", "1 h", "2 h", "4 h", "9 h"]).map("at: {}".format),
    st.tuples(st.sampled_from("abc"), st.sampled_from(["", " + 1 h", " + operator", " + repair + 5 min"])).map(
        lambda parts: f"at: {parts[0]}{parts[1]}"
    ),
    st.sampled_from(["in-sync", "promoted + 1 min", "undoing", "failed-back"]).map("when: {}".format),
)
KEYS = st.dictionaries(
    st.sampled_from(["site", "to", "group", "secondary", "from", "snapshot", "mode", "destroys", "for", "id"]),
    st.sampled_from([*NAMES, "sync", "now", "save_volume", "1 h", "[volume]", "{exponential: 1 h}"]), max_size=4,
)  # fmt: skip
ENTRY = st.tuples(MOMENTS, st.sampled_from([*KINDS[-8:], "snapshot", "cut-now"]), KEYS).map(
    lambda parts: ", ".join([parts[0], f"kind: {parts[1]}", *(f"{key}: {value}" for key, value in parts[2].items())])
)
LIKELY = {
    "site-lost": "site: madrid", "site-back": "site: madrid", "failover": "to: lisbon", "swap": "to: lisbon",
    "copy": "secondary: lisbon, from: a, snapshot: b",
}  # fmt: skip
IDS = st.sampled_from(["", "id: a", "id: b", "id: c"])
RIGHT = st.tuples(MOMENTS, st.sampled_from([*KINDS[-8:], "snapshot"]), IDS).map(
    lambda parts: ", ".join(filter(None, [parts[0], f"kind: {parts[1]}", LIKELY.get(parts[1], ""), parts[2]]))
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RIGHT | ENTRY, max_size=7))
def test_any_timeline_is_refused_with_places_or_loads_again_to_the_same(entries):
    try:
        scenario = loaded(*entries, extra=PEOPLE)
    except ScenarioError as error:
        assert all(fault.line > 0 for fault in error.faults)
        return
    again = load_text(resolve_text(scenario))
    assert again.model_dump() == scenario.model_dump()
    assert [vars(entry.at) for entry in again.timeline] == [vars(entry.at) for entry in scenario.timeline]
    for entry in scenario.timeline:
        assert entry.at.is_static == (entry.when is None and not entry.at.after)
        assert not entry.at.is_static or 0 <= entry.at <= scenario.run.until
