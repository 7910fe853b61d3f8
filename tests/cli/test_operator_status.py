"""`georep status`: asking at an instant changes nothing, and tells what the whole run knew there."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.cli.group import georep
from sim.loading import load_text
from sim.records import DeltaSetCut, RunEnded
from sim.simulation import simulate, simulate_until
from sim.summary.status import status
from tests.cli.small import changed

S = 10**9
SLOW = changed("100 Mbit/s", "1 Mbit/s", "until: 1 h", "until: 40 min")


def loaded(text=SLOW):
    return load_text(text, "small.scenario.yaml", Path())


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.scenario.yaml").write_text(SLOW)


def ask(*words, status=0):
    done = CliRunner().invoke(georep, ["status", *words])
    assert done.exit_code == status, done.output
    return done.stdout if not status else done.stderr


@pytest.fixture(scope="module")
def whole():
    return simulate(loaded(), checking="off").ledger


INSTANTS = (0, 1, 600 * S, 600 * S + 1, 777 * S + 123, 1200 * S, 1900 * S, 2400 * S)


@pytest.mark.parametrize("at_ns", INSTANTS)
def test_what_is_read_is_exactly_the_beginning_of_the_whole_run(at_ns, whole):
    """Nothing is advanced or changed by asking: the same facts in the same order, up to the instant and no further."""
    found = simulate_until(loaded(), at_ns)
    known = [fact for fact in whole if fact.time_ns <= at_ns]
    assert list(found.facts) == known[: len(found.facts)]
    later = known[len(found.facts) :]
    assert not later or at_ns == 2400 * S, "only the end of the run itself comes after what happens at its last instant"
    assert {fact.time_ns for fact in later} <= {at_ns}
    assert {fact.time_ns for fact in found.looked} <= {at_ns}


def test_this_is_about_sets_in_mid_transfer_and_about_cuts_at_the_very_instant(whole):
    cuts = {fact.time_ns for fact in whole if isinstance(fact, DeltaSetCut)}
    assert {600 * S, 1200 * S} <= cuts
    found = status(simulate_until(loaded(), 777 * S + 123), 777 * S + 123)
    (there,) = found.replications[0].destinations
    assert [str(name) for name in there.outstanding] == ["g1.1"] and not there.arrived
    assert isinstance(whole[-1], RunEnded)


def test_the_set_that_is_being_filled_holds_what_a_cut_at_that_instant_would_have_cut():
    """First touches do not depend on who looks when (DESIGN.md): a run that is made to cut there says the same."""
    at_ns = 777 * S + 123
    now = SLOW + "timeline: [{at: 777 s 123 ns, kind: cut-now}]\n"
    ledger = simulate(loaded(now), checking="off").ledger
    cut = next(fact for fact in ledger if isinstance(fact, DeltaSetCut) and fact.time_ns == at_ns)
    (one,) = status(simulate_until(loaded(), at_ns), at_ns).replications
    assert (str(one.current), one.current_blocks, one.current_looked_ns) == ("g1.2", cut.blocks, at_ns)


def test_the_table_tells_source_destination_sets_and_links():
    text = ask("small.scenario.yaml", "--at", "30min")
    for phrase in (
        "mirror at 0:30:00", "g1.4: open for 0 s", "every 10 min or at 600 MiB", "there, fed by here", "behind",
        "outstanding delta sets", "here -> there", "line", "1 Mbit/s", "each set as it comes", "of 2 GiB",
    ):  # fmt: skip
        assert phrase in text


def test_machines_get_one_line_with_times_in_seconds():
    (line,) = ask("small.scenario.yaml", "--at", "777s", "--json", "--seed", "3").splitlines()
    told = json.loads(line)
    assert (told["time_seconds"], told["seed"], told["scenario"]) == (777.0, 3, "small")
    (one,) = told["replications"]
    assert one["current"] == "g1.2" and one["sets"][0]["name"] == "g1.1"
    assert one["sets"][0]["created_seconds"] == 600.0
    assert told["links"][0]["state"] == "up"


def test_the_same_seed_is_the_same_run_and_another_one_is_not():
    first, again = (ask("small.scenario.yaml", "--at", "20 min") for _ in range(2))
    assert first == again
    assert ask("small.scenario.yaml", "--at", "20 min", "--seed", "99") != first


def test_what_cannot_be_asked_is_refused_with_what_can():
    assert "nothing stands at 41 min: the run goes from 0 s to 40 min" in ask(
        "small.scenario.yaml", "--at", "41min", status=2
    )
    assert "there is no secondary 'their': did you mean 'there'?" in ask(
        "small.scenario.yaml", "--at", "1min", "--to", "their", status=2
    )
    assert "for example 3h20min" in ask("small.scenario.yaml", "--at", "soon", status=2)
    assert "--at" in ask("small.scenario.yaml", status=2)
