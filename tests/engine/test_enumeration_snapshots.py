"""All short histories of two blocks and up to four snapshots against the naive oracle (CORRECTNESS.md 1.1).

The steps: write, free, put in use without writing, snapshot, delete any. Checked in each state: S1-S3, S5, S9-S14 and
D1-D7 for every pair and chain of snapshots, with both FIG 40 rules, and FIG 34 where there are no meta maps.
"""

import pytest

from tests.engine.enumeration_snapshots import search
from tests.engine.oracle_snapshots import Twin


@pytest.mark.parametrize("granularity", [1, 2])
def test_S1_S9_S11_D1_D7_hold_in_every_state_within_five_steps(granularity):
    assert search(5, granularity) == 540


@pytest.mark.parametrize("granularity", [1, 2])
def test_the_same_without_meta_maps_and_by_the_rule_of_FIG_34(granularity):
    assert search(5, granularity, meta_maps=False) >= 400


def test_S13_the_same_where_the_volume_ends_inside_a_group():
    assert search(4, 2, n_blocks=3) > 300


@pytest.mark.parametrize("granularity", [1, 2])
@pytest.mark.parametrize("meta_maps", [True, False])
def test_S2_the_same_within_three_steps_after_histories_with_restores(granularity, meta_maps):
    """A restore brings contents back that other snapshots hold too, so states after it are not states without it."""
    for history in ("w0 s w0 r0", "w01 s f0 s w0 s r0", "w0 s w0 s a1 w1 r1"):
        assert search(3, granularity, start=history, meta_maps=meta_maps) > 30


@pytest.mark.soak
@pytest.mark.parametrize("granularity", [1, 2])
@pytest.mark.parametrize("meta_maps", [True, False])
def test_S1_S9_S11_D1_D7_hold_in_every_state_within_seven_steps(granularity, meta_maps):
    assert search(7, granularity, meta_maps=meta_maps) > 3_000


def test_the_search_would_see_a_wrong_snapshot():
    """The enumeration compares, and names the history."""

    class Forgetful(Twin):
        def _d(self, place):
            super()._d(place)
            self.queue.store.rows[:] = 77

    with pytest.raises(AssertionError, match=r"after 'w0 s w0 s d1'.*S1"):
        search(5, 1, twin=Forgetful)
