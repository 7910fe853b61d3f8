"""What a run says that a disaster would cost is what one that strikes then does cost (DESIGN.md, lag and exposure).

A run without a disaster gives the exposure at each instant. At some of them, in other runs of the same seed, the site
of the primary really is lost, and somebody fails over: the world counts `LossCounted` from the writes themselves.
    blocks    equal at step instants of looks: first touches are the same, whoever looks
    writes    equal at looks
    rpo       equal, to the nanosecond
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sim.loading import load_text
from sim.records import LossCounted, Promoted
from sim.simulation import Run, simulate
from sim.summary import Story
from sim.summary.exposed import Exposed, exact_instants, exposed

SCENARIO = """
version: 1
name: exposure
run: {until: 2 h, seed: 11}
sites: {madrid: {}, lisbon: {}}
links: {wan: {between: [madrid, lisbon], bandwidth: 3 Mbit/s, rtt: 20 ms}}
volumes:
  home:
    size: 256 MiB
    in_use: 100 %
    workload:
      files: {writes: 8 /s, locality: {zipf: 0.9, over: 128 MiB}}
      batch: {writes: 1 /s, locality: uniform}
replication:
  mirror:
    volume: home
    primary: madrid
    secondaries: {lisbon: {timeout: 12 min}}
    timeout: 5 min
    initial_copy: done
    high_water_mark: 64 MiB
    save_volume: {size: 1 GiB, on_full: suspend}
"""
STRUCK = """
timeline:
  - {{at: {at} ns, id: fire, kind: site-lost, site: madrid}}
  - {{at: fire + {later}, kind: failover, to: lisbon, mode: {mode}}}
"""
LATER = {"default": "3 min", "now": "0 s"}  # what was received stays received; what is replayed may grow meanwhile
CALM_NS = 20 * 60 * 10**9  # the first instants are left out: nothing has been sent
SAMPLES = 5


@cache
def calm() -> Story:
    return Story(simulate(load_text(SCENARIO, "exposure", Path())))


def struck(at_ns: int, mode: str) -> Run:
    return simulate(load_text(SCENARIO + STRUCK.format(at=at_ns, mode=mode, later=LATER[mode]), "exposure", Path()))


def lost(run: Run) -> Exposed:
    (loss,) = (fact for fact in run.ledger if isinstance(fact, LossCounted))
    assert any(isinstance(fact, Promoted) for fact in run.ledger), "this test is about a failover that took place"
    return Exposed(loss.blocks, loss.writes, loss.rpo_ns)


def some_instants(*, looks: bool) -> list[int]:
    """So many instants, spread over the run: of looks, or of steps between them."""
    found = [one.time_ns for one in exact_instants(calm(), "mirror") if one.writes_are_exact is looks]
    late = [time_ns for time_ns in found if CALM_NS < time_ns < calm().until_ns - CALM_NS]
    return late[:: max(1, len(late) // SAMPLES)][:SAMPLES]


@pytest.mark.parametrize("mode", ["default", "now"])
@pytest.mark.parametrize("sample", range(SAMPLES))
def test_blocks_and_age_are_exact_at_any_step_of_a_look(mode: str, sample: int) -> None:
    at_ns = some_instants(looks=False)[sample]
    foreseen, found = exposed(calm(), "mirror", at_ns, mode), lost(struck(at_ns, mode))
    assert foreseen.blocks, "this test is about something that is lost"
    assert (found.blocks, found.rpo_ns) == (foreseen.blocks, foreseen.rpo_ns)


@pytest.mark.parametrize("sample", range(SAMPLES))
def test_writes_too_are_exact_where_the_run_looked(sample: int) -> None:
    at_ns = some_instants(looks=True)[sample]
    foreseen = exposed(calm(), "mirror", at_ns)
    assert foreseen.writes, "this test is about something that is lost"
    assert lost(struck(at_ns, "default")) == foreseen


def test_the_modes_are_told_apart_by_these_instants() -> None:
    instants = [*some_instants(looks=False), *some_instants(looks=True)]
    foreseen = [(exposed(calm(), "mirror", at_ns), exposed(calm(), "mirror", at_ns, "now")) for at_ns in instants]
    assert any(default != now for default, now in foreseen)
    assert all((default.blocks or 0) <= (now.blocks or 0) for default, now in foreseen)


def test_a_failover_that_waits_for_everything_loses_nothing() -> None:
    at_ns = some_instants(looks=False)[2]
    order = f"\ntimeline:\n  - {{at: {at_ns} ns, kind: failover, to: lisbon, mode: sync}}\n"
    found = lost(simulate(load_text(SCENARIO + order, "exposure", Path())))
    assert found == exposed(calm(), "mirror", at_ns, "sync") == Exposed(0, 0, 0)
