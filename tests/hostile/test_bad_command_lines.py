"""Command lines with slips of the finger: the usage, the nearest name, status 2, never a traceback (row 71, row 69)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.cli.group import georep

ROOT = Path(__file__).parents[2]
QUICKSTART = str(ROOT / "scenarios" / "quickstart.scenario.yaml")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refused(*words, stdin=""):
    """What a command line says on stderr; it must be refused, and print no results."""
    done = CliRunner().invoke(georep, list(words), input=stdin)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not list(Path.cwd().glob("results*"))
    return done.stderr


LINK = ["--rtt", "80 ms", "--size", "64 MiB"]
USAGE = {
    "unknown command": (["swep"], "No such command 'swep'. Did you mean 'sweep'?"),
    "command in capitals": (["RUN", "x"], "No such command 'RUN'"),
    "nearest command": (["rnu", "x"], "Did you mean 'run'?"),
    "nonsense": (["xyzzy"], "No such command 'xyzzy'."),
    "unknown option": (["--hlep"], "No such option '--hlep'. Did you mean '--help'?"),
    "unknown option of a command": (["run", "--sede", "3", QUICKSTART], "Did you mean one of: '--seed'"),
    "unknown option of check": (["check", "--josn", "."], "Did you mean '--json'?"),
    "option twice": (["run", "--seed", "1", "--seed", "2", "x"], "'--seed': given more than once"),
    "out twice": (["run", "--out", "a", "--out=b", QUICKSTART], "'--out': given more than once"),
    "value missing": (["run", QUICKSTART, "--seed"], "Option '--seed' requires an argument"),
    "value empty": (["run", QUICKSTART, "--seed="], "Invalid value for '--seed': the value is missing"),
    "seed is a word": (["run", "x", "--seed", "lucky"], "'lucky' is not a whole number from 0 to 9007199254740991"),
    "seed is negative": (["run", QUICKSTART, "--seed", "-1"], "'-1' is not a whole number"),
    "seed is a fraction": (["run", QUICKSTART, "--seed", "1.5"], "'1.5' is not a whole number"),
    "seed is too large": (["run", QUICKSTART, "--seed", "9007199254740992"], "is not a whole number"),
    "seed is endless": (["run", QUICKSTART, "--seed", "9" * 10_000], "is not a whole number"),
    "seed in full-width digits": (["run", QUICKSTART, "--seed", "\uff11"], "is not a whole number"),
    "seed with underscores": (["run", QUICKSTART, "--seed", "1_000"], "'1_000' is not a whole number"),
    "seed with blanks": (["run", QUICKSTART, "--seed", " 1"], "' 1' is not a whole number"),
    "no workers": (["run", QUICKSTART, "--workers", "0"], "'0' is not a whole number from 1 to 1024"),
    "unknown checking": (["run", QUICKSTART, "--check", "some"], "'some' is not one of 'off', 'cheap', 'full'"),
    "set without value": (["run", QUICKSTART, "--set", "run.until"], "'run.until' is not path=value"),
    "set without path": (["run", QUICKSTART, "--set", "=3"], "'=3' is not path=value"),
    "set empty": (["run", QUICKSTART, "--set", ""], "is not path=value"),
    "no scenario": (["run"], "Missing argument 'SCENARIO...'"),
    "no path": (["check"], "Missing argument 'PATH...'"),
    "flag with a value": (["run", QUICKSTART, "--quiet=yes"], "does not take a value"),
    "two scenarios to resolve": (["resolve", "a", "b"], "unexpected extra argument"),
    "two paths for init": (["init", "a", "b"], "unexpected extra argument"),
    "rate without unit": (["link", *LINK, "--bandwidth", "100"], "'--bandwidth': unit missing"),
    "rate of bits or bytes": (["link", *LINK, "--bandwidth", "100 Mb"], "ambiguous (bits or bytes)"),
    "rate of nothing": (["link", *LINK, "--bandwidth", "0"], "'--bandwidth': must be > 0"),
    "rate without end": (["link", *LINK, "--bandwidth", "inf"], "must be a finite number"),
    "rate too large": (["link", *LINK, "--bandwidth", "1e300 bit/s"], "is too large"),
    "rate twice": (["link", *LINK, *["--bandwidth", "1 Mbit/s"] * 2], "'--bandwidth': given more than once"),
    "rate missing": (["link", *LINK], "Missing option '--bandwidth'"),
    "round trip of a day": (["link", "--rtt", "1 d"], "'--rtt': must be at most 1 h"),
    "round trip before its begin": (["link", "--rtt", "-1 ms"], "'--rtt': must be >= 0"),
    "nothing to transfer": (["link", "--size", "0"], "'--size': must be > 0"),
    "all is lost": (["link", "--loss", "100 %"], "'--loss': must be less than 100 %"),
    "all but nothing is lost": (["link", "--loss", f"99.{'9' * 25} %"], "'--loss': must be less than 100 %"),
    "loss as a share": (["link", "--loss", "0.001"], "'--loss': unit missing"),
    "no queue": (["link", "--queue-bdp", "0"], "'--queue-bdp': must be more than 0"),
    "endless queue": (["link", "--queue-bdp", "nan"], "must be a finite number"),
    "unknown congestion control": (["link", "--congestion", "bbr"], "'bbr' is not one of 'cubic', 'reno', 'ideal'"),
    "unknown connection": (["link", "--connection", "hot"], "'hot' is not one of 'fresh', 'warm', 'idle'"),
    "chart of another kind": (["link", "--chart", "x.png"], "the name must end in .svg"),
    "argument for link": (["link", "a", *LINK, "--bandwidth", "1 Mbit/s"], "unexpected extra argument"),
}  # fmt: skip


@pytest.mark.parametrize("slip", USAGE)
def test_a_slip_of_the_finger_shows_usage_and_says_what_is_right(slip):
    words, message = USAGE[slip]
    said = refused(*words)
    assert said.startswith("Usage: georep")
    assert message in said


@pytest.mark.parametrize("later", ["sweep", "plan", "report", "trace", "fuzz", "diff"])
def test_commands_that_come_later_say_so(later):
    assert f"No such command '{later}'. '{later}' is not in this version yet." in refused(later, "x")


def test_no_command_at_all_shows_the_help():
    done = CliRunner().invoke(georep, [])
    assert done.exit_code == 2
    assert "Commands:" in done.stderr


def test_a_file_name_that_begins_with_a_dash_is_explained():
    Path("-x.scenario.yaml").write_text("")
    assert "The file of that name is written './-x.scenario.yaml'." in refused("run", "-x.scenario.yaml")


TRANSFER = ["--bandwidth", "1 Mbit/s", *LINK]
FILES = {
    "missing file": (["run", "nowhere.scenario.yaml"], "nowhere.scenario.yaml"),
    "pattern without match": (["run", "nowhere/*.yaml"], "nowhere/*.yaml: no file matches this pattern"),
    "folder": (["run", "."], "."),
    "empty name": (["run", ""], ""),
    "device": (["run", "/dev/zero"], "/dev/zero"),
    "missing file to resolve": (["resolve", "nowhere.scenario.yaml"], "nowhere.scenario.yaml"),
    "missing path to check": (["check", "nowhere"], "nowhere"),
    "folder without scenarios": (["check", "."], ".: no *.scenario.yaml here or below"),
    "setting of a path that is not there": (["run", QUICKSTART, "--set", "rum.until=2 h"], "rum"),
    "setting with a bad value": (["run", QUICKSTART, "--set", "run.until=soon"], "run.until"),
    "setting that is no YAML": (["run", QUICKSTART, "--set", "run.until={"], "--set"),
    "init into a missing folder": (["init", "nowhere/first.scenario.yaml"], "first.scenario.yaml: the folder does not"),
    "schema into a missing folder": (["schema", "--out", "nowhere/x.json"], "x.json: the folder does not"),
    "schema into a folder": (["schema", "--out", "."], ".: "),
    "chart into a missing folder": (
        ["link", *TRANSFER, "--chart", "nowhere/x.svg"],
        "x.svg: the folder does not exist",
    ),
    "chart into a folder": (["link", *TRANSFER, "--chart", "folder.svg"], "folder.svg: is a folder"),
    "chart through a file": (["link", *TRANSFER, "--chart", "file.svg/x.svg"], "x.svg: is a file"),
    "chart with an endless name": (["link", *TRANSFER, "--chart", "x" * 300 + ".svg"], "file name too long"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FILES)
def test_a_file_that_cannot_be_used_is_named(fault):
    words, message = FILES[fault]
    Path("folder.svg").mkdir()
    Path("file.svg").write_text("x")
    said = refused(*words)
    assert message in said
    assert "Usage" not in said, "the command line itself was right"


def test_all_that_is_wrong_in_all_scenarios_is_said_at_once():
    Path("a.scenario.yaml").write_text("version: 1\nname: a\n")
    Path("b.scenario.yaml").write_text("version: 2\n")
    said = refused("run", "a.scenario.yaml", QUICKSTART, "b.scenario.yaml", "c.scenario.yaml")
    assert all(f"{name}.scenario.yaml" in said for name in "abc")


def test_init_never_overwrites():
    Path("first.scenario.yaml").write_text("mine")
    assert "first.scenario.yaml: exists already" in refused("init")
    Path("link.scenario.yaml").symlink_to("nowhere")
    assert "link.scenario.yaml: exists already" in refused("init", "link.scenario.yaml")
    assert Path("first.scenario.yaml").read_text() == "mine"


def test_two_scenarios_of_one_name_would_share_a_folder():
    Path("copy.scenario.yaml").write_text(Path(QUICKSTART).read_text())
    assert "two scenarios are called 'quickstart'" in refused("run", QUICKSTART, "copy.scenario.yaml")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("taken", "is a file"),
        ("foreign", "is no result of georep"),
        ("taken/deeper", "is a file"),
        ("x" * 300, "too long"),
    ],
)
def test_an_output_folder_that_cannot_be_used_stops_before_the_run(place, message):
    Path("taken").write_text("x")
    Path("foreign").mkdir()
    Path("foreign/thesis.tex").write_text("ten years")
    said = refused("run", QUICKSTART, "--set", "run.until=1000 d", "--out", place)
    assert message in said


def test_one_bad_folder_of_several_stops_all_before_the_first_run():
    Path("out").mkdir()
    Path("out/sawtooth").write_text("x")
    refused("run", QUICKSTART, str(ROOT / "scenarios" / "sawtooth.scenario.yaml"), "--out", "out")
    assert [path.name for path in Path("out").iterdir()] == ["sawtooth"], "the folder made for the first is gone again"


def test_bytes_that_are_no_text_are_a_name_like_others():
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli", "run", b"\xff\xfe.yaml"],
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_nobody_writes_to_does_not_hang():
    os.mkfifo("pipe.scenario.yaml")
    assert "pipe.scenario.yaml" in refused("run", "pipe.scenario.yaml")
