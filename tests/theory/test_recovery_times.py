"""How long a recovery takes, and for how long it could not be repeated (NUMBERS.md 1.1, 1.8 and section 2).

Longhorn's disaster-recovery volumes take a backup an hour, and each takes 5 min to restore; a standby that looks for
new ones every `poll` has, of k that it did not restore, n = max(1, min(k, floor(poll / backup))) left at worst:

    time to recover n x 5 min: 5 min for a poll of 30 min, 60 min for one of 12 h; loss at most 1 h

here a backup is a delta set, the poll is the timeout of the secondary's playback, and the restore is the drain phase.

A source that was away for D' lacks w D' when it is back; with a line of B it has caught up after w D' / (B - w), and
until then the site that took over is alone with what it wrote: a second disaster there would cost that too.
"""

from __future__ import annotations

import pytest

from sim.records import CommandGiven, LossCounted, Promoted, RecoveryPhase, ResyncFinished, ResyncPlanned
from sim.simulation import Run
from tests.world.scenes import HOUR, MIN, S, facts, happened, run, scene

AT_ONCE = "{read: 1000 GB/s, write: 1000 GB/s}"
RESTORE = 5 * MIN
MS = 1_000_000


def standby(poll: str, lost_at: str) -> Run:
    """An hour's set is 3,600 blocks of 4 KiB, none of them twice; the far disk takes 5 min to replay it."""
    return run(
        scene(
            workload="{writes: 1 /s, arrivals: even, locality: sequential}",
            size="256 MiB", bandwidth="unlimited", rtt="0", disk=AT_ONCE,
            far_disk=f"{{read: 1000 GB/s, write: {3600 * 4096 // 300} B/s}}",
            timeout="1 h", high_water_mark="256 MiB", save_volume="{size: 300 MiB, on_full: suspend}",
            secondary=f"{{timeout: {poll}}}", until="15 h",
            timeline=f"{{at: {lost_at}, id: fire, kind: site-lost, site: near}}\n{{at: fire, kind: failover, to: far}}",
        ),
        checking="cheap",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("poll", "hours", "left"),
    [("30 min", 3, 1), ("30 min", 12, 1), ("12 h", 1, 1), ("12 h", 4, 4), ("12 h", 12, 12)],
)
def test_longhorn_recovery_takes_as_many_restores_as_the_poll_left_backups(poll: str, hours: int, left: int) -> None:
    done = standby(poll, f"{hours * 3_600_000 + 1} ms")
    (drained,) = facts(done, RecoveryPhase, phase="drain")
    late_ns = left * RESTORE - (drained.time_ns - drained.began_ns)
    assert 0 <= late_ns <= MS, "at worst: the newest one had come at that instant"
    assert happened(done, Promoted, site="far")
    (loss,) = facts(done, LossCounted)
    assert (loss.generation, loss.number) == (1, hours), "all that was received is there"


@pytest.mark.parametrize("poll", ["30 min", "12 h"])
@pytest.mark.parametrize("since_s", [0.5, 1800.5, 3599.5])
def test_longhorn_loss_is_the_time_since_the_last_backup_and_at_most_an_hour(poll: str, since_s: float) -> None:
    done = standby(poll, f"{round((6 * 3600 + since_s) * 1000)} ms")
    (loss,) = facts(done, LossCounted)
    assert loss.writes == loss.blocks == int(since_s)
    assert loss.rpo_ns == (since_s * S if loss.writes else 0)
    assert loss.rpo_ns <= HOUR


@pytest.mark.parametrize(("away_min", "times"), [(20, 4), (10, 4), (20, 2)])
def test_the_window_in_which_a_second_disaster_costs_everything_is_wD_over_B_minus_w(away_min: int, times: int) -> None:
    """All at even rates: 16 blocks a second, never one twice; the line carries 2 or 4 times as much."""
    written = 16 * 4096
    done = run(
        scene(
            workload="{writes: 16 /s, arrivals: even, locality: sequential}",
            size="768 MiB", bandwidth=f"{times * written * 8} bit/s", disk=AT_ONCE,
            timeout="10 s", high_water_mark="64 MiB", save_volume="{size: 700 MiB, on_full: suspend}",
            until="1 h", replication="recovery: {mount: 0 s}",
            timeline=f"""{{at: 10 min, id: fire, kind: site-lost, site: near}}
            {{at: fire, kind: failover, to: far}}
            {{at: fire + {away_min} min, id: back, kind: site-back, site: near}}
            {{at: back, id: again, kind: resync}}
            {{when: in-sync, kind: failback}}""",
        ),
        checking="cheap",
    )  # fmt: skip
    assert happened(done, ResyncPlanned, way="incremental")
    (caught_up,) = facts(done, CommandGiven, command="failback")
    window_s = (caught_up.time_ns - (10 + away_min) * MIN) / S
    assert window_s == pytest.approx(away_min * 60 / (times - 1), abs=3 * 10), "within the sets at its end"
    (equal,) = facts(done, ResyncFinished)
    copied_s = (equal.time_ns - equal.began_ns) / S
    assert copied_s < window_s, "what was written while it was copied has to follow"
    assert facts(done, Promoted)[-1].site == "near"
