"""Disasters and commands of recovery in a file: how they are written, when they happen, and that nothing gets lost."""

import copy
import pickle

import pytest

from sim.scenario import first_scenario, json_schema, load_text, resolve_text
from sim.scenario import schema as s
from sim.scenario.errors import BadValue, ScenarioError
from sim.scenario.moments import CONDITIONS, parse_condition, parse_instant

S = 10**9
MIN, H = 60 * S, 3600 * S
FIRE = "{at: 1 h, id: fire, kind: site-lost, site: madrid}"
TAKEN = "{at: 10 min, id: a, kind: snapshot}, {at: 20 min, id: b, kind: snapshot}"
OVER = "{at: fire + 5 min, kind: failover, to: lisbon}"


def first(*sets):
    return load_text(first_scenario(), name="first", sets=list(sets))


def timeline(*entries):
    return first(f"timeline=[{', '.join(entries)}]").timeline


def refusals(*sets):
    with pytest.raises(ScenarioError) as caught:
        first(*sets)
    return [fault.headline().split(": ", 1)[1] for fault in caught.value.faults]


ENTRIES = {  # what stands before it, its keys, its class, its values
    "site-lost": (
        "", "site: madrid, destroys: [volume, save_volume], for: {uniform: [1 h, 2 h]}", s.SiteLoss,
        {"site": "madrid", "group": None, "destroys": ("volume", "save_volume"), "corrupts": (),
         "duration": s.UniformRange(low=H, high=2 * H)},
    ),
    "site-back": (FIRE, "site: madrid", s.SiteReturn, {"site": "madrid", "group": None}),
    "failover": (
        FIRE, "to: lisbon, mode: now", s.Failover,
        {"to": "lisbon", "mode": "now", "replication": "home-mirror"},
    ),
    "resync": (f"{FIRE}, {OVER}", "site: madrid", s.Resync, {"site": "madrid", "replication": "home-mirror"}),
    "failback": (f"{FIRE}, {OVER}", "", s.Failback, {"replication": "home-mirror"}),
    "swap": ("", "to: lisbon", s.Swap, {"to": "lisbon", "replication": "home-mirror"}),
    "copy": (
        TAKEN, "secondary: lisbon, from: a, snapshot: b", s.CopyDelta,
        {"secondary": "lisbon", "base": "a", "snapshot": "b", "replication": "home-mirror"},
    ),
    "status": ("", "site: lisbon", s.AskStatus, {"site": "lisbon", "replication": "home-mirror"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_kind_of_disaster_and_command(kind):
    before, text, model, values = ENTRIES[kind]
    *_, found = timeline(*filter(None, [before, f"{{at: 2 h, id: it, kind: {kind}, {text}}}"]))
    assert type(found) is model
    assert {key: getattr(found, key) for key in values} == values
    assert (int(found.at), found.at.is_static, found.when) == (2 * H, True, None)


def test_what_may_be_left_out():
    loss, over, resync, status = timeline(
        FIRE, "{at: 2 h, kind: failover, to: lisbon}", "{at: 3 h, kind: resync}", "{at: 3 h, kind: status}"
    )
    assert (loss.destroys, loss.corrupts, loss.duration) == ((), (), None)
    assert over.mode == "default"
    assert resync.site is status.site is None


def test_one_word_needs_no_brackets():
    (loss,) = timeline("{at: 1 h, kind: site-lost, site: madrid, destroys: volume, corrupts: save_volume}")
    assert (loss.destroys, loss.corrupts) == (("volume",), ("save_volume",))


# ------------------------------------------------------------------------------------------------------------ moments
def test_a_static_time_is_absolute_and_remembers_what_it_was_counted_from():
    fire, over, late = timeline(FIRE, "{at: fire + 20 min, id: over, kind: failover, to: lisbon}",
                                "{at: over + 1 h, kind: failback}")  # fmt: skip
    assert [int(e.at) for e in (fire, over, late)] == [H, H + 20 * MIN, 2 * H + 20 * MIN]
    assert [e.at.since for e in (fire, over, late)] == ["", "fire", "over"]
    assert {e.at.after for e in (fire, over, late)} == {""}
    assert all(e.at.is_static for e in (fire, over, late))


@pytest.mark.parametrize(
    ("at", "offset", "people"),
    [
        ("fire + operator", 0, ("operator",)),
        ("fire + operator + 5 min", 5 * MIN, ("operator",)),
        ("fire+5 min+operator", 5 * MIN, ("operator",)),
        ("fire + repair", 0, ("repair",)),
        ("fire + repair + operator", 0, ("operator", "repair")),
    ],
)
def test_with_the_time_that_people_take_only_the_run_can_tell(at, offset, people):
    *_, found = timeline(FIRE, f"{{at: {at}, kind: failover, to: lisbon}}")
    assert (int(found.at), found.at.after, found.at.people) == (offset, "fire", people)
    assert not found.at.is_static


def test_what_is_counted_from_such_an_entry_stays_so_too():
    *_, over, late = timeline(FIRE, "{at: fire + operator, id: over, kind: failover, to: lisbon}",
                              "{at: over + 1 h, kind: cut-now}")  # fmt: skip
    assert (int(late.at), late.at.after, late.at.people, late.at.is_static) == (H, "over", (), False)
    assert not over.at.is_static


@pytest.mark.parametrize("word", CONDITIONS)
def test_an_entry_may_wait_for_a_condition(word):
    *_, found = timeline(FIRE, OVER, f"{{when: {word} + 10 min, kind: status}}", "{at: 3 h, kind: failback}")[:3]
    assert (found.when.word, found.when.delay, str(found.when)) == (word, 10 * MIN, f"{word} + 10 min")
    assert (int(found.at), found.at.after, found.at.is_static) == (0, "", False)
    assert parse_condition(word).delay == 0


RICH = [
    "operator={detect: 5 min, decide: {lognormal: {median: 10 min, p95: 1 h}}, repair: 0}",
    "replication.home-mirror.recovery={transfer: min, protect: true, full_copy: one-snapshot, converge_within: 30 min}",
    "groups.coast=[madrid, iberia]",
    "timeline=[{at: 1 h, id: fire, kind: site-lost, group: coast, destroys: [save_volume_part, modification_log], "
    "corrupts: [save_volume]}, {at: fire + operator + 5 min, id: over, kind: failover, to: lisbon}, "
    "{at: fire + 90 min, id: back, kind: site-back, group: coast}, {at: back, kind: resync}, "
    "{when: undoing, kind: cut-now}, {when: in-sync + 10 min, id: home, kind: failback}, "
    "{at: home + 1 min, kind: status}]",
]


def test_a_resolved_scenario_loads_to_the_same_moments_and_all():
    scenario = first(*RICH)
    again = load_text(resolve_text(scenario))
    assert again.model_dump() == scenario.model_dump()
    assert [vars(e.at) for e in again.timeline] == [vars(e.at) for e in scenario.timeline]
    assert again.timeline == scenario.timeline
    assert again.resolved() == scenario.resolved()


def test_a_resolved_scenario_shows_moments_as_people_write_them():
    text = resolve_text(first(*RICH))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "- at: fire + operator + 5 min # --set" in lines
    assert "- at: fire + 90 min # --set, at 2 h 30 min" in lines
    assert "- when: in-sync + 10 min # --set" in lines
    assert "at: null" not in text
    assert "when: null" not in text


def test_moments_survive_copying_and_pickling():
    scenario = first(*RICH)
    for again in (pickle.loads(pickle.dumps(scenario)), copy.deepcopy(scenario)):
        assert [vars(e.at) for e in again.timeline] == [vars(e.at) for e in scenario.timeline]
        waits = next(e for e in again.timeline if e.id == "home")
        assert (waits.when.word, waits.when.delay) == ("in-sync", 10 * MIN)


def test_people_take_no_time_unless_somebody_says_so():
    people = first().operator
    assert [people.detect.value, people.decide.value, people.repair.value] == [0, 0, 0]
    assert first("operator.detect=0").operator == people
    assert all(isinstance(one, s.Constant) for one in (people.detect, people.decide, people.repair))


def test_python_may_give_people_any_distribution():
    people = s.People(detect=s.Constant(value=5 * MIN), decide=s.Exponential(mean=H), repair="2 h")
    assert (people.detect.value, people.decide.mean, people.repair.value) == (5 * MIN, H, 2 * H)


def test_the_policy_of_recovery_has_its_defaults():
    policy = first().replication["home-mirror"].recovery
    assert (policy.transfer, policy.protect, policy.full_copy) == ("merged", False, "two-snapshots")
    assert policy.converge_within == H


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("operator", "'operator' is how long people take after something (write e.g. fire + operator)", 0),
        ("fire + operater", "unknown word 'operater' (did you mean 'operator'?)", 7),
        ("fire + operator + operator", "'operator' is counted twice", 18),
        ("fire + 1 h + 5 min", "one duration is enough", 13),
        ("fire + operator + 5m", "'m': minute or metre or milli?", 18),
        ("fire +", "value missing", 6),
        ("fire + operator +", "value missing", 17),
    ],
)
def test_what_is_wrong_in_a_time_is_said_with_its_place(text, message, offset):
    with pytest.raises(BadValue) as caught:
        parse_instant(text)
    assert message in str(caught.value)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("in-sink", "unknown condition 'in-sink' (did you mean 'in-sync'?)", 0),
        ("2 h", "unknown condition '2 h' (one of in-sync, promoted", 0),
        ("in-sync + operator", "'operator' cannot follow a condition (give what waits an id", 10),
        ("in-sync + 5m", "'m': minute or metre or milli?", 10),
        ("in-sync +", "value missing", 9),
        ("", "unknown condition ''", 0),
    ],
)
def test_what_is_wrong_in_a_condition_is_said_with_its_place(text, message, offset):
    with pytest.raises(BadValue) as caught:
        parse_condition(text)
    assert message in str(caught.value)
    assert caught.value.offset == offset


def test_editors_know_that_an_entry_has_one_moment():
    entry = json_schema()["$defs"]["Failover"]
    assert entry["oneOf"] == [{"required": ["at"]}, {"required": ["when"]}]
    assert set(entry["required"]) == {"kind", "to"}
    assert entry["properties"]["mode"]["default"] == "default"
    assert json_schema()["$defs"]["People"]["properties"]["detect"]["default"] == "0 s"
