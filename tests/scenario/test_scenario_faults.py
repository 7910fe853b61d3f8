"""Faults, declared and random, groups, members that come and go, data movers: what a file says of them."""

from fractions import Fraction
from typing import get_args

import pytest

from sim.scenario import first_scenario, load_text, resolve_text
from sim.scenario import schema as s
from sim.scenario.errors import ScenarioError
from sim.scenario.faults import FAULT_KINDS
from sim.scenario.timeline import KINDS

MS, S, MIN, H = 10**6, 10**9, 60 * 10**9, 3600 * 10**9
BETWEEN = "mtbf: {exponential: 30 min}, mttr: {lognormal: {median: 20 s, p95: 4 min}}"


def first(*sets):
    return load_text(first_scenario(), sets=sets)


def entry(text):
    return first(f"timeline=[{text}]").timeline[0]


def fault(text):
    return first(f"faults.f={{{text}, {BETWEEN}}}").faults["f"]


def refusals(*sets):
    with pytest.raises(ScenarioError) as caught:
        first(*sets)
    return [fault.headline().split(": ", 1)[1] for fault in caught.value.faults]


ENTRIES = {
    "link-down": ("link: iberia", s.LinkDown, {}),
    "link-slow": ("link: iberia, factor: 10 %", s.LinkSlow, {"factor": Fraction(1, 10)}),
    "link-delay": ("link: iberia, extra: 30 ms", s.LinkDelay, {"extra": 30 * MS}),
    "link-lossy": ("link: iberia, loss: 2 %", s.LinkLossy, {"loss": Fraction(1, 50)}),
    "link-corrupt": ("link: iberia, corrupt: 1 %", s.LinkCorrupt, {"corrupt": Fraction(1, 100)}),
    "link-duplicate": ("link: iberia, duplicate: 100 %", s.LinkDuplicate, {"duplicate": 1}),
    "link-reorder": ("link: iberia, reorder: 1 %", s.LinkReorder, {"reorder": Fraction(1, 100)}),
    "flap": ("link: iberia, down: 5 s, up: 10 s", s.Flap, {"down": 5 * S, "up": 10 * S}),
    "reboot": ("site: lisbon", s.Reboot, {"site": "lisbon", "data_mover": None}),
    "group-down": ("group: iberia", s.GroupDown, {"group": "iberia"}),
    "swizzle": (
        "links: iberia, every: 1 min", s.Swizzle,
        {"links": ("iberia",), "sites": (), "share": Fraction(1, 2), "every": MIN},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_kind_of_fault_in_the_timeline(kind):
    text, model, values = ENTRIES[kind]
    sets = [f"timeline=[{{at: 1 h, kind: {kind}, {text}, for: 2 min}}]", "groups.iberia=[lisbon, iberia]"]
    scenario = first(*sets)
    found = scenario.timeline[0]
    assert isinstance(found, model)
    assert isinstance(found, s.Spell)
    assert {name: getattr(found, name) for name in values} == values
    assert (found.at, found.duration) == (H, s.Constant(value=2 * MIN))
    assert load_text(resolve_text(scenario)).timeline == scenario.timeline


def test_every_kind_of_the_timeline_is_known_under_its_name():
    arms = get_args(get_args(s.TimelineEntry)[0])
    words = [get_args(get_args(arm)[0].model_fields["kind"].annotation)[0] for arm in arms]
    assert sorted(words) == sorted(KINDS)
    assert set(ENTRIES) | {"cut-now", "set-policy", "stop", "start", "join", "leave", "move"} == set(KINDS) - {
        "snapshot", "delete-snapshot", "site-lost", "site-back", "failover", "resync", "failback", "swap", "copy",
        "status",
    }  # fmt: skip


def test_a_fault_may_be_that_of_one_direction_and_may_last_for_as_long_as_is_drawn():
    found = entry("{at: 1 h, kind: link-down, link: iberia, from: lisbon, for: {uniform: [1 s, 5 s]}}")
    assert (found.from_site, found.duration) == ("lisbon", s.UniformRange(low=S, high=5 * S))
    assert entry("{at: 1 h, kind: link-down, link: iberia, for: 1 s}").from_site is None


RANDOM = {kind: text for kind, (text, _, _) in ENTRIES.items() if kind in FAULT_KINDS}


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_kind_of_random_fault(kind):
    scenario = first(f"faults.f={{kind: {kind}, {RANDOM[kind]}, {BETWEEN}, count: 3}}", "groups.iberia=[lisbon]")
    found = scenario.faults["f"]
    assert found.kind == kind
    assert (found.mtbf, found.mttr) == (s.Exponential(mean=30 * MIN), s.Lognormal(median=20 * S, p95=4 * MIN))
    assert (found.count, found.members) == (3, ("lisbon" if kind == "reboot" else "iberia",))
    assert load_text(resolve_text(scenario)).faults == scenario.faults


def test_each_of_several_members_has_its_own_luck():
    assert fault("kind: link-slow, factor: 5 %, links: [iberia]").members == ("iberia",)
    assert fault("kind: reboot, sites: [madrid, lisbon]").members == ("madrid", "lisbon")
    assert fault("kind: link-down, link: iberia").count is None


def test_a_group_holds_sites_and_links():
    assert first("groups.south=[lisbon, iberia]").groups == {"south": ("lisbon", "iberia")}
    assert first("groups.south=lisbon").groups == {"south": ("lisbon",)}


@pytest.mark.parametrize(
    ("mtbf", "happens"),
    [("4 h", True), ("4 h 1 ns", False), ("{uniform: [4 h, 9 h]}", True), ("{uniform: [5 h, 9 h]}", False),
     ("{choice: {5 h: 50 %, 1 h: 50 %}}", True), ("{choice: {5 h: 100 %}}", False), ("{exponential: 90 h}", True),
     ("{weibull: {shape: 2, scale: 90 h}}", True)],
)  # fmt: skip
def test_a_random_fault_that_cannot_come_before_the_end_is_refused(mtbf, happens):
    sets = f"faults.f={{kind: link-down, link: iberia, mtbf: {mtbf}, mttr: 1 s}}"
    if happens:
        assert first(sets).faults
    else:
        (said,) = refusals(sets)
        assert "faults.f.mtbf: never happens: the first comes after" in said


def test_faults_of_one_timeline_may_follow_each_other_at_once_and_end_after_the_end():
    found = first(
        "timeline=[{at: 1 h, id: cut, kind: link-down, link: iberia, for: 5 min}, "
        "{at: cut + 5 min, kind: link-down, link: iberia, for: 1 w}]"
    )
    assert [int(one.at) for one in found.timeline] == [H, H + 5 * MIN]


def test_a_flap_that_is_down_once_is_noted():
    found = first("timeline=[{at: 1 h, kind: flap, link: iberia, down: 5 s, up: 10 s, for: 5 s}]")
    assert found.notes == ("timeline[0] is down once: for 5 s <= down",)


# ---------------------------------------------------------------------------------------------------- who is there
def test_join_leave_and_join_again():
    found = first(
        "timeline=[{at: 3 h, kind: join, secondary: lisbon}, {at: 1 h, kind: join, secondary: lisbon}, "
        "{at: 2 h, kind: leave, secondary: lisbon}]"
    )
    assert [(int(one.at) // H, one.kind, one.replication) for one in found.timeline] == [
        (3, "join", "home-mirror"), (1, "join", "home-mirror"), (2, "leave", "home-mirror"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("join 1 h, join 2 h", "timeline[1].secondary: 'lisbon' is there already: it joined at 1 h, timeline[0]"),
        ("leave 1 h, join 2 h, join 3 h", "timeline[2].secondary: 'lisbon' is there already: it joined at 2 h"),
        ("leave 1 h, leave 2 h", "timeline[1].secondary: 'lisbon' is not there: it left at 1 h, timeline[0]"),
        ("join 3 h, stop 2 h", "timeline[1].secondary: 'lisbon' is not there yet: it joins at 3 h, timeline[0]"),
        ("leave 1 h, start 2 h", "timeline[1].secondary: 'lisbon' is not there: it left at 1 h"),
        ("leave 2 h, leave 1 h", "timeline[0].secondary: 'lisbon' is not there: it left at 1 h, timeline[1]"),
        ("join 1 h, leave 1 h, leave 1 h", "timeline[2].secondary: 'lisbon' is not there: it left at 1 h, timeline[1]"),
    ],
)
def test_who_is_there_is_told_by_time(entries, said):
    words = [one.split(" ", 1) for one in entries.split(", ")]
    listed = ", ".join(f"{{at: {at}, kind: {kind}, secondary: lisbon}}" for kind, at in words)
    (told,) = refusals(f"timeline=[{listed}]")
    assert said in told


def test_data_movers_are_the_site_itself_unless_they_are_named():
    scenario = first("sites.lisbon.data_movers=[dm1, dm2]")
    assert scenario.data_movers("madrid") == ("madrid",)
    assert scenario.sites["madrid"].data_movers == ("madrid",)
    assert scenario.data_movers("lisbon") == ("dm1", "dm2")


def move(*movers):
    entries = (f"{{at: {i + 1} h, kind: move, site: lisbon, data_mover: {mover}}}" for i, mover in enumerate(movers))
    return ["sites.lisbon.data_movers=[dm1, dm2]", f"timeline=[{', '.join(entries)}]"]


def test_a_replication_moves_to_another_data_mover_and_back():
    assert [one.data_mover for one in first(*move("dm2", "dm1", "dm2")).timeline] == ["dm2", "dm1", "dm2"]
    (said,) = refusals(*move("dm2", "dm2"))
    assert "timeline[1].data_mover: 'home-mirror' is on 'dm2' already (there is also dm1)" in said


def test_one_data_mover_of_a_site_reboots():
    found = first(
        "sites.lisbon.data_movers=[dm1, dm2]",
        "timeline=[{at: 1 h, kind: reboot, site: lisbon, data_mover: dm2, for: 1 s}]",
    )
    assert found.timeline[0].data_mover == "dm2"
