"""Bad scenarios: every row of CORRECTNESS.md section 4 that a scenario can hold, one file each, with its message.

`scenarios/ROW-NAME.scenario.yaml` is the input, `ROW-NAME.expected` what the user reads. Row 54 holds all of routes,
row 58 also who is there when, and what waits for what. Rows after 60 are our own: 61 workloads, 62 expectations,
63 later versions, 64 extends, 65 YAML, 66 many faults at once, 67 links, 68 things that fail. Files that an editor
would mangle (encodings, devices, sizes) are made by the tests.
"""

import os
import random
import re
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import first_scenario, load, load_text, resolve_text
from sim.scenario.errors import BadInput, ScenarioError
from sim.simulation import simulate

CORPUS = Path(__file__).parent / "scenarios"
BAD = sorted(CORPUS.glob("*.scenario.yaml"))
GOOD = sorted((Path(__file__).parents[2] / "scenarios").glob("*.scenario.yaml"))

SECONDS = 10.0  # of processor time; meant is 1, but a shared core is no failure: a blow-up takes minutes
BYTES = 200 * 2**20

MENTIONED = {
    *range(3, 14), *range(15, 32), 33, *range(35, 44), *range(47, 61),
}  # fmt: skip


def refused(path, shown=None):
    """What a user reads of a file that is refused; with `shown`, the first lines of so many faults."""
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return str(caught.value) if shown is None else "\n".join(f.headline() for f in caught.value.faults[:shown])


def without_folder(message):
    return message.replace(f"{CORPUS}/", "")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name.removesuffix(".scenario.yaml"))
def test_a_bad_scenario_is_refused_with_its_message(path):
    began = time.process_time()
    message = without_folder(refused(path))
    assert time.process_time() - began < SECONDS
    assert message == path.with_name(path.name.replace(".scenario.yaml", ".expected")).read_text("utf-8").rstrip("\n")


def test_the_corpus_is_large_and_holds_every_row_that_a_text_can():
    assert len(BAD) >= 250
    assert {int(path.name[:2]) for path in BAD} >= MENTIONED


def test_every_message_of_the_corpus_has_a_place_in_its_file_or_says_that_all_of_it_is_wrong():
    for path in BAD:
        with pytest.raises(ScenarioError) as caught:
            load(path)
        for fault in caught.value.faults:
            lines = [*Path(fault.file).read_text("utf-8").splitlines(), ""]
            assert fault.line == 0 or 1 <= fault.column <= len(lines[fault.line - 1]) + 1, path.name


def test_all_faults_come_at_once_by_place_and_at_most_twenty_are_shown():
    with pytest.raises(ScenarioError) as caught:
        load(CORPUS / "66-more-than-twenty.scenario.yaml")
    assert len(caught.value.faults) == 30
    places = [(fault.line, fault.column) for fault in caught.value.faults]
    assert places == sorted(places)
    assert str(caught.value).count("unknown key") == 20
    assert re.match(r".*66-more-than-twenty.scenario.yaml: 30 faults, the first 20 of them:\n", str(caught.value))
    assert str(caught.value).endswith("... and 10 more")


def test_faults_of_values_of_keys_and_across_parts_are_reported_together():
    message = refused(CORPUS / "66-everything-at-once.scenario.yaml")
    assert "minute or metre" in message
    assert "did you mean 'bandwidth'" in message
    assert "no site 'lisbom'" in message
    assert "not in this version yet" in message


