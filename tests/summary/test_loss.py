"""Distinct lost blocks against a brute force over the writes themselves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sim.summary.curve import Curve, Segment, value_at
from sim.summary.loss import LostBlocks
from sim.summary.standing import Boundaries
from tests.summary.ledgers import S, Story

STEPS = 4
STEP_S = 1.0


@dataclass(frozen=True)
class History:
    """Raw writes (second, block) of sets that are open for one or two looks each; cuts at `cut_s`."""

    writes: tuple[tuple[float, int], ...]
    look_s: tuple[float, ...]  # all looks, the last of each set at its cut
    cut_s: tuple[float, ...]
    until_s: float

    def set_of(self, at: float) -> int:
        """A write at the instant of a cut belongs to the set."""
        return 1 + sum(cut < at for cut in self.cut_s)

    def lost(self, at: float, survives: int) -> int:
        """Distinct blocks written after boundary `survives` and until `at`: the definition itself."""
        return len({block for second, block in self.writes if second <= at and self.set_of(second) > survives})

    def growth(self, since: float, until: float, rows: int) -> tuple[tuple[int, ...], ...]:
        """What the world writes into `WritesLooked`, one block after the other."""
        number = self.set_of(until)
        table = [[0] * STEPS for _ in range(rows)]
        for block in {block for _, block in self.writes}:
            own = [second for second, written in self.writes if written == block and self.set_of(second) == number]
            earlier = [self.set_of(s) for s, written in self.writes if written == block and self.set_of(s) < number]
            if not own or not since < min(own) <= until:
                continue
            for step in range(STEPS):
                reached = min(own) <= since + (step + 1) * (until - since) / STEPS
                for d in range(rows):
                    table[d][step] += reached and max(earlier, default=-(10**6)) < number - d
        return tuple(tuple(row) for row in table)

    def story(self, rows: int) -> Story:
        story, since = Story(until=self.until_s), 0.0
        story.looked_ns = 0
        for at in self.look_s:
            number = self.set_of(at)
            story.look(number, at, growth=self.growth(since, at, rows))
            if at in self.cut_s:
                story.cut(number, at)
            since = at
        return story


@st.composite
def histories(draw: st.DrawFn) -> History:
    now, looks, cuts = 0.0, [], []
    for _ in range(draw(st.integers(1, 6))):
        for _ in range(draw(st.integers(1, 2))):
            now += STEPS * STEP_S
            looks.append(now)
        cuts.append(now)
    now += STEPS * STEP_S
    looks.append(now)  # the end of the run, with a set still open
    steps = st.integers(1, int(now / STEP_S)).map(lambda step: step * STEP_S)
    writes = draw(st.lists(st.tuples(steps, st.integers(0, 5)), max_size=30))
    return History(tuple(sorted(writes)), tuple(looks), tuple(cuts), now)


def lost_blocks(story: Story) -> LostBlocks:
    facts = story.read()
    return LostBlocks(facts, "mirror", Boundaries(facts, "mirror"))


def last_segment_at(curve: Curve, time_ns: int) -> Segment:
    return [segment for segment in curve.segments() if segment[0] <= time_ns <= segment[1]][-1]


@given(histories())
def test_distinct_lost_blocks_are_exact_at_each_step_instant_and_for_each_boundary(history: History) -> None:
    lost = lost_blocks(history.story(rows=len(history.cut_s) + 1))
    for survives in range(len(history.cut_s) + 1):
        since_s = ([0.0, *history.cut_s])[survives]
        curve = lost.curve([(int(since_s * S), survives)])
        assert curve.segments()[0][2] == 0
        for step in range(int(since_s / STEP_S) + 1, int(history.until_s / STEP_S) + 1):
            at = int(step * STEP_S * S)
            assert value_at(last_segment_at(curve, at), at) == history.lost(step * STEP_S, survives)


@given(histories(), st.data())
def test_the_boundary_that_survives_may_change_at_any_instant(history: History, data: st.DataObject) -> None:
    lost = lost_blocks(history.story(rows=len(history.cut_s) + 1))
    steps = range(int(history.cut_s[0] / STEP_S), int(history.until_s / STEP_S))
    changes, survives = [(0, 0)], 0
    for step in sorted(data.draw(st.lists(st.sampled_from(steps), max_size=4, unique=True))):
        cut = sum(cut <= step * STEP_S for cut in history.cut_s)
        survives = data.draw(st.integers(survives, cut))
        changes.append((int(step * STEP_S * S), survives))
    for begin, end, first, last in lost.curve(changes).segments():
        survives = [boundary for time, boundary in changes if time <= begin][-1]
        assert first == history.lost(begin / S, survives)
        assert last == history.lost(end / S, survives)


def test_a_block_written_in_many_sets_counts_once_and_a_deeper_boundary_loses_no_less() -> None:
    history = History(((1, 7), (5, 7), (9, 7), (10, 8)), (4.0, 8.0, 12.0), (4.0, 8.0), 12.0)
    lost = lost_blocks(history.story(rows=3))
    ends = [lost.curve([(0, boundary)]).segments()[-1][3] for boundary in (0, 1, 2)]
    assert ends == [2, 2, 2]
    assert lost.closed(0, 2) == 1


def test_the_last_row_stands_for_every_deeper_boundary() -> None:
    story = Story(until=40)
    for number in (1, 2, 3, 4):
        story.look(number, 10 * number, growth=((9,), (5,))).cut(number, 10 * number)
    lost = lost_blocks(story)
    assert [lost.closed(0, opened) for opened in range(5)] == [0, 9, 14, 19, 24]
    assert [lost.closed(2, opened) for opened in (2, 3, 4)] == [0, 9, 14]


def test_between_step_instants_the_line_is_straight() -> None:
    story = Story(until=40)
    story.looked_ns = 0
    lost = lost_blocks(story.look(1, 10, growth=((4, 10),)).cut(1, 10))
    assert lost.curve([(0, 0)]).segments() == [
        (0, 5 * S, 0, 4),
        (5 * S, 10 * S, 4, 10),
        (10 * S, 40 * S, 10, 10),
    ]


def test_a_look_in_no_time_enters_its_blocks_at_once() -> None:
    story = Story(until=20).look(1, 0, growth=((1, 3),)).look(1, 10, growth=((0, 4),)).cut(1, 10)
    curve = lost_blocks(story).curve([(0, 0)])
    assert [segment for segment in curve.segments() if segment[0] < segment[1]] == [
        (0, 5 * S, 3, 3),
        (5 * S, 10 * S, 3, 7),
        (10 * S, 20 * S, 7, 7),
    ]
    assert all(left[1] == right[0] for left, right in pairwise(curve.segments()))


def test_nothing_is_lost_to_times_that_no_look_covers() -> None:
    story = Story(until=40)
    story.looked_ns = 0
    story.look(1, 10, growth=((4,),))
    story.looked_ns = 20 * S  # writes stood still meanwhile
    curve = lost_blocks(story.look(1, 30, growth=((6,),)).cut(1, 30)).curve([(0, 0)])
    assert curve.segments()[:3] == [(0, 10 * S, 0, 4), (10 * S, 20 * S, 4, 4), (20 * S, 30 * S, 4, 10)]
