"""All that writes to a volume, as one: built from a scenario, merged, and asked for a high-water crossing."""

import tracemalloc
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.volumes import Volume
from sim.streams import Streams
from sim.world import workload as workload_module
from sim.world.source import Batch, FirstTouches
from sim.world.sources import initially_in_use, popularity_of
from sim.world.workload import VolumeWrites, build

MS = 1_000_000
SECOND = 10**9
EVERYTHING = {
    "office": {"writes": "300 /s", "locality": {"zipf": "1.1", "over": "8 MiB"}, "rewrite": "20 %"},
    "scan": {"writes": "50 /s", "locality": "sequential", "over": "1 MiB", "at": "4 MiB", "arrivals": "even"},
    "log": {"writes": "40 /s", "write_size": "24 KiB", "locality": "sequential", "over": "1 MiB", "at": "15 MiB"},
    "rows": {"writes": "90 /s", "write_size": "512 B", "locality": {"hot": {"space": "1 %", "writes": "80 %"}}},
    "files": {"churn": "30 /s", "extent": "64 KiB", "over": "2 MiB", "at": "6 MiB"},
    "bursty": {
        "writes": "20 /s",
        "bursts": {"every": {"exponential": "300 ms"}, "for": {"uniform": ["50 ms", "90 ms"]}, "factor": "10"},
    },
}


def volume(workload, **more):
    return Volume.model_validate({"size": "16 MiB", "workload": workload, **more})


def writes_of(workload, seed=1, base_dir=Path(), typical_ms=500, **more):
    return build("home", volume(workload, **more), Streams(seed), base_dir, typical_ms * MS)


def everywhere(addresses):
    return np.ones(addresses.size, dtype=np.bool_)


def same(one, other):
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def merged_by_hand(start, to, batches):
    """The rules of workload.py, a block at a time: the earliest touch, the contents of the last source by name."""
    first, held, unchanged, freed = {}, {}, {}, {}
    for batch in batches:
        for n, address in enumerate(batch.addresses.tolist()):
            first[address] = min(first.get(address, to), int(batch.first_ns[n]))
            held[address] = int(batch.contents[n])
            unchanged[address] = bool(batch.unchanged is not None and batch.unchanged[n])
        freed.update(dict.fromkeys(batch.freed.tolist()))
    order = sorted(first)
    return Batch(
        start_ns=start,
        to_ns=to,
        addresses=np.array(order, dtype=np.int64),
        first_ns=np.array([first[a] for a in order], dtype=np.int64),
        contents=np.array([held[a] for a in order], dtype=np.uint64),
        unchanged=np.array([unchanged[a] for a in order], dtype=np.bool_),
        freed=np.array(sorted(freed), dtype=np.int64),
        writes=sum(batch.writes for batch in batches),
        written_bytes=sum(batch.written_bytes for batch in batches),
    )


def merging_goes_by_the_rules():
    together = writes_of(EVERYTHING)
    alone = [writes_of(EVERYTHING).sources[n] for n in range(len(EVERYTHING))]
    start = -1
    for to in (300 * MS, 301 * MS, 2000 * MS):
        expected = merged_by_hand(start, to, [source.take(to) for source in alone])
        touches = together.touches(to)
        batch = together.take(to)
        assert same(batch, expected)
        assert same(touches, FirstTouches(expected.addresses, expected.first_ns))
        start = to
    assert batch.unchanged.any()
    parts = [source.take(4 * SECOND) for source in alone]
    assert sum(part.addresses.size for part in parts) > together.take(4 * SECOND).addresses.size, "blocks were shared"


def test_several_sources_merge_by_address():
    merging_goes_by_the_rules()


def the_first_wins(addresses, by_address=workload_module.by_address):
    ordered, index = by_address(addresses[::-1].copy())
    return ordered, addresses.size - 1 - index


def one_after_the_other(parts):
    first = {}
    for part in parts:
        first.update(zip(part.addresses.tolist(), part.first_ns.tolist(), strict=True))
    return FirstTouches(np.array(sorted(first)), np.array([first[a] for a in sorted(first)]))


@pytest.mark.parametrize(
    ("name", "crime"),
    [
        ("by_address", the_first_wins),
        ("_first_of_all", one_after_the_other),
        ("_unchanged", lambda batches, winner: None),
        ("run_starts", lambda ordered: np.ones(ordered.size, dtype=np.bool_)),
    ],
)
def test_the_rules_catch_their_crimes(name, crime, monkeypatch):
    monkeypatch.setattr(workload_module, name, crime)
    with pytest.raises(AssertionError):
        merging_goes_by_the_rules()


def test_sources_answer_in_the_order_of_their_names():
    names = [source.name for source in writes_of(EVERYTHING).sources]
    assert names == [f"volumes/home/workload/{name}" for name in sorted(EVERYTHING)]
    backwards = dict(reversed(EVERYTHING.items()))
    assert same(writes_of(EVERYTHING).take(SECOND), writes_of(backwards).take(SECOND)), (
        "the order in the file is nothing"
    )


