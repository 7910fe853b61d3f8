"""A reader of the summary knows in ten seconds what was lost, when service was back, and why the resync was cheap."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import tables
from analysis.recovered import RESYNC_CAUSES, lines
from analysis.terminal import summary
from analysis.wording import CAUSES
from sim.summary import summarise
from tests.summary.disasters import Recovered, small
from tests.summary.ledgers import Story, ns

GOOD: dict[str, Any] = {
    "failovers": 1, "lost_writes": 0, "rto_seconds": 1290.0, "rto_seconds.detect": 300.0, "rto_seconds.decide": 900.0,
    "rto_seconds.drain": 60.0, "rto_seconds.promote": 30.0, "recovery_seconds": None, "simulated_seconds": 86_400.0,
}  # fmt: skip


def told(found: dict[str, Any]) -> dict[str, str]:
    return {label: text for label, text in lines(found) if text}


def test_the_block_of_a_recovery_comes_first_and_says_all_of_it() -> None:
    first = summary(summarise(small().run())).split("how far behind")[0]
    for phrase in (
        "lost          15 writes, 120 KiB (123 kB) in 15 blocks; 15 s of work",
        "service back  after 25 s: detect 5 s + decide 15 s + drain 2 s + snapshot 1 s + promote 2 s",
        "resync        incremental: every set after the restart point was still there",
        "240 KiB (246 kB) = 5 % of a full copy in 30 s",
        "that would be 4.69 MiB (4.92 MB)",
        "9.67 min on the same link",
        "failed back   after 2.83 min: 25 s to service + repair 50 s + undo 10 s + copy 20 s + catch up 60 s",
        "users could only read for 5 s",
        "one consistent copy for 105 s",
    ):
        assert phrase in first


def test_a_run_without_a_disaster_has_no_such_block() -> None:
    assert told(summarise(Story(until=40).run())) == {}
    assert summary(summarise(Story(until=40).run())).startswith("how far behind")


def test_a_failover_without_loss_says_so_and_a_recovery_that_is_not_over_too() -> None:
    found = told(GOOD)
    assert found["lost"] == "nothing: every acknowledged write is there"
    assert found["service back"] == "after 21.5 min: detect 5 min + decide 15 min + drain 60 s + promote 30 s"
    assert found["failed back"] == "not by the end of the run"
    assert told(GOOD | {"rto_seconds.repair": 7200.0})["failed back"] == "not by the end of the run; so far repair 2 h"


def test_a_full_copy_says_why_and_is_held_against_nothing() -> None:
    sizes = {"resync_bytes.sent": 2**40, "resync_bytes.full": 2**40, "resync_seconds": 36_000.0}
    full = GOOD | sizes | {"resyncs": 1, "resyncs.full": 1, "full_copies": 2, "full_copies.save_volume_overwritten": 1}
    found = told(full | {"full_copies.save_volume_full": 1})
    assert found["resync"] == "full copy: its save volume had wrapped around over sets that were needed"
    assert found["it sent"] == "1 TiB (1.10 TB) in 10 h"


@pytest.mark.parametrize("cause", RESYNC_CAUSES)
def test_every_cause_of_a_full_copy_has_words(cause: str) -> None:
    assert CAUSES[cause]


def test_what_went_wrong_beside_the_disaster_is_told() -> None:
    found = told(GOOD | {"split_brain_writes": 500, "refused": 2, "gave_up": 1, "no_copy_seconds": 60.0,
                         "one_copy_seconds": 7200.0, "consistent_copies.min": 0.0})  # fmt: skip
    assert found["split brain"].startswith("500 writes at the old source")
    assert found["copies"] == "one consistent copy for 2 h, none for 60 s"
    assert found["refused"] == "2 commands"
    assert "more was written than the way back could carry" in found["gave up"]


def test_without_a_failover_users_have_no_service() -> None:
    story = Recovered(until=100).lost(40)
    assert told(summarise(story.run())) == {"no service": "for 60 s, and nobody failed over"}


def test_the_events_of_a_recovery_can_be_read() -> None:
    events = tables.events(small().run())
    rows = {(row.event, row.cause): row for row in events.itertuples()}
    for event, cause, entity in (
        ("site_lost", "fire", "madrid"), ("command_given", "failover", "lisbon"), ("promoted", "default", "madrid"),
        ("recovery_phase", "detect", "mirror"), ("loss_counted", "failover", "madrid"),
        ("role_changed", "resyncing", "madrid"), ("resync_planned", "incremental", "madrid"),
        ("resync_finished", "incremental", "madrid"),
    ):  # fmt: skip
        assert rows[event, cause].entity == entity
    assert '"rpo_ns": 15000000000' in rows["loss_counted", "failover"].detail


def test_the_number_of_consistent_copies_is_a_series() -> None:
    series = tables.series(small().run())
    copies = series[series["metric"] == "consistent_copies"]
    assert list(zip(copies["time_ns"], copies["value"], strict=True)) == [
        (0, 2),
        (ns(35), 1),
        (ns(140), 2),
        (ns(260), 2),
    ]
