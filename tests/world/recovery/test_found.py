"""What drawn worlds and crashes at every fact found, each as small as it got."""

from __future__ import annotations

from sim.records import CommandRefused, RoleChanged
from tests.world.recovery.grounds import ground
from tests.world.scenes import S, facts, run

SLOW = "bandwidth: 100 kbit/s, rtt: 10 ms, congestion: ideal"


def test_B5_a_swap_whose_copy_dies_while_the_last_set_is_on_its_way_is_refused_then() -> None:
    """The crash was taken for the beginning of the next wait: nobody could write anywhere until the deadline."""
    done = run(
        ground("{at: 601 s, kind: swap, to: lisbon}\n{at: 602 s, kind: site-lost, site: lisbon}", until="20 min",
               workload="{writes: 60 /min, locality: {uniform: true, over: 1 MiB}}", size="1 MiB", link=SLOW)
    )  # fmt: skip
    [refused] = facts(done, CommandRefused)
    assert (refused.time_ns, refused.why) == (602 * S, "the last set did not arrive: an end of it stopped meanwhile")
    assert facts(done, RoleChanged, site="madrid")[-1].role == "primary"