def test_what_is_wrong_in_a_part_hides_nothing_of_its_other_values_and_of_other_parts():
    message = refused(CORPUS / "66-parts-beside-wrong-parts.scenario.yaml", shown=100)
    for said in (
        "links.wan.bandwidth: unit 'Mbps' is not used", "links.loop.between: joins 'porto' to itself",
        "home.size: 1000001 kB is not a multiple", "home.in_use: unit missing", "slow.writes: expected a rate",
        "missing.trace: 'nowhere.csv' no such file", "folder.trace: '.' is a folder", "folder.format: expected fio",
        "columns.format: csv needs columns", "columns.wrap: expected true", "day.writes: unit missing",
        "day.profile.file: 'no-day.csv' no such file", "wide.rewrite: unit missing", "wide.over: over 2 GiB > volume",
        "mirror.timeout: 'm': minute", "mirror.chunk: chunk 1 kB < one block", "high_water_mark 2 GiB > save volume",
        "lisbon.timeout: 'm': minute", "lisbon.save_volume.size: save volume 512 B", "on_full: expected suspend",
        "timeline[0].at: no id 'fire'", "timeline[0].kind: unknown kind 'fail-over'", "timeline[1].at: never happens",
        "timeline[1].site: no site 'madird'", "timeline[2].replication: no replication 'mirrow'",
        "timeline[4].secondary: no secondary 'proto'", "timeline[5].snapshot: no snapshot entry 'taken'",
    ):  # fmt: skip
        assert said in message


# ------------------------------------------------------------------------------------------------ bytes and files
TEXT = CORPUS.joinpath("../../../scenarios/quickstart.scenario.yaml").resolve().read_text("utf-8")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name: caf\xe9\n", "not UTF-8 (byte 0xE9 at offset 9; Latin-1?)"),
        (b"\xe9\n", "not UTF-8 (byte 0xE9 at offset 0; Latin-1?)"),
        (TEXT.encode("utf-16-le"), "not UTF-8 (NUL byte at offset 1; UTF-16 or UTF-32?)"),
        (TEXT.encode("utf-16"), "not UTF-8 (byte order mark of UTF-16)"),
        (TEXT.encode("utf-16-be"), "not UTF-8 (NUL byte at offset 0; UTF-16 or UTF-32?)"),
        (TEXT.encode("utf-32"), "not UTF-8 (byte order mark of UTF-32)"),
        (TEXT.encode("utf-32-le"), "not UTF-8 (NUL byte at offset 1; UTF-16 or UTF-32?)"),
        (b"name: \xed\xa0\xbd\n", "not UTF-8 (byte 0xED at offset 6; Latin-1?)"),
        (b"\xef\xbb\xbfname: \xff\n", "not UTF-8 (byte 0xFF at offset 9; Latin-1?)"),
        (b"name: a\x00b\n", "control character U+0000 at col 8, offset 7"),
        (b"name: \x1b[31mred\n", "control character U+001B at col 7, offset 6"),
        (b"\x1f\x8b\x08\x00 gzip", "not UTF-8"),
        (b"a: " + b"x" * 10_001, "text of 10,001 characters; at most 10,000"),
        (b"a: [" + b"1," * 100_001 + b"1]", "more than 100,000 values in one file"),
        (b"# " + b"x" * 2**20, "is larger than 1 MiB"),
    ],
)
def test_rows_34_35_44_bytes_that_are_no_scenario(tmp_path, data, message):
    path = tmp_path / "bad.scenario.yaml"
    path.write_bytes(data)
    began = time.process_time()
    assert message in refused(path)
    assert time.process_time() - began < SECONDS


def test_row_32_a_byte_order_mark_is_fine(tmp_path):
    path = tmp_path / "bom.scenario.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + first_scenario().encode())
    assert load(path).name == "first"


def test_line_ends_of_every_system_are_fine(tmp_path):
    for name, end in (("dos", "\r\n"), ("mac", "\r")):
        path = tmp_path / f"{name}.scenario.yaml"
        path.write_bytes(first_scenario().replace("\n", end).encode())
        assert load(path).model_dump() == load_text(first_scenario()).model_dump()


def test_row_44_a_huge_file_is_refused_by_its_size_before_a_byte_is_read(tmp_path):
    path = tmp_path / "huge.scenario.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 2**30)  # sparse
    assert refused(path).endswith("is larger than 1 MiB (a scenario is a few pages of text)")


