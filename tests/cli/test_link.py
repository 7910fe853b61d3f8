"""`georep link`: what one transfer takes and why, for people, for machines and as a chart."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import sim.transfers
from analysis.rates import bins
from analysis.transferred import told
from sim import transfer_time
from sim.cli.group import georep
from sim.transfers import Conditions, explained

MIB = 2**20
LINE = ("--bandwidth", "100 Mbit/s", "--rtt", "80 ms", "--size", "64 MiB")
LOSSY = (*LINE, "--loss", "0.1 %")
PARTS = ("handshake", "slow_start", "loss", "sending", "propagation")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def ask(*words, status=0):
    done = CliRunner().invoke(georep, ["link", *words])
    assert done.exit_code == status, done.output
    return done.stdout if not status else done.stderr


def asked(*words):
    (line,) = ask(*words, "--json").splitlines()
    return json.loads(line)


def test_people_read_what_it_takes_and_why():
    text = ask(*LOSSY)
    for phrase in (
        "64 MiB over 100 Mbit/s, round trip 80 ms, 0.1 % loss, cubic, fresh connection", "times as long as the line",
        "limited by loss", "by luck", "p10 to p90", "mean rate", "of 100 Mbit/s", "sent again", "handshake",
        "slow start and waits for windows", "after losses", "pipe full", "propagation", "rate over time",
    ):  # fmt: skip
        assert phrase in text
    assert "by luck" not in ask(*LINE), "there is none without loss"
    assert "by luck" not in ask(*LOSSY, "--seed", "3"), "one draw has no spread"


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (LINE, "pipe"),
        (LOSSY, "loss"),
        ((*LINE[:4], "--size", "1 MiB"), "slow start"),
        ((*LINE[:4], "--size", "1 kB"), "round trip"),
        ((*LOSSY, "--congestion", "ideal"), "pipe"),
    ],
    ids=("pipe", "loss", "slow start", "round trip", "ideal"),
)
def test_what_limits_it_is_the_largest_of_the_parts_which_are_the_whole(words, limit):
    found = asked(*words)
    assert found["limited_by"] == limit
    assert sum(found[f"{part}_seconds"] for part in PARTS) == pytest.approx(found["seconds"], abs=1e-8)


@pytest.mark.parametrize("extra", [(), ("--seed", "5")], ids=["median", "a draw"])
def test_machines_get_what_python_gets(extra):
    found = asked(*LOSSY, "--connection", "idle", "--queue-bdp", "0.5", *extra)
    given = {name: found[name] for name in ("size_bytes", "bandwidth_bits_per_s", "rtt_seconds", "loss", "queue_bdp")}
    assert given == {
        "size_bytes": 64 * MIB, "bandwidth_bits_per_s": 10**8, "rtt_seconds": 0.08, "loss": 0.001, "queue_bdp": 0.5,
    }  # fmt: skip
    assert found["seconds"] == transfer_time(**given, connection="idle", seed=found["seed"])
    assert (found["p10_seconds"] is None) == bool(extra)
    assert found["slowdown"] == pytest.approx(found["seconds"] / found["ideal_seconds"])


def test_the_spread_is_around_the_median():
    found = asked(*LOSSY)
    assert found["p10_seconds"] < found["seconds"] < found["p90_seconds"]


def test_the_chart_is_there_whole_and_the_same_each_time():
    first, again = (ask(*LOSSY, "--chart", f"{name}.svg") for name in ("a", "b"))
    assert first == again == ask(*LOSSY)
    assert Path("a.svg").read_text().rstrip().endswith("</svg>")
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()
    assert sorted(path.name for path in Path().iterdir()) == ["a.svg", "b.svg"]


def test_a_chart_that_cannot_be_written_is_refused_before_anything_is_computed(monkeypatch):
    def never(*_):
        raise AssertionError("it was computed")

    monkeypatch.setattr(sim.transfers, "transfer", never)
    assert ask(*LINE, "--chart", "nowhere/x.svg", status=2) == "nowhere/x.svg: the folder does not exist\n"


def test_all_that_is_wrong_is_said_at_once_a_line_each():
    said = ask(
        "--bandwidth", "fast", "--rtt", "80", "--loss", "100 %", "--queue-bdp", "-1", "--congestion", "bbr",
        "--connection", "hot", "--seed", "lucky", "--chart", "x.png", status=2,
    )  # fmt: skip
    lines = said.splitlines()
    for option in "bandwidth", "rtt", "loss", "queue-bdp", "congestion", "connection", "seed", "chart", "size":
        assert sum(f"'--{option}'" in line for line in lines) == 1, option
    assert "for example '100 Mbit/s'" in said


CASES = {
    "lossless": Conditions(64 * MIB, 10**8, 0.08),
    "lossy": Conditions(64 * MIB, 10**8, 0.08, loss=0.001),
    "short": Conditions(MIB, 10**8, 0.08, connection="warm"),
    "ideal": Conditions(MIB, 10**8, 0.08, congestion="ideal"),
    "no distance": Conditions(MIB, 10**8, 0.0),
    "an instant": Conditions(1, 2**61, 0.0, congestion="ideal"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rates_over_time_are_the_payload_and_the_phases_are_in_order(case):
    conditions = CASES[case]
    _, shown = explained(conditions, seed=1)
    found = bins(conditions, shown, 400)
    carried = sum(one.bits_per_s * (one.end_s - one.begin_s) for one in found) / 8
    assert carried == pytest.approx(conditions.size_bytes, rel=1e-6)
    silent = [at for at, one in enumerate(found) if one.phase == "propagation"]
    assert silent == list(range(len(found) - len(silent), len(found)))
    assert bool(silent) == (shown.delay_ns > 0 and 2 * shown.delay_ns >= shown.took_ns / len(found))
    handshake = [at for at, one in enumerate(found) if one.phase == "handshake"]
    assert handshake == list(range(len(handshake)))
    assert not any(one.bits_per_s for one in found[: len(handshake)])


def test_a_lossless_line_is_opened_then_full_and_a_lossy_one_held_back():
    phases = {case: {one.phase for one in bins(CASES[case], explained(CASES[case], 1)[1], 400)} for case in CASES}
    assert phases["lossless"] == {"handshake", "opening", "full", "propagation"}
    assert "losses" in phases["lossy"]
    assert phases["ideal"] == {"full", "propagation"}


@pytest.mark.parametrize("width", [20, 60, 200])
@pytest.mark.parametrize("ascii_only", [False, True], ids=["blocks", "ascii"])
def test_the_text_fits_any_terminal(width, ascii_only):
    found, shown = explained(CASES["lossless"])
    text = told(CASES["lossless"], found, shown, width=width, ascii_only=ascii_only)
    assert max(map(len, text.splitlines())) <= width
    assert text.isascii() == ascii_only
    assert ("@" if ascii_only else "█") in text
