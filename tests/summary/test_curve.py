"""Curves and the windows through which they are looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.summary.curve import Curve, Line
from sim.summary.windows import Span, Windows

spans = st.lists(st.tuples(st.integers(-5, 105), st.integers(-5, 105)), max_size=6)


def inside(windows: Windows) -> set[int]:
    return {time for time in range(windows.until_ns) if windows.holds(time)}


@given(spans, spans)
def test_windows_behave_like_sets_of_instants(some: list[Span], others: list[Span]) -> None:
    one, other = Windows.of(some, 100), Windows.of(others, 100)
    assert inside(one) == {t for t in range(100) if any(start <= t < end for start, end in some)}
    assert inside(one.within(other)) == inside(one) & inside(other)
    assert inside(one.without(other)) == inside(one) - inside(other)
    assert one.length_ns == len(inside(one))
    assert one.overlap_ns(20, 60) == len(inside(one) & set(range(20, 60)))


def test_the_last_instant_of_a_run_belongs_to_the_window_that_reaches_it() -> None:
    assert Windows.of([(50, 100)], 100).holds(100)
    assert not Windows.of([(50, 90)], 100).holds(100)
    assert not Windows.of([(50, 90)], 100).holds(90)


def test_a_curve_within_a_window_is_cut_at_its_edges() -> None:
    age = Curve.of([(0, 10, 0, 10), (10, 30, 5, 25)])
    part = age.within(Windows.of([(4, 12), (20, 22)], 30))
    assert part.segments() == [(4, 10, 4, 10), (10, 12, 5, 7), (20, 22, 15, 17)]
    assert part.length_ns == 10


def test_a_window_that_begins_at_a_jump_does_not_see_the_value_before_it() -> None:
    age = Curve.of([(0, 10, 0, 10), (10, 30, 5, 25)])
    assert age.within(Windows.of([(10, 20)], 30)).segments() == [(10, 20, 5, 15)]
    assert age.within(Windows.of([(0, 10)], 30)).segments() == [(0, 10, 0, 10)]


def test_a_value_passed_through_belongs_to_the_window_that_begins_there() -> None:
    fill = Curve.steps([(0, 1), (10, 99), (10, 3)], 30)
    assert (10, 10, 99, 99) in fill.within(Windows.of([(10, 20)], 30)).segments()
    assert (10, 10, 99, 99) not in fill.within(Windows.of([(0, 10)], 30)).segments()


def test_a_change_at_the_last_instant_is_seen() -> None:
    fill = Curve.steps([(0, 1), (30, 7)], 30)
    assert (30, 30, 7, 7) in fill.within(Windows.whole(30)).segments()


def test_windows_outside_of_a_curve_give_nothing() -> None:
    late = Curve.of([(50, 60, 0, 10)])
    assert late.within(Windows.of([(0, 50), (60, 100)], 100)).length_ns == 0
    assert len(Curve.of([]).within(Windows.whole(100))) == 0
    assert len(late.within(Windows.of([], 100))) == 0


@given(spans)
def test_a_curve_loses_no_time_in_windows(some: list[Span]) -> None:
    curve = Curve.of([(0, 40, 3, 9), (40, 40, 8, 8), (45, 100, 9, 2)])
    windows = Windows.of(some, 100)
    assert curve.within(windows).length_ns == windows.overlap_ns(0, 40) + windows.overlap_ns(45, 100)


def test_a_stretch_along_points_is_exact_at_the_points_and_flat_after_the_last() -> None:
    line = Line([0, 10, 20], [0, 5, 25])
    assert list(line.stretch(5, 30)) == [(5, 10, 2, 5), (10, 20, 5, 25), (20, 30, 25, 25)]
    assert list(line.stretch(10, 20)) == [(10, 20, 5, 25)]
    assert list(line.stretch(12, 14, 100)) == [(12, 14, 109, 113)]