def test_row_69_what_is_no_file_is_refused_in_one_line(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "x.scenario.yaml").write_text("version: 1\n")
    said = {
        tmp_path: "is a folder, not a file",
        tmp_path / "pipe": "is a named pipe, not a file",
        Path("/dev/zero"): "is a device, not a file",
        tmp_path / "dangling": "is a link to nothing",
        tmp_path / "loop": "cannot be read: ",
        tmp_path / "nothing": "no such file",
        tmp_path / "x": f"no such file (did you mean '{tmp_path / 'x.scenario.yaml'}'?)",
        tmp_path / ("n" * 300): "cannot be read: file name too long",
        Path("a\0b"): "is not a file name",
        tmp_path / "x.scenario.yaml" / "y": "cannot be read: not a directory",
    }
    for path, words in said.items():
        message = refused(path)
        assert words in message
        assert "\n" not in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_row_69_an_unreadable_file(tmp_path):
    path = tmp_path / "secret.scenario.yaml"
    path.write_text("version: 1\n")
    path.chmod(0)
    assert "cannot be read: permission denied" in refused(path)


def test_row_69_traces_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    text = first_scenario().replace("writes: 300 /s\n", "trace: pipe\n        format: msr\n")
    text = re.sub(r"\n *locality:.*", "", text)
    with pytest.raises(
        ScenarioError, match=r"volumes\.home\.workload\.office\.trace: 'pipe' is a named pipe, not a file"
    ):
        load_text(text, base_dir=tmp_path)


# ------------------------------------------------------------------------------------------------------- mutants
RICH = """
description: "with: everything"
tags: [nightly, slow]
volumes:
  home:
    snapshots: {every: 1 h, keep: 24}
    snapshot_store: {size: 10 GiB, on_full: invalidate}
    workload:
      bursts:
        writes: 10 /s
        write_size: 16 KiB
        locality: {hot: {space: 10 %, writes: 90 %}, over: 1 GiB, at: 1 GiB}
        rewrite: 5 %
        bursts: {every: {exponential: 1 h}, for: {lognormal: {median: 20 s, p95: 4 min}}, factor: 10}
      log: {writes: 5 /s, locality: sequential, arrivals: even}
      extents: {churn: 1 /min, extent: 1 MiB, over: 1 GiB, at: 4 GiB}
replication:
  home-mirror: {poll: 1 s, empty_sets: skip, retries: 3}
timeline:
  - {at: 1 h, id: on-demand, kind: cut-now}
  - {at: on-demand + 20 min, kind: set-policy, timeout: 5 min, secondary: lisbon}
  - {at: 2 h, id: taken, kind: snapshot}
  - {at: taken + 1 h, kind: delete-snapshot, snapshot: taken}
  - {at: 3 h, kind: reboot, site: lisbon, for: 90 s}
expect:
  - max(save_volume{site=madrid}) < 1 GiB before taken
  - {check: mean(coalescing_ratio) >= 1.5 across runs, soft: true}
run: {until: 4 h, seed: 1, replications: 3}
"""


