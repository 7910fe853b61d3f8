"""What a disaster would cost at an instant is what one that strikes then does cost."""

from __future__ import annotations

import pytest

from sim.records import LossCounted
from sim.summary.curve import Curve
from sim.summary.exposed import Exposed, Instant, exact_instants, exposed, just_before
from tests.summary.disasters import burns, small
from tests.summary.ledgers import S, Story, ns


def test_what_a_failover_lost_is_what_was_exposed_at_the_disaster() -> None:
    run = small().run()
    (lost,) = (fact for fact in run.ledger if isinstance(fact, LossCounted))
    assert exposed(run, "mirror", ns(35)) == Exposed(lost.blocks, lost.writes, lost.rpo_ns)
    assert exposed(run, "mirror", ns(35), secondary="lisbon") == exposed(run, "mirror", ns(35))


def test_what_comes_in_the_instant_of_the_disaster_comes_too_late_but_its_writes_are_lost() -> None:
    story = Story(until=30).look(1, 10, writes=8, new=4).cut(1, 10).received(1, 20)
    story.look(2, 20, writes=2, new=2).cut(2, 20).received(2, 25)
    assert exposed(story.run(), "mirror", ns(20)) == Exposed(6, 10, 20 * S)
    assert exposed(story.run(), "mirror", ns(10)) == Exposed(4, 8, 10 * S)


@pytest.mark.parametrize(("mode", "expected"), [("default", 4), ("now", 6), ("sync", 0)])
def test_each_mode_goes_on_with_its_own_boundary(mode: str, expected: int) -> None:
    story = Story(until=30).look(1, 10, writes=2, new=2).cut(1, 10).received(1, 12)
    story.look(2, 20, writes=4, new=4).cut(2, 20)
    assert exposed(story.run(), "mirror", ns(20), mode).blocks == expected


def test_where_no_write_would_be_lost_the_age_of_what_survives_is_no_loss() -> None:
    story = Story(until=30).look(1, 10, writes=2, new=2).cut(1, 10).received(1, 12)
    assert exposed(story.run(), "mirror", ns(15)) == Exposed(0, 0, 0)


def test_without_a_copy_everything_would_be_lost_and_without_service_there_is_nothing_to_lose() -> None:
    run = small().run()
    assert exposed(run, "mirror", ns(100)) == Exposed(None, None, None)
    assert exposed(run, "mirror", ns(50)) == Exposed(None, None, None)
    with pytest.raises(KeyError, match="other"):
        exposed(run, "other", ns(50))


def test_the_instants_at_which_blocks_are_exact_are_the_ends_of_steps_and_writes_the_looks() -> None:
    story = Story(until=30)
    story.looked_ns = 0
    story.look(1, 10, writes=4, growth=((1, 2, 3, 4),)).look(1, 20, writes=1, growth=((0, 1),))
    assert list(exact_instants(story.run(), "mirror")) == [
        Instant(ns(2.5), False), Instant(ns(5), False), Instant(ns(7.5), False), Instant(ns(10), True),
        Instant(ns(15), False), Instant(ns(20), True),
    ]  # fmt: skip
    assert len(list(exact_instants(burns().run(), "mirror"))) > 100


def test_a_curve_is_read_just_before_it_jumps() -> None:
    curve = Curve.of([(0, 10, 0, 10), (10, 10, 99, 99), (10, 20, 3, 13), (30, 40, 5, 5)])
    assert [just_before(curve, at) for at in (0, 4, 10, 15, 20, 25, 30, 31, 40, 41)] == [
        None, 4, 10, 8, 13, None, None, 5, 5, None,
    ]  # fmt: skip