def test_adding_a_workload_changes_nobody_elses_writes():
    without = {name: EVERYTHING[name] for name in ("files", "office", "scan")}
    one, other = writes_of(without), writes_of({**without, "zz": EVERYTHING["rows"]})
    for left, right in zip(one.sources, other.sources, strict=False):
        assert same(left.take(SECOND), right.take(SECOND))


def test_content_ids_never_recur_on_a_volume():
    writer = writes_of(EVERYTHING)
    seen = np.concatenate([writer.take(to * 100 * MS).contents for to in range(1, 20)])
    assert np.unique(seen).size == seen.size > 1000
    assert not (seen == 0).any()
    assert not (seen >> np.uint64(63)).any(), "the ids of what stood at the start have this bit"


@given(st.sampled_from(sorted(EVERYTHING)), st.lists(st.integers(0, 3000), min_size=1, max_size=5))
def test_every_kind_of_source_keeps_the_promises_of_its_interface(name, takes):
    writer, start = writes_of({name: EVERYTHING[name]}), -1
    twin = writes_of({name: EVERYTHING[name]})
    for take in sorted(takes):
        far = writer.touches((take + 777) * MS)
        batch = writer.take(take * MS)
        within = far.first_ns <= take * MS
        assert same(
            FirstTouches(far.addresses[within], far.first_ns[within]), FirstTouches(batch.addresses, batch.first_ns)
        )
        assert same(batch, twin.take(take * MS))
        assert (batch.start_ns, batch.to_ns) == (start, take * MS)
        assert (np.diff(batch.addresses) > 0).all()
        assert (np.diff(batch.freed) > 0).all()
        assert ((batch.first_ns > start) & (batch.first_ns <= take * MS)).all()
        assert batch.addresses.size <= batch.writes * max(1, batch.written_bytes // 8192 // max(1, batch.writes))
        start = take * MS


@pytest.mark.parametrize(
    ("name", "first", "last", "bytes_each"),
    [
        ("office", 0, 1024, 8192),
        ("scan", 512, 640, 8192),
        ("log", 1920, 2048, 24576),
        ("rows", 0, 2048, 512),
        ("files", 768, 1024, 65536),
    ],
)
def test_each_writes_where_and_how_much_its_scenario_says(name, first, last, bytes_each):
    batch = writes_of({name: EVERYTHING[name]}).take(10 * SECOND)
    assert first <= batch.addresses[0]
    assert batch.addresses[-1] < last
    assert batch.addresses[-1] - batch.addresses[0] > 0.9 * (last - first)
    assert batch.written_bytes == batch.writes * bytes_each


@pytest.mark.parametrize(
    "locality", [{"zipf": "1.1"}, "uniform", "sequential", {"hot": {"space": "1 %", "writes": "80 %"}}]
)
def test_memory_follows_what_is_written_and_not_the_volume(locality):
    tracemalloc.start()
    try:
        batch = writes_of({"a": {"writes": "1000 /s", "locality": locality}}, size="10 TiB", typical_ms=2000).take(
            2 * SECOND
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert batch.addresses.size > 100
    assert peak < 2 * 2**20


@pytest.mark.parametrize(
    "more",
    [{"locality": {"zipf": "1.1"}}, {}, {"locality": "sequential"}, {"locality": "sequential", "arrivals": "even"}],
)
def test_more_writes_than_any_machine_has_are_counted_all_the_same(more):
    per_second = 9 * 10**15
    batch = writes_of({"a": {"writes": f"{per_second} /s", **more}}).take(3600 * SECOND)
    assert batch.addresses.size == 2048
    assert batch.writes == pytest.approx(3600 * per_second, rel=1e-6)


def test_churn_begins_with_what_is_in_use():
    home = {"files": {"churn": "1 /ms", "extent": "64 KiB"}}
    assert initially_in_use(volume(home, in_use="60 %")) == 1228
    early = writes_of(home, in_use="60 %").take(5 * MS)
    assert early.freed.size
    assert early.freed.max() < 1228 + 8, "freed is what was in use"
    assert early.addresses.min() >= 1224, "allocated is what was not"
    assert writes_of(home, in_use="0 %").take(5 * MS).freed.size == 0


def test_a_profile_comes_from_its_file(tmp_path):
    (tmp_path / "day.csv").write_text("time,rate\n0,0 /s\n100 ms,400 /s\n200 ms,100 /s\n")
    writer = writes_of(
        {
            "a": {
                "writes": "200 /s",
                "profile": {"file": "day.csv", "loop": "1 s"},
                "locality": "sequential",
                "arrivals": "even",
            }
        },
        base_dir=tmp_path,
    )
    counts = [writer.take(to * 100 * MS).writes for to in range(1, 13)]
    assert counts == [0, 40, *[10] * 8, 0, 40]


def test_an_unknown_trace_is_the_users_fault(tmp_path):
    trace = {"a": {"trace": "nowhere.csv", "format": "msr"}}
    with pytest.raises(Exception, match=r"nowhere\.csv"):
        writes_of(trace, base_dir=tmp_path).take(SECOND)


def test_a_trace_and_a_random_stream_share_a_volume():
    shipped = Path(__file__).parents[2] / "scenarios"
    workload = {"a": {"trace": "traces/sample.msr.csv", "format": "msr", "wrap": True}, "b": {"writes": "10 /s"}}
    writer = writes_of(workload, base_dir=shipped, size="1 GiB")
    assert writer.finished_ns is None
    batch = writer.take(600 * SECOND)
    assert np.unique(batch.contents >> np.uint64(48)).tolist() == [1, 2]


class Scripted:
    """A source that says what it is told to."""

    name, finished_ns = "scripted", 7

    def __init__(self, first, guess=1):
        self.first, self.guess, self.looks, self.start = dict(sorted(first.items())), guess, [], -1

    def touches(self, to_ns):
        self.looks.append(to_ns)
        seen = {address: at for address, at in self.first.items() if at <= to_ns}
        return FirstTouches(np.array(list(seen), dtype=np.int64), np.array(list(seen.values()), dtype=np.int64))

    def horizon_ns(self, blocks, limit_ns):
        return min(limit_ns, self.guess)


scripts = st.dictionaries(st.integers(0, 30), st.integers(0, 500), max_size=20)


@given(
    st.lists(scripts, min_size=1, max_size=3),
    st.sets(st.integers(0, 30)),
    st.integers(1, 12),
    st.integers(0, 600),
    st.integers(1, 700),
)
def test_the_crossing_is_the_kth_new_first_touch_of_all_sources_together(told, known, k, limit, guess):
    first = {}
    for script in told:
        for address, at in script.items():
            first[address] = min(at, first.get(address, at))
    new = sorted(at for address, at in first.items() if address not in known)
    expected = new[k - 1] if len(new) >= k and new[k - 1] <= limit else None
    writer = VolumeWrites([Scripted(script, guess) for script in told])
    found = writer.kth_new_touch(k, lambda addresses: ~np.isin(addresses, sorted(known)), limit)
    assert found == expected


def test_a_bad_guess_costs_few_looks():
    source = Scripted({a: 10**6 + a for a in range(100)}, guess=1)
    assert VolumeWrites([source]).kth_new_touch(100, everywhere, 10**9) == 10**6 + 99
    assert len(source.looks) < 80


@pytest.mark.parametrize("locality", [{"zipf": "1.1"}, "uniform", {"hot": {"space": "5 %", "writes": "90 %"}}])
def test_one_look_finds_the_crossing_and_take_does_not_draw_again(locality, monkeypatch):
    writer = writes_of({"a": {"writes": "10000 /s", "locality": locality}}, size="1 GiB")
    source = writer.sources[0]
    looks, draws = [], []
    monkeypatch.setattr(source, "_look", lambda to, look=source._look: (looks.append(to), look(to))[1])
    for k in (10, 1000, 10_000):
        looks.clear()
        at = writer.kth_new_touch(k, everywhere, 10**12)
        assert len(looks) == 1
        monkeypatch.setattr(source._epoch, "_keep", draws.append)
        batch = writer.take(at)
        assert batch.addresses.size == k
        assert int(batch.first_ns.max()) == at
    assert not draws, "what was looked at was not drawn again"


def test_the_crossing_of_several_sources_is_exact():
    two = {name: EVERYTHING[name] for name in ("office", "scan", "files")}
    writer = writes_of(two)
    known = writer.take(200 * MS).addresses
    at = writer.kth_new_touch(40, lambda addresses: ~np.isin(addresses, known), 10 * SECOND)
    assert at is not None
    before = writer.touches(at - 1)
    touched = writer.take(at)
    assert (~np.isin(before.addresses, known)).sum() < 40 <= (~np.isin(touched.addresses, known)).sum()


def test_no_crossing_before_the_limit():
    writer = writes_of({"a": {"writes": "10 /s"}})
    assert writer.kth_new_touch(1000, everywhere, SECOND) is None
    assert writer.kth_new_touch(1, everywhere, 0) is None
    assert writes_of({}).kth_new_touch(1, everywhere, SECOND) is None


def test_nobody_writes_to_an_idle_volume():
    idle = writes_of({})
    batch = idle.take(SECOND)
    assert (batch.start_ns, batch.to_ns, batch.addresses.size, batch.writes, batch.freed.size) == (-1, SECOND, 0, 0, 0)
    assert idle.touches(2 * SECOND).addresses.size == 0
    assert idle.finished_ns == 0
    assert idle.horizon_ns(5, 77) == 77


def test_the_end_of_all_is_the_end_of_the_last():
    ends = VolumeWrites([Scripted({}), Scripted({})])
    ends.sources[1].finished_ns = 9
    assert ends.finished_ns == 9
    ends.sources[0].finished_ns = None
    assert ends.finished_ns is None


def test_hot_space_is_at_least_one_extent():
    hot = (
        volume({"a": {"writes": "1 /s", "locality": {"hot": {"space": "0.001 %", "writes": "90 %"}}}})
        .workload["a"]
        .locality
    )
    assert popularity_of(hot, 1000).bins[0].count == 1
    assert popularity_of(hot, 1000).bins[0].mass == pytest.approx(float(Fraction(9, 10)))