WAN = """
sites: {porto: {data_movers: [dm1, dm2]}, faro: {}}
links:
  iberia:
    loss: 0.1 %
    jitter: 2 ms
    congestion: reno
    queue_bdp: 0.5
    window: 1 MiB
    compression: 1.5
    chunk_header: 2 KiB
    corrupt: 0.01 %
    throttle: [{rate: 50 Mbit/s, burst: 1 MiB, from: 1 h, until: 2 h, every: 3 h}, {rate: 150 Mbit/s}]
    back: {bandwidth: 20 Mbit/s, loss: 1 %}
  atlantic: {between: [lisbon, porto], bandwidth: 100 Mbit/s, rtt: 6 ms, kind: lan}
  south: {between: [lisbon, faro], bandwidth: unlimited, reorder: 1 %, duplicate: 1 %}
groups: {coast: [porto, atlantic]}
replication:
  home-mirror:
    forwarders: {hub: {site: porto, via: [lisbon, atlantic], save_volume: {size: 21 GiB}}}
    secondaries: {faro: {via: [hub, lisbon]}}
    retries: 2
    retry_after: 45 s
    bypass: false
timeline:
  - {at: 10 min, id: cut, kind: link-down, link: iberia, from: madrid, for: 3 min}
  - {at: cut + 10 min, kind: link-lossy, link: south, loss: 2 %, for: {uniform: [20 s, 3 min]}}
  - {at: 1 h, kind: flap, link: iberia, down: 5 s, up: 30 s, for: 5 min}
  - {at: 90 min, kind: swizzle, links: [iberia, south], every: 20 s, share: 100 %, for: 2 min}
  - {at: 100 min, kind: group-down, group: coast, for: 1 min}
  - {at: 2 h, kind: move, site: porto, data_mover: dm2}
  - {at: 3 h, kind: leave, secondary: faro}
faults:
  flaps: {kind: link-slow, factor: 10 %, links: [iberia, atlantic], mtbf: {exponential: 20 min}, mttr: 30 s}
  crash: {kind: reboot, site: lisbon, mtbf: 3 h, mttr: 2 min, count: 1}
"""


DISASTER = """
run: {until: 24 h, seed: 7}
sites: {porto: {}}
links: {atlantic: {between: [lisbon, porto], bandwidth: 100 Mbit/s, rtt: 6 ms}}
groups: {iberia: [madrid, lisbon, atlantic]}
operator: {detect: 5 min, decide: {lognormal: {median: 10 min, p95: 1 h}}, repair: {uniform: [2 h, 6 h]}}
replication:
  home-mirror:
    secondaries: {porto: {via: lisbon}, cabinet: {site: madrid}}
    recovery: {transfer: min, protect: true, full_copy: one-snapshot, converge_within: 30 min}
timeline:
  - {at: 10 min, id: early, kind: snapshot}
  - {at: 20 min, id: late, kind: snapshot}
  - {at: 30 min, kind: copy, secondary: lisbon, from: early, snapshot: late}
  - {at: 40 min, id: weekly, kind: swap, to: lisbon}
  - {at: weekly + 30 min, kind: swap, to: madrid}
  - {at: 3 h, id: fire, kind: site-lost, site: madrid, destroys: [save_volume_part], corrupts: [save_volume]}
  - {at: fire + 20 min, kind: status}
  - {at: fire + operator, id: over, kind: failover, to: lisbon, mode: now}
  - {at: fire + operator + repair, id: back, kind: site-back, site: madrid}
  - {at: back + 5 min, kind: resync, site: madrid}
  - {when: undoing + 1 s, kind: link-down, link: iberia, for: 3 min}
  - {when: in-sync + 10 min, id: home, kind: failback}
  - {at: home + 2 h, id: both, kind: site-lost, group: iberia, for: {exponential: 1 h}}
expect:
  - rto <= 2 h
  - phase_seconds{phase=detect} <= 5 min
  - max(lag{to=porto}) < 30 h during recovery
  - resync_bytes{part=sent} < 60 GiB after over
"""


def laid_over(text):
    """The rich scenario as one text: the first one with these parts on it."""
    base = load_text(first_scenario(), name="first")
    assert base.name == "first"
    keys = [f"{key}={value}" for key, value in sets_of(text)]
    return resolve_text(load_text(first_scenario(), sets=keys))


def sets_of(text):
    import yaml

    for key, value in yaml.safe_load(text).items():
        yield key, yaml.safe_dump(value, default_flow_style=True, width=10**6).replace("\n...\n", "").strip()


WHOLE = [text for path in GOOD if "\nextends:" not in (text := path.read_text("utf-8"))]
SEEDS = [first_scenario(), laid_over(RICH), laid_over(WAN), laid_over(DISASTER), *WHOLE]
TOKEN = re.compile(r"[\w.]+|\s+|[^\w\s]")


@st.composite
def mutants(draw):
    """A good scenario with a few tokens deleted, doubled, swapped or replaced."""
    tokens = TOKEN.findall(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        i, j = (draw(st.integers(0, len(tokens) - 1)) for _ in "ij")
        match draw(st.sampled_from(["delete", "double", "swap", "put"])):
            case "delete":
                tokens[i] = ""
            case "double":
                tokens[i] *= 2
            case "swap":
                tokens[i], tokens[j] = tokens[j], tokens[i]
            case "put":
                odd = [
                    "0",
                    "-1",
                    "null",
                    "*a",
                    "&a",
                    "<<",
                    "!!x",
                    "{",
                    "[",
                    ":",
                    "\n",
                    "\t",
                    "’",
                    "1e9",
                    "9" * 30,
                    "x-",
                ]
                tokens[i] = draw(st.sampled_from(odd))
    return "".join(tokens)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutants())
def test_a_mutant_of_a_good_scenario_is_accepted_or_refused_and_nothing_else(text):
    tracemalloc.start()
    began = time.process_time()
    try:
        scenario = load_text(text, name="mutant", base_dir=GOOD[0].parent)
    except BadInput as error:
        assert str(error).startswith(("mutant", str(GOOD[0].parent)))
        scenario = None
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < SECONDS
    assert peak < BYTES
    if scenario is not None:
        again = load_text(resolve_text(scenario), base_dir=GOOD[0].parent)
        assert again.model_dump() == scenario.model_dump()


QUANTITY = re.compile(r"\b\d+(?:\.\d+)? (?:[kMGT]i?B\b|Mbit/s|MB/s|/s|/min|min\b|ms\b|s\b|h\b|%)")
AMOUNTS = [
    f"{n} {u}" for n in (1, 3, 7, 100) for u in ("s", "min", "h", "kB", "MiB", "GiB", "/s", "%", "Mbit/s", "MB/s")
]


def other_quantities(seed):
    """A good scenario with up to three of its quantities replaced: more of them are accepted than of other mutants."""
    luck = random.Random(seed)
    text = SEEDS[seed % 3]
    for _ in range(luck.randint(1, 3)):
        chosen = luck.choice(list(QUANTITY.finditer(text)))
        text = text[: chosen.start()] + luck.choice(AMOUNTS) + text[chosen.end() :]
    return text


def faults_of(text):
    try:
        load_text(text, name="mutant", base_dir=GOOD[0].parent)
    except ScenarioError as error:
        return error.faults
    return ()


def spoilt(text, matches):
    """The text with these quantities made wrong."""
    for match in sorted(matches, key=lambda match: -match.start()):
        text = text[: match.start()] + "5 mm" + text[match.end() :]
    return text


@pytest.mark.parametrize("text", SEEDS)
def test_one_wrong_value_is_one_fault_and_two_wrong_values_are_two(text):
    luck = random.Random(1)
    bare = re.sub(r"#.*", lambda found: "#" * len(found[0]), text)
    found = list(QUANTITY.finditer(bare, bare.index("\nrun:")))
    alone = {match: faults_of(spoilt(bare, [match])) for match in found}
    assert len(found) > 5, "this test is about quantities"
    assert {len(faults) for faults in alone.values()} == {1}
    for _ in range(20):
        one, other = luck.sample(found, 2)
        paths = {fault.path for match in (one, other) for fault in alone[match]}
        assert {fault.path for fault in faults_of(spoilt(bare, [one, other]))} == paths


def test_every_accepted_mutant_runs_ten_seconds_without_an_internal_error():
    ran = 0
    for seed in range(160):
        try:
            scenario = load_text(other_quantities(seed))
        except BadInput:
            continue
        soon = scenario.run.model_copy(update={"until": min(scenario.run.until, 10 * 10**9)})
        run = simulate(scenario.model_copy(update={"run": soon}))
        ran += run.ledger[-1].finished
    assert ran >= 20, "this test is about runs"


def test_the_seeds_of_the_mutants_are_good():
    assert len(SEEDS) >= 4
    for text in SEEDS:
        assert load_text(text, base_dir=GOOD[0].parent).name
